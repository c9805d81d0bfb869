"""Robot time goes on, whatever the robot's clock does."""

from __future__ import annotations

import pytest

from sim2real.ros2.robot_clock import RobotClock

S = 1_000_000_000


def test_time_counts_from_the_reset() -> None:
    clock = RobotClock()
    clock.reset(100 * S, 7 * S)
    assert clock.time_of(100 * S + S // 50, 7 * S + S // 50) == 0.02
    assert clock.time_of(102 * S, 9 * S) == 2.0
    assert clock.jumps == []


def test_after_a_jump_back_time_goes_on_by_what_our_clock_saw() -> None:
    clock = RobotClock()
    clock.reset(100 * S, 0)
    assert clock.time_of(101 * S, S) == 1.0
    assert clock.time_of(50 * S, S + S // 2) == pytest.approx(1.5)
    assert clock.time_of(51 * S, 2 * S + S // 2) == pytest.approx(2.5)
    assert str(clock.jumps[0]) == "the robot's clock jumped back by 51.500 s"


def test_a_jump_forward_is_none_of_time_passing() -> None:
    clock = RobotClock()
    clock.reset(100 * S, 0)
    assert clock.time_of(200 * S, S) == pytest.approx(1.0)
    assert str(clock.jumps[0]) == "the robot's clock jumped forward by 99.000 s"


def test_a_pause_of_the_robot_is_no_jump() -> None:
    clock = RobotClock()
    clock.reset(0, 0)
    assert clock.time_of(3 * S, 3 * S) == 3.0
    assert clock.jumps == []
