"""Tell the person at the terminal what the robot does and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from planners.display import MARKS, as_text

COLORS = {"✓": "green", "✗": "red", "▶": "yellow", "·": "bright_black"}
REDRAW_S = 0.1  # wall time between two pictures; the eye needs no more [s]


class LiveTree:
    """Redraws the tree in place: which step, and why."""

    def __init__(
        self, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Draw on `console`; `clock` limits how often."""
        # Without its own thread: everything here happens between two ticks.
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._clock = clock
        self._drawn = float("-inf")
        self._last: Moment | None = None

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Start to draw."""
        self._live.start()
        self._show(moment)

    def tick(self, moment: Moment) -> None:
        """Draw if it is time for it."""
        self._last = moment
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

    def _show(self, moment: Moment) -> None:
        lines = [_colored(line) for line in as_text(moment.root).splitlines()]
        state = (
            f"{moment.snapshot.time:7.2f} s   "
            f"skills: {', '.join(moment.active) or 'none'}   "
            f"safety: {moment.reaction.value}"
        )
        self._live.update(Group(*lines, Text(state, style="bold")), refresh=True)


class EventLines:
    """Prints one line per event: a step begins or ends, a retry, a hazard."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        """Take the function that prints a line."""
        self._print = print_line
        self._step = ""
        self._recovery = ""
        self._status: dict[str, Status] = {}
        self._hazards = 0

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Forget the episode before."""
        self._step, self._recovery = "", ""
        self._status, self._hazards = {}, 0

    def tick(self, moment: Moment) -> None:
        """Print what is new."""
        for event in moment.events[self._hazards :]:
            self._tell(moment, f"safety, {event.kind.value}: {event.text}")
        self._hazards = len(moment.events)
        if not moment.planned:
            return
        for index, step in enumerate(moment.root.children, start=1):
            self._look_at(moment, f"step {index}", step)
        # Anything else the tree says of itself is about a failure.
        said = moment.root.feedback_message
        if said != self._recovery and "; " in said:
            self._tell(moment, said)
        self._recovery = said

    def end(self, result: EpisodeResult) -> None:
        """The result is printed by whoever asked for it."""

    def close(self) -> None:
        """Nothing is held."""

    def _look_at(self, moment: Moment, label: str, step: Behaviour) -> None:
        if step.status is self._status.get(label, Status.INVALID):
            return
        self._status[label] = step.status
        if step.status is Status.RUNNING:
            self._tell(moment, f"{label} begins: {step.name}")
        elif step.status is not Status.INVALID:
            leaf = _deciding_leaf(step.children)
            mark = MARKS[step.status]
            self._tell(moment, f"{label} {mark} {step.name}: {leaf.feedback_message}")

    def _tell(self, moment: Moment, text: str) -> None:
        self._print(f"{moment.snapshot.time:7.2f} s  {text}")


def _deciding_leaf(leaves: Sequence[Behaviour]) -> Behaviour:
    """Return the leaf that was visited last."""
    return [leaf for leaf in leaves if leaf.status is not Status.INVALID][-1]


def _colored(line: str) -> Text:
    text = Text(line, overflow="ellipsis", no_wrap=True)
    for mark, color in COLORS.items():
        text.highlight_words([mark], style=color)
    return text
