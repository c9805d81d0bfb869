"""What is heard of the operator: signs of life, and the emergency stop."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any


class OperatorSigns:
    """The newest of each.

    Attributes:
        pressed: the emergency stop; None: nobody reports it.
        on_pressed: called when it is pressed.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        """Begin with nothing.

        Args:
            clock: our monotonic clock [ns].
        """
        self._clock = clock
        self._heard_ns: int | None = None
        self.pressed: bool | None = None
        self.on_pressed: Callable[[], None] = lambda: None

    def on_heartbeat(self, message: Any) -> None:
        """Take a std_msgs/Empty: the operator is there."""
        self._heard_ns = self._clock()

    def on_emergency_stop(self, message: Any) -> None:
        """Take a std_msgs/Bool: whether it is pressed."""
        before, self.pressed = self.pressed, bool(message.data)
        if self.pressed and not before:
            self.on_pressed()

    def silent_s(self) -> float:
        """Return how long ago the operator gave a sign of life [s]."""
        if self._heard_ns is None:
            return inf
        return (self._clock() - self._heard_ns) * 1e-9

    @property
    def stop_is_free(self) -> bool | None:
        """Whether the emergency stop is there and not pressed; None: not reported."""
        return None if self.pressed is None else not self.pressed
