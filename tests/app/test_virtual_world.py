"""The virtual robot's world: a hoist, a watchdog, and a judge."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.judge import Verdict
from app.virtual_world import Course, VirtualWorld
from configs.loader import load_robot, load_scene
from planners.task import Step, Task
from sim2real.robot import JointCommand

STAND = Task(text="stand", items=(Step(skill="balance", args={"duration_s": 0.1}),))
S = 1_000_000_000


@pytest.fixture
def world() -> VirtualWorld:
    made = VirtualWorld(load_robot(), load_scene("kitchen"), period=0.005)
    made.reset(1)
    return made


def hold(world: VirtualWorld) -> JointCommand:
    robot = world.robot
    return JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )


def test_it_hangs_until_its_first_command(world: VirtualWorld) -> None:
    before = world.state.joint_pos
    for _ in range(20):
        world.advance()
    assert world.hangs
    assert_array_equal(world.state.joint_pos, before)
    world.obey(hold(world))
    world.advance()
    assert not world.hangs


def test_without_commands_it_goes_limp(world: VirtualWorld) -> None:
    world.obey(hold(world))
    for _ in range(20):  # 0.1 s, its patience
        world.advance()
    assert not world.limp
    world.advance()
    assert world.limp
    world.obey(hold(world))
    assert not world.limp


def test_a_course_survives_the_way_through_json() -> None:
    course = Course(
        number=2,
        task=STAND,
        kept=STAND.leaves,
        success=True,
        over_at_ns=5 * S,
    )
    assert Course.from_data(json.loads(json.dumps(course.as_data()))) == course
    empty = Course(number=1, task=STAND)
    assert Course.from_data(json.loads(json.dumps(empty.as_data()))) == empty


def test_the_judge_speaks_once_two_seconds_after_the_end(world: VirtualWorld) -> None:
    world.follow(Course(number=1, task=STAND))
    world.obey(hold(world))
    for _ in range(8):
        world.advance()
    assert world.sentence(9 * S) is None  # it runs
    over = Course(
        number=1, task=STAND, kept=STAND.leaves, success=True, over_at_ns=10 * S
    )
    world.follow(over)
    assert world.sentence(11 * S) is None
    sentence = world.sentence(12 * S)
    assert sentence is not None
    assert sentence.success
    assert sentence.judgement.verdict in (Verdict.AGREES, Verdict.CONTRADICTS)
    assert world.sentence(13 * S) is None


def test_the_same_seed_is_the_same_world(world: VirtualWorld) -> None:
    first = {name: thing.pos_w for name, thing in world.objects.items()}
    world.reset(2)
    moved = any(np.any(first[n] != t.pos_w) for n, t in world.objects.items())
    assert moved
    world.reset(1)
    for name, thing in world.objects.items():
        assert_array_equal(thing.pos_w, first[name])
