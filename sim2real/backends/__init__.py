"""Implementations of RobotBackend, chosen by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from configs.loader import ConfigError
from configs.schema import RobotConfig, SceneConfig
from sim2real.robot import RobotBackend


def make_backend(
    name: str, robot: RobotConfig, scene: SceneConfig, **options: Any
) -> RobotBackend:
    """Return the backend called `name`; `options` go to its constructor.

    Raises:
        ConfigError: if there is no such backend.
    """
    if name not in _BACKENDS:
        raise ConfigError(
            f"unknown backend '{name}'. Known: {', '.join(sorted(_BACKENDS))}."
        )
    return _BACKENDS[name](robot, scene, **options)


# Imported when chosen: a robot without MuJoCo can still use the others.
def _mujoco(robot: RobotConfig, scene: SceneConfig, **options: Any) -> RobotBackend:
    from sim2real.backends.mujoco_backend import MujocoBackend

    return MujocoBackend(robot, scene, **options)


def _fake(robot: RobotConfig, scene: SceneConfig, **options: Any) -> RobotBackend:
    from sim2real.backends.fake_backend import FakeBackend

    return FakeBackend(robot, scene, **options)


def _isaaclab(robot: RobotConfig, scene: SceneConfig, **options: Any) -> RobotBackend:
    from sim2real.backends.isaaclab_backend import IsaacLabBackend

    return IsaacLabBackend(robot, scene, **options)


def _ros2(robot: RobotConfig, scene: SceneConfig, **options: Any) -> RobotBackend:
    from sim2real.backends.ros2_backend import Ros2Backend

    return Ros2Backend(robot, scene, **options)


_BACKENDS: dict[str, Callable[..., RobotBackend]] = {
    "fake": _fake,
    "isaaclab": _isaaclab,
    "mujoco": _mujoco,
    "ros2": _ros2,
}
