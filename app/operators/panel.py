"""Three buttons by which the operator pauses a run, lets it go on and stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from app.operators.desk import Desk
from planners.planner import TaskState


class Button(Protocol):
    """What is needed of a button on a page."""

    disabled: bool

    def on_click(self, func: Callable[[Any], Any]) -> object:
        """Call `func` whenever it is pressed, from any thread."""


class Panel:
    """Puts what the buttons ask for on the operator's desk.

    A button can be pressed while it has a meaning. The one that stops asks once, for a
    safe stop: a double click is no second request.
    """

    def __init__(
        self, desk: Desk, *, pause: Button, go_on: Button, stop: Button
    ) -> None:
        """Take the buttons; none can be pressed before the first `show`."""
        self._desk = desk
        self._state: TaskState | None = None
        self.pause, self.go_on, self.stop = pause, go_on, stop
        for button in (pause, go_on, stop):
            button.disabled = True
        pause.on_click(lambda _: desk.pause())
        go_on.on_click(lambda _: desk.go_on())
        stop.on_click(lambda _: self._ask_to_stop())

    def show(self, state: TaskState) -> None:
        """Let those buttons be pressed that mean something in this state."""
        if state is self._state:
            return
        self._state = state
        self.pause.disabled = state is not TaskState.RUNNING
        self.go_on.disabled = state is not TaskState.PAUSED
        self.stop.disabled = state not in (TaskState.RUNNING, TaskState.PAUSED)

    def _ask_to_stop(self) -> None:
        if not self._desk.stopped:
            self._desk.stop()
