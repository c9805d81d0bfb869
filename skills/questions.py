"""Ask the whole world: from a predicate to a condition that can be judged at once."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from skills.contract import Check, Condition, Failure, GoalError, Predicate, Snapshot
from skills.furniture import footprint, support_of
from skills.predicate_names import PREDICATES, form_of
from skills.predicates import (
    OFF_SURFACE,
    Hands,
    holding,
    in_reach,
    pose_of,
    reachable,
    resting_on,
    upright,
    visible,
)

NEAR = 0.45  # from the pelvis to the outline of what the robot stands at [m]
STANDING_STILL = 0.12  # speed of a robot that stands and sways [m/s]


def question(predicate: Predicate, hands: Hands) -> Condition:
    """Return the condition that a predicate stands for, true or not at every instant.

    What a skill promises is stricter: a stance to stand at, a time to hold for.

    Raises:
        GoalError: if there is no such predicate, or it takes other arguments.
    """
    name, args = predicate.name, predicate.args
    if name in _INNER:
        return _INNER[name](hands, *args)
    if name not in PREDICATES:
        known = ", ".join(form_of(name) for name in PREDICATES)
        raise GoalError(f"there is no predicate '{name}' (known: {known})")
    if len(args) != len(PREDICATES[name].args):
        raise GoalError(
            f"{predicate} names {len(args)} instead of {len(PREDICATES[name].args)} "
            f"things; write it as {form_of(name)}"
        )
    return _ASK[name](hands, *args)


def _on(hands: Hands, name: str, surface: str) -> Condition:
    return resting_on(name, surface, point=None, radius=inf, duration=0.0)


def _holding(hands: Hands, name: str) -> Condition:
    return holding(name, hands, None, lifted=OFF_SURFACE)


def _at(hands: Hands, place: str) -> Condition:
    """The robot stands beside something, or beside what it stands on."""

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(place)
        if thing is None:
            return Check(holds=False, reason=f"{place} is not seen")
        below = support_of(thing, snapshot.objects) if thing.movable else None
        here = pose_of(snapshot.state)
        away = footprint(below or thing).distance(here.x, here.y)
        speed = float(np.linalg.norm(snapshot.state.base_lin_vel_w[:2]))
        return Check(
            holds=away < NEAR and speed < STANDING_STILL,
            reason=(
                f"the robot is {away:.2f} m from {place}, near is {NEAR} m, moving "
                f"at {speed:.2f} m/s"
            ),
        )

    return Condition(
        name=f"at({place})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("at", (place,)),
    )


def _in_reach(hands: Hands, name: str) -> Condition:
    """Some arm can reach it."""
    arms = [in_reach(name, hands, side) for side in hands.sides]

    def check(snapshot: Snapshot) -> Check:
        if not arms:
            return Check(holds=False, reason=f"the robot has no hand for {name}")
        answers = [arm.check(snapshot) for arm in arms]
        return next((answer for answer in answers if answer.holds), answers[0])

    return Condition(
        name=f"in_reach({name})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("in_reach", (name,)),
    )


_ASK: dict[str, Callable[..., Condition]] = {
    "on": _on,
    "holding": _holding,
    "at": _at,
    "in_reach": _in_reach,
    "visible": lambda hands, name: visible(name),
    "upright": lambda hands: upright(),
}

# No goals, but needs of skills that a planner may wait for.
_INNER: dict[str, Callable[..., Condition]] = {
    "reachable": lambda hands, name: reachable(name),
}
