"""What one episode came to, and what many of them say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.judge import NO_PHYSICS, Judgement, Verdict
from skills.contract import Failure

Array = NDArray[np.float64]

Z95 = 1.959964  # two-sided 95 % quantile of the normal distribution


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """How one task went."""

    seed: int
    success: bool  # what the planner says
    failure: Failure | None
    sentence: str  # for the operator
    duration_s: float  # robot time until the planner was done [s]
    judgement: Judgement = NO_PHYSICS
    tick_s: Array = field(default_factory=lambda: np.zeros(0))  # own computing [s]
    hazards: Mapping[str, int] = field(default_factory=dict)  # ticks with each
    progress: Mapping[str, Any] | None = None  # of a task that can go on later

    @property
    def verified(self) -> bool:
        """Whether the planner and the physics agree that the task is done."""
        return self.success and self.judgement.verdict is Verdict.AGREES

    @property
    def contradicted(self) -> bool:
        """Whether the planner says done and the physics says no."""
        return self.success and self.judgement.verdict is Verdict.CONTRADICTS

    @property
    def done(self) -> bool:
        """Whether the task counts as done; a rehearsal is done without a judge."""
        return self.success and not self.contradicted

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data that JSON can hold."""
        return {
            "seed": self.seed,
            "success": self.success,
            "verified": self.verified,
            "verdict": self.judgement.verdict.value,
            "judge": self.judgement.reason if self.success else None,
            "failure": self.failure.value if self.failure else None,
            "sentence": self.sentence,
            "duration_s": round(self.duration_s, 3),
            "hazards": dict(self.hazards),
            "tick_ms": tick_ms(self.tick_s),
        }


def tick_ms(seconds: Array) -> dict[str, float] | None:
    """Return percentiles of the time computed per tick [ms], or None without ticks."""
    if len(seconds) == 0:
        return None
    p50, p99 = np.percentile(seconds, (50, 99))
    return {
        "p50": round(1e3 * float(p50), 4),
        "p99": round(1e3 * float(p99), 4),
        "max": round(1e3 * float(seconds.max()), 4),
    }


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a success rate.

    Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927): unlike the
    usual plus or minus it is right for few trials and for rates near 0 and 1.
    """
    if trials == 0:
        return 0.0, 1.0
    rate, z2 = successes / trials, Z95**2
    middle = rate + z2 / (2 * trials)
    half = Z95 * sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    low, high = ((middle + side * half) / (1 + z2 / trials) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Many episodes of one task."""

    episodes: Sequence[EpisodeResult]

    @property
    def done(self) -> int:
        """How many were done."""
        return sum(episode.done for episode in self.episodes)

    @property
    def contradicted(self) -> int:
        """How many were called done against the evidence; more than 0 is a bug."""
        return sum(episode.contradicted for episode in self.episodes)

    @property
    def success_rate(self) -> float | None:
        """The share that was done, or None without episodes."""
        return self.done / len(self.episodes) if self.episodes else None

    @property
    def ci95(self) -> tuple[float, float]:
        """The 95 % interval of the success rate."""
        return wilson_interval(self.done, len(self.episodes))

    @property
    def failures(self) -> dict[str, int]:
        """How often each type of failure ended a task, the commonest first."""
        types = Counter(e.failure.value for e in self.episodes if e.failure)
        return dict(types.most_common())

    @property
    def tick_s(self) -> Array:
        """Own computing of all ticks [s]."""
        return np.concatenate([np.zeros(0), *(e.tick_s for e in self.episodes)])

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain data that JSON can hold."""
        rate = self.success_rate
        return {
            "success_rate": None if rate is None else round(rate, 4),
            "ci95": [round(end, 4) for end in self.ci95],
            "contradicted": self.contradicted,
            "failures": self.failures,
            "judged": any(
                e.judgement.verdict is not Verdict.NOT_JUDGED for e in self.episodes
            ),
            "tick_ms": tick_ms(self.tick_s),
            "episodes": [episode.as_dict() for episode in self.episodes],
        }
