"""What /diagnostics says, as plain data: rates, latencies, odd messages, reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from time import monotonic_ns
from typing import TYPE_CHECKING

from sim2real.robot_checks import Check
from sim2real.ros2.slot import Arrival, Slot

if TYPE_CHECKING:
    from sim2real.backends.ros2_backend import Ros2Backend

RECENT_TICKS = 500  # ten seconds
SILENT_S = 1.0  # a topic that is silent for so long is an error [s]
LATE_SHARE = 0.001  # of the commands; more is worth a warning


class Level(IntEnum):
    """How bad it is, as in diagnostic_msgs."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One line of a report, with the numbers behind it."""

    name: str
    level: Level
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


def diagnose(backend: Ros2Backend, *, mode: str, reaction: str) -> list[Diagnosis]:
    """Return everything worth saying about a backend now."""
    now = monotonic_ns()
    topics = [diagnose_slot(slot, now) for slot in backend.inbox.slots]
    return [_loop(backend, mode, reaction), *topics]


def diagnose_slot(slot: Slot[object], now_ns: int) -> Diagnosis:
    """Return what there is to say about one topic."""
    age, rate = slot.age_s(now_ns), slot.rate_hz(now_ns)
    counts = {arrival.value: str(n) for arrival, n in slot.counts.items()}
    values = {"rate_hz": f"{rate:.1f}", "age_s": f"{age:.3f}", **counts}
    values["broken_promises"] = str(slot.broken)
    if slot.value is None:
        text, level = slot.refusal or "nothing came", Level.ERROR
    elif age > SILENT_S:
        text, level = f"silent for {age:.1f} s", Level.ERROR
    elif slot.broken:
        text = (
            f"{rate:.0f} Hz; the sender broke {slot.broken} promises (qos_deadline_s)"
        )
        level = Level.WARN
    elif slot.counts[Arrival.REFUSED]:
        text, level = f"{rate:.0f} Hz; {slot.refusal}", Level.WARN
    else:
        text, level = f"{rate:.0f} Hz", Level.OK
    return Diagnosis(name=slot.topic, level=level, text=text, values=values)


def diagnose_check(check: Check) -> Diagnosis:
    """Return a check that was made before anything moved."""
    level = Level.OK if check.passed else Level.ERROR
    return Diagnosis(name=f"check, {check.name}", level=level, text=check.reason)


def _loop(backend: Ros2Backend, mode: str, reaction: str) -> Diagnosis:
    loop = backend.punctuality
    values = {
        "mode": mode,
        "reaction": reaction,
        "ticks": str(loop.ticks),
        "late": str(loop.late),
        "clock_jumps": str(len(backend.jumps)),
    }
    for name in ("state_to_command", "stamp_to_command", "jitter"):
        spread = getattr(loop, name).spread(RECENT_TICKS)
        if spread is not None:
            for key, number in spread.as_dict().items():
                if key != "count":
                    values[f"{name}_{key}_ms"] = f"{number:.3f}"
    if loop.late_share > LATE_SHARE:
        text = f"{mode}; {100 * loop.late_share:.2f} % of commands were late"
        return Diagnosis(
            name="control loop", level=Level.WARN, text=text, values=values
        )
    return Diagnosis(name="control loop", level=Level.OK, text=mode, values=values)
