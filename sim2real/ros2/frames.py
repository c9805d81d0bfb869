"""The newest transform of every frame, and how to get from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.ros2.readings import is_rotation, stamp_of, vector_of, wxyz_of
from sim2real.ros2.refusal import Refusal, Wrong
from sim2real.rotations import conjugate, multiply, rotate

Array = NDArray[np.float64]

DEEPEST = 64  # frames between one and the root; more is a circle


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Axes of one frame, seen from another."""

    pos: Array  # [m], (3,)
    quat_wxyz: Array  # (4,)
    stamp_ns: int = 0  # of the oldest part; 0: it never changes

    def after(self, outer: Pose) -> Pose:
        """Return this pose, seen from where `outer` is seen from."""
        stamps = [t for t in (self.stamp_ns, outer.stamp_ns) if t > 0]
        return Pose(
            pos=outer.pos + rotate(outer.quat_wxyz, self.pos),
            quat_wxyz=multiply(outer.quat_wxyz, self.quat_wxyz),
            stamp_ns=min(stamps, default=0),
        )

    def inverse(self) -> Pose:
        """Return the pose of the other frame, seen from this one."""
        back = conjugate(self.quat_wxyz)
        return Pose(pos=-rotate(back, self.pos), quat_wxyz=back, stamp_ns=self.stamp_ns)


class Frames:
    """A tree of frames as tf2_msgs/TFMessage tells it.

    Only the newest transform of each frame is kept, nothing is interpolated: control
    needs what is true now.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parent: dict[str, tuple[str, Pose]] = {}

    def take(self, message: Any, *, static: bool = False) -> list[Refusal]:
        """Keep what is new in a message; return what could not be used."""
        refused = []
        for transform in message.transforms:
            wrong = self._take_one(transform, static)
            if wrong is not None:
                refused.append(wrong)
        return refused

    def _take_one(self, transform: Any, static: bool) -> Refusal | None:
        child, parent = transform.child_frame_id, transform.header.frame_id
        child, parent = child.lstrip("/"), parent.lstrip("/")
        if not child or not parent or child == parent:
            return Refusal(
                wrong=Wrong.FRAME, text=f"tf: a transform from '{parent}' to '{child}'"
            )
        pos = vector_of(transform.transform.translation)
        quat = wxyz_of(transform.transform.rotation)
        if not is_rotation(quat):
            return Refusal(
                wrong=Wrong.ROTATION, text=f"tf: the rotation of {child} is none"
            )
        if not np.isfinite(pos).all():
            return Refusal(
                wrong=Wrong.NUMBER, text=f"tf: the place of {child} is not finite"
            )
        stamp = 0 if static else stamp_of(transform)
        before = self._parent.get(child)
        if before is not None and 0 < stamp <= before[1].stamp_ns:
            return None  # old, or once more
        pose = Pose(pos=pos, quat_wxyz=quat, stamp_ns=stamp)
        self._parent[child] = (parent, pose)
        return None

    def find(self, child: str, parent: str) -> Pose | Refusal:
        """Return the pose of `child`, seen from `parent`."""
        up, down = self._chain(child), self._chain(parent)
        shared = next((name for name in up if name in down), None)
        if shared is None:
            known = ", ".join(sorted(self._parent)[:8]) or "none"
            return Refusal(
                wrong=Wrong.FRAME,
                text=f"tf: nothing leads from {parent} to {child} (known: {known})",
            )
        return up[shared].after(down[shared].inverse())

    def origin(self, frame: str, world: str) -> Pose | Refusal | None:
        """Return the pose of a message's axes in the world; None if they are it."""
        return None if frame in ("", world) else self.find(frame, world)

    def _chain(self, frame: str) -> dict[str, Pose]:
        """Return the pose of `frame` seen from itself and from all above it."""
        pose = Pose(pos=np.zeros(3), quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]))
        chain = {frame: pose}
        while frame in self._parent and len(chain) < DEEPEST:
            frame, step = self._parent[frame]
            if frame in chain:  # a circle
                break
            pose = pose.after(step)
            chain[frame] = pose
        return chain
