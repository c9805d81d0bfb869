"""Widen what is practised with success, and narrow it without: the level of ranges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from configs.training_schema import CurriculumConfig


@dataclass(frozen=True, kw_only=True)
class Change:
    """One rate that was taken, and what came of it."""

    steps: int  # of the training, when it was taken
    success: float  # share of the episodes
    level: float  # from then on


class Curriculum:
    """Watches the success of episodes and says how hard the next ones are to be.

    A rate is taken over a number of episodes. Only when several in a row agree does the
    level change, by one step and within its bounds; then it begins anew, so that robots
    of the old level are not held against the new one. Between both thresholds the level
    stays (hysteresis).
    """

    def __init__(self, config: CurriculumConfig) -> None:
        """Begin at the level of the config."""
        self._config = config
        self.level = config.start
        self.history: list[Change] = []
        self._episodes = 0
        self._successes = 0
        self._agreeing = 0  # rates in a row: above the threshold, or -below

    def note(self, successes: int, episodes: int, steps: int) -> bool:
        """Take the results of some episodes; return whether the level has changed.

        Args:
            successes: of them.
            episodes: that have ended.
            steps: of the training so far, for the history.
        """
        self._successes += successes
        self._episodes += episodes
        if self._episodes < self._config.episodes:
            return False
        rate = self._successes / self._episodes
        self._successes = self._episodes = 0
        before = self.level
        self._judge(rate)
        self.history.append(Change(steps=steps, success=rate, level=self.level))
        return self.level != before

    def saved(self) -> dict[str, Any]:
        """Return everything as plain data, for a checkpoint."""
        return {
            "level": self.level,
            "episodes": self._episodes,
            "successes": self._successes,
            "agreeing": self._agreeing,
            "history": [asdict(change) for change in self.history],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `saved` returned."""
        self.level = float(saved["level"])
        self._episodes = int(saved["episodes"])
        self._successes = int(saved["successes"])
        self._agreeing = int(saved["agreeing"])
        self.history = [Change(**change) for change in saved["history"]]

    def _judge(self, rate: float) -> None:
        config = self._config
        if rate > config.harder_above:
            self._agreeing = max(self._agreeing, 0) + 1
        elif rate < config.easier_below:
            self._agreeing = min(self._agreeing, 0) - 1
        else:
            self._agreeing = 0
        if abs(self._agreeing) < config.patience:
            return
        step = config.step if self._agreeing > 0 else -config.step
        level = min(max(self.level + step, config.lowest), config.highest)
        self.level = round(level, 9)
        self._agreeing = 0
