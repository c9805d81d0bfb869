"""A session on the fake robot, for every test of it."""

from __future__ import annotations

import pytest

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from tests.app.ros.bench import Bench


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def scene() -> SceneConfig:
    return load_scene("kitchen")


@pytest.fixture
def bench(robot: RobotConfig, scene: SceneConfig) -> Bench:
    return Bench(robot, scene)
