"""Signs of life, and an emergency stop that is pressed, free, or not there at all."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace

import pytest

from sim2real.ros2.operator_signs import OperatorSigns


def test_silence_is_counted_from_the_last_sign() -> None:
    now = [5_000_000_000]
    signs = OperatorSigns(lambda: now[0])
    assert signs.silent_s() == inf
    signs.on_heartbeat(SimpleNamespace())
    now[0] += 300_000_000
    assert signs.silent_s() == pytest.approx(0.3)


def test_a_press_is_told_once_and_a_release_is_believed() -> None:
    told: list[str] = []
    signs = OperatorSigns(lambda: 0)
    signs.on_pressed = lambda: told.append("pressed")
    assert signs.stop_is_free is None
    for pressed in (False, True, True):
        signs.on_emergency_stop(SimpleNamespace(data=pressed))
    assert signs.stop_is_free is False
    assert told == ["pressed"]
    signs.on_emergency_stop(SimpleNamespace(data=False))
    assert signs.stop_is_free is True
