"""What a person at the terminal reads."""

from __future__ import annotations

import io

from rich.console import Console

from app.console import EventLines, LiveTree
from app.control_loop import Episode


def events(assembly, seed=0):
    """Return the lines of one episode, without their times."""
    lines = []
    Episode(assembly, seed, observers=[EventLines(lines.append)]).run()
    return [line[11:] for line in lines]


def test_one_line_for_every_beginning_and_end(assemble):
    begin1, end1, begin2, end2 = events(assemble())
    assert begin1 == "step 1 begins: walk(target=table, reach=cup)"
    assert end1.startswith("step 1 ✓ walk(target=table, reach=cup): done in ")
    assert end1.endswith(" s: at(table)")
    assert begin2 == "step 2 begins: grasp(object=cup)"
    assert end2.endswith(" s: holding(cup)")


def test_a_retry_is_told_with_its_reason(assemble, tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(
        "text: walk to the shelf, then grasp the cup\n"
        "steps:\n"
        "  - {skill: walk, args: {target: shelf}}\n"
        "  - {skill: grasp, args: {object: cup}}\n"
    )
    lines = events(assemble(str(path)))
    retries = [line for line in lines if "retry" in line]
    assert len(retries) == 2
    assert "grasp(object=cup) cannot start, in_reach(cup): cup is" in retries[0]
    assert retries[0].endswith(
        "retry 1 of 2: repeat the walk before it, from step 1, walk(target=shelf)"
    )
    assert "retries for out_of_reach used up (2)" in lines[-1]


def test_a_line_begins_with_the_robot_time(assemble):
    lines = []
    Episode(assemble(), 0, observers=[EventLines(lines.append)]).run()
    assert lines[0].startswith("   0.00 s  step 1 begins")


def test_the_tree_is_redrawn_ten_times_a_second_at_most(assemble):
    now = iter(range(10_000))
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    live = LiveTree(console, clock=lambda: next(now) * 0.02)  # 50 ticks a second
    episode = Episode(assemble("stand for 1 second"), 0, observers=[live])
    ticks = len(episode.run().tick_s)
    live.close()
    pictures = screen.getvalue().count("safety:")
    # One at the start, one for every fifth tick, one or two at the end.
    assert ticks / 5 <= pictures <= ticks / 5 + 4
