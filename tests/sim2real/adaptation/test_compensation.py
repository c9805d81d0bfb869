"""Changes of a command are bounded, in size and in speed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.adaptation.compensation import (
    GAIN_RANGE,
    GAIN_RATE,
    OFFSET_LIMIT,
    OFFSET_RATE,
    SPARED_S,
    Compensation,
    Sparing,
)
from sim2real.robot import JointCommand


def test_nothing_wanted_changes_nothing(
    robot: RobotConfig, standing: JointCommand
) -> None:
    n = len(robot.joint_names)
    sent = Compensation(robot, 0.02).apply(standing, np.ones(n), np.zeros(n))
    assert_allclose(sent.joint_pos, standing.joint_pos, atol=0)
    assert_allclose(sent.stiffness, standing.stiffness, atol=0)


def test_changes_grow_no_faster_than_they_may(
    robot: RobotConfig, standing: JointCommand
) -> None:
    n = len(robot.joint_names)
    sent = Compensation(robot, 0.02).apply(standing, np.full(n, 2.0), 1e3 * np.ones(n))
    assert_allclose(sent.stiffness / standing.stiffness, 1.0 + 0.02 * GAIN_RATE)
    assert_allclose(sent.damping / standing.damping, 1.0 + 0.02 * GAIN_RATE)
    assert_allclose(sent.joint_pos - standing.joint_pos, 0.02 * OFFSET_RATE)


def test_changes_end_at_their_bounds(
    robot: RobotConfig, standing: JointCommand
) -> None:
    n = len(robot.joint_names)
    compensation = Compensation(robot, 0.02)
    for _ in range(500):
        sent = compensation.apply(standing, np.full(n, 9.0), np.full(n, 1e4))
    assert_allclose(sent.stiffness / standing.stiffness, GAIN_RANGE[1])
    offset = sent.joint_pos - standing.joint_pos
    assert offset.max() <= OFFSET_LIMIT + 1e-12
    torque = offset * robot.stiffness
    assert (torque <= 0.5 * robot.effort_limit + 1e-9).all()


def test_an_effort_becomes_an_offset_by_the_stiffness(
    robot: RobotConfig, standing: JointCommand
) -> None:
    # The elbow's stiffness is 60 N m/rad: 3 N m are 0.05 rad.
    n, elbow = len(robot.joint_names), robot.joint_names.index("left_elbow_joint")
    effort = np.zeros(n)
    effort[elbow] = 3.0
    compensation = Compensation(robot, 0.02)
    for _ in range(50):
        sent = compensation.apply(standing, np.ones(n), effort)
    offset = sent.joint_pos - standing.joint_pos
    assert offset[elbow] == pytest.approx(0.05)
    assert np.count_nonzero(offset) == 1


def test_a_drive_near_its_limit_gets_less_help_and_then_none(
    robot: RobotConfig,
) -> None:
    # Half way between 60 and 85 % of the limit half the help is left.
    n = len(robot.joint_names)
    loads = {0.0: 1.0, 0.6: 1.0, 0.725: 0.5, 0.85: 0.0, 1.0: 0.0}
    for load, left in loads.items():
        sparing = Sparing(robot, 0.02)
        for _ in range(500):
            share = sparing.share(-load * robot.effort_limit)
        assert_allclose(share, np.full(n, left), atol=1e-6)


def test_a_short_strain_takes_no_help_away(robot: RobotConfig) -> None:
    sparing = Sparing(robot, 0.02)
    for _ in range(round(0.5 * SPARED_S / 0.02)):  # 1 - exp(-1/2) is 39 %
        share = sparing.share(robot.effort_limit)
    assert_allclose(share, np.ones(len(robot.joint_names)))
