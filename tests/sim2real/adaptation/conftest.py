"""A G1 that stands in its default pose, level, and states of it."""

from __future__ import annotations

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState


@pytest.fixture(scope="session")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def at_rest(robot: RobotConfig) -> RobotState:
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


@pytest.fixture
def standing(robot: RobotConfig) -> JointCommand:
    return JointCommand(
        joint_pos=robot.default_joint_pos.copy(),
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
