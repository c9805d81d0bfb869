"""Who has the joints, as the robot's own watchdog tells it.

A robot obeys one commander, and tells its name on `commander`. Ours is in the header of
every command, and a new one after every reset: a robot that stood by itself for want of
commands does not listen again to the one who fell silent.
"""

from __future__ import annotations

import os

ITSELF = "the robot itself"
"""What a robot says that stands by its own watchdog."""

CONFIRMED_NS = 500_000_000  # so long it may take to say that the joints are ours


class Authority:
    """Our name, and whether the robot agrees."""

    def __init__(self, node: str) -> None:
        """Take the full name of the node."""
        self._node = node
        self._starts = 0
        self.name = ""
        self._heard = ""
        self._sent_ns: int | None = None
        self._ours = False

    def begin(self) -> str:
        """Return the name for the commands from now on."""
        self._starts += 1
        self.name = f"{self._node} {os.getpid()}.{self._starts}"
        self._sent_ns, self._ours = None, False
        return self.name

    def sent(self, now_ns: int) -> None:
        """Note that a command is on its way."""
        if self._sent_ns is None:
            self._sent_ns = now_ns

    def hear(self, commander: str) -> None:
        """Take what the robot says; empty: nobody has the joints."""
        self._heard = commander
        self._ours = self._ours or commander == self.name

    def lost_to(self, now_ns: int) -> str | None:
        """Return who has the joints in our place, while we command them.

        Args:
            now_ns: on the clock of `sent`.
        """
        if self._sent_ns is None or self._heard in ("", self.name):
            return None
        patient = not self._ours and now_ns - self._sent_ns < CONFIRMED_NS
        return None if patient else self._heard
