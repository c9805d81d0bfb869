"""Velocity commands that bring the robot along a route to a stance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, sin

from skills.furniture import Point, Pose2D, turn_between


@dataclass(frozen=True, kw_only=True)
class SteeringLimits:
    """How fast and how exactly the robot is steered."""

    forward: float = 0.7  # on the way [m/s]
    approach: float = 0.35  # near the stance [m/s]
    sideways: float = 0.25  # [m/s]
    turn: float = 0.6  # [rad/s]
    acceleration: float = 1.0  # [m/s^2]
    turn_acceleration: float = 2.0  # [rad/s^2]
    near: float = 0.6  # within this distance the robot turns to the final heading [m]
    arrive: float = 0.04  # stop when nearer than this [m]
    arrive_yaw: float = 0.05  # and turned to within this [rad]
    leave: float = 0.08  # start again when farther than this [m]
    leave_yaw: float = 0.08  # or turned away by more than this [rad]
    slowest: float = 0.1  # a smaller walking command is raised to this [m/s]
    slowest_turn: float = 0.15  # [rad/s]


Velocity = tuple[float, float, float]  # vx, vy [m/s], wz [rad/s], heading frame


class Steering:
    """Follows way points to a stance; call once per control tick."""

    def __init__(
        self, limits: SteeringLimits, route: Sequence[Point], goal: Pose2D
    ) -> None:
        """Take the route; its last point is the goal's position."""
        self._limits = limits
        self._route = list(route)
        self._goal = goal
        self._velocity: Velocity = (0.0, 0.0, 0.0)
        self.arrived = False

    def step(self, here: Pose2D, dt: float) -> Velocity:
        """Return the velocity command for this tick.

        Args:
            here: the robot's pose.
            dt: time since the last call [s].
        """
        while len(self._route) > 1 and self._passed(here):
            self._route.pop(0)
        wanted = self._wanted(here)
        limits = self._limits
        rates = (limits.acceleration, limits.acceleration, limits.turn_acceleration)
        if self.arrived:
            self._velocity = (0.0, 0.0, 0.0)
        else:
            vx, vy, wz = (
                now + _clip(goal - now, rate * dt)
                for now, goal, rate in zip(self._velocity, wanted, rates, strict=True)
            )
            self._velocity = (vx, vy, wz)
        return self._velocity

    def _passed(self, here: Pose2D) -> bool:
        x, y = self._route[0]
        return hypot(x - here.x, y - here.y) < 0.25

    def _wanted(self, here: Pose2D) -> Velocity:
        limits, goal = self._limits, self._goal
        x, y = self._route[0]
        distance = hypot(x - here.x, y - here.y)
        if len(self._route) > 1 or distance > limits.near:
            self.arrived = False
            return self._cruise(here, x, y)
        turn = turn_between(here.yaw, goal.yaw)
        if self.arrived:
            self.arrived = distance < limits.leave and abs(turn) < limits.leave_yaw
        else:
            self.arrived = distance < limits.arrive and abs(turn) < limits.arrive_yaw
        if self.arrived:
            return (0.0, 0.0, 0.0)
        return self._home_in(here, x, y, turn)

    def _cruise(self, here: Pose2D, x: float, y: float) -> Velocity:
        limits = self._limits
        heading = turn_between(here.yaw, atan2(y - here.y, x - here.x))
        # Turn first, then go: the more the target is aside, the slower.
        ahead = max(0.0, cos(heading)) ** 3 if abs(heading) < 1.2 else 0.0
        return (limits.forward * ahead, 0.0, _clip(1.5 * heading, limits.turn))

    def _home_in(self, here: Pose2D, x: float, y: float, turn: float) -> Velocity:
        limits = self._limits
        dx, dy = x - here.x, y - here.y
        c, s = cos(here.yaw), sin(here.yaw)
        ahead, left = c * dx + s * dy, c * dy - s * dx
        vx = _clip(1.0 * ahead, limits.approach)
        vy = _clip(1.0 * left, limits.sideways)
        wz = _clip(1.2 * turn, limits.turn)
        speed = hypot(vx, vy)
        if hypot(ahead, left) > limits.arrive and speed < limits.slowest:
            vx, vy = vx * limits.slowest / speed, vy * limits.slowest / speed
        elif hypot(ahead, left) <= limits.arrive:
            vx = vy = 0.0
        if abs(turn) > limits.arrive_yaw:
            wz = max(abs(wz), limits.slowest_turn) * (1 if turn > 0 else -1)
        else:
            wz = 0.0
        return (vx, vy, wz)


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
