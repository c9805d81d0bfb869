"""Room for the newest message of a topic, and a count of what is odd about the rest."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

from sim2real.ros2.readings import REORDERED_NS

T = TypeVar("T")

REMEMBERED = 256  # arrivals, for the rate


class Arrival(str, Enum):
    """What a message is, compared with those before it."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the stamp of the newest one
    REORDERED = "reordered"  # a little older than the newest one
    JUMPED_BACK = "jumped_back"  # much older: the sender's clock was set
    REFUSED = "refused"


class Slot(Generic[T]):
    """Keeps the newest value; what is late or double never replaces it."""

    def __init__(self, topic: str) -> None:
        """Begin empty."""
        self.topic = topic
        self.broken = 0  # promises of its sender: a deadline, a sign of life
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.value: T | None = None
        self.stamp_ns = -1
        self.received_ns = -1  # on our monotonic clock
        self.refusal = ""  # why the last one that was refused was refused
        self.counts: dict[Arrival, int] = dict.fromkeys(Arrival, 0)
        self._arrivals: deque[int] = deque(maxlen=REMEMBERED)

    def put(self, value: T, stamp_ns: int, received_ns: int) -> Arrival:
        """Take a message that can be used."""
        arrival = self._compare(stamp_ns)
        self.counts[arrival] += 1
        if arrival in (Arrival.NEW, Arrival.JUMPED_BACK):
            self.value, self.stamp_ns = value, stamp_ns
            self.received_ns = received_ns
            self._arrivals.append(received_ns)
        return arrival

    def refuse(self, text: str) -> None:
        """Count a message that cannot be used."""
        self.counts[Arrival.REFUSED] += 1
        self.refusal = text

    def break_promise(self, times: int = 1) -> None:
        """Count a deadline that the sender missed, or that it gave no sign of life."""
        self.broken += times

    def _compare(self, stamp_ns: int) -> Arrival:
        if self.value is None or stamp_ns > self.stamp_ns:
            return Arrival.NEW
        if stamp_ns == self.stamp_ns:
            return Arrival.DUPLICATE
        if self.stamp_ns - stamp_ns < REORDERED_NS:
            return Arrival.REORDERED
        return Arrival.JUMPED_BACK

    def age_s(self, now_ns: int) -> float:
        """Return how long ago the newest value came [s]; infinite if none did."""
        if self.value is None:
            return float("inf")
        return (now_ns - self.received_ns) * 1e-9

    def rate_hz(self, now_ns: int) -> float:
        """Return how many new values come in a second, as of late."""
        recent = [t for t in self._arrivals if now_ns - t <= 1_000_000_000]
        if len(recent) < 2:
            return float(len(recent))
        return (len(recent) - 1) / ((recent[-1] - recent[0]) * 1e-9)
