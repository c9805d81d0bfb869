"""One walk under way: the stance it leads to now, the way there, what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import cos, hypot, sin

import numpy as np

from sim2real.robot import ObjectState
from skills.contract import Condition, Goal, GoalError, Predicate, Snapshot
from skills.furniture import (
    CLEARANCE,
    ROOM,
    Footprint,
    Point,
    Pose2D,
    footprint,
    in_the_way,
    leave,
    route,
    turn_between,
)
from skills.predicates import Hands, arrived, pose_of
from skills.steering import Steering, SteeringLimits, Velocity, Waypoint
from skills.walk_goal import displacement, speed

MOVED = 0.04  # of what is to be reached: then the stance is chosen anew [m]
LOOK_S = 0.5  # least time between two such choices [s]
NUDGED = 0.12  # the same on the last straight metre: too far for a hand [m]
NEARBY = 1.0  # to another stance at the same furniture is no way to turn round for [m]
FACING = 1.0  # if it looks the same way within this [rad]
ASIDE = 0.06  # so far the robot steps sideways while it stands at the furniture [m]

Choose = Callable[[Goal, Snapshot], Pose2D]


class Errand:
    """Leads to the stance of one goal; call `step` once per control tick."""

    def __init__(
        self,
        goal: Goal,
        snapshot: Snapshot,
        *,
        choose: Choose,
        hands: Hands,
        limits: SteeringLimits,
    ) -> None:
        """Choose the stance.

        Args:
            goal: of the walk.
            snapshot: of the moment in which it is asked.
            choose: chooses the stance for a goal with a target.
            hands: of the robot; what they hold is not run after.
            limits: of the steering, if the goal names no speed.

        Raises:
            GoalError: if the goal makes no sense here.
        """
        self.goal = goal
        self._choose = choose
        self._hands = hands
        self._limits = _limited(limits, speed(goal))
        self._shift = displacement(goal)
        here = pose_of(snapshot.state)
        if self._shift is None:
            self.stance = choose(goal, snapshot)
        else:
            self.stance = self._shift.end(here)
            _check_free(str(self._shift), here, self.stance, snapshot)
        self.distance = hypot(self.stance.x - here.x, self.stance.y - here.y)
        facing = None if self._shift is None else here.yaw
        self._steering = Steering(
            self._limits,
            [Waypoint(self.stance.x, self.stance.y, facing)],
            self.stance,
            turned_from=facing,
        )
        self._last = self._chosen = snapshot.time
        watched = self._watched(snapshot)
        self._watched_w = None if watched is None else watched.pos_w

    @property
    def timeout_s(self) -> float:
        """After this time the walk has failed, generously [s]."""
        turn = 0.0 if self._shift is None else abs(self._shift.turn)
        pace = max(6.0, 2.0 / self._limits.forward)
        return 25.0 + pace * self.distance + 4.0 * turn

    def left(self, here: Pose2D) -> tuple[float, float]:
        """Return how far there is to walk [m] and to turn [rad] from a pose."""
        return self._steering.left(here)

    def start(self, snapshot: Snapshot) -> None:
        """Plan the way around the furniture."""
        self._last = snapshot.time
        if self._shift is None:
            self._plan(snapshot)

    def step(self, snapshot: Snapshot) -> Velocity:
        """Return the velocity command for this tick, heading frame."""
        if self._has_moved(snapshot):
            self._choose_anew(snapshot)
        dt, self._last = snapshot.time - self._last, snapshot.time
        return self._steering.step(pose_of(snapshot.state), dt)

    def _watched(self, snapshot: Snapshot) -> ObjectState | None:
        """Return the loose object that the stance depends on, if it is seen."""
        name = self.goal.args.get("reach", self.goal.args.get("target"))
        thing = snapshot.objects.get(str(name))
        return thing if thing is not None and thing.movable else None

    def _has_moved(self, snapshot: Snapshot) -> bool:
        thing = self._watched(snapshot)
        if (
            thing is None
            or self._watched_w is None
            or self._steering.arrived
            or snapshot.time - self._chosen < LOOK_S
        ):
            return False
        moved = float(np.linalg.norm(thing.pos_w - self._watched_w))
        if moved <= (NUDGED if self._steering.homing_in else MOVED):
            return False
        return self._hands.holder(snapshot.state, thing) is None

    def _choose_anew(self, snapshot: Snapshot) -> None:
        thing = self._watched(snapshot)
        assert thing is not None
        try:
            self.stance = self._choose(self.goal, snapshot)
        except GoalError:  # its furniture is hidden: the last stance must do
            return
        self._chosen, self._watched_w = snapshot.time, thing.pos_w
        self._plan(snapshot)

    def _plan(self, snapshot: Snapshot) -> None:
        areas = [footprint(thing) for thing in _furniture(snapshot)]
        way = _way(pose_of(snapshot.state), self.stance, areas)
        self._steering.reroute(way, self.stance)


def promise(
    errand: Errand,
    under_way: Callable[[], Errand | None],
    *,
    distance: float,
    turn: float,
) -> Condition:
    """The robot stands where a walk leads, also when that changes on the way.

    Args:
        errand: as it was asked.
        under_way: returns the errand that is being run, if there is one.
        distance: allowed [m].
        turn: allowed [rad].
    """
    goal, latest = errand.goal, errand

    def left(here: Pose2D) -> tuple[float, float]:
        nonlocal latest
        current = under_way()
        if current is not None and current.goal == goal:
            latest = current
        return latest.left(here)

    target = goal.args.get("target")
    if target is None:
        name, place, predicate = f"moved({displacement(goal)})", "the place", None
    else:
        name, place = f"at({target})", f"the stance beside {target}"
        predicate = Predicate("at", (str(target),))
    return arrived(left, name, place, distance=distance, turn=turn, predicate=predicate)


def _limited(limits: SteeringLimits, fastest: float | None) -> SteeringLimits:
    if fastest is None:
        return limits
    return replace(
        limits,
        forward=fastest,
        backward=min(limits.backward, fastest),
        approach=min(limits.approach, fastest),
        sideways=min(limits.sideways, fastest),
    )


def _check_free(text: str, here: Pose2D, end: Pose2D, snapshot: Snapshot) -> None:
    blocking = in_the_way((here.x, here.y), (end.x, end.y), _furniture(snapshot))
    if blocking is not None:
        raise GoalError(
            f"walk: the {blocking.name} is in the way of {text}; walk less far, or "
            "name a target to be led around it"
        )


def _furniture(snapshot: Snapshot) -> list[ObjectState]:
    return [thing for thing in snapshot.objects.values() if not thing.movable]


def _way(here: Pose2D, stance: Pose2D, areas: Sequence[Footprint]) -> list[Waypoint]:
    """Return the way to a stance around furniture.

    At the furniture, feet and hands stay clear of it: the robot steps away from it
    before it turns, and to another stance there it does not turn at all.
    """
    obstacles = [area.grown(CLEARANCE) for area in areas]
    start, gate = (here.x, here.y), _gate(stance, obstacles)
    end, facing = Waypoint(stance.x, stance.y), stance.yaw
    away = hypot(stance.x - here.x, stance.y - here.y)
    out = leave(start, obstacles)
    if out == start:
        return [*(Waypoint(*point) for point in route(start, gate, obstacles)), end]
    free = not any(area.grown(ROOM).blocks(out, gate) for area in areas)
    turn = abs(turn_between(here.yaw, facing))
    if free and away < NEARBY and turn < FACING:
        end = end._replace(facing=facing)
        if abs(_aside(here, stance)) < ASIDE:
            return [end]
        return [Waypoint(*out, facing), Waypoint(*gate, facing), end]
    round_it = [Waypoint(*point) for point in route(out, gate, obstacles)]
    return [Waypoint(*out, here.yaw), *round_it, end]


def _aside(here: Pose2D, stance: Pose2D) -> float:
    """Return how far a stance is to the side of its own axis through the robot [m]."""
    dx, dy = stance.x - here.x, stance.y - here.y
    return cos(stance.yaw) * dy - sin(stance.yaw) * dx


def _gate(stance: Pose2D, obstacles: Sequence[Footprint]) -> Point:
    """Return the point on the stance's axis where the way leaves every obstacle."""
    back = 0.0
    while back < 2.0:
        x = stance.x - back * cos(stance.yaw)
        y = stance.y - back * sin(stance.yaw)
        if all(o.distance(x, y) > 0.0 for o in obstacles):
            break
        back += 0.05
    return x, y
