"""Velocity commands that bring the robot along a route to a stance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, sin
from typing import NamedTuple

from skills.furniture import Point, Pose2D, turn_between
from skills.gait_mean import GaitMean
from skills.shortfall import Shortfall


@dataclass(frozen=True, kw_only=True)
class SteeringLimits:
    """How fast and how exactly the robot is steered."""

    forward: float = 0.7  # on the way [m/s]
    approach: float = 0.35  # near the stance [m/s]
    backward: float = 0.4  # while it keeps looking where it looks [m/s]
    sideways: float = 0.25  # [m/s]
    turn: float = 0.6  # [rad/s]
    acceleration: float = 1.0  # [m/s^2]
    turn_acceleration: float = 2.0  # [rad/s^2]
    near: float = 0.6  # within this distance the robot turns to the final heading [m]
    arrive: float = 0.03  # stop when nearer than this [m]
    arrive_yaw: float = 0.05  # and turned to within this [rad]
    leave: float = 0.08  # start again when farther than this [m]
    leave_yaw: float = 0.08  # or turned away by more than this [rad]
    slowest: float = 0.1  # a smaller walking command is raised to this [m/s]
    slowest_turn: float = 0.15  # [rad/s]


PASSED = 0.25  # a way point is passed when nearer than this [m]
PASSED_STEPPING = 0.1  # also while the robot does not look where it goes [m]
BRAKING = 0.8  # speed to lose on every metre before the stance is near [1/s]

Velocity = tuple[float, float, float]  # vx, vy [m/s], wz [rad/s], heading frame


class Waypoint(NamedTuple):
    """A point on the way [m]."""

    x: float
    y: float
    facing: float | None = (
        None  # kept on the way there [rad]; None: looks where it goes
    )


class Steering:
    """Follows way points to a stance; call once per control tick."""

    def __init__(
        self,
        limits: SteeringLimits,
        route: Sequence[Waypoint | Point],
        goal: Pose2D,
        *,
        turned_from: float | None = None,
    ) -> None:
        """Take the route; its last point is the goal's position.

        Args:
            limits: to speed and exactness.
            route: way points in the world.
            goal: the stance.
            turned_from: the turn from this heading to the goal's is made in full, be
                it more than a whole one [rad]. Without it the shorter way is turned.
        """
        self._limits = limits
        self._velocity: Velocity = (0.0, 0.0, 0.0)
        self._mean = GaitMean()
        self._shortfall = Shortfall()
        self._time = 0.0  # since the beginning [s]
        self._heading = turned_from  # of the robot, counting whole turns
        self.reroute(route, goal)

    def reroute(self, route: Sequence[Waypoint | Point], goal: Pose2D) -> None:
        """Go somewhere else, without a jump in the velocity."""
        self._route, self._goal = [Waypoint(*point) for point in route], goal
        self._moved = False  # the position was reached, the turn may begin
        self.arrived = False

    @property
    def homing_in(self) -> bool:
        """Whether nothing but the stance is left of the way."""
        return len(self._route) == 1

    def left(self, here: Pose2D) -> tuple[float, float]:
        """Return how far there is to walk [m] and to turn [rad] from a pose."""
        goal = self._goal
        return hypot(goal.x - here.x, goal.y - here.y), self._turn(here, goal.yaw)

    def step(self, here: Pose2D, dt: float) -> Velocity:
        """Return the velocity command for this tick.

        Args:
            here: the robot's pose.
            dt: time since the last call [s].
        """
        self._time += dt
        measured, here = here, self._mean.step(here, self._time)
        if self._heading is not None:
            self._heading += turn_between(self._heading, here.yaw)
        while len(self._route) > 1 and self._passed(here):
            self._route.pop(0)
        wanted = self._wanted(here)
        limits = self._limits
        rates = (limits.acceleration, limits.acceleration, limits.turn_acceleration)
        if self.arrived:
            self._velocity = (0.0, 0.0, 0.0)
            self._shortfall.forget()
            return self._velocity
        if self._left_to(self._route[0], here) > limits.near or not self.homing_in:
            self._shortfall.forget()
        else:
            wanted = self._made_up_for(wanted, measured, dt)
        vx, vy, wz = (
            now + _clip(goal - now, rate * dt)
            for now, goal, rate in zip(self._velocity, wanted, rates, strict=True)
        )
        self._velocity = (vx, vy, wz)
        return self._velocity

    def _made_up_for(self, wanted: Velocity, here: Pose2D, dt: float) -> Velocity:
        """Return the velocity with what the robot has lagged behind until now."""
        added_x, added_y = self._shortfall.added(here)
        vx, vy, _ = self._velocity
        self._shortfall.step(here, (vx - added_x, vy - added_y), dt)
        added_x, added_y = self._shortfall.added(here)
        return wanted[0] + added_x, wanted[1] + added_y, wanted[2]

    def _passed(self, here: Pose2D) -> bool:
        near = PASSED if self._route[0].facing is None else PASSED_STEPPING
        return self._left_to(self._route[0], here) < near

    @staticmethod
    def _left_to(point: Waypoint, here: Pose2D) -> float:
        return hypot(point.x - here.x, point.y - here.y)

    def _wanted(self, here: Pose2D) -> Velocity:
        limits, goal = self._limits, self._goal
        x, y, facing = self._route[0]
        distance = self._left_to(self._route[0], here)
        turn = self._turn(here, goal.yaw)
        far = len(self._route) > 1 or distance > limits.near
        if facing is not None:
            if len(self._route) == 1 and distance < limits.leave:
                self._moved = True
            if far or not self._moved:
                self.arrived = False
                facing = goal.yaw if self._moved else facing
                return self._slide(here, x, y, self._turn(here, facing))
        elif far:
            self.arrived = False
            return self._cruise(here, x, y)
        if self.arrived:
            self.arrived = distance < limits.leave and abs(turn) < limits.leave_yaw
        else:
            self.arrived = distance < limits.arrive and abs(turn) < limits.arrive_yaw
        if self.arrived:
            return (0.0, 0.0, 0.0)
        return self._home_in(here, x, y, turn)

    def _turn(self, here: Pose2D, yaw: float) -> float:
        """Return the turn to a heading; in full if whole turns are counted."""
        if self._heading is None:
            return turn_between(here.yaw, yaw)
        return yaw - self._heading - turn_between(self._heading, here.yaw)

    def _slide(self, here: Pose2D, x: float, y: float, turn: float) -> Velocity:
        """Go straight to a point without turning towards it."""
        limits = self._limits
        ahead, left = _seen_from(here, x, y)
        fastest = limits.forward if ahead > 0.0 else limits.backward
        slower = max(1.0, abs(ahead) / fastest, abs(left) / limits.sideways)
        vx, vy = self._raised(ahead / slower, left / slower)
        return vx, vy, _clip(1.2 * turn, limits.turn)

    def _raised(self, vx: float, vy: float) -> tuple[float, float]:
        """Return a velocity that is worth a step, in the same direction."""
        speed, slowest = hypot(vx, vy), self._limits.slowest
        if 0.0 < speed < slowest:
            return vx * slowest / speed, vy * slowest / speed
        return vx, vy

    def _cruise(self, here: Pose2D, x: float, y: float) -> Velocity:
        limits = self._limits
        heading = turn_between(here.yaw, atan2(y - here.y, x - here.x))
        # Turn first, then go: the more the target is aside, the slower. And straight
        # to it all the while, or the robot would swing out into the furniture.
        speed = self._slowed(here) * max(0.0, cos(heading)) ** 3
        if abs(heading) >= 1.2:
            speed = 0.0
        elif speed * abs(sin(heading)) > limits.sideways:
            speed = limits.sideways / abs(sin(heading))
        vx, vy = speed * cos(heading), speed * sin(heading)
        return (vx, vy, _clip(1.5 * heading, limits.turn))

    def _slowed(self, here: Pose2D) -> float:
        """Return how fast to go so far from the stance [m/s]."""
        limits = self._limits
        way = [(here.x, here.y), *((point.x, point.y) for point in self._route)]
        left = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(way))
        return min(
            limits.forward, limits.approach + BRAKING * max(0.0, left - limits.near)
        )

    def _home_in(self, here: Pose2D, x: float, y: float, turn: float) -> Velocity:
        limits = self._limits
        ahead, left = _seen_from(here, x, y)
        vx = _clip(1.0 * ahead, limits.approach)
        vy = _clip(1.0 * left, limits.sideways)
        wz = _clip(1.2 * turn, limits.turn)
        if hypot(ahead, left) > limits.arrive:
            vx, vy = self._raised(vx, vy)
        else:
            vx = vy = 0.0
        if abs(turn) > limits.arrive_yaw:
            wz = max(abs(wz), limits.slowest_turn) * (1 if turn > 0 else -1)
        else:
            wz = 0.0
        return (vx, vy, wz)


def _seen_from(here: Pose2D, x: float, y: float) -> Point:
    """Return how far a point is ahead and to the left [m]."""
    dx, dy = x - here.x, y - here.y
    c, s = cos(here.yaw), sin(here.yaw)
    return c * dx + s * dy, c * dy - s * dx


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
