"""What slow steps fall short of: a load in one hand can hold a robot in place."""

from __future__ import annotations

from collections import deque
from math import cos, hypot, sin

from skills.furniture import Pose2D
from skills.locomotion import GAIT_PERIOD_S

ADAPT_S = 1.5  # time in which a constant shortfall would be made up for [s]
MOST = 0.15  # that is added [m/s]


class Shortfall:
    """Adds to a command what the robot lagged behind it, averaged over gait periods."""

    def __init__(self) -> None:
        """Begin without a history."""
        self.forget()

    def forget(self) -> None:
        """Begin anew: the robot walks fast, or stands."""
        self._way = (0.0, 0.0)  # that was asked for since the beginning [m]
        self._time = 0.0  # since then [s]
        self._lags: deque[tuple[float, float, float]] = deque()  # time, x, y
        self._added = (0.0, 0.0)  # in the world [m/s]

    def added(self, here: Pose2D) -> tuple[float, float]:
        """Return what to add to a command, heading frame [m/s]."""
        c, s = cos(here.yaw), sin(here.yaw)
        x, y = self._added
        return c * x + s * y, c * y - s * x

    def step(self, here: Pose2D, wanted: tuple[float, float], dt: float) -> None:
        """Look at one more tick.

        Args:
            here: the pose as it is measured.
            wanted: the velocity that was asked for, less what was added to it, heading
                frame [m/s].
            dt: time since the last call [s].
        """
        c, s = cos(here.yaw), sin(here.yaw)
        vx, vy = c * wanted[0] - s * wanted[1], s * wanted[0] + c * wanted[1]
        self._time += dt
        self._way = (self._way[0] + vx * dt, self._way[1] + vy * dt)
        self._lags.append((self._time, self._way[0] - here.x, self._way[1] - here.y))
        while self._time - self._lags[0][0] > GAIT_PERIOD_S + 1e-6:
            self._lags.popleft()
        first, last = self._lags[0], self._lags[-1]
        span = last[0] - first[0]
        if span < GAIT_PERIOD_S - dt:
            return  # after a whole period the sway is where it was, not before
        gain = dt / ADAPT_S / span
        x = self._added[0] + gain * (last[1] - first[1])
        y = self._added[1] + gain * (last[2] - first[2])
        shrunk = min(1.0, MOST / max(hypot(x, y), 1e-9))
        self._added = (x * shrunk, y * shrunk)
