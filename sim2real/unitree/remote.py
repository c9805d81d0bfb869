"""The vendor's remote control, as every state of the body carries it.

Bytes 2 and 3 are the buttons, a bit for each, from the lowest up (unitree_sdk2,
example/g1/low_level/gamepad.hpp). A remote that is off leaves nothing but zeros
(unitree_sdk2, dds_wrapper/robots/g1/g1_sub.h). L2+B damps a G1 under the vendor's own
controller, L1+A one with older software; in debug mode nobody but us listens to them.
"""

from __future__ import annotations

from dataclasses import dataclass

BUTTONS = (
    *("R1", "L1", "start", "select", "R2", "L2", "F1", "F2"),
    *("A", "B", "X", "Y", "up", "right", "down", "left"),
)
"""The button of each bit."""

STOPS = (frozenset({"L2", "B"}), frozenset({"L1", "A"}))
"""What is pressed together to stop the robot."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """What the remote says now."""

    heard: bool = False
    pressed: frozenset[str] = frozenset()

    @property
    def stops(self) -> bool:
        """Whether a combination that stops is held."""
        return any(combination <= self.pressed for combination in STOPS)


def read_remote(data: bytes) -> Remote:
    """Read the 40 bytes of a state of the body."""
    bits = int.from_bytes(data[2:4], "little")
    return Remote(
        heard=any(data),
        pressed=frozenset(name for i, name in enumerate(BUTTONS) if bits >> i & 1),
    )
