"""Reorder joint vectors between two naming orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class JointNameError(ValueError):
    """A joint name that one side has and the other lacks, or has twice."""


class JointMap:
    """Carries values of the joints `part` in and out of vectors ordered as `whole`."""

    def __init__(self, part: Sequence[str], whole: Sequence[str]) -> None:
        """Match by name.

        Raises:
            JointNameError: if a name is repeated or `whole` lacks it.
        """
        if len(set(part)) != len(part) or len(set(whole)) != len(whole):
            raise JointNameError(f"joint names repeat in {list(part)} or {list(whole)}")
        place = {name: i for i, name in enumerate(whole)}
        missing = [name for name in part if name not in place]
        if missing:
            raise JointNameError(
                f"joint '{missing[0]}' is wanted, the robot lacks it "
                f"(it has {len(whole)} joints: {', '.join(whole[:3])}, ...)"
            )
        self.part = tuple(part)
        self.whole = tuple(whole)
        self.index = np.array([place[name] for name in part], dtype=np.intp)

    def take(self, values: Array) -> Array:
        """Return (..., len(part)) out of (..., len(whole))."""
        return values[..., self.index]

    def put(self, values: Array, into: Array) -> Array:
        """Return a copy of `into` (..., len(whole)) with this part replaced."""
        result = into.copy()
        result[..., self.index] = values
        return result
