"""Read amounts such as "2 m", "half a minute", "ninety degrees" and "three times"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, radians

STEP_LENGTH = 0.3  # of "a step back" [m]


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number with its unit, in SI units."""

    kind: str  # grammar terminal: DISTANCE, ANGLE, DURATION, SPEED, TIMES, ...
    value: float  # [m], [rad], [s], [m/s] or nothing
    said: str

    def __str__(self) -> str:
        """Return what was said."""
        return self.said


_UNITS: Mapping[str, tuple[str, float]] = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), ("DISTANCE", 1.0)),
    **dict.fromkeys(
        ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
        ("DISTANCE", 0.01),
    ),
    **dict.fromkeys(
        ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
        ("DISTANCE", 0.001),
    ),
    **dict.fromkeys(
        ("km", "kilometer", "kilometers", "kilometre", "kilometres"),
        ("DISTANCE", 1000.0),
    ),
    **dict.fromkeys(("step", "steps", "pace", "paces"), ("DISTANCE", STEP_LENGTH)),
    **dict.fromkeys(("°", "º", "deg", "degs", "degree", "degrees"), ("DEGREES", 1.0)),
    **dict.fromkeys(("rad", "rads", "radian", "radians"), ("ANGLE", 1.0)),
    **dict.fromkeys(
        ("turn", "turns", "rotation", "rotations", "revolution", "revolutions"),
        ("DEGREES", 360.0),
    ),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("DURATION", 1.0)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("DURATION", 60.0)),
    **dict.fromkeys(("h", "hour", "hours"), ("DURATION", 3600.0)),
    **dict.fromkeys(("m/s", "mps"), ("SPEED", 1.0)),
    "cm/s": ("SPEED", 0.01),
    **dict.fromkeys(("km/h", "kmh", "kph"), ("SPEED", 1.0 / 3.6)),
    **dict.fromkeys(("times", "time", "x", "×"), ("TIMES", 1.0)),  # noqa: RUF001
    **dict.fromkeys(("rad/s", "deg/s", "°/s"), ("TURNING", 1.0)),
}
UNITS = frozenset(_UNITS)

_TOUCHING = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
NUMBER_PATTERN = (
    r"(?:(?<![\w)])[-+−])?"  # noqa: RUF001
    r"(?:\d+/\d+|\d*[½¼¾]|(?:\d+(?:[.,]\d+)*|\.\d+)(?:e[-+]?\d+)?)"
    rf"(?=(?:{_TOUCHING})?(?!\w))"
)
"""A number may touch its unit ("3s"), but is no part of a name ("3d_printer")."""

_NUMBER = re.compile(NUMBER_PATTERN, re.IGNORECASE)
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_ONES = {
    word: float(number)
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight"),
            *("nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
            *("sixteen", "seventeen", "eighteen", "nineteen"),
        )
    )
}
_TENS = {
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
}
_PARTS = {"half": 0.5, "quarter": 0.25}
_SECONDS = ("s", "sec", "secs", "second", "seconds")
_CENTIMETRES = ("cm", "centimeter", "centimeters", "centimetre", "centimetres")
_SMALLER: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("min", "mins", "minute", "minutes"), _SECONDS),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), _CENTIMETRES),
}
_WHOLE = ("full", "whole", "complete", "entire")
_A = ("a", "an")


def read_amount(words: Sequence[str], at: int) -> tuple[Amount, int] | None:
    """Return the amount that begins at a word and how many words it has, or None.

    A number without a unit has the kind NUMBER; "a" without a unit is no number.

    Args:
        words: of the sentence, in lower case.
        at: index of the word to begin at.
    """
    number, end = _number(words, at)
    if number is None:
        return None
    counted = end
    while _word(words, end) in ("of", *_A, *_WHOLE):
        end += 1
    unit, size = _unit(words, end)
    if unit is None:
        if _word(words, at) in _A:
            return None
        amount = Amount(kind="NUMBER", value=number, said=words[at])
        return amount, counted - at
    end += size
    kind, scale = unit
    if _word(words, end) == "and" and _word(words, end + 1) in _A:
        part = _PARTS.get(_word(words, end + 2))
        if part is not None and _unit(words, end + 3)[0] is None:
            number, end = number + part, end + 3
    value = number * scale
    smaller = _SMALLER.get(words[end - 1], ())
    rest, size = _smaller(words, end, smaller)
    if rest is not None:
        value, end = value + rest, end + size
    if kind == "DEGREES":
        kind, value = "ANGLE", radians(value)
    elif kind not in ("ANGLE", "TIMES", "MORE") and abs(value) < inf:
        value = round(value, 6)  # three steps are 0.9 m, not 0.8999999999999999 m
    return Amount(kind=kind, value=value, said=" ".join(words[at:end])), end - at


