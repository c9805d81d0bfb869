"""Percentiles of durations, and what a tick is measured by."""

from __future__ import annotations

import gc

import pytest

from sim2real.real_time import (
    Durations,
    Punctuality,
    RealTime,
    become_real_time,
    stop_real_time,
)

MS = 1_000_000


def test_percentiles_in_milliseconds() -> None:
    durations = Durations(kept=1000)
    for i in range(101):
        durations.add(i * 1e-3)
    spread = durations.spread()
    assert spread is not None
    assert spread.p50 == pytest.approx(50.0, abs=1e-3)
    assert spread.p99 == pytest.approx(99.0, abs=1e-3)
    assert spread.max == pytest.approx(100.0, abs=1e-3)
    assert str(spread).startswith("p50 50.00, p99 99.00")


def test_older_samples_are_written_over() -> None:
    durations = Durations(kept=4)
    for i in range(10):
        durations.add(float(i))
    spread = durations.spread()
    assert spread is not None
    assert (spread.count, spread.max) == (4, 9000.0)
    latest = durations.spread(latest=2)
    assert latest is not None
    assert (latest.count, latest.p50) == (2, 8500.0)


def test_nothing_measured_has_no_percentiles() -> None:
    durations = Durations()
    assert durations.spread() is None
    durations.add(1.0)
    durations.clear()
    assert durations.spread() is None


def test_a_tick_is_late_when_its_command_misses_the_deadline() -> None:
    loop = Punctuality(period=0.02, deadline=0.01)
    loop.note(received_ns=0, sent_ns=2 * MS, due_ns=0)
    loop.note(received_ns=20 * MS, sent_ns=23 * MS, due_ns=20 * MS)
    loop.note(received_ns=51 * MS, sent_ns=52 * MS, due_ns=40 * MS)
    assert (loop.ticks, loop.late) == (3, 1)
    assert loop.late_share == pytest.approx(1 / 3)
    data = loop.as_dict()
    assert data["state_to_command_ms"]["max"] == pytest.approx(3.0, abs=1e-3)  # type: ignore[index]
    assert data["jitter_ms"]["max"] == pytest.approx(9.0, abs=1e-3)  # type: ignore[index]
    assert data["stamp_to_command_ms"] is None
    assert loop.lines()[0] == "3 ticks, 1 later than 10 ms (33.333 %)"


def test_a_pause_is_no_jitter() -> None:
    loop = Punctuality(period=0.02, deadline=0.01)
    loop.note(received_ns=0, sent_ns=0, due_ns=0)
    loop.pause()
    loop.note(received_ns=900 * MS, sent_ns=900 * MS, due_ns=900 * MS)
    assert loop.jitter.count == 0
    assert Punctuality(period=0.02, deadline=0.01).late_share == 0.0


def test_what_is_refused_is_one_warning() -> None:
    assert RealTime().warning is None
    warning = RealTime(refused=("a", "b")).warning
    assert warning is not None
    assert warning.startswith("no real-time scheduling (a; b); expect later commands")


def test_the_garbage_collector_rests_meanwhile() -> None:
    try:
        granted = become_real_time(priority=0)  # the scheduler is left alone
        assert granted.gc_frozen
        assert not granted.fifo
        assert not gc.isenabled()
    finally:
        stop_real_time()
    assert gc.isenabled()
