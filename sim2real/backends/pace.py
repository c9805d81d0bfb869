"""Keep a loop at its rate, by deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Waits until the next tick is due.

    Sleeping a full period after computing would make the loop slower than its rate;
    here the time spent computing counts. A late tick shifts those after it: there is
    no burst of ticks to catch up.
    """

    def __init__(
        self,
        period: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the time between two ticks [s]."""
        self._period = period
        self._clock = clock
        self._sleep = sleep
        self._due = 0.0
        self.start()

    def start(self) -> None:
        """Count from now."""
        self._due = self._clock() + self._period

    def wait(self) -> None:
        """Return when the tick is due, at once if it is overdue."""
        left = self._due - self._clock()
        if left > 0:
            self._sleep(left)
        else:
            self._due -= left
        self._due += self._period