def _smaller(
    words: Sequence[str], at: int, units: Sequence[str]
) -> tuple[float | None, int]:
    """Read the seconds of "a minute and 30 seconds", the cm of "1 m 20 cm"."""
    start = at + (_word(words, at) == "and")
    number, end = _number(words, start)
    unit, _ = _unit(words, end)
    if number is None or unit is None or _word(words, end) not in units:
        return None, 0
    return number * unit[1], end + 1 - at


def _unit(words: Sequence[str], at: int) -> tuple[tuple[str, float] | None, int]:
    """Return the kind and size of a unit, and how many words it has."""
    word, after, last = (_word(words, at + i) for i in range(3))
    if word == "more" and after in ("times", "time"):
        return ("MORE", 1.0), 2
    known = _UNITS.get(word)
    if known is not None and after in ("per", "/", "a") and last in UNITS:
        length, time = known, _UNITS[last]
        if length[0] == "DISTANCE" and time[0] == "DURATION":
            return ("SPEED", length[1] / time[1]), 3
        if after != "a":
            return ("TURNING", 1.0), 3
    return known, 1


def _number(words: Sequence[str], at: int) -> tuple[float | None, int]:
    """Return the number that begins at a word, and the index behind it."""
    word = _word(words, at)
    if word in ("minus", "negative"):
        number, end = _number(words, at + 1)
        return (None if number is None else -number), end
    if _NUMBER.fullmatch(word):
        number, end = _digits(word), at + 1
        fraction = _word(words, end)
        if "/" in fraction and _NUMBER.fullmatch(fraction):  # "2 1/2"
            number, end = number + _digits(fraction), end + 1
    elif word in _A:
        return _indefinite(words, at)
    elif word in _PARTS:
        return _PARTS[word], at + 1
    elif word == "couple":
        return 2.0, at + 1
    else:
        whole, end = _counted(words, at)
        if whole is None:
            return None, at
        number = whole
    if _word(words, end) in ("quarter", "quarters") and number in (1.0, 3.0):
        return 0.25 * number, end + 1
    if _word(words, end) == "and" and _word(words, end + 1) in _A:
        part = _PARTS.get(_word(words, end + 2))
        if part is not None and _unit(words, end + 3)[0] is not None:
            return number + part, end + 3
    return number, end


def _indefinite(words: Sequence[str], at: int) -> tuple[float | None, int]:
    """Read "a", which is a number only before a unit: "a metre", "a quarter turn"."""
    after = _word(words, at + 1)
    if after in _PARTS or after in ("couple", "hundred"):
        number, end = _number(words, at + 1)
        return number, end
    end = at + 1
    if after in _WHOLE:
        end += 1
    known = _UNITS.get(_word(words, end))
    # "Make a turn to the left" does not mean a whole one.
    vague = known == _UNITS["turn"] and after not in _WHOLE
    return (None if known is None or vague else 1.0), end


def _counted(words: Sequence[str], at: int) -> tuple[float | None, int]:
    """Read "forty-two", "one hundred and eighty" or "zero point five"."""
    total, end = _small(words, at)
    if _word(words, end) == "hundred" and (total is None or 1.0 <= total <= 9.0):
        total, end = 100.0 * (1.0 if total is None else total), end + 1
        skip = 1 if _word(words, end) == "and" else 0
        rest, after = _small(words, end + skip)
        if rest is not None:
            total, end = total + rest, after
    if total is not None and _word(words, end) == "point":
        digits = ""
        while 0.0 <= _ONES.get(_word(words, end + 1), -1.0) <= 9.0:
            digits += str(int(_ONES[words[end + 1]]))
            end += 1
        if digits:
            total, end = float(f"{int(total)}.{digits}"), end + 1
    return total, end


def _small(words: Sequence[str], at: int) -> tuple[float | None, int]:
    """Read a number below a hundred."""
    word = _word(words, at)
    if word in _ONES:
        return _ONES[word], at + 1
    if word not in _TENS:
        return None, at
    ones = _ONES.get(_word(words, at + 1), 0.0)
    if 1.0 <= ones <= 9.0:
        return _TENS[word] + ones, at + 2
    return _TENS[word], at + 1


def _digits(text: str) -> float:
    """Return what digits say; NaN if a comma leaves it open."""
    text = text.replace("−", "-")  # noqa: RUF001
    if text[-1] in _FRACTIONS:
        return float(text[:-1] or 0) + _FRACTIONS[text[-1]]
    if "/" in text:
        above, below = (float(part) for part in text.split("/"))
        return above / below if below else inf
    try:
        return float(text)
    except ValueError:  # "2,5" may be a list, "1,000" a thousand, "1.2.3" is nothing
        return float("nan")


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""
