"""Which amounts a sentence may ask for."""

from __future__ import annotations

from math import degrees, inf, isnan

from lark import Token

from planners.sentences.context import position
from planners.sentences.quantities import Amount
from planners.vocabulary import LanguageError
from skills.walk_goal import FARTHEST_WALK, SPEEDS

MOST_TURN = 720.0  # [degrees]
MOST_TIME = 86400.0  # a day [s]
MOST_TIMES = 1000
STROLL = 0.5  # speed of a walk that is told a time only [m/s]
SLOW, QUICK = 0.3, 0.7  # what "slowly" and "quickly" mean [m/s]


def amount(token: Token) -> float:
    """Return the number behind a word."""
    value = token.value
    assert isinstance(value, Amount)
    if isnan(value.value):
        raise LanguageError(
            f"'{token}' {position(token)} is not clear; write a number such as 2.5, "
            "with a point"
        )
    return value.value


def distance(token: Token) -> float:
    """Return how far to walk [m]."""
    return _within(token, amount(token), 0.0, FARTHEST_WALK, "m")


def angle(token: Token) -> float:
    """Return how far to turn [rad]."""
    value = amount(token)
    _within(token, round(degrees(value), 6), 0.0, MOST_TURN, "degrees")
    return value


def duration(token: Token) -> float:
    """Return how long something lasts [s]."""
    return _within(token, amount(token), 0.0, MOST_TIME, "seconds")


def speed(token: Token) -> float:
    """Return how fast to walk [m/s]."""
    if token.type == "SLOWLY":
        return SLOW
    if token.type == "QUICKLY":
        return QUICK
    slowest, fastest = SPEEDS
    value = amount(token)
    if not slowest <= value <= fastest:
        raise LanguageError(
            f"'{token}' {position(token)} is no speed to walk at; expected "
            f"{slowest:g} to {fastest:g} m/s"
        )
    return value


def times(token: Token) -> int | None:
    """Return how often; None for ever."""
    value = amount(token)
    if value == inf and token.value.said[:1].isalpha():
        return None
    if not 1 <= value <= MOST_TIMES or value != int(value):
        raise LanguageError(
            f"'{token}' {position(token)} cannot be counted; expected a whole number "
            f"from 1 to {MOST_TIMES}"
        )
    return int(value)


def _within(token: Token, value: float, low: float, high: float, unit: str) -> float:
    if not low < value <= high:
        raise LanguageError(
            f"'{token}' {position(token)} is out of range; expected more than "
            f"{low:g} and at most {high:g} {unit}"
        )
    return value
