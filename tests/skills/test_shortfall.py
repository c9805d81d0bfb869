"""What a robot lags behind is added to its command; a sway is not."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from skills.furniture import Pose2D
from skills.locomotion import GAIT_PERIOD_S
from skills.shortfall import ADAPT_S, MOST, Shortfall

DT = 0.02


def lead(
    shortfall: Shortfall, seconds: float, *, speed: float, yaw: float = 0.0
) -> tuple[float, float]:
    """Ask for 0.1 m/s along the world's y; the robot makes `speed` and sways."""
    wanted = (0.1 * sin(yaw), 0.1 * cos(yaw))
    here = Pose2D(x=0.0, y=0.0, yaw=yaw)
    for tick in range(round(seconds / DT)):
        phase = 2 * pi * tick * DT / GAIT_PERIOD_S
        here = Pose2D(x=0.03 * cos(phase), y=speed * tick * DT, yaw=yaw)
        shortfall.step(here, wanted, DT)
    return shortfall.added(here)


@pytest.mark.parametrize("yaw", [0.0, 1.0, -2.0])
def test_a_robot_that_is_held_is_told_to_walk_faster(yaw: float) -> None:
    shortfall = Shortfall()
    assert lead(shortfall, 0.7, speed=0.0, yaw=yaw) == (0.0, 0.0)  # not one period
    shortfall.forget()
    # From 0.8 s on 0.1 m/s are missing: over 1.5 s in all that is what is added.
    added = lead(shortfall, GAIT_PERIOD_S + ADAPT_S, speed=0.0, yaw=yaw)
    assert added == pytest.approx((0.1 * sin(yaw), 0.1 * cos(yaw)), abs=0.003)


def test_a_robot_that_keeps_up_is_left_alone() -> None:
    assert lead(Shortfall(), 5.0, speed=0.1) == pytest.approx((0.0, 0.0), abs=1e-3)


def test_a_robot_that_is_too_fast_is_told_to_walk_slower() -> None:
    _, added = lead(Shortfall(), GAIT_PERIOD_S + ADAPT_S, speed=0.14)
    assert added == pytest.approx(-0.04, abs=0.002)


def test_no_more_is_added_than_the_most() -> None:
    _, added = lead(Shortfall(), 30.0, speed=0.0)
    assert added == pytest.approx(MOST)


def test_what_is_forgotten_is_not_added() -> None:
    shortfall = Shortfall()
    lead(shortfall, 3.0, speed=0.0)
    shortfall.forget()
    assert shortfall.added(Pose2D(x=0.0, y=0.0, yaw=0.0)) == (0.0, 0.0)
