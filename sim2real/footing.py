"""Where the soles are under the body, and where the body is falling.

The capture point is where the centre of mass would come to rest if the robot behaved
as an inverted pendulum on its feet (Pratt et al., Capture Point, Humanoids 2006). All
of it comes from joints, IMU and the masses in the MJCF; payloads are not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from sim2real.rotations import rotate
from sim2real.whole_body import WholeBody

Array = NDArray[np.float64]

GRAVITY = 9.81  # [m/s^2]
INSTANT_S = 1e-4  # over which joint velocities become displacements [s]
LEVEL = 0.03  # a sole that is higher than the other by more carries nothing [m]
# How far from the middle of the soles the capture point of a standing robot may be [m].
AHEAD, BEHIND, ASIDE = 0.10, 0.07, 0.10
WALKING = 0.15  # the centre of mass of a standing robot is slower [m/s]


@dataclass(frozen=True, kw_only=True)
class Footing:
    """How the body is over the soles that carry it, in their heading frame."""

    com_height: float  # over the soles [m]
    capture_point: Array  # from the middle of the soles that carry [m], (2,)
    speed: float  # of the centre of mass, horizontally [m/s]
    down: NDArray[np.bool_]  # which sole carries: left, right, (2,)
    height: Array  # of the soles above the ground, by the base's height [m], (2,)

    @property
    def steady(self) -> bool:
        """Whether ankles alone can keep it: on both feet, slow, and not falling."""
        x, y = self.capture_point
        inside = -BEHIND < x < AHEAD and abs(y) < ASIDE
        return bool(self.down.all()) and bool(inside) and self.speed < WALKING


class Soles:
    """Both soles and the body over them."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read masses and joints; fingers are taken to be straight."""
        heavy = robot.joints_of("legs", "waist", "left_arm", "right_arm")
        self._index = [robot.joint_names.index(name) for name in heavy]
        sites = (robot.sites.left_foot, robot.sites.right_foot)
        self._body = WholeBody(robot.mjcf, robot.base_body, heavy, sites)
        self.mass = self._body.mass  # [kg]

    def footing(self, state: RobotState) -> Footing:
        """Return how the robot stands; the soles that are low are taken to stand."""
        now = state.joint_pos[self._index]
        soon = now + INSTANT_S * state.joint_vel[self._index]
        posture = self._body.posture(np.stack([now, soon]))
        quat = state.base_quat_wxyz
        soles_w = rotate(quat, posture.site_pos[0])
        heights = soles_w[:, 2] - soles_w[:, 2].min()
        down = heights < LEVEL
        share = down / down.sum()
        over = posture.com - share @ posture.site_pos
        speed = (over[1] - over[0]) / INSTANT_S + np.cross(state.base_ang_vel, over[0])
        ahead = posture.site_rot[0, :, :, 0].mean(0)
        over_w, speed_w, ahead_w = rotate(quat, np.stack([over[0], speed, ahead]))
        height = float(np.clip(over_w[2], 0.1, 2.0))
        point = over_w[:2] + speed_w[:2] * np.sqrt(height / GRAVITY)
        yaw = np.arctan2(ahead_w[1], ahead_w[0])
        cos, sin = np.cos(yaw), np.sin(yaw)
        x, y = point
        return Footing(
            com_height=height,
            capture_point=np.array([cos * x + sin * y, cos * y - sin * x]),
            speed=float(np.hypot(*speed_w[:2])),
            down=down,
            height=state.base_pos_w[2] + soles_w[:, 2],
        )
