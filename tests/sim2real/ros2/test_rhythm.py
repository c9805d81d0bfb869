"""Our clock follows the robot's: at once to an early state, slowly to a late one."""

from __future__ import annotations

from sim2real.ros2.rhythm import Rhythm

MS = 1_000_000
PERIOD = 20 * MS


def begun(at: int) -> Rhythm:
    rhythm = Rhythm(PERIOD)
    rhythm.took(at)
    return rhythm


def test_the_first_state_sets_the_time() -> None:
    rhythm = begun(1000 * MS)
    assert rhythm.due == 1000 * MS
    assert rhythm.next_tick() == 1020 * MS


def test_an_early_state_is_followed_at_once() -> None:
    rhythm = begun(1000 * MS)
    rhythm.next_tick()
    rhythm.took(1017 * MS)
    assert rhythm.due == 1017 * MS


def test_a_late_state_moves_the_time_by_a_sixteenth() -> None:
    rhythm = begun(1000 * MS)
    rhythm.next_tick()
    rhythm.took(1028 * MS)
    assert rhythm.received == 1028 * MS
    assert rhythm.due == 1020 * MS + MS // 2


def test_a_state_that_is_a_period_late_begins_a_new_beat() -> None:
    rhythm = begun(1000 * MS)
    rhythm.next_tick()
    rhythm.took(1041 * MS)
    assert rhythm.due == 1041 * MS


def test_a_missed_state_shifts_those_after_it() -> None:
    rhythm = begun(1000 * MS)
    rhythm.next_tick()
    rhythm.missed(1030 * MS)
    assert (rhythm.due, rhythm.received) == (1030 * MS, 1030 * MS)
    assert rhythm.next_tick() == 1050 * MS
