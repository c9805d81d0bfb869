"""Where the feet are and where the body is falling, from joints and IMU alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from sim2real.rotations import rotate
from sim2real.whole_body import WholeBody
from skills.furniture import Pose2D
from skills.predicates import pose_of
from skills.steadiness import capture_point

Array = NDArray[np.float64]

INSTANT_S = 1e-4  # over which joint velocities become displacements [s]


@dataclass(frozen=True, kw_only=True)
class Stance:
    """How the robot stands on its feet."""

    pose: Pose2D  # the middle between the soles, with the pelvis' heading
    capture_point: Array  # over that middle, in the soles' heading [m], (2,)


class Feet:
    """Both soles, and the body over them."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read the robot's masses and joints; its fingers are taken to be straight."""
        heavy = robot.joints_of("legs", "waist", "left_arm", "right_arm")
        self._index = [robot.joint_names.index(name) for name in heavy]
        soles = (robot.sites.left_foot, robot.sites.right_foot)
        self._body = WholeBody(robot.mjcf, robot.base_body, heavy, soles)

    def stance(self, state: RobotState) -> Stance:
        """Return where the soles are and where the body is falling.

        The soles are taken to stand; masses are those of the MJCF, without a payload.
        """
        now = state.joint_pos[self._index]
        soon = now + INSTANT_S * state.joint_vel[self._index]
        posture = self._body.posture(np.stack([now, soon]))
        middle = posture.site_pos.mean(-2)
        over = posture.com - middle
        speed = (over[1] - over[0]) / INSTANT_S + _cross(state.base_ang_vel, over[0])
        ahead = posture.site_rot[0, :, :, 0].mean(0)
        seen = np.stack([middle[0], over[0], speed, ahead])
        middle_w, over_w, speed_w, ahead_w = rotate(state.base_quat_wxyz, seen)
        heading = np.arctan2(ahead_w[1], ahead_w[0])
        cos, sin = np.cos(heading), np.sin(heading)
        x, y = capture_point(over_w, speed_w)
        at = state.base_pos_w + middle_w
        return Stance(
            pose=Pose2D(x=float(at[0]), y=float(at[1]), yaw=pose_of(state).yaw),
            capture_point=np.array([cos * x + sin * y, cos * y - sin * x]),
        )


def _cross(a: Array, b: Array) -> Array:
    # For two single vectors this is much faster than numpy's.
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
