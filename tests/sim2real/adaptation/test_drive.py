"""What a drive makes of a torque that it is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.adaptation.drive import MOST, PRIOR_STD, DriveRatios
from sim2real.robot import JointCommand, RobotState


def hold(robot: RobotConfig, at_rest: RobotState, ratio: float, seconds: float = 20.0):
    """Let every joint hang 0.1 rad below its target, and report that torque's share."""
    drives = DriveRatios(robot, 0.02)
    asked = 0.1 * robot.stiffness
    command = JointCommand(
        joint_pos=at_rest.joint_pos + 0.1,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    state = replace(at_rest, joint_effort=ratio * asked)
    for _ in range(round(seconds / 0.02)):
        drives.observe(state, command)
    return drives, asked


def test_a_ratio_is_told_where_there_is_torque(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    drives, asked = hold(robot, at_rest, 0.8)
    strong = asked > 5.0  # hips, knees, waist, shoulders and elbows
    assert strong.sum() == 19
    assert_allclose(drives.ratio[strong], 0.8, atol=0.04)
    assert (drives.std[strong] < 0.5 * PRIOR_STD).all()


def test_without_torque_nothing_is_told(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    drives = DriveRatios(robot, 0.02)
    for _ in range(200):
        drives.observe(at_rest, standing)
    assert_allclose(drives.ratio, 1.0)
    assert_allclose(drives.std, PRIOR_STD, rtol=1e-6)


def test_a_ratio_stays_in_its_bounds_whatever_is_reported(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    drives, _ = hold(robot, at_rest, 50.0)
    assert drives.ratio.max() <= MOST


def test_an_effort_that_is_no_number_is_left_out(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    drives, _ = hold(robot, at_rest, np.nan)
    assert_allclose(drives.ratio, 1.0)
