"""Read what perception sends: our own ObjectStates, Detection3DArray, or tf frames.

Detections and frames say where a thing is, not what it is and how fast: its kind and
size come from the scene file, its velocity from where it was before.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import SceneConfig
from sim2real.robot import ObjectState
from sim2real.ros2.frames import Frames, Pose
from sim2real.ros2.readings import (
    NANOSECONDS,
    is_rotation,
    stamp_of,
    vector_of,
    wxyz_of,
)
from sim2real.ros2.refusal import Refusal, Wrong
from sim2real.scenes import draw_scene

Array = NDArray[np.float64]
Things = dict[str, ObjectState]

XYZW = [1, 2, 3, 0]  # index of each in wxyz
KINDS = ("table", "shelf", "cup", "box", "ball")
SMOOTHING_S = 0.1  # time constant of velocities from differences [s]
STALE_S = 1.0  # two sightings further apart say nothing about speed [s]


def known_things(scene: SceneConfig, seed: int = 0) -> Things:
    """Return the things of a scene file, where it puts them, by name."""
    drawn = draw_scene(scene, np.random.default_rng(seed))
    return {thing.name: thing.at_rest() for thing in drawn.objects}


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
    origin = _origin(message.header.frame_id, frames, world)
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


def _origin(frame: str, frames: Frames, world: str) -> Pose | Refusal | None:
    """Return the pose of a message's axes in the world; None if they are the world."""
    if frame in ("", world):
        return None
    return frames.find(frame, world)


def _moved(thing: ObjectState, origin: Pose) -> ObjectState:
    here = Pose(pos=thing.pos_w, quat_wxyz=thing.quat_wxyz).after(origin)
    turn = replace(origin, pos=np.zeros(3))
    velocity = Pose(pos=thing.lin_vel_w, quat_wxyz=thing.quat_wxyz).after(turn).pos
    return replace(thing, pos_w=here.pos, quat_wxyz=here.quat_wxyz, lin_vel_w=velocity)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    pos_w: Array
    time: float  # [s]
    velocity: Array


class Sightings:
    """Turns poses of named things into object states, with velocities."""

    def __init__(self, known: Mapping[str, ObjectState]) -> None:
        """Take what the scene file knows; other things are looked over."""
        self._known = dict(known)
        self._seen: dict[str, _Seen] = {}

    def reset(self) -> None:
        """Forget where things were."""
        self._seen.clear()

    def furniture(self) -> Things:
        """Return what does not move, where the scene file puts it."""
        return {n: thing for n, thing in self._known.items() if not thing.movable}

    def read_detections(
        self, message: Any, frames: Frames, world: str
    ) -> Things | Refusal:
        """Read a vision_msgs/Detection3DArray; `id` names the thing.

        Without an id, the class of the best hypothesis does.
        """
        origin = _origin(message.header.frame_id, frames, world)
        if isinstance(origin, Refusal):
            return origin
        time = stamp_of(message) * 1e-9
        things: Things = {}
        for detection in message.detections:
            name = detection.id or _best_class(detection.results)
            if name not in self._known:
                continue
            centre = detection.bbox.center
            pos, quat = vector_of(centre.position), wxyz_of(centre.orientation)
            if not is_rotation(quat) or not np.isfinite(pos).all():
                return Refusal(
                    wrong=Wrong.NUMBER, text=f"detections: the pose of {name} is none"
                )
            pose = Pose(pos=pos, quat_wxyz=quat)
            things[name] = self._see(
                name, pose if origin is None else pose.after(origin), time
            )
        return things

    def read_frames(
        self, names: Mapping[str, str], frames: Frames, world: str
    ) -> Things:
        """Return the things whose tf frames are known; the others are not seen.

        Args:
            names: frame of each thing, by its name.
            frames: what tf says.
            world: name of the axes that odometry counts in.
        """
        things: Things = {}
        for name, frame in names.items():
            pose = frames.find(frame, world)
            if name in self._known and not isinstance(pose, Refusal):
                things[name] = self._see(name, pose, pose.stamp_ns * 1e-9)
        return things

    def _see(self, name: str, pose: Pose, time: float) -> ObjectState:
        before = self._seen.get(name)
        velocity = np.zeros(3)
        if before is not None:
            passed = time - before.time
            velocity = before.velocity
            if 0.0 < passed <= STALE_S:
                share = passed / (passed + SMOOTHING_S)
                moved = (pose.pos - before.pos_w) / passed
                velocity = velocity + share * (moved - velocity)
            elif passed != 0.0:
                velocity = np.zeros(3)
        self._seen[name] = _Seen(pos_w=pose.pos, time=time, velocity=velocity)
        return replace(
            self._known[name],
            pos_w=pose.pos,
            quat_wxyz=pose.quat_wxyz,
            lin_vel_w=velocity,
        )


def _best_class(results: Sequence[Any]) -> str:
    if not results:
        return ""
    best = max(results, key=lambda result: float(result.hypothesis.score))
    return str(best.hypothesis.class_id)
