"""How far the robot has walked, from its legs and the IMU: nothing outside is asked.

The sole that is lower carries the robot and stays; so what it moves against the base,
the base moves against the ground. Positions are differenced, not velocities summed up:
the noise of one reading is then taken back by the next.
"""

from __future__ import annotations

from math import atan2, hypot, isfinite, pi

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.statics import Limbs
from sim2real.robot import RobotState

Array = NDArray[np.float64]
Point = tuple[float, float, float]

FASTEST = 3.0  # the base never is: a sole that seems to be faster slipped [m/s]


class LegOdometry:
    """Adds up the way along the robot's own heading: ahead, to the left, turned."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read the legs."""
        place = {name: i for i, name in enumerate(robot.joint_names)}
        sites = (robot.sites.left_foot, robot.sites.right_foot)
        self._legs = Limbs(robot.mjcf, robot.base_body, sites, {})
        self._index = np.array(
            [[place[name] for name in names] for names in self._legs.joint_names],
            np.intp,
        )
        self.reset()

    def reset(self) -> None:
        """Begin to count anew."""
        self._way = [0.0, 0.0, 0.0]
        self._soles: list[Point] = []  # from the base, world axes [m]
        self._yaw = self._time = 0.0

    @property
    def travelled(self) -> Point:
        """The way since the reset: ahead [m], to the left [m], turned left [rad]."""
        ahead, left, turned = self._way
        return ahead, left, turned

    def observe(self, state: RobotState) -> None:
        """Take the next state; one that is not finite is left out."""
        tips = self._legs.tips(state.joint_pos[self._index])
        turn, yaw = _rotation(state.base_quat_wxyz)
        soles = [_turned(turn, tip) for tip in tips.tolist()]
        if not (isfinite(yaw) and all(isfinite(v) for sole in soles for v in sole)):
            self._soles = []
            return
        before, self._soles = self._soles, soles
        earlier, self._yaw = self._yaw, yaw
        since, self._time = state.time - self._time, state.time
        if not before or since <= 0.0:
            return
        stands = 0 if before[0][2] < before[1][2] else 1
        x = before[stands][0] - soles[stands][0]
        y = before[stands][1] - soles[stands][1]
        turned = (yaw - earlier + pi) % (2.0 * pi) - pi
        self._way[2] += turned
        if hypot(x, y) > FASTEST * since:
            return
        forward, left = _heading(turn)
        self._way[0] += forward * x + left * y
        self._way[1] += forward * y - left * x


def _rotation(quat_wxyz: Array) -> tuple[tuple[Point, Point, Point], float]:
    """Return the rows of the matrix from the base to the world, and the yaw [rad]."""
    w, x, y, z = quat_wxyz.tolist()
    rows = (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)),
        (2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)),
        (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)),
    )
    return rows, atan2(rows[1][0], rows[0][0])


def _turned(rows: tuple[Point, Point, Point], at: list[float]) -> Point:
    x, y, z = at
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = rows
    return ax * x + ay * y + az * z, bx * x + by * y + bz * z, cx * x + cy * y + cz * z


def _heading(rows: tuple[Point, Point, Point]) -> tuple[float, float]:
    """Return cosine and sine of the yaw."""
    cos, sin = rows[0][0], rows[1][0]
    length = max(hypot(cos, sin), 1e-9)
    return cos / length, sin / length
