"""Commands for a robot that was identified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.adaptation.known_robot import KnownRobotAdapter
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters


def adapter(robot: RobotConfig, **values: object) -> KnownRobotAdapter:
    return KnownRobotAdapter(robot, RobotParameters.of(robot, values), 0.02)


def test_a_nominal_robot_gets_the_nominal_command(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    sent = adapter(robot).compensate(standing, at_rest)
    for field in ("joint_pos", "stiffness", "damping"):
        assert_allclose(getattr(sent, field), getattr(standing, field))


def test_weak_motors_get_gains_that_make_up_for_it(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    sent = adapter(robot, strength=0.8).compensate(standing, at_rest)
    assert_allclose(0.8 * sent.stiffness, standing.stiffness)
    assert_allclose(0.8 * sent.damping, standing.damping)


def test_viscous_friction_takes_the_place_of_damping(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    # Hips have a damping of 2 N m s/rad; fingers of 0.1, of which 30 % stay.
    sent = adapter(robot, damping_add=0.5).compensate(standing, at_rest)
    assert sent.damping[0] == pytest.approx(1.5)
    assert sent.damping[-1] == pytest.approx(0.03)


def test_dry_friction_is_made_up_for_in_the_direction_of_motion(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    moving = replace(at_rest, joint_vel=np.full(len(robot.joint_names), 5.0))
    sent = adapter(robot, friction_loss_add={"legs": 0.5}).compensate(standing, moving)
    # 60 % of 0.5 N m at a hip of 100 N m/rad, and tanh(10) is one.
    assert sent.joint_pos[0] - standing.joint_pos[0] == pytest.approx(0.003, rel=1e-6)


def test_a_payload_is_held_up(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    sent = adapter(robot, payload={"right": 1.0}).compensate(standing, at_rest)
    changed = {
        name
        for name, offset in zip(
            robot.joint_names, sent.joint_pos - standing.joint_pos, strict=True
        )
        if abs(offset) > 1e-6
    }
    assert changed <= set(robot.joints_of("right_arm"))
    elbow = robot.joint_names.index("right_elbow_joint")
    assert sent.joint_pos[elbow] < standing.joint_pos[elbow]  # the forearm goes up


def test_what_the_file_says_is_the_estimate(robot: RobotConfig) -> None:
    told = adapter(robot, strength=0.8, payload={"left": 0.4}).estimate()
    assert told.strength["all"].value == pytest.approx(0.8)
    assert told.payload["left"].value == 0.4


def test_a_drive_near_its_limit_gets_no_help(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    weak = adapter(robot, strength=0.8)
    strained = replace(at_rest, joint_effort=np.where(np.arange(43) == 0, 88.0, 0.0))
    for _ in range(200):  # 4 s, long against the time that is averaged over
        sent = weak.compensate(standing, strained)
    assert sent.stiffness[0] == pytest.approx(standing.stiffness[0])
    assert sent.stiffness[1] == pytest.approx(standing.stiffness[1] / 0.8)
    weak.reset(at_rest)
    sent = weak.compensate(standing, at_rest)
    assert sent.stiffness[0] == pytest.approx(standing.stiffness[0] / 0.8)
