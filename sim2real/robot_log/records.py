"""What a log holds besides states and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
"""Of the metadata and of our own messages; raised when one of them changes."""

START, STOP = "start", "stop"


@dataclass(frozen=True, kw_only=True)
class PolicyStep:
    """One run of one policy: what it saw and what it answered."""

    time: float  # robot time [s]
    policy: str  # such as `walk`, or `grasp.left`
    terms: tuple[str, ...]  # a label for each number of the observation
    observation: NDArray[np.float32]  # scaled, as the network saw it, (m,)
    joints: tuple[str, ...]
    action: NDArray[np.float32]  # the clipped output of the network, (k,)


@dataclass(frozen=True, kw_only=True)
class SkillEvent:
    """A skill was started or stopped, before the policies of this tick ran."""

    time: float  # robot time [s]
    kind: str  # `start` or `stop`
    skill: str
    args: Mapping[str, str | float] = field(
        default_factory=lambda: MappingProxyType({})
    )
