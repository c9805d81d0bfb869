"""A blind stand keeps every joint's torque and resists more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.blind_stand import BlindStand
from sim2real.footing import Soles
from sim2real.robot import JointCommand, RobotState


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def state(robot: RobotConfig) -> RobotState:
    n = len(robot.joint_names)
    return RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos.copy(),
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.array([0.0, 0.0, robot.standing_height]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def test_the_torque_stays_and_the_stiffness_grows(
    robot: RobotConfig, state: RobotState
) -> None:
    # The knee is held 0.06 rad off its target at 150 N m/rad: 9 N m. At 450 N m/rad
    # that is 0.02 rad.
    knee = robot.joint_names.index("left_knee_joint")
    target = robot.default_joint_pos.copy()
    target[knee] += 0.06
    last = JointCommand(
        joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
    )
    blind = BlindStand(robot)
    blind.start(state, last)
    sent = blind.stand()
    assert sent.stiffness[knee] == 450.0
    assert_allclose(sent.joint_pos[knee] - state.joint_pos[knee], 0.02)


def test_no_more_torque_is_kept_than_the_motor_has(
    robot: RobotConfig, state: RobotState
) -> None:
    knee = robot.joint_names.index("left_knee_joint")
    target = robot.default_joint_pos.copy()
    target[knee] += 2.0
    last = JointCommand(
        joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
    )
    blind = BlindStand(robot)
    blind.start(state, last)
    sent = blind.stand()
    torque = sent.stiffness * (sent.joint_pos - state.joint_pos)
    assert_allclose(torque[knee], 139.0)


def test_the_crouch_keeps_the_soles_flat_and_lowers_the_body(
    robot: RobotConfig, state: RobotState
) -> None:
    blind = BlindStand(robot)
    blind.start(state, None)
    assert not blind.folded
    for _ in range(10):
        sent = blind.crouch(0.1)
    assert blind.folded
    before = Soles(robot).footing(state)
    after = Soles(robot).footing(replace(state, joint_pos=sent.joint_pos))
    assert before.com_height - after.com_height == pytest.approx(0.13, abs=0.01)
    assert after.steady


def test_a_footing_that_falls_is_not_steady(
    robot: RobotConfig, state: RobotState
) -> None:
    soles = Soles(robot)
    assert soles.footing(state).steady
    assert soles.mass == pytest.approx(35.0, abs=2.0)
    # 0.7 m over the feet, 0.5 rad/s make 0.35 m/s at the centre of mass.
    falling = soles.footing(replace(state, base_ang_vel=np.array([0.0, 0.5, 0.0])))
    assert not falling.steady
    assert falling.speed == pytest.approx(0.35, abs=0.03)
    assert falling.capture_point[0] > 0.05
    lifted = state.joint_pos.copy()
    lifted[robot.joint_names.index("left_knee_joint")] += 0.8
    one_leg = soles.footing(replace(state, joint_pos=lifted))
    assert one_leg.down.tolist() == [False, True]
    assert not one_leg.steady
