"""Turn Ctrl-C into a request to stop safely between two ticks."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class OperatorStop:
    """Ask it whether to stop. A second Ctrl-C ends the program at once."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._asked = False
        self._before: Any = None

    def __call__(self) -> bool:
        """Return whether Ctrl-C was pressed."""
        return self._asked

    def wait(self) -> None:
        """Return when Ctrl-C is pressed."""
        while not self._asked:
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
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
