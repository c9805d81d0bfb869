"""Read joint states, IMU data and odometry; messages are looked at, never changed.

A message is any object with the fields of the ROS type, so that nothing here needs
ROS. What cannot be used comes back as a `Refusal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.ros2.refusal import Refusal, Wrong

Array = NDArray[np.float64]

NANOSECONDS = 1_000_000_000
REORDERED_NS = 200_000_000  # further back it is not order that is lost, but the clock
UNIT = 0.05  # by which the length of a quaternion may differ from 1


@dataclass(frozen=True, kw_only=True)
class JointReading:
    """All joints of the robot, in its order, (n,)."""

    stamp_ns: int  # of the oldest part
    joint_pos: Array  # [rad]
    joint_vel: Array  # [rad/s]
    joint_effort: Array  # [N m]; zeros where nothing is measured


@dataclass(frozen=True, kw_only=True)
class ImuReading:
    """Orientation and turning rate of the base."""

    stamp_ns: int
    quat_wxyz: Array  # (4,)
    ang_vel: Array  # base axes [rad/s], (3,)


@dataclass(frozen=True, kw_only=True)
class OdomReading:
    """Where the base is in the world, and how fast."""

    stamp_ns: int
    frame: str  # name of the world's axes
    pos_w: Array  # [m], (3,)
    quat_wxyz: Array  # (4,)
    lin_vel_b: Array  # base axes [m/s], (3,)


def stamp_of(message: Any) -> int:
    """Return the time in a header [ns]."""
    stamp = message.header.stamp
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


def vector_of(xyz: Any) -> Array:
    """Return a Vector3 or Point as an array, (3,)."""
    return np.array((xyz.x, xyz.y, xyz.z), dtype=np.float64)


def wxyz_of(xyzw: Any) -> Array:
    """Return a Quaternion message in our order, (4,)."""
    return np.array((xyzw.w, xyzw.x, xyzw.y, xyzw.z), dtype=np.float64)


def is_rotation(quat_wxyz: Array) -> bool:
    """Whether a quaternion has length 1, all but for rounding."""
    length = float(np.sqrt(quat_wxyz @ quat_wxyz))
    return abs(length - 1.0) <= UNIT  # false for what is not finite


class JointReader:
    """Puts sensor_msgs/JointState together, whole or in parts, in any order of names.

    Body and hands may come from two publishers: a message may name some of the joints.
    Joints that the robot does not have are looked over.
    """

    def __init__(self, robot: RobotConfig) -> None:
        """Take the robot; nothing was heard yet."""
        n = len(robot.joint_names)
        self._place = {name: i for i, name in enumerate(robot.joint_names)}
        self._names = robot.joint_names
        self._orders: dict[tuple[str, ...], tuple[Array | Any, Any] | Refusal] = {}
        self._pos, self._vel, self._effort = np.zeros(n), np.zeros(n), np.zeros(n)
        self._stamps = np.full(n, -1, dtype=np.int64)

    def reset(self) -> None:
        """Forget what was heard."""
        self._stamps[:] = -1

    @property
    def missing(self) -> tuple[str, ...]:
        """Joints that no message has named yet."""
        return tuple(
            name
            for name, stamp in zip(self._names, self._stamps, strict=True)
            if stamp < 0
        )

    def read(self, message: Any) -> JointReading | Refusal | None:
        """Take a message; None as long as a joint was never named."""
        order = self._order(tuple(message.name))
        if isinstance(order, Refusal):
            return order
        values = self._values(message)
        if isinstance(values, Refusal):
            return values
        ours, theirs = order
        parts = [came[theirs] for came in values]
        for name, part in zip(("position", "velocity", "effort"), parts, strict=True):
            finite = np.isfinite(part)
            if not finite.all():
                joint = self._names[ours[int(np.argmin(finite))]]
                return Refusal(
                    wrong=Wrong.NUMBER,
                    text=f"joint_states: {name} of {joint} is not finite",
                )
        stamp = stamp_of(message)
        behind = int(self._stamps[ours].max()) - stamp
        if 0 <= behind < REORDERED_NS:  # once more, or out of order: nothing new
            return self._reading(stamp)
        self._pos[ours], self._vel[ours], self._effort[ours] = parts
        self._stamps[ours] = stamp
        oldest = int(self._stamps.min())
        if oldest < 0:
            return None
        return self._reading(oldest)

    def _reading(self, stamp_ns: int) -> JointReading:
        return JointReading(
            stamp_ns=stamp_ns,
            joint_pos=self._pos.copy(),
            joint_vel=self._vel.copy(),
            joint_effort=self._effort.copy(),
        )

    def _order(self, names: tuple[str, ...]) -> tuple[Any, Any] | Refusal:
        order = self._orders.get(names)
        if order is None:
            if len(self._orders) > 64:  # somebody sends ever other names
                self._orders.clear()
            order = self._orders[names] = self._find_order(names)
        return order

    def _find_order(self, names: tuple[str, ...]) -> tuple[Any, Any] | Refusal:
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            return Refusal(
                wrong=Wrong.NAMES, text=f"joint_states: {twice} is there twice"
            )
        pairs = [(self._place[n], i) for i, n in enumerate(names) if n in self._place]
        if not pairs:
            named = ", ".join(names[:3]) or "none"
            return Refusal(
                wrong=Wrong.NAMES,
                text=f"joint_states: no joint of this robot is named (got {named}; "
                f"expected {self._names[0]} ...)",
            )
        ours, theirs = zip(*pairs, strict=True)
        return np.array(ours), np.array(theirs)

    def _values(self, message: Any) -> tuple[Array, Array, Array] | Refusal:
        count = len(message.name)
        position = np.asarray(message.position, dtype=np.float64)
        velocity = np.asarray(message.velocity, dtype=np.float64)
        effort = np.asarray(message.effort, dtype=np.float64)
        if effort.size == 0:  # many drivers have none
            effort = np.zeros(count)
        for name, values in (
            ("position", position),
            ("velocity", velocity),
            ("effort", effort),
        ):
            if values.shape != (count,):
                return Refusal(
                    wrong=Wrong.LENGTH,
                    text=f"joint_states: {values.size} values of {name} for "
                    f"{count} names",
                )
        return position, velocity, effort


def read_imu(message: Any) -> ImuReading | Refusal:
    """Read a sensor_msgs/Imu."""
    if message.orientation_covariance[0] == -1.0:
        return Refusal(
            wrong=Wrong.ROTATION,
            text="imu/data: it says that it has no orientation (covariance -1); "
            "use a driver or a filter that estimates one",
        )
    quat, rate = wxyz_of(message.orientation), vector_of(message.angular_velocity)
    if not is_rotation(quat):
        return _no_rotation("imu/data", quat)
    if not np.isfinite(rate).all():
        return Refusal(
            wrong=Wrong.NUMBER, text="imu/data: angular_velocity is not finite"
        )
    return ImuReading(stamp_ns=stamp_of(message), quat_wxyz=quat, ang_vel=rate)


def read_odometry(message: Any) -> OdomReading | Refusal:
    """Read a nav_msgs/Odometry."""
    pose, twist = message.pose.pose, message.twist.twist
    pos, velocity = vector_of(pose.position), vector_of(twist.linear)
    quat = wxyz_of(pose.orientation)
    if not is_rotation(quat):
        return _no_rotation("odom", quat)
    for name, values in (("position", pos), ("linear velocity", velocity)):
        if not np.isfinite(values).all():
            return Refusal(wrong=Wrong.NUMBER, text=f"odom: {name} is not finite")
    return OdomReading(
        stamp_ns=stamp_of(message),
        frame=message.header.frame_id,
        pos_w=pos,
        quat_wxyz=quat,
        lin_vel_b=velocity,
    )


def _no_rotation(topic: str, quat_wxyz: Sequence[float] | Array) -> Refusal:
    numbers = ", ".join(f"{value:.3g}" for value in quat_wxyz)
    return Refusal(
        wrong=Wrong.ROTATION,
        text=f"{topic}: the orientation (w, x, y, z) = ({numbers}) has not length 1",
    )
