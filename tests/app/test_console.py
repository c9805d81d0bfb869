"""What a person at the terminal reads."""

from __future__ import annotations

import io
from itertools import count

import pytest
from rich.console import Console

from app.console import EventLines, LiveTree
from app.control_loop import Episode
from app.operators.desk import Wish
from skills.contract import Failure

FETCH, STAND = "fetch_cup", "stand"


class Once:
    """Reports a fault of a skill the first time it is asked."""

    def __init__(self, skill, fault):
        self._faults = {skill: fault}

    def __call__(self, skill):
        return self._faults.pop(skill, None)


def events(assembly, seed=0):
    """Return the lines of one episode, without their times."""
    lines = []
    Episode(assembly, seed, observers=[EventLines(lines.append)]).run()
    return [line[11:] for line in lines]


def test_one_line_for_every_beginning_and_end(assemble):
    begin1, end1, begin2, end2 = events(assemble(FETCH))
    assert begin1.startswith(
        "▶ walk(target=table, reach=cup), because at(table) did not hold: "
    )
    assert end1.startswith("✓ walk(target=table, reach=cup) after ")
    assert end1.endswith(" s: at(table)")
    assert begin2.startswith("▶ grasp(object=cup), because holding(cup) did not hold")
    assert end2.endswith(" s: holding(cup)")


def test_a_failure_is_told_with_its_type_and_its_remedy(assemble):
    assembly = assemble(FETCH)
    assembly.runner.fault = Once("grasp", (Failure.TIMEOUT, "it was held up"))
    failed = next(line for line in events(assembly) if "✗" in line)
    assert failed.startswith(
        "✗ grasp(object=cup) (timeout): was tripped, it was held up; recovery 1 of "
    )


def test_a_line_begins_with_the_robot_time(assemble):
    lines = []
    Episode(assemble(FETCH), 0, observers=[EventLines(lines.append)]).run()
    assert lines[0].startswith("   0.00 s  ▶ walk(")


def test_a_pause_and_a_stop_are_told(assemble, asking):
    lines = []
    operator = asking({50: Wish.PAUSE, 100: Wish.GO_ON, 150: Wish.STOP})
    observers = [EventLines(lines.append)]
    Episode(assemble(STAND), 0, observers=observers, operator=operator).run()
    assert "   1.00 s  paused by the operator" in lines
    assert "   2.00 s  the operator lets it go on" in lines
    stopping = "stopping safely for the operator; another Ctrl-C stops at once"
    assert f"   3.00 s  {stopping}" in lines


@pytest.fixture
def screen():
    """A terminal of 120 by 40 characters, and what was written on it."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, height=40)
    return written, console


def test_the_tree_is_redrawn_ten_times_a_second_at_most(assemble, screen):
    now = iter(range(10_000))
    written, console = screen
    live = LiveTree(console, clock=lambda: next(now) * 0.02)  # 50 ticks a second
    episode = Episode(assemble(STAND), 0, observers=[live])
    ticks = len(episode.run().tick_s)
    live.close()
    pictures = written.getvalue().count("safety:")
    # One for every fifth tick, rounding aside; one at the start, one or two at the
    # end, and one for each of the two lines above it.
    assert ticks / 5 - 2 <= pictures <= ticks / 5 + 6


def test_what_happened_stands_above_the_tree(assemble, screen):
    written, console = screen
    live = LiveTree(console)
    Episode(assemble(STAND), 0, observers=[live]).run()
    live.close()
    text = written.getvalue()
    assert "balance(duration_s=" in text
    assert "0.00 s  " in text
    assert text.index("because") < text.rindex("safety:")


def test_a_tree_that_is_too_high_for_the_terminal_is_folded(assemble):
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=160, height=12)
    live = LiveTree(console)
    Episode(assemble("cup_to_shelf"), 0, observers=[live]).run()
    live.close()
    assert "on(cup, shelf) …" in written.getvalue()


def test_the_line_below_the_tree_says_that_it_is_paused(assemble, screen, asking):
    written, console = screen
    live = LiveTree(console, clock=count().__next__)  # always time to draw
    operator = asking({50: Wish.PAUSE, 100: Wish.STOP_AT_ONCE})
    Episode(assemble(STAND), 0, observers=[live], operator=operator).run()
    live.close()
    assert "safety: ok   paused in step 1/1 balance(duration_s=5)" in written.getvalue()
