"""The shipped robot as MuJoCo and as USD see it."""

from __future__ import annotations

from typing import Any

import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.mujoco_model import robot_spec
from sim2real.usd.robot_stage import robot_stage


@pytest.fixture(scope="package")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="package")
def model(robot: RobotConfig) -> Any:
    return robot_spec(robot).compile()


@pytest.fixture(scope="package")
def stage(robot: RobotConfig) -> Any:
    return robot_stage(robot)
