"""Turn what Praxis measures and commands into ROS 2 messages, as bytes.

ROS 2 has quaternions as xyzw and an odometry's velocities in the axes of its child
frame; both are converted here, and back in `streams.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.robot_log import definitions as topic
from sim2real.robot_log.encoding import Stencil, encode
from sim2real.robot_log.records import PolicyStep

Array = NDArray[np.float64]
Names = tuple[str, ...]

WORLD = "odom"  # the frame that positions are counted in (REP 105)

_UNKNOWN = -1.0  # first covariance of what is not measured (sensor_msgs/Imu)
_DOUBLE, _SINGLE = "<f8", "<f4"


class Messages:
    """Encodes everything that one robot's log holds; keeps a stencil for each."""

    def __init__(self, robot: RobotConfig) -> None:
        """Take the robot whose joints and frames are named in the messages."""
        self._base = robot.base_body
        self._joint_state = _joint_state(robot.joint_names)
        self._joint_command = _joint_command(robot.joint_names)
        self._zeros = np.zeros(len(robot.joint_names))
        self._imu = _imu(robot.base_body)
        self._odometry = _odometry(robot.base_body)
        self._objects: dict[tuple[object, ...], Stencil] = {}
        self._transforms: dict[tuple[str, ...], Stencil] = {}
        self._policies: dict[str, tuple[Names, Names, Stencil]] = {}

    def joint_state(self, stamp_ns: int, state: RobotState) -> bytes:
        """Return a sensor_msgs/JointState."""
        numbers = {
            "position": state.joint_pos,
            "velocity": state.joint_vel,
            "effort": state.joint_effort,
        }
        return self._joint_state.fill(stamp_ns, numbers)

    def imu(self, stamp_ns: int, state: RobotState) -> bytes:
        """Return a sensor_msgs/Imu; accelerations are not measured."""
        numbers = {
            "orientation": _xyzw(state.base_quat_wxyz),
            "angular_velocity": state.base_ang_vel.tolist(),
        }
        return self._imu.fill(stamp_ns, numbers)

    def odometry(self, stamp_ns: int, state: RobotState) -> bytes:
        """Return a nav_msgs/Odometry of the base in the world."""
        quat = state.base_quat_wxyz
        return self._odometry.fill(
            stamp_ns,
            {
                "position": state.base_pos_w.tolist(),
                "orientation": _xyzw(quat),
                "linear": _in_base(quat.tolist(), state.base_lin_vel_w.tolist()),
                "angular": state.base_ang_vel.tolist(),
            },
        )

    def joint_command(self, stamp_ns: int, command: JointCommand) -> bytes:
        """Return a praxis_msgs/JointCommand."""
        numbers = {
            "position": command.joint_pos,
            "velocity": self._zeros,
            "effort": self._zeros,
            "stiffness": command.stiffness,
            "damping": command.damping,
        }
        return self._joint_command.fill(stamp_ns, numbers)

    def objects(self, stamp_ns: int, objects: Mapping[str, ObjectState]) -> bytes:
        """Return a praxis_msgs/ObjectStates."""
        things = list(objects.values())
        key = tuple((thing.name, thing.kind, thing.movable) for thing in things)
        if key not in self._objects:
            self._objects[key] = _object_states(things)
        poses: list[float] = []
        velocities: list[float] = []
        sizes: list[float] = []
        for thing in things:
            poses += _pose(thing.pos_w, thing.quat_wxyz)
            velocities += thing.lin_vel_w.tolist()
            sizes += (2.0 * thing.half_size).tolist()
        numbers = {"pose": poses, "velocity": velocities, "size": sizes}
        return self._objects[key].fill(stamp_ns, numbers)

    def transforms(
        self, stamp_ns: int, state: RobotState, objects: Mapping[str, ObjectState]
    ) -> bytes:
        """Return a tf2_msgs/TFMessage: the base and every object in the world."""
        frames = (self._base, *objects)
        if frames not in self._transforms:
            self._transforms[frames] = _transforms(frames)
        numbers = {self._base: _pose(state.base_pos_w, state.base_quat_wxyz)}
        for name, thing in objects.items():
            numbers[name] = _pose(thing.pos_w, thing.quat_wxyz)
        return self._transforms[frames].fill(stamp_ns, numbers)

    def policy_step(self, stamp_ns: int, step: PolicyStep) -> bytes:
        """Return a praxis_msgs/PolicyStep."""
        names = step.terms, step.joints
        known = self._policies.get(step.policy)
        # The same tuples come again and again; comparing them takes longer.
        if known is None or (known[0] is not names[0] and known[:2] != names):
            known = (*names, _policy_step(step))
            self._policies[step.policy] = known
        numbers = {"obs": step.observation, "actions": step.action}
        return known[2].fill(stamp_ns, numbers)


def text(stamp_ns: int, words: str) -> bytes:
    """Return a std_msgs/String, which has no stamp of its own."""
    return encode("std_msgs/msg/String", {"data": words})


