"""Robot time from the stamps of messages, also when a clock is set or starts over."""

from __future__ import annotations

from dataclasses import dataclass, field

NANOSECONDS = 1e9


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A clock that did not tick but leapt."""

    time: float  # robot time at which it was seen [s]
    by_s: float  # forward, or back if negative [s]

    def __str__(self) -> str:
        """Return one line for a person."""
        way = "forward" if self.by_s > 0 else "back"
        return f"the robot's clock jumped {way} by {abs(self.by_s):.3f} s"


@dataclass
class RobotClock:
    """Turns stamps into seconds since the reset that only ever go on.

    A stamp that goes back, or forward by more than `most_s` beyond what our own clock
    saw pass, is a jump: robot time then goes on by what our clock saw.
    """

    most_s: float = 0.5
    jumps: list[Jump] = field(default_factory=list)
    _last_stamp: int | None = None
    _last_received: int = 0
    _time: float = 0.0
    _anchor: int = 0  # stamp at which robot time was `_begun`
    _begun: float = 0.0

    def reset(self, stamp_ns: int, received_ns: int) -> None:
        """Let robot time be 0 at this stamp."""
        self._last_stamp, self._anchor = stamp_ns, stamp_ns
        self._last_received = received_ns
        self._time = self._begun = 0.0
        self.jumps.clear()

    def time_of(self, stamp_ns: int, received_ns: int) -> float:
        """Return robot time at a stamp [s].

        Args:
            stamp_ns: of the newest message, on the robot's clock.
            received_ns: when it came, on our monotonic clock.
        """
        if self._last_stamp is None:
            self.reset(stamp_ns, received_ns)
        assert self._last_stamp is not None
        passed = (received_ns - self._last_received) / NANOSECONDS
        ticked = (stamp_ns - self._last_stamp) / NANOSECONDS
        if ticked < 0.0 or ticked - passed > self.most_s:
            self._note_jump(stamp_ns, ticked, passed)
        self._last_stamp, self._last_received = stamp_ns, received_ns
        self._time = self._begun + (stamp_ns - self._anchor) / NANOSECONDS
        return self._time

    def _note_jump(self, stamp_ns: int, ticked: float, passed: float) -> None:
        now = self._time + max(passed, 0.0)
        self.jumps.append(Jump(time=now, by_s=ticked - passed))
        self._anchor, self._begun = stamp_ns, now
