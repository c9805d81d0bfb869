"""The facts about a goal, asked of the skills that pretend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from sim2real.backends.fake_backend import FakeBackend
from skills.contract import Snapshot
from skills.rehearsal import make_rehearsal
from skills.runner import SkillRunner
from skills.selector.situation import facts_of
from skills.selector.words import Subject

CUP_ON_SHELF = Subject(kind="on", object="cup", place="shelf")


@pytest.fixture(scope="module")
def runner_and_snapshot() -> tuple[SkillRunner, Snapshot]:
    robot = load_robot()
    backend = FakeBackend(robot, load_scene("kitchen"))
    state = backend.reset(0)
    runner = SkillRunner(robot, make_rehearsal(robot, backend))
    return runner, Snapshot(state=state, objects=backend.objects())


def test_a_robot_far_from_everything(
    runner_and_snapshot: tuple[SkillRunner, Snapshot],
) -> None:
    runner, snapshot = runner_and_snapshot
    assert facts_of(CUP_ON_SHELF, runner, snapshot) == {
        "upright",
        "visible",
        "reachable",
    }
    assert facts_of(Subject(kind="at", place="shelf"), runner, snapshot) == {"upright"}


def test_a_robot_before_the_cup(
    runner_and_snapshot: tuple[SkillRunner, Snapshot],
) -> None:
    runner, snapshot = runner_and_snapshot
    cup = snapshot.objects["cup"].pos_w
    # The table's front faces -x; the cup is 0.3 m ahead and 0.1 m to the left.
    state = replace(
        snapshot.state,
        base_pos_w=np.array([cup[0] - 0.3, cup[1] - 0.1, 0.78]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
    )
    there = Snapshot(state=state, objects=snapshot.objects)
    hold = Subject(kind="holding", object="cup")
    facts = {"upright", "visible", "reachable", "in_reach", "at_object"}
    assert facts_of(hold, runner, there) == facts
    on_table = Subject(kind="on", object="cup", place="table")
    more = {"at_place", "spot_in_reach", "on_place"}
    assert facts_of(on_table, runner, there) == facts | more


def test_what_is_not_seen_is_not_in_reach(
    runner_and_snapshot: tuple[SkillRunner, Snapshot],
) -> None:
    runner, snapshot = runner_and_snapshot
    objects = {k: v for k, v in snapshot.objects.items() if k != "cup"}
    hidden = Snapshot(state=snapshot.state, objects=objects)
    assert facts_of(CUP_ON_SHELF, runner, hidden) == {"upright"}
