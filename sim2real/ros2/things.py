"""What perception reports of all things together: praxis_msgs/ObjectStates."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import ObjectState
from sim2real.ros2.frames import Frames, Pose
from sim2real.ros2.readings import (
    NANOSECONDS,
    is_rotation,
)
from sim2real.ros2.refusal import Refusal, Wrong

Array = NDArray[np.float64]
Things = dict[str, ObjectState]

XYZW = [1, 2, 3, 0]  # index of each in wxyz
KINDS = ("table", "shelf", "cup", "box", "ball")


def read_object_states(message: Any, frames: Frames, world: str) -> Things | Refusal:
    """Read a praxis_msgs/ObjectStates.

    Args:
        message: the message.
        frames: to get from its axes to the world's, if they differ.
        world: name of the axes that odometry counts in.
    """
    count = len(message.name)
    pose = np.asarray(message.pose, dtype=np.float64)
    velocity = np.asarray(message.linear_velocity, dtype=np.float64)
    size = np.asarray(message.size, dtype=np.float64)
    counts = {
        "name": count,
        "kind": len(message.kind),
        "movable": len(message.movable),
        "pose": pose.size / 7,
        "linear_velocity": velocity.size / 3,
        "size": size.size / 3,
    }
    if set(counts.values()) - {count}:
        told = ", ".join(f"{number:g} {name}" for name, number in counts.items())
        return Refusal(wrong=Wrong.LENGTH, text=f"objects: lengths differ: {told}")
    origin = frames.origin(message.header.frame_id, world)
    if isinstance(origin, Refusal):
        return origin
    things: Things = {}
    for name, kind, movable, *numbers in zip(
        message.name,
        message.kind,
        message.movable,
        pose.reshape(count, 7),
        velocity.reshape(count, 3),
        size.reshape(count, 3),
        strict=True,
    ):
        thing = _thing(name, kind, bool(movable), *numbers)
        if isinstance(thing, Refusal):
            return thing
        things[name] = thing if origin is None else _moved(thing, origin)
    return things


def _thing(
    name: str, kind: str, movable: bool, pose: Array, velocity: Array, size: Array
) -> ObjectState | Refusal:
    pos, quat = pose[:3].copy(), pose[[6, 3, 4, 5]]
    if kind not in KINDS:
        return Refusal(
            wrong=Wrong.NAMES,
            text=f"objects: {name} is a '{kind}', expected one of {', '.join(KINDS)}",
        )
    if not is_rotation(quat):
        return Refusal(
            wrong=Wrong.ROTATION, text=f"objects: the orientation of {name} is none"
        )
    if not np.isfinite((pos, velocity, size)).all() or size.min() <= 0.0:
        return Refusal(
            wrong=Wrong.NUMBER,
            text=f"objects: place, speed or size of {name} is no usable number",
        )
    return ObjectState(
        name=name,
        kind=kind,
        pos_w=pos,
        quat_wxyz=quat,
        lin_vel_w=velocity.copy(),
        half_size=size / 2.0,
        movable=movable,
    )


class ThingsWriter:
    """One praxis_msgs/ObjectStates that is filled again for every report."""

    def __init__(self, message: Any, frame: str) -> None:
        """Take an empty message and the name of the world's axes."""
        self.message = message
        message.header.frame_id = frame

    def write(self, things: Mapping[str, ObjectState], stamp_ns: int) -> Any:
        """Return the message with these things."""
        message, listed = self.message, list(things.values())
        names = [thing.name for thing in listed]
        if message.name != names:
            message.name = names
            message.kind = [thing.kind for thing in listed]
            message.movable = [thing.movable for thing in listed]
        message.pose = _doubles((*t.pos_w, *t.quat_wxyz[XYZW]) for t in listed)
        message.linear_velocity = _doubles(t.lin_vel_w for t in listed)
        message.size = _doubles(2.0 * t.half_size for t in listed)
        stamp = message.header.stamp
        stamp.sec, stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
        return message


def _doubles(rows: Iterable[Iterable[float]]) -> array[float]:
    return array("d", [value for row in rows for value in row])


def _moved(thing: ObjectState, origin: Pose) -> ObjectState:
    here = Pose(pos=thing.pos_w, quat_wxyz=thing.quat_wxyz).after(origin)
    turn = replace(origin, pos=np.zeros(3))
    velocity = Pose(pos=thing.lin_vel_w, quat_wxyz=thing.quat_wxyz).after(turn).pos
    return replace(thing, pos_w=here.pos, quat_wxyz=here.quat_wxyz, lin_vel_w=velocity)
