"""Slots keep the newest message and count what is odd."""

from __future__ import annotations

from sim2real.ros2.slot import Arrival, Slot

MS = 1_000_000


def test_only_a_newer_message_is_kept() -> None:
    slot: Slot[str] = Slot("topic")
    arrivals = [
        slot.put("first", 100 * MS, 0),
        slot.put("again", 100 * MS, 1),
        slot.put("before", 90 * MS, 2),
        slot.put("second", 110 * MS, 3),
    ]
    assert arrivals == [
        Arrival.NEW,
        Arrival.DUPLICATE,
        Arrival.REORDERED,
        Arrival.NEW,
    ]
    assert slot.value == "second"
    assert slot.counts[Arrival.NEW] == 2


def test_a_stamp_far_back_is_a_clock_that_was_set() -> None:
    slot: Slot[str] = Slot("topic")
    slot.put("first", 5000 * MS, 0)
    assert slot.put("second", 1000 * MS, 1) is Arrival.JUMPED_BACK
    assert slot.value == "second"


def test_age_and_rate() -> None:
    slot: Slot[int] = Slot("topic")
    assert slot.age_s(0) == float("inf")
    for i in range(11):  # every 5 ms
        slot.put(i, i, i * 5 * MS)
    assert slot.age_s(60 * MS) == 0.01
    assert round(slot.rate_hz(60 * MS), 6) == 200.0
    assert slot.rate_hz(2000 * MS) == 0.0


def test_a_refusal_is_counted_and_keeps_its_reason() -> None:
    slot: Slot[int] = Slot("topic")
    slot.refuse("too short")
    assert (slot.counts[Arrival.REFUSED], slot.refusal) == (1, "too short")
    slot.clear()
    assert (slot.counts[Arrival.REFUSED], slot.refusal) == (0, "")
