"""End a ROS program by SIGINT or SIGTERM, with time for a last command."""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(BaseException):
    """Somebody asked the program to end.

    No `Exception`: whoever catches all that may go wrong in a skill would go on.
    """


def end_on_signals() -> None:
    """Raise `Ended` in the main thread at the next signal; `launch` sends several."""
    for number in SIGNALS:
        signal.signal(number, _end)


def ignore_signals() -> None:
    """Ignore those that come while the program is already on its way out."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    ignore_signals()
    raise Ended
