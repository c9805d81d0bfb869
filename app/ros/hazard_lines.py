"""Say what the safety filter found, one line each, and not the same again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim2real.hazards import Hazard, SafetyEvent

SAY_AGAIN_S = 10.0  # a hazard that comes again and again is told so often [s]


class HazardLines:
    """Remembers what was said."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Take who is told."""
        self._say = say
        self.forget()

    def forget(self) -> None:
        """The filter begins anew."""
        self._told = 0
        self._told_at: dict[Hazard, float] = {}  # robot time [s]

    def skip(self, events: Sequence[SafetyEvent]) -> None:
        """Somebody else said what there was to say about these."""
        self._told = len(events)

    def tell(self, events: Sequence[SafetyEvent]) -> None:
        """Say what is new; the same kind not again for some seconds."""
        for event in events[self._told :]:
            if event.time - self._told_at.get(event.kind, -np.inf) > SAY_AGAIN_S:
                self._told_at[event.kind] = event.time
                self._say(
                    f"{event.time:7.2f} s  safety, {event.kind.value}: {event.text}"
                )
        self._told = len(events)
