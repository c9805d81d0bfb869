"""Buttons of the vendor's remote, by bits worked out by hand."""

from __future__ import annotations

import pytest

from sim2real.unitree.remote import read_remote
from tests.sim2real.unitree.pretended_remote import remote_with


def test_every_button_has_its_bit():
    # Byte 2: R1 is 0x01, L2 is 0x20. Byte 3: A is 0x01, left is 0x80.
    data = bytes([0x55, 0x51, 0x21, 0x81]) + bytes(36)
    assert read_remote(data).pressed == {"R1", "L2", "A", "left"}
    assert remote_with("R1", "L2", "A", "left") == data


@pytest.mark.parametrize(
    ("pressed", "stops"),
    [
        ((), False),
        (("L2",), False),
        (("B",), False),
        (("L2", "B"), True),
        (("L2", "B", "X"), True),
        (("L1", "A"), True),
        (("L1", "B"), False),
        (("L2", "R2"), False),  # the vendor's way into debug mode
    ],
)
def test_what_stops(pressed, stops):
    assert read_remote(remote_with(*pressed)).stops is stops


def test_a_remote_that_is_off_is_nothing_but_zeros():
    assert not read_remote(bytes(40)).heard
    assert read_remote(remote_with()).heard
