"""A message that cannot be used, as a value: a callback must not raise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Wrong(str, Enum):
    """In what a message is wrong."""

    NAMES = "names"  # of joints, objects or frames
    LENGTH = "length"  # arrays that do not fit each other
    NUMBER = "number"  # not finite, or missing
    ROTATION = "rotation"  # a quaternion that is none
    FRAME = "frame"  # axes that lead nowhere
    STAMP = "stamp"  # a time that is none


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a message was not used."""

    wrong: Wrong
    text: str  # one line for a person
