"""Driving: the legs follow a velocity, smoothly and within limits."""

from __future__ import annotations

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from sim2real.backends.fake_backend import FakeBackend
from skills.contract import Goal, Predicate, Snapshot
from skills.drive import Drive
from skills.library import policy_path
from skills.policy import Policy

GOAL = Goal(skill="drive")


@pytest.fixture
def drive() -> Drive:
    return Drive(Policy.load(policy_path("walk"), load_robot()))


def snapshots(count: int) -> list[Snapshot]:
    backend = FakeBackend(load_robot(), load_scene("kitchen"))
    state = backend.reset(1)
    return [
        Snapshot(state=type(state)(**{**vars(state), "time": 0.02 * i}), objects={})
        for i in range(count)
    ]


def test_velocity_is_approached_at_a_limited_acceleration(drive: Drive) -> None:
    ticks = snapshots(100)
    drive.start(GOAL, ticks[0])
    drive.velocity = (0.5, 0.0, 0.0)
    drive.step(ticks[1])
    assert drive._now[0] == pytest.approx(0.02)  # 1 m/s^2 for 0.02 s
    for tick in ticks[2:]:
        targets = drive.step(tick)
    assert drive._now == (0.5, 0.0, 0.0)
    assert np.isfinite(targets.joint_pos).all()
    assert targets.names == drive.policies["drive"].joints


def test_what_is_too_fast_is_limited(drive: Drive) -> None:
    ticks = snapshots(200)
    drive.start(GOAL, ticks[0])
    drive.velocity = (9.0, -9.0, 9.0)
    for tick in ticks[1:]:
        drive.step(tick)
    assert drive._now == (0.7, -0.25, 0.6)


def test_safety_makes_it_slower(drive: Drive) -> None:
    ticks = snapshots(200)
    drive.start(GOAL, ticks[0])
    drive.velocity = (0.6, 0.0, 0.0)
    for tick in ticks[1:]:
        drive.step(Snapshot(state=tick.state, objects={}, speed_share=0.5))
    assert drive._now[0] == pytest.approx(0.3)


def test_no_planner_can_use_it_and_it_ends_only_when_it_is_stopped(
    drive: Drive,
) -> None:
    [tick] = snapshots(1)
    contract = drive.contract(GOAL, tick)
    assert contract.post == ()
    assert contract.timeout_s == float("inf")
    assert drive.serves(Predicate("at", ("table",))) is None
    assert drive.breaks(GOAL, Predicate("at", ("table",)))
    drive.velocity = (0.3, 0.0, 0.0)
    drive.stop()
    assert drive.velocity == (0.0, 0.0, 0.0)
