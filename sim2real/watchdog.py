"""A watchdog looks for one thing that goes wrong, and says it in one line.

It sees what the loop sees, once a tick, and keeps what it needs to remember. It decides
nothing: `sim2real/reactions.py` says what a hazard leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sim2real.footing import Footing
from sim2real.hazards import Hazard
from sim2real.health import Health
from sim2real.robot import JointCommand, RobotState


@dataclass(frozen=True, kw_only=True)
class Look:
    """What every watchdog sees in one tick."""

    state: RobotState
    fresh: bool  # whether this state is newer than that of the tick before
    health: Health
    sent: JointCommand | None  # the command that led here
    footing: Footing | None  # None where the feet are not known


@dataclass(frozen=True)
class Finding:
    """A hazard, and the measurement behind it in one line."""

    kind: Hazard
    text: str


class Watchdog(Protocol):
    """Looks for one thing."""

    def look(self, look: Look) -> Finding | None:
        """Return what it found in this tick, if anything."""
