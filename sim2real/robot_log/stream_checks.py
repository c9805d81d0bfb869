"""Whether the stamps and numbers of a log's streams can be trusted at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim2real.robot_log.log_error import LogError, LogFault
from sim2real.robot_log.streams import JointStream, Stream

PARTS = 10  # of a stream, whose periods are compared
RATE_RATIO = 1.5  # of the longest to the shortest of their periods
CLOCK_DRIFT = 0.01  # between two clocks that should run alike
DRIFT_FROM_S = 5.0  # a shorter log says nothing about drift [s]


def check_stamps(path: Path, stream: Stream) -> None:
    """Refuse stamps that do not increase.

    Raises:
        LogError: naming the first one.
    """
    steps = np.diff(stream.stamp_ns)
    if len(steps) and steps.min() <= 0:
        row = int(np.argmax(steps <= 0)) + 1
        before, now = stream.stamp_ns[row - 1 : row + 1] / 1e9
        raise LogError(
            LogFault.BAD_STAMPS,
            path,
            f"the stamps of {stream.topic} do not increase: {now:.6f} s follows "
            f"{before:.6f} s at message {row + 1}. Was a simulation reset, or is one "
            "message recorded twice?",
        )


def check_finite(
    path: Path, stream: Stream, joints: Sequence[str], start_ns: int
) -> None:
    """Refuse numbers that are not finite.

    Raises:
        LogError: naming the column, the joint and the time of the first one.
    """
    absent = stream.absent if isinstance(stream, JointStream) else frozenset()
    for column, values in stream.columns.items():
        if column in absent or np.isfinite(values).all():
            continue
        row, place = np.argwhere(~np.isfinite(values))[0]
        at = (stream.stamp_ns[row] - start_ns) / 1e9
        of = f" of {joints[place]}" if isinstance(stream, JointStream) else ""
        raise LogError(
            LogFault.NOT_FINITE,
            path,
            f"the {column}{of} in {stream.topic} is {values[row, place]} at "
            f"{at:.3f} s, message {row + 1}. Look at the sensor, or cut the log there.",
        )


def check_clocks(path: Path, streams: Sequence[Stream]) -> None:
    """Refuse streams whose clocks do not belong together.

    The joint states must keep one rate; every other stream must lie in the same time,
    and its clock must run as fast as that of the joint states.

    Raises:
        LogError: saying which two rates or clocks differ.
    """
    states = streams[0]
    _check_one_rate(path, states)
    for stream in streams[1:]:
        _check_overlap(path, states, stream)
        _check_drift(path, states, stream)


def _check_one_rate(path: Path, states: Stream) -> None:
    steps = np.diff(states.stamp_ns) / 1e9
    if len(steps) < 2 * PARTS:
        return
    periods = [float(np.median(part)) for part in np.array_split(steps, PARTS)]
    if max(periods) > RATE_RATIO * min(periods):
        raise LogError(
            LogFault.MIXED_CLOCKS,
            path,
            f"mixes clock rates: {states.topic} comes at {1 / max(periods):.1f} Hz in "
            f"one part and at {1 / min(periods):.1f} Hz in another. Record at one "
            "rate.",
        )


def _check_overlap(path: Path, states: Stream, other: Stream) -> None:
    first = max(states.stamp_ns[0], other.stamp_ns[0])
    last = min(states.stamp_ns[-1], other.stamp_ns[-1])
    if last < first:
        a, b = states.stamp_ns[0] / 1e9, other.stamp_ns[0] / 1e9
        raise LogError(
            LogFault.MIXED_CLOCKS,
            path,
            f"mixes clocks: {states.topic} begins at {a:.3f} s, {other.topic} at "
            f"{b:.3f} s, and they have no time in common. Stamp both by one clock.",
        )


def _check_drift(path: Path, states: Stream, other: Stream) -> None:
    speeds = [_speed(stream) for stream in (states, other)]
    if None in speeds:
        return
    a, b = (speed for speed in speeds if speed is not None)
    if abs(a / b - 1.0) > CLOCK_DRIFT:
        raise LogError(
            LogFault.MIXED_CLOCKS,
            path,
            f"mixes clock rates: the clock of {other.topic} runs {b / a:.3f} times as "
            f"fast as that of {states.topic}. Stamp both by one clock.",
        )


def _speed(stream: Stream) -> float | None:
    """Return how fast the stamps advance against the recorder's clock."""
    stamped = (stream.stamp_ns[-1] - stream.stamp_ns[0]) / 1e9
    recorded = (stream.log_ns[-1] - stream.log_ns[0]) / 1e9
    if min(stamped, recorded) < DRIFT_FROM_S:
        return None
    return float(stamped / recorded)
