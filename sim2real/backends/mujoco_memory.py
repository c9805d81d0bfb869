"""The last few physics steps of a simulation, for readings that come late."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Instant(NamedTuple):
    """Everything that is measured, in the order of the model."""

    qpos: Array
    qvel: Array
    actuator_force: Array


class Memory:
    """Keeps what was true after each of the last physics steps."""

    def __init__(self, data: mujoco.MjData, steps: int) -> None:
        """Look at `data`; keep as many instants as it takes to look back `steps`."""
        self._data = data
        self._past: deque[Instant] = deque(maxlen=steps + 1)
        self._needed = steps > 0

    def forget(self) -> None:
        """Begin anew with what is true now."""
        self._past.clear()
        self.note()

    def note(self) -> None:
        """Keep what is true now, if anybody will ask."""
        if self._needed:
            self._past.append(Instant(*(values.copy() for values in self.now())))

    def now(self) -> Instant:
        """Return what is true now, as views."""
        data = self._data
        return Instant(data.qpos, data.qvel, data.actuator_force)

    def ago(self, steps: float) -> Instant:
        """Return what was true so many physics steps ago.

        Between two steps it is interpolated; what is older than the memory is what the
        memory begins with.
        """
        whole = int(steps)
        newer, older = self._at(whole), self._at(whole + 1)
        share = steps - whole
        if share < 1e-9:
            return newer
        return Instant(
            *(new + share * (old - new) for new, old in zip(newer, older, strict=True))
        )

    def _at(self, steps: int) -> Instant:
        return self._past[max(-1 - steps, -len(self._past))]
