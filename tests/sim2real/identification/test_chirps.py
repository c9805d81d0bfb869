"""Sweeps begin and end at rest, and get smaller as they get faster."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.identification.chirps import Limits, chirp, limits_of

WIDE = Limits(swing=0.4, speed=1.0, fast_swing=0.1)


def test_a_slow_swing_is_bounded_by_the_range_a_fast_one_by_speed_and_torque() -> None:
    amplitude = WIDE.amplitude(np.array([0.1, 0.5, 1.5, 10.0]))
    # By speed, 1 / (2 pi f): 1.59, 0.318, 0.106 and 0.0159 rad; by torque 1.0, 0.2, 0.1
    # and 0.1 rad.
    assert_allclose(amplitude, [0.4, 0.2, 0.1, 1 / (20 * pi)], rtol=1e-12, atol=0.0)


def test_the_limits_of_a_weak_wrist_are_tighter_than_those_of_a_hip(
    robot: RobotConfig,
) -> None:
    wrist = limits_of(robot, "left_wrist_pitch_joint", 0.0)
    # 0.25 x 5 N m / 1.5 N m s/rad, and 0.35 x 5 N m / 30 N m/rad.
    assert wrist.speed == pytest.approx(0.25 * 5.0 / 1.5)
    assert wrist.fast_swing == pytest.approx(0.35 * 5.0 / 30.0)
    hip = limits_of(robot, "left_hip_pitch_joint", 0.0)
    assert (hip.swing, hip.speed) == (0.45, 1.6)
    # 0.8 of the 0.2618 rad that an ankle rolls.
    assert limits_of(robot, "left_ankle_roll_joint", 0.0).swing == pytest.approx(
        0.20944
    )


def test_no_room_is_no_swing(robot: RobotConfig) -> None:
    assert limits_of(robot, "left_ankle_roll_joint", 0.3).swing == 0.0


@pytest.mark.parametrize("rising", [True, False])
def test_a_sweep_begins_and_ends_at_rest_and_is_nothing_outside(rising: bool) -> None:
    time = np.array([-1.0, 0.0, 10.0, 11.0])
    wave = chirp(time, 10.0, WIDE, rising=rising, phase=1.0)
    assert_allclose(wave, np.zeros(4), atol=1e-12)


def test_a_rising_sweep_is_the_falling_one_backwards() -> None:
    time = np.linspace(0.0, 10.0, 1001)
    up = chirp(time, 10.0, WIDE, rising=True, phase=0.3)
    down = chirp(time, 10.0, WIDE, rising=False, phase=0.3)
    assert_allclose(up, down[::-1], atol=1e-9)


def test_a_sweep_crosses_zero_as_often_as_its_frequencies_say() -> None:
    time = np.linspace(0.0, 20.0, 200_001)
    wave = chirp(time, 20.0, WIDE, rising=True, phase=0.0)
    # The mean of an exponential sweep: (10 - 0.1) / ln(100) = 2.15 Hz, twice a period.
    crossings = np.count_nonzero(np.diff(np.sign(wave[wave != 0.0])))
    assert crossings == pytest.approx(2 * 20 * 9.9 / np.log(100.0), abs=2)
