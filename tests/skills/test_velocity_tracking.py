"""Commands that make a robot walk at the velocity that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.adaptation.adapter import Estimate
from sim2real.robot import RobotState
from skills.contract import Snapshot
from skills.velocity_tracking import HIGHEST, LEAST, MOST, RATE, VelocityTracking

DT = 0.02
Array = Any
Velocity = tuple[float, float, float]


class Walker:
    """Follows commands with a lag, and makes its own of them."""

    def __init__(self, state: RobotState, answer: Callable[[Array], Array]) -> None:
        self.state, self.answer = state, answer
        self.tracking = VelocityTracking(DT)
        self.velocity, self.way, self.time = np.zeros(3), np.zeros(3), 0.0
        self.sent: list[Velocity] = []

    def walk(self, command: Velocity, seconds: float) -> Array:
        """Return the velocity at the end."""
        for _ in range(round(seconds / DT)):
            snapshot = snapshot_at(self.state, self.time, tuple(self.way))
            sent = self.tracking.correct(command, snapshot)
            self.sent.append(sent)
            lag = np.array([0.5, 0.5, 0.1])
            self.velocity += DT / lag * (self.answer(np.array(sent)) - self.velocity)
            self.way = self.way + DT * self.velocity
            self.time += DT
        return self.velocity


def snapshot_at(
    state: RobotState, time: float, way: tuple[float, ...] | None
) -> Snapshot:
    known = Estimate(travelled=way)  # type: ignore[arg-type]
    return Snapshot(state=replace(state, time=time), objects={}, adaptation=known)


@pytest.fixture
def state(standing: Callable[..., RobotState]) -> RobotState:
    return standing()


def test_without_odometry_nothing_is_changed(state: RobotState) -> None:
    tracking, command = VelocityTracking(DT), (0.5, 0.0, 0.1)
    assert tracking.correct(command, Snapshot(state=state, objects={})) is command
    assert tracking.correct(command, snapshot_at(state, 0.0, None)) is command


def test_who_stands_is_left_alone(state: RobotState) -> None:
    tracking, command = VelocityTracking(DT), (0.0, 0.0, 0.0)
    assert (
        tracking.correct(command, snapshot_at(state, 0.0, (0.0, 0.0, 0.0))) is command
    )


def test_a_robot_that_drifts_is_led_straight(state: RobotState) -> None:
    drift = np.array([0.1, -0.08, 0.05])
    walker = Walker(state, lambda sent: sent + drift)
    assert_allclose(walker.walk((0.5, 0.0, 0.0), 6.0), [0.5, 0.0, 0.0], atol=0.015)
    # What belongs to the robot is known for the next command.
    walker.walk((0.2, 0.1, 0.0), 3.0)
    assert_allclose(walker.velocity, [0.2, 0.1, 0.0], atol=0.03)


def test_a_robot_that_is_too_fast_is_asked_for_less(state: RobotState) -> None:
    walker = Walker(state, lambda sent: 1.15 * sent)
    assert walker.walk((0.8, 0.0, 0.3), 6.0)[0] == pytest.approx(0.8, abs=0.02)


def test_who_walks_as_told_is_asked_for_what_is_wanted(state: RobotState) -> None:
    walker = Walker(state, lambda sent: sent)
    for command in ((0.6, 0.1, 0.2), (-0.3, -0.2, 0.0), (0.9, 0.0, -0.4)):
        walker.walk(command, 4.0)
        assert_allclose(walker.sent[-1], command, atol=0.02)


def test_what_is_added_is_bounded_and_does_not_jump(state: RobotState) -> None:
    walker = Walker(state, lambda sent: 0.0 * sent)  # it is held
    command = (1.0, 0.1, 0.0)
    walker.walk(command, 10.0)
    added = np.array(walker.sent) - command
    assert (np.abs(added) <= MOST + 1e-9).all()
    assert (np.array(walker.sent) <= HIGHEST + 1e-9).all()
    assert np.abs(np.diff(added, axis=0)).max() <= RATE * DT + 1e-9


def test_who_is_to_walk_slowly_is_not_told_to_stand(state: RobotState) -> None:
    walker = Walker(state, lambda sent: sent + np.array([0.2, 0.0, 0.0]))
    walker.walk((0.1, 0.0, 0.0), 6.0)
    assert max(abs(v) for v in walker.sent[-1]) >= LEAST


def test_another_episode_may_be_another_robot(state: RobotState) -> None:
    walker = Walker(state, lambda sent: sent + 0.1)
    walker.walk((0.5, 0.0, 0.0), 4.0)
    begin = snapshot_at(state, 0.0, (0.0, 0.0, 0.0))
    assert walker.tracking.correct((0.5, 0.0, 0.0), begin) == (0.5, 0.0, 0.0)
