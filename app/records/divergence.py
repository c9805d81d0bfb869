"""Compare what was recorded with what is computed now, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

OBSERVATION, ACTION, COMMAND, ORDER = "observation", "action", "command", "order"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a number belongs: `walk`, `observation`, `joint_vel`, `left_knee_joint`."""

    policy: str  # or `robot`, for the command that was sent
    quantity: str
    term: str
    part: str  # joint, or component


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One number that is not what it was."""

    tick: int
    time: float  # [s]
    place: Place
    recorded: float
    computed: float
    allowed: float
    text: str = ""  # where numbers do not tell it

    @property
    def apart(self) -> float:
        """By how much they differ; infinite where one of them is no number."""
        apart = abs(self.recorded - self.computed)
        return apart if np.isfinite(apart) else np.inf


@dataclass(kw_only=True)
class Tally:
    """All divergences of one term."""

    first: Divergence
    worst: Divergence
    ticks: int = 0
    last_tick: int = -1

    def count(self, found: Divergence) -> None:
        """Add one more."""
        if found.tick != self.last_tick:
            self.ticks, self.last_tick = self.ticks + 1, found.tick
        if found.apart > self.worst.apart:
            self.worst = found


class Tallies:
    """Collects divergences, in the order in which they come."""

    def __init__(self, tolerance: float) -> None:
        """Take what two numbers may differ by, relative to those above 1."""
        self.tolerance = tolerance
        self.by_term: dict[tuple[str, str, str], Tally] = {}
        self.compared = 0  # numbers

    @property
    def first(self) -> Divergence | None:
        """The first of all."""
        return next((tally.first for tally in self.by_term.values()), None)

    def note(self, found: Divergence) -> None:
        """Add a divergence."""
        place = found.place
        key = place.policy, place.quantity, place.term
        if key not in self.by_term:
            self.by_term[key] = Tally(first=found, worst=found)
        self.by_term[key].count(found)

    def compare(
        self,
        tick: int,
        time: float,
        places: Sequence[Place],
        recorded: ArrayLike,
        computed: ArrayLike,
    ) -> None:
        """Compare two vectors of equal length and note every number that differs."""
        a = np.asarray(recorded, dtype=np.float64)
        b = np.asarray(computed, dtype=np.float64)
        self.compared += len(a)
        for i in np.flatnonzero(~self._same(a, b)).tolist():
            self.note(
                Divergence(
                    tick=tick,
                    time=time,
                    place=places[i],
                    recorded=float(a[i]),
                    computed=float(b[i]),
                    allowed=self.tolerance * max(1.0, abs(float(a[i]))),
                )
            )

    def _same(
        self, a: NDArray[np.float64], b: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        near = np.abs(a - b) <= self.tolerance * np.maximum(1.0, np.abs(a))
        same: NDArray[np.bool_] = near | (a == b) | (np.isnan(a) & np.isnan(b))
        return same
