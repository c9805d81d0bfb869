"""Make the control thread as punctual as Python can be, and measure how punctual."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MCL_CURRENT, MCL_FUTURE = 1, 2  # sys/mman.h
PRIORITY = 40  # of 1 to 99; above ordinary threads, below those of the kernel
SWITCH_S = 0.0005  # how long another Python thread may keep us waiting [s]
KEPT = 1 << 17  # samples; 43 minutes at 50 Hz


@dataclass(frozen=True, kw_only=True)
class RealTime:
    """What was granted."""

    gc_frozen: bool = False
    memory_locked: bool = False
    fifo: bool = False
    refused: tuple[str, ...] = ()  # what was not, and why

    @property
    def warning(self) -> str | None:
        """One line for a person about what was not granted, if anything."""
        if not self.refused:
            return None
        return (
            f"no real-time scheduling ({'; '.join(self.refused)}); expect later "
            "commands under load. docs/ros2.md says what to allow"
        )


def become_real_time(*, priority: int = PRIORITY) -> RealTime:
    """Freeze the garbage collector, lock memory, ask for SCHED_FIFO.

    Call it from the control thread, after everything was built. What is not permitted
    is left as it was.

    Args:
        priority: of SCHED_FIFO, 1 to 99; 0: the scheduler is left alone.
    """
    gc.collect()
    gc.freeze()
    # Cycles are rare in the loop; what little there is is collected between tasks.
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    refused = []
    locked = _lock_memory()
    if not locked:
        refused.append("memory cannot be locked, see ulimit -l")
    fifo = False
    if priority > 0:
        fifo = _ask_for_fifo(priority)
        if not fifo:
            refused.append("SCHED_FIFO is not permitted, see ulimit -r")
    return RealTime(
        gc_frozen=True, memory_locked=locked, fifo=fifo, refused=tuple(refused)
    )


def stop_real_time() -> None:
    """Give the garbage collector back to the program."""
    gc.enable()
    gc.unfreeze()


def _lock_memory() -> bool:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return int(libc.mlockall(MCL_CURRENT | MCL_FUTURE)) == 0
    except (OSError, AttributeError):  # not Linux
        return False


def _ask_for_fifo(priority: int) -> bool:
    """Ask for every thread of this process: those that carry messages count as well."""
    try:
        parameters = os.sched_param(priority)
        for thread in os.listdir("/proc/self/task"):
            os.sched_setscheduler(int(thread), os.SCHED_FIFO, parameters)
    except ProcessLookupError:  # a thread that has just ended
        return True
    except (OSError, AttributeError):
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Percentiles of a time [ms]."""

    count: int
    p50: float
    p99: float
    p999: float
    max: float

    def __str__(self) -> str:
        """Return one line for a person."""
        return (
            f"p50 {self.p50:.2f}, p99 {self.p99:.2f}, p99.9 {self.p999:.2f}, "
            f"max {self.max:.2f} ms of {self.count}"
        )

    def as_dict(self) -> dict[str, float]:
        """Return it as plain data."""
        return {name: round(float(value), 4) for name, value in vars(self).items()}


class Durations:
    """The latest durations, without allocating while it measures."""

    def __init__(self, kept: int = KEPT) -> None:
        """Make room for `kept` samples; older ones are written over."""
        self._samples: NDArray[np.float32] = np.zeros(kept, np.float32)
        self.count = 0

    def add(self, seconds: float) -> None:
        """Note one."""
        self._samples[self.count % len(self._samples)] = seconds
        self.count += 1

    def clear(self) -> None:
        """Forget all."""
        self.count = 0

    def spread(self, latest: int | None = None) -> Spread | None:
        """Return the percentiles of the `latest` samples, or of all that are kept."""
        kept = min(self.count, len(self._samples))
        wanted = kept if latest is None else min(kept, latest)
        if wanted == 0:
            return None
        end = self.count % len(self._samples)
        index = np.arange(end - wanted, end)
        part = self._samples.take(index, mode="wrap").astype(np.float64)
        p50, p99, p999 = np.percentile(part, (50, 99, 99.9))
        return Spread(
            count=wanted,
            p50=1e3 * float(p50),
            p99=1e3 * float(p99),
            p999=1e3 * float(p999),
            max=1e3 * float(part.max()),
        )


@dataclass
class Punctuality:
    """How punctual a control loop is.

    Attributes:
        state_to_command: from the arrival of a state to its command being sent.
        stamp_to_command: from the stamp of that state; means something only where the
            robot's clock is ours.
        jitter: by how much the time between two commands differs from the period.
        late: ticks whose command came later than the deadline after its state was due.
        ticks: commands sent.
    """

    period: float  # [s]
    deadline: float  # after the tick was due [s]
    state_to_command: Durations = field(default_factory=Durations)
    stamp_to_command: Durations = field(default_factory=Durations)
    jitter: Durations = field(default_factory=Durations)
    late: int = 0
    ticks: int = 0
    _last_ns: int = 0

    def note(self, *, received_ns: int, sent_ns: int, due_ns: int) -> None:
        """Note one tick, on our monotonic clock."""
        self.ticks += 1
        self.state_to_command.add((sent_ns - received_ns) * 1e-9)
        if (sent_ns - due_ns) * 1e-9 > self.deadline:
            self.late += 1
        if self._last_ns:
            self.jitter.add(abs((sent_ns - self._last_ns) * 1e-9 - self.period))
        self._last_ns = sent_ns

    def pause(self) -> None:
        """The loop rests: the next tick has none before it."""
        self._last_ns = 0

    @property
    def late_share(self) -> float:
        """Share of ticks that were late."""
        return self.late / self.ticks if self.ticks else 0.0

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data."""
        data: dict[str, object] = {
            "ticks": self.ticks,
            "late": self.late,
            "late_share": self.late_share,
        }
        for name in ("state_to_command", "stamp_to_command", "jitter"):
            spread = getattr(self, name).spread()
            data[f"{name}_ms"] = spread.as_dict() if spread else None
        return data

    def lines(self) -> list[str]:
        """Return a summary for a person."""
        lines = [
            f"{self.ticks} ticks, {self.late} later than {1e3 * self.deadline:g} ms "
            f"({100 * self.late_share:.3f} %)"
        ]
        for name, word in (
            ("state_to_command", "state to command"),
            ("stamp_to_command", "stamp of the state to command"),
            ("jitter", "period jitter"),
        ):
            spread = getattr(self, name).spread()
            if spread is not None:
                lines.append(f"{word}: {spread}")
        return lines
