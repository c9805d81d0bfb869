"""Tell the person at the terminal what the robot does and why."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from planners.display import as_text
from planners.happenings import Narrator
from planners.planner import TaskState
from planners.story import line
from planners.trace import Tracer

COLORS = {"✓": "green", "✗": "red", "▶": "yellow", "·": "bright_black"}
STOPPING = "stopping safely for the operator; another Ctrl-C stops at once"
NEWS = {
    (TaskState.RUNNING, TaskState.PAUSED): "paused by the operator",
    (TaskState.PAUSED, TaskState.RUNNING): "the operator lets it go on",
    (TaskState.RUNNING, TaskState.STOPPING): STOPPING,
    (TaskState.PAUSED, TaskState.STOPPING): STOPPING,
}
REDRAW_S = 0.1  # wall time between two pictures; the eye needs no more [s]


class EventLines:
    """Prints one line per event: a skill begins or ends, a remedy, a hazard."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        """Take the function that prints a line."""
        self._print = print_line
        self._tracer, self._narrator = Tracer(), Narrator()
        self._hazards = 0
        self._tick = 0
        self._state = TaskState.RUNNING

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Forget the episode before."""
        self._tracer, self._narrator = Tracer(), Narrator()
        self._hazards = self._tick = 0
        self._state = TaskState.RUNNING

    def tick(self, moment: Moment) -> None:
        """Print what is new."""
        for event in moment.events[self._hazards :]:
            self._tell(moment, f"safety, {event.kind.value}: {event.text}")
        self._hazards = len(moment.events)
        before, self._state = self._state, moment.status.state
        if (before, self._state) in NEWS:
            self._tell(moment, NEWS[before, self._state])
        if moment.planned or moment.status.failure is not None:
            now = moment.snapshot.time
            changes = self._tracer.changes(moment.root, self._tick, now)
            for happening in self._narrator.tick(changes):
                self._tell(moment, line(happening))
        self._tick += 1

    def end(self, result: EpisodeResult) -> None:
        """The result is printed by whoever asked for it."""

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, moment: Moment, text: str) -> None:
        self._print(f"{moment.snapshot.time:7.2f} s  {text}")


class LiveTree:
    """Redraws the tree in place, below the lines of what happened so far."""

    def __init__(
        self, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Draw on `console`; `clock` limits how often."""
        # Without its own thread: everything here happens between two ticks.
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._console = console
        self._clock = clock
        self._drawn = float("-inf")
        self._last: Moment | None = None
        self._events = EventLines(self._print_above)

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Start to draw."""
        self._events.begin(assembly, seed, moment)
        self._live.start()
        self._show(moment)

    def tick(self, moment: Moment) -> None:
        """Draw if it is time for it."""
        self._last = moment
        self._events.tick(moment)
        now = self._clock()
        if now - self._drawn >= REDRAW_S:
            self._drawn = now
            self._show(moment)

    def end(self, result: EpisodeResult) -> None:
        """Leave the last picture."""
        if self._last is not None:
            self._show(self._last)
        self._live.stop()

    def close(self) -> None:
        """Give the terminal back."""
        self._live.stop()

    def _print_above(self, text: str) -> None:
        self._console.print(_colored(text, cut=False), soft_wrap=True)

    def _show(self, moment: Moment) -> None:
        rows = as_text(moment.root).splitlines()
        if len(rows) > self._console.height - 3:
            rows = as_text(moment.root, folded=True).splitlines()
        state = (
            f"{moment.snapshot.time:7.2f} s   "
            f"skills: {', '.join(moment.active) or 'none'}   "
            f"safety: {moment.reaction.value}"
        )
        if moment.status.state in (TaskState.PAUSED, TaskState.STOPPING):
            state += f"   {moment.status.sentence}"
        lines = [_colored(row) for row in rows]
        self._live.update(Group(*lines, Text(state, style="bold")), refresh=True)


def _colored(line: str, *, cut: bool = True) -> Text:
    text = Text(line, overflow="ellipsis" if cut else "fold", no_wrap=cut)
    for mark, color in COLORS.items():
        text.highlight_words([mark], style=color)
    return text
