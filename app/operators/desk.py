"""What the operator wants while the robot moves: that it goes on, pauses or stops."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from planners.planner import Planner
from skills.contract import Failure

STOPPED = "stopped by the operator"


class Wish(IntEnum):
    """What is to become of a task; each is stronger than the one before."""

    GO_ON = 0
    PAUSE = 1  # stand, and keep what is in the hand
    STOP = 2  # put down what is in the hand, come to a stand, and end
    STOP_AT_ONCE = 3  # end with this tick


class Operator(Protocol):
    """Whoever may pause and stop the robot; asked before every tick."""

    def wish(self) -> Wish:
        """Return what is wanted now."""


class Nobody:
    """Nobody is there to ask for anything."""

    def wish(self) -> Wish:
        """Return that the task goes on."""
        return Wish.GO_ON


class Desk:
    """Where the operator's requests arrive, from the keyboard and from a web page.

    Any thread may ask. A pause can be taken back, a stop cannot; whoever asks to stop
    a second time does not want to wait.
    """

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._pause = False
        # Appending to a list is one step, also between threads and signals; adding to
        # a number is not.
        self._stops: list[None] = []

    def pause(self) -> None:
        """Ask for a pause."""
        self._pause = True

    def go_on(self) -> None:
        """Ask for the end of a pause."""
        self._pause = False

    def stop(self) -> None:
        """Ask to stop safely; the second time, at once."""
        self._stops.append(None)

    @property
    def stopped(self) -> bool:
        """Whether anybody has asked to stop."""
        return bool(self._stops)

    def wish(self) -> Wish:
        """Return the strongest of the requests."""
        if self._stops:
            return Wish.STOP if len(self._stops) == 1 else Wish.STOP_AT_ONCE
        return Wish.PAUSE if self._pause else Wish.GO_ON


def obey(wish: Wish, planner: Planner) -> None:
    """Tell the planner what is wanted; it does nothing twice."""
    if wish is Wish.STOP_AT_ONCE:
        planner.stop(Failure.OPERATOR, STOPPED)
    elif wish is Wish.STOP:
        planner.cancel(STOPPED)
    elif wish is Wish.PAUSE:
        planner.pause()
    else:
        planner.resume()
