"""Watchdogs of messages, of computing, and of who else is there."""

from __future__ import annotations

from collections import deque

from sim2real.hazards import Hazard, WatchdogConfig
from sim2real.watchdog import Finding, Look

ODD_WINDOW_S = 1.0  # in which odd messages are counted


class StateAge:
    """States that are late, or come no more."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take the two limits."""
        self._late, self._most = config.state_late_s, config.state_age_s

    def look(self, look: Look) -> Finding | None:
        """See how old the state is."""
        age = look.health.state_age_s
        for limit, kind in (
            (self._most, Hazard.STALE_STATE),
            (self._late, Hazard.LATE_STATE),
        ):
            if limit and age > limit + 1e-9:
                why = f"; {look.health.refusal}" if look.health.refusal else ""
                text = f"the state is {1e3 * age:.0f} ms old, limit {1e3 * limit:.0f}"
                return Finding(kind, text + why)
        return None


class OddMessages:
    """States that come twice, or after a newer one, again and again."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take how many are odd."""
        self._most = config.odd_messages
        self._seen: deque[tuple[float, int, int]] = deque()

    def look(self, look: Look) -> Finding | None:
        """Count those of the last second."""
        now, health = look.state.time, look.health
        self._seen.append((now, health.duplicates, health.reordered))
        while self._seen[0][0] < now - ODD_WINDOW_S:
            self._seen.popleft()
        _, twice, late = self._seen[0]
        for kind, count, word in (
            (Hazard.DUPLICATES, health.duplicates - twice, "twice"),
            (Hazard.REORDERED, health.reordered - late, "after a newer one"),
        ):
            if self._most and count >= self._most:
                return Finding(kind, f"{count} states came {word} within 1 s")
        return None


class ClockJump:
    """A clock that jumped back."""

    def __init__(self) -> None:
        """No jump was seen yet."""
        self._seen = 0

    def look(self, look: Look) -> Finding | None:
        """See whether there was another jump."""
        if look.health.clock_jumps <= self._seen:
            return None
        self._seen = look.health.clock_jumps
        return Finding(Hazard.CLOCK, "the clock of the states jumped back")


class Overrun:
    """Commands that take longer to compute than there is time."""

    def __init__(self, config: WatchdogConfig, control_dt: float) -> None:
        """Take the limits and the control period [s]."""
        self._period = config.overrun_share * control_dt
        self._most, self._ticks = config.overrun_most_s, config.overrun_ticks
        self._over = 0

    def look(self, look: Look) -> Finding | None:
        """Compare the time that this tick's command took."""
        took = look.health.compute_s
        if not self._period or took <= self._period:
            self._over = 0
            return None
        self._over += 1
        text = f"the command took {1e3 * took:.0f} ms, there are {1e3 * self._period:g}"
        if took > self._most or self._over >= self._ticks:
            return Finding(Hazard.POLICY_SLOW, text)
        return Finding(Hazard.OVERRUN, text)


class PolicyFault:
    """Legs that nobody commands, because the policy failed."""

    def look(self, look: Look) -> Finding | None:
        """Pass on what the runner found."""
        fault = look.health.policy_fault
        return Finding(Hazard.POLICY, fault) if fault else None


class Heartbeat:
    """An operator of whom nothing is heard."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take the limit."""
        self._most = config.heartbeat_s

    def look(self, look: Look) -> Finding | None:
        """See how long ago the last sign of life was."""
        age = look.health.heartbeat_age_s
        if not self._most or age <= self._most + 1e-9:
            return None
        return Finding(Hazard.HEARTBEAT, f"no sign of the operator for {age:.2f} s")


class Authority:
    """Somebody else who sends commands to the joints."""

    def look(self, look: Look) -> Finding | None:
        """See who was refused."""
        others = look.health.other_commanders
        if not others:
            return None
        return Finding(
            Hazard.AUTHORITY, f"{', '.join(others)} also commands the joints"
        )
