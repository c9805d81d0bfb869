"""Turn Ctrl-C into a request to stop, obeyed between two ticks."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

from app.operators.desk import Desk

REQUESTS = 2  # to stop safely, and at once


class OperatorStop:
    """Puts every Ctrl-C on the desk; the third ends the program there and then."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk; nothing is listened to yet."""
        self._desk = desk
        self._pressed = 0
        self._before: Any = None

    @property
    def pressed(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._pressed > 0

    def wait(self) -> None:
        """Return when Ctrl-C is pressed, or was pressed before."""
        while not self._pressed:
            signal.pause()

    def __enter__(self) -> OperatorStop:
        """Listen to Ctrl-C."""
        self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give Ctrl-C back."""
        signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._pressed == REQUESTS:
            raise KeyboardInterrupt
        self._pressed += 1
        self._desk.stop()
