"""Figures of the episodes since the last look, for the learning curve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class EpisodeLog:
    """Sums since the last read, for the learning curve."""

    sums: dict[str, Any] = field(default_factory=dict)
    rare: set[str] = field(default_factory=set)  # figures left out while they are zero
    steps: int = 0
    events: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, name: str, value: Any) -> None:
        """Add a number to one figure; a tensor stays on its device until read."""
        self.sums[name] = self.sums.get(name, 0.0) + value

    def add_rare(self, name: str, value: Any) -> None:
        """Add a number to a figure that is not read unless something came.

        Whether it is zero is asked when it is read, not at every step on a GPU.
        """
        self.rare.add(name)
        self.add(name, value)

    def add_mean(self, name: str, values: NDArray[np.bool_]) -> None:
        """Count events, such as episodes that ended well; read as their share."""
        count, good = self.events.get(name, (0, 0))
        self.events[name] = (count + len(values), good + int(values.sum()))

    def read(self) -> dict[str, float]:
        """Return means per step since the last read and begin anew."""
        means = {k: float(v) / max(self.steps, 1) for k, v in self.sums.items()}
        means = {k: v for k, v in means.items() if v != 0.0 or k not in self.rare}
        for name, (count, good) in self.events.items():
            means[name] = good / count if count else float("nan")
        self.sums, self.steps = {}, 0
        self.events = dict.fromkeys(self.events, (0, 0))
        return means
