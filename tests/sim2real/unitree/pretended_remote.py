"""A remote control that pretends: its bytes with some buttons held."""

from __future__ import annotations

from sim2real.unitree.remote import BUTTONS


def remote_with(*pressed: str) -> bytes:
    """Return the 40 bytes of a state of the body."""
    bits = sum(1 << BUTTONS.index(name) for name in pressed)
    return b"\x55\x51" + bits.to_bytes(2, "little") + bytes(36)
