"""Read where things are seen: Detection3DArray, or tf frames.

They say where a thing is, not what it is and how fast: its kind and size come from the
scene file, its velocity from where it was before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import SceneConfig
from sim2real.robot import ObjectState
from sim2real.ros2.frames import Frames, Pose
from sim2real.ros2.readings import is_rotation, stamp_of, vector_of, wxyz_of
from sim2real.ros2.refusal import Refusal, Wrong
from sim2real.ros2.things import Things
from sim2real.scenes import draw_scene

Array = NDArray[np.float64]

SMOOTHING_S = 0.1  # time constant of velocities from differences [s]
STALE_S = 1.0  # two sightings further apart say nothing about speed [s]


def known_things(scene: SceneConfig, seed: int = 0) -> Things:
    """Return the things of a scene file, where it puts them, by name."""
    drawn = draw_scene(scene, np.random.default_rng(seed))
    return {thing.name: thing.at_rest() for thing in drawn.objects}


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
        origin = frames.origin(message.header.frame_id, world)
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