def _header(stamp: Any, frame: str) -> dict[str, Any]:
    return {"stamp": stamp, "frame_id": frame}


def _joint_state(joints: Sequence[str]) -> Stencil:
    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        parts = {key: v[key] for key in ("position", "velocity", "effort")}
        return {"header": _header(v["stamp"], ""), "name": list(joints), **parts}

    sizes = dict.fromkeys(("position", "velocity", "effort"), (len(joints), _DOUBLE))
    return Stencil(topic.TYPES[topic.JOINT_STATES], build, sizes)


def _joint_command(joints: Sequence[str]) -> Stencil:
    keys = ("position", "velocity", "effort", "stiffness", "damping")

    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        parts = {key: v[key] for key in keys}
        return {"header": _header(v["stamp"], ""), "name": list(joints), **parts}

    sizes = dict.fromkeys(keys, (len(joints), _DOUBLE))
    return Stencil(topic.TYPES[topic.JOINT_COMMAND], build, sizes)


def _imu(frame: str) -> Stencil:
    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "header": _header(v["stamp"], frame),
            "orientation": _named("xyzw", v["orientation"]),
            "orientation_covariance": [0.0] * 9,
            "angular_velocity": _named("xyz", v["angular_velocity"]),
            "angular_velocity_covariance": [0.0] * 9,
            "linear_acceleration": _named("xyz", [0.0] * 3),
            "linear_acceleration_covariance": [_UNKNOWN] + [0.0] * 8,
        }

    sizes = {"orientation": (4, _DOUBLE), "angular_velocity": (3, _DOUBLE)}
    return Stencil(topic.TYPES[topic.IMU], build, sizes)


def _odometry(frame: str) -> Stencil:
    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        pose = {
            "position": _named("xyz", v["position"]),
            "orientation": _named("xyzw", v["orientation"]),
        }
        twist = {
            "linear": _named("xyz", v["linear"]),
            "angular": _named("xyz", v["angular"]),
        }
        return {
            "header": _header(v["stamp"], WORLD),
            "child_frame_id": frame,
            "pose": {"pose": pose, "covariance": [0.0] * 36},
            "twist": {"twist": twist, "covariance": [0.0] * 36},
        }

    sizes = dict.fromkeys(("position", "linear", "angular"), (3, _DOUBLE))
    sizes["orientation"] = (4, _DOUBLE)
    return Stencil(topic.TYPES[topic.ODOMETRY], build, sizes)


def _object_states(things: Sequence[ObjectState]) -> Stencil:
    count = len(things)

    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "header": _header(v["stamp"], WORLD),
            "name": [thing.name for thing in things],
            "kind": [thing.kind for thing in things],
            "movable": [thing.movable for thing in things],
            "pose": v["pose"],
            "linear_velocity": v["velocity"],
            "size": v["size"],
        }

    sizes = {
        "pose": (7 * count, _DOUBLE),
        "velocity": (3 * count, _DOUBLE),
        "size": (3 * count, _DOUBLE),
    }
    return Stencil(topic.TYPES[topic.OBJECTS], build, sizes)


def _transforms(frames: Sequence[str]) -> Stencil:
    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "transforms": [
                {
                    "header": _header(v["stamp"], WORLD),
                    "child_frame_id": frame,
                    "transform": {
                        "translation": _named("xyz", v[frame][:3]),
                        "rotation": _named("xyzw", v[frame][3:]),
                    },
                }
                for frame in frames
            ]
        }

    sizes = dict.fromkeys(frames, (7, _DOUBLE))
    return Stencil(topic.TYPES[topic.TRANSFORMS], build, sizes)


def _policy_step(step: PolicyStep) -> Stencil:
    def build(v: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "header": _header(v["stamp"], ""),
            "skill": step.policy,
            "terms": list(step.terms),
            "obs": v["obs"],
            "joints": list(step.joints),
            "actions": v["actions"],
        }

    sizes = {
        "obs": (len(step.observation), _SINGLE),
        "actions": (len(step.action), _SINGLE),
    }
    return Stencil(topic.TYPES[topic.POLICY_STEP], build, sizes)


def _named(names: str, values: Sequence[float]) -> dict[str, float]:
    return dict(zip(names, values, strict=True))


def _xyzw(quat_wxyz: Array) -> list[float]:
    w, x, y, z = quat_wxyz.tolist()
    return [x, y, z, w]


def _pose(pos: Array, quat_wxyz: Array) -> list[float]:
    numbers: list[float] = pos.tolist()
    return numbers + _xyzw(quat_wxyz)


def _in_base(quat_wxyz: Sequence[float], vector: Sequence[float]) -> Sequence[float]:
    """Turn a vector by the inverse of a quaternion.

    As `rotate_inverse`, on plain numbers: for one vector that is ten times as fast.
    """
    w, x, y, z = quat_wxyz
    a, b, c = vector
    p, q, r = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return (
        a - w * p + (y * r - z * q),
        b - w * q + (z * p - x * r),
        c - w * r + (x * q - y * p),
    )
