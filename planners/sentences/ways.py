"""Walks by a distance and turns: from what was said to the arguments of a walk."""

from __future__ import annotations

from math import isclose, pi
from typing import NoReturn

from lark import Token

from planners.sentences.command import Command
from planners.sentences.context import position
from planners.sentences.limits import STROLL, angle, distance, duration, speed
from planners.sentences.quantities import STEP_LENGTH
from planners.vocabulary import LanguageError
from skills.walk_goal import FARTHEST_WALK

Args = dict[str, str | float]

_DIRECTIONS = ("FORWARD", "BACK", "SIDE")
_SPEEDS = ("SPEED", "SLOWLY", "QUICKLY")
_SPINS = ("SIDE", "CLOCKWISE", "COUNTERCLOCKWISE")


def pace(command: Command) -> Args:
    """Return the speed of a walk, if one was said."""
    said = command.word(*_SPEEDS)
    command.check_single("speed", *_SPEEDS)
    return {} if said is None else {"speed": speed(said)}


def check_only_target(command: Command, target: str) -> None:
    """Refuse a walk that is told where it ends and how far it leads."""
    said = command.word("DISTANCE", "DURATION", "SIDEWAYS", "ANGLE", "AROUND", *_SPINS)
    if said is not None:
        raise LanguageError(
            f"'{said}' {position(said)} does not fit a walk that ends at '{target}'; "
            "say one or the other"
        )


def displacement(command: Command) -> Args:
    """Return the arguments of a walk without a target."""
    command.check_single("direction", *_DIRECTIONS)
    command.check_single("distance", "DISTANCE")
    command.check_single("time", "DURATION")
    far, lasting = command.word("DISTANCE"), command.word("DURATION")
    args = pace(command)
    if far is not None and lasting is not None:
        raise LanguageError(
            f"'{lasting}' {position(lasting)} does not fit a walk of '{far}'; say how "
            "fast, such as 'at 0.4 m/s'"
        )
    if far is not None:
        length = distance(far)
    elif lasting is not None:
        args.setdefault("speed", STROLL)
        length = _length(lasting, float(args["speed"]))
    elif command.verb.type == "STEP":
        length = STEP_LENGTH
    else:
        _refuse_endless(command)
    return {**_toward(command, length), **args}


def rotation(command: Command) -> Args:
    """Return the arguments of a turn."""
    command.check_single("direction", *_SPINS)
    command.check_single("angle", "ANGLE")
    odd = command.word("BACK", "FORWARD", "DISTANCE", "DURATION", *_SPEEDS)
    if odd is not None:
        raise LanguageError(
            f"'{odd}' {position(odd)} does not fit a turn; expected 'left' or 'right' "
            "and an angle"
        )
    spin, far = command.word(*_SPINS), command.word("ANGLE")
    if far is not None:
        turn = angle(far)
    elif command.word("AROUND") is not None:
        turn = pi
    else:
        last = spin or command.verb
        raise LanguageError(
            f"'{last}' {position(last)} does not say how far; say 'turn left 90 "
            "degrees' or 'turn around'"
        )
    if spin is None:
        halves = turn / pi
        if not isclose(halves, round(halves), abs_tol=1e-6):
            raise LanguageError(
                f"'{far}' {position(far)} does not say which way; expected 'left' or "
                "'right'"
            )
        return {"turn": turn}
    clockwise = spin.type == "CLOCKWISE" or str(spin).lower() == "right"
    return {"turn": -turn if clockwise else turn}


def _toward(command: Command, length: float) -> Args:
    direction = command.word(*_DIRECTIONS)
    sideways = command.word("SIDEWAYS")
    if sideways is not None and (direction is None or direction.type != "SIDE"):
        raise LanguageError(
            f"'{sideways}' {position(sideways)} does not say which way; expected "
            "'left' or 'right'"
        )
    if direction is None or direction.type == "FORWARD":
        return {"forward": length}
    if direction.type == "BACK":
        return {"forward": -length}
    return {"left": length if str(direction).lower() == "left" else -length}


def _length(lasting: Token, pace: float) -> float:
    """Return how far a walk leads in some time."""
    length = round(duration(lasting) * pace, 6)
    longest = FARTHEST_WALK / pace
    if length > FARTHEST_WALK:
        raise LanguageError(
            f"'{lasting}' {position(lasting)} leads too far; at {pace:g} m/s expected "
            f"at most {longest:.3g} seconds"
        )
    return length


def _refuse_endless(command: Command) -> NoReturn:
    last = command.said[-1] if command.said else command.verb
    raise LanguageError(
        f"'{last}' {position(last)} does not say how far; say a distance ('2 m'), a "
        "time ('for 5 seconds') or a place ('to X')"
    )
