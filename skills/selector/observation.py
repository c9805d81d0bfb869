"""The observation of the learned planner: a vector of fixed size, with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skills.selector.words import CHOICES, FACTS, GOALS, SUCCESS, WALKS

Array32 = NDArray[np.float32]

MOST_SKILLS = 12  # that are started for one task before it is given up
MOST_FAILURES = 3  # of one choice that the observation can tell apart
ENDINGS: tuple[str, ...] = (
    SUCCESS,
    "timeout",
    "out_of_reach",
    "object_lost",
    "dropped",
    "blocked",
    "other",
)
NAMES: tuple[str, ...] = (
    *(f"fact: {name}" for name in FACTS),
    *(f"goal: {name}" for name in GOALS),
    *(f"last choice: {name}" for name in CHOICES),
    *(f"last outcome: {name}" for name in ENDINGS),
    *(f"failures here, as a share of 3: {name}" for name in CHOICES),
    "skills started so far, as a share of 12",
)
"""What each number of the observation is."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One choice that was carried out, and how it ended."""

    choice: str
    outcome: str  # one of OUTCOMES


@dataclass(frozen=True)
class History:
    """What was carried out so far, in order."""

    tried: tuple[Tried, ...] = ()

    def then(self, choice: str, outcome: str) -> History:
        """Return the history with one more choice."""
        return History((*self.tried, Tried(choice=choice, outcome=outcome)))

    def failures(self, choice: str) -> int:
        """Return how often a choice failed in a row since the robot walked elsewhere.

        What is in the way of a skill is mostly where the robot stands. Waiting does
        not change that, so it does not make a new try of an old one.
        """
        count = 0
        for one in reversed(self.tried):
            if one.choice == choice and one.outcome != SUCCESS:
                count += 1
            elif one.choice == choice or one.choice in WALKS:
                break
        return count


def observe(kind: str, facts: frozenset[str], history: History) -> Array32:
    """Return the observation before a choice, as `NAMES` lists it."""
    last = history.tried[-1] if history.tried else None
    ending = None if last is None else last.outcome
    if ending is not None and ending not in ENDINGS:
        ending = "other"
    return np.array(
        [
            *(float(name in facts) for name in FACTS),
            *_one_of(GOALS, kind),
            *_one_of(CHOICES, None if last is None else last.choice),
            *_one_of(ENDINGS, ending),
            *(
                min(history.failures(name), MOST_FAILURES) / MOST_FAILURES
                for name in CHOICES
            ),
            min(len(history.tried), MOST_SKILLS) / MOST_SKILLS,
        ],
        dtype=np.float32,
    )


def _one_of(words: Sequence[str], word: str | None) -> list[float]:
    return [float(other == word) for other in words]
