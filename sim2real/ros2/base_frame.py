"""Read the base from tf, where there is no odometry; its velocity from differences."""

from __future__ import annotations

import numpy as np

from sim2real.ros2.frames import Frames
from sim2real.ros2.readings import OdomReading
from sim2real.ros2.refusal import Refusal
from sim2real.rotations import rotate, rotate_inverse

SMOOTHING_S = 0.05  # time constant of a velocity that comes from tf [s]


class BaseFrame:
    """Finds one frame in another, and how fast it moves."""

    def __init__(self, frames: Frames, base: str, world: str) -> None:
        """Take the tree of frames, and the names of the two."""
        self._frames, self._base, self._world = frames, base, world

    def read(self, before: OdomReading | None) -> OdomReading | Refusal:
        """Return what tf says now.

        Args:
            before: what it said last.
        """
        pose = self._frames.find(self._base, self._world)
        if isinstance(pose, Refusal):
            return pose
        velocity = np.zeros(3)
        if before is not None and pose.stamp_ns > before.stamp_ns:
            passed = (pose.stamp_ns - before.stamp_ns) * 1e-9
            moved = (pose.pos - before.pos_w) / passed
            last = rotate(before.quat_wxyz, before.lin_vel_b)
            velocity_w = last + passed / (passed + SMOOTHING_S) * (moved - last)
            velocity = rotate_inverse(pose.quat_wxyz, velocity_w)
        elif before is not None:
            velocity = before.lin_vel_b
        return OdomReading(
            stamp_ns=pose.stamp_ns,
            frame=self._world,
            pos_w=pose.pos,
            quat_wxyz=pose.quat_wxyz,
            lin_vel_b=velocity,
        )
