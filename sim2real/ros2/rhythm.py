"""When the next state is due: the robot's clock leads, ours follows."""

from __future__ import annotations

SLOWLY = 16  # the share of a late state by which our clock follows is one in so many


class Rhythm:
    """Keeps the time at which the next state is due, on our monotonic clock.

    It follows at once where a state is early, and slowly where it is late, so that one
    late message is seen as late. All times are in ns.

    Attributes:
        due: when the state of this tick was to come.
        received: when the newest part of it came.
        period: from one tick to the next.
    """

    def __init__(self, period: int) -> None:
        """Take the time from one tick to the next [ns]."""
        self.period = period
        self.due = 0
        self.received = 0

    def next_tick(self) -> int:
        """A tick is over; return when the state of the next one is due."""
        self.due += self.period
        return self.due

    def missed(self, now: int) -> None:
        """No state came; a late tick shifts those after it."""
        self.due = self.received = now

    def took(self, received: int) -> None:
        """A state came."""
        self.received = received
        drift = received - self.due
        at_once = drift < 0 or drift > self.period
        self.due += drift if at_once else drift // SLOWLY
