"""A G1, states with numbers that tell joints apart, and bags as ROS 2 records them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.robot_log import RobotLogWriter
from sim2real.robot_log.definitions import TYPES, definition_of
from sim2real.rotations import wxyz_from_rpy

DT = 0.02
YAW = wxyz_from_rpy(np.float64(0.0), np.float64(0.0), np.float64(1.0))


@pytest.fixture(scope="session")
def g1() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="session")
def state_at(g1: RobotConfig) -> Callable[..., RobotState]:
    """Make the state of tick k: joint i is at i/100 rad, plus a wave in time."""
    ramp = np.arange(len(g1.joint_names)) / 100

    def make(k: int, **changes: Any) -> RobotState:
        fields: dict[str, Any] = {
            "time": k * DT,
            "joint_pos": ramp + 0.01 * np.sin(k),
            "joint_vel": -ramp + 0.1 * np.cos(k),
            "joint_effort": 10 * ramp + k,
            "base_pos_w": np.array([1.0 + k, 2.0, 0.75]),
            "base_quat_wxyz": YAW,
            "base_lin_vel_w": np.array([0.5, 0.0, 0.1]),
            "base_ang_vel": np.array([0.1, 0.2, 0.3 + 0.01 * k]),
        }
        return RobotState(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def command_at(g1: RobotConfig) -> Callable[..., JointCommand]:
    """Make the command of tick k."""

    def make(k: int) -> JointCommand:
        return JointCommand(
            joint_pos=g1.default_joint_pos + 0.02 * np.sin(0.1 * k),
            stiffness=g1.stiffness,
            damping=g1.damping,
        )

    return make


@pytest.fixture
def cup() -> ObjectState:
    return ObjectState(
        name="cup",
        kind="cup",
        pos_w=np.array([0.5, -0.2, 0.8]),
        quat_wxyz=YAW,
        lin_vel_w=np.array([0.0, 0.1, 0.0]),
        half_size=np.array([0.03, 0.03, 0.05]),
        movable=True,
    )


@pytest.fixture
def write_log(
    g1: RobotConfig,
    state_at: Callable[..., RobotState],
    command_at: Callable[..., JointCommand],
    tmp_path: Path,
) -> Callable[..., Path]:
    """Write a log of some ticks and return its path."""

    def write(
        ticks: int = 50,
        change: Callable[[int, RobotState], RobotState] = lambda k, state: state,
        **options: Any,
    ) -> Path:
        path = tmp_path / "log.mcap"
        with RobotLogWriter(path, g1, {"task": "test"}, **options) as writer:
            for k in range(ticks):
                writer.write_state(change(k, state_at(k)))
                writer.write_command(k * DT, command_at(k))
        return path

    return write


Record = tuple[str, int, Mapping[str, Any]]  # topic, recorder's clock [ns], message


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[..., Path]:
    """Write a bag as `ros2 bag record` does: no word of Praxis in it."""

    def write(
        records: Iterable[Record], types: Mapping[str, str] | None = None
    ) -> Path:
        from mcap_ros2.writer import Writer

        path = tmp_path / "bag.mcap"
        with path.open("wb") as file:
            writer = Writer(file)
            schemas: dict[str, Any] = {}
            for topic, log_ns, message in records:
                kind = {**TYPES, **(types or {})}[topic]
                if kind not in schemas:
                    schemas[kind] = writer.register_msgdef(kind, definition_of(kind))
                writer.write_message(topic, schemas[kind], message, log_time=log_ns)
            writer.finish()
        return path

    return write


def stamp(ns: int) -> dict[str, Any]:
    return {"stamp": {"sec": ns // 10**9, "nanosec": ns % 10**9}, "frame_id": ""}


def joint_state(ns: int, names: Iterable[str], values: Iterable[float]) -> Any:
    """A sensor_msgs/JointState without velocities and efforts."""
    position = [float(value) for value in values]
    return {"header": stamp(ns), "name": list(names), "position": position}


def imu(ns: int, wz: float) -> Any:
    """A sensor_msgs/Imu of a robot that turns about z."""
    still = {"x": 0.0, "y": 0.0, "z": 0.0}
    return {
        "header": stamp(ns),
        "orientation": {**still, "w": 1.0},
        "orientation_covariance": [0.0] * 9,
        "angular_velocity": {**still, "z": wz},
        "angular_velocity_covariance": [0.0] * 9,
        "linear_acceleration": still,
        "linear_acceleration_covariance": [0.0] * 9,
    }
