"""The sway of the gait is averaged away, the way that is made is not."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from skills.furniture import Pose2D, turn_between
from skills.gait_mean import GaitMean
from skills.locomotion import GAIT_PERIOD_S

DT = 0.02


def test_at_first_it_is_where_it_was_measured() -> None:
    here = Pose2D(x=1.0, y=2.0, yaw=3.0)
    mean = GaitMean()
    assert mean.step(here, 5.0) == here
    assert mean.step(here, 5.0) == here  # no time has passed


@pytest.mark.parametrize("heading", [0.0, pi])
def test_a_swaying_robot_is_where_it_would_be_without(heading: float) -> None:
    mean = GaitMean()
    for tick in range(200):
        time = DT * tick
        phase = 2 * pi * time / GAIT_PERIOD_S
        yaw = heading + 0.1 * time
        swaying = Pose2D(
            x=0.3 * time + 0.02 * cos(phase),
            y=-0.1 * time + 0.04 * sin(phase),
            yaw=turn_between(0.0, yaw + 0.07 * sin(phase)),
        )
        seen = mean.step(swaying, time)
        if time > GAIT_PERIOD_S:
            assert (seen.x, seen.y) == pytest.approx((0.3 * time, -0.1 * time))
            assert turn_between(yaw, seen.yaw) == pytest.approx(0.0, abs=1e-9)


def test_a_robot_that_stops_is_seen_where_it_stands_a_period_later() -> None:
    mean = GaitMean()
    farthest = 0.0
    for tick in range(100):
        x = min(0.1 * DT * tick, 0.1)  # 0.1 m/s for a second
        seen = mean.step(Pose2D(x=x, y=0.0, yaw=0.0), DT * tick)
        farthest = max(farthest, seen.x)
    assert seen.x == pytest.approx(0.1)
    assert farthest < 0.1 + 0.015  # it looks ahead for a while
