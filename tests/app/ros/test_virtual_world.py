"""The virtual robot's world: a hoist, a watchdog, and a judge."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.judge import Verdict
from app.ros.course import Course
from app.ros.virtual_world import VirtualWorld
from configs.loader import load_robot, load_scene
from planners.task import Step, Task
from sim2real.hazards import Reaction
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


def test_without_commands_it_stands_by_itself(world: VirtualWorld) -> None:
    assert world.commander == ""
    assert world.obey(hold(world), "praxis 1")
    assert world.commander == "praxis 1"
    for _ in range(24):  # 0.1 s, its patience, and up to the next look
        world.advance()
    assert world.reaction is Reaction.OK
    world.advance()
    assert world.reaction is Reaction.STAND
    assert world.commander == "the robot itself"
    for _ in range(400):
        world.advance()
    assert not world.fell
    assert not world.obey(hold(world), "praxis 1")  # it fell silent
    assert world.obey(hold(world), "praxis 2")
    assert world.commander == "praxis 2"


def test_a_robot_that_was_told_to_be_limp_stays_limp(world: VirtualWorld) -> None:
    limp = replace(hold(world), stiffness=0.0 * world.robot.stiffness)
    world.obey(limp)
    for _ in range(100):
        world.advance()
    assert world.reaction is Reaction.OK  # nothing was stood up


def test_only_one_commands_it(world: VirtualWorld) -> None:
    zeros = replace(hold(world), joint_pos=np.zeros(len(world.robot.joint_names)))
    assert world.obey(hold(world), "praxis 1")
    for _ in range(40):
        assert world.obey(hold(world), "praxis 1")
        assert not world.obey(zeros)
        world.advance()
    knee = world.robot.joint_names.index("left_knee_joint")
    assert world.state.joint_pos[knee] > 0.2  # nobody stretched it
    assert world.commander == "praxis 1"


def test_in_lockstep_whoever_answers_is_obeyed(world: VirtualWorld) -> None:
    assert world.obey(hold(world), "praxis 1", waits=True)
    assert world.obey(hold(world), "praxis 2", waits=True)
    assert world.commander == "praxis 2"


def test_on_the_hoist_it_is_lowered_once_it_is_stiff() -> None:
    world = VirtualWorld(
        load_robot(), load_scene("kitchen"), period=0.005, hoisted=True
    )
    world.reset(1)
    height = world.robot.standing_height + 0.12
    assert world.state.base_pos_w[2] == pytest.approx(height, abs=1e-3)
    limp = replace(hold(world), stiffness=0.0 * world.robot.stiffness)
    world.obey(limp)
    for _ in range(100):
        world.advance()
    assert world.carried
    assert world.state.base_pos_w[2] == pytest.approx(height, abs=1e-3)
    stiff = replace(hold(world), stiffness=3.0 * world.robot.stiffness)
    for _ in range(161):  # 0.2 s stiff, then 0.12 m at 0.2 m/s
        world.obey(stiff)
        world.advance()
    assert not world.carried
    for _ in range(100):
        world.obey(stiff)
        world.advance()
    assert world.state.base_pos_w[2] == pytest.approx(height - 0.12, abs=0.02)


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
    world.judge.follow(Course(number=1, task=STAND))
    world.obey(hold(world))
    for _ in range(8):
        world.advance()
    assert world.judge.sentence(9 * S) is None  # it runs
    over = Course(
        number=1, task=STAND, kept=STAND.leaves, success=True, over_at_ns=10 * S
    )
    world.judge.follow(over)
    assert world.judge.sentence(11 * S) is None
    sentence = world.judge.sentence(12 * S)
    assert sentence is not None
    assert sentence.success
    assert sentence.judgement.verdict in (Verdict.AGREES, Verdict.CONTRADICTS)
    assert world.judge.sentence(13 * S) is None


def test_another_node_that_counts_from_one_again_is_judged_too(
    world: VirtualWorld,
) -> None:
    world.obey(hold(world))
    for over_at_ns in (1 * S, 9 * S):  # one node after the other
        begun = Course(number=1, task=STAND)
        world.judge.follow(begun)
        over = replace(begun, kept=STAND.leaves, success=True, over_at_ns=over_at_ns)
        world.judge.follow(over)
        sentence = world.judge.sentence(over_at_ns + 2 * S)
        assert sentence is not None
        assert sentence.over_at_ns == over_at_ns


def test_the_same_seed_is_the_same_world(world: VirtualWorld) -> None:
    first = {name: thing.pos_w for name, thing in world.objects.items()}
    world.reset(2)
    moved = any(np.any(first[n] != t.pos_w) for n, t in world.objects.items())
    assert moved
    world.reset(1)
    for name, thing in world.objects.items():
        assert_array_equal(thing.pos_w, first[name])
