"""What the operator asks for, and by which key."""

from __future__ import annotations

import signal

import pytest

from app.operators.desk import Desk, Nobody, Wish
from app.operators.stop import OperatorStop


def test_nobody_wants_anything():
    assert Nobody().wish() is Wish.GO_ON
    assert Desk().wish() is Wish.GO_ON


def test_a_pause_can_be_taken_back():
    desk = Desk()
    desk.pause()
    assert desk.wish() is Wish.PAUSE
    desk.go_on()
    assert desk.wish() is Wish.GO_ON
    assert not desk.stopped


def test_a_stop_is_stronger_than_a_pause_and_stays():
    desk = Desk()
    desk.pause()
    desk.stop()
    desk.go_on()
    assert desk.wish() is Wish.STOP
    assert desk.stopped


def test_who_asks_to_stop_twice_does_not_want_to_wait():
    desk = Desk()
    desk.stop()
    desk.stop()
    assert desk.wish() is Wish.STOP_AT_ONCE


def test_ctrl_c_asks_then_insists_then_ends_the_program():
    before, desk = signal.getsignal(signal.SIGINT), Desk()
    with OperatorStop(desk) as ctrl_c:
        assert not ctrl_c.pressed
        signal.raise_signal(signal.SIGINT)
        assert ctrl_c.pressed
        assert desk.wish() is Wish.STOP
        signal.raise_signal(signal.SIGINT)
        assert desk.wish() is Wish.STOP_AT_ONCE
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        ctrl_c.wait()  # it was pressed, so there is nothing to wait for
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_after_the_page_asked_to_stop_insists():
    desk = Desk()
    desk.stop()
    with OperatorStop(desk) as ctrl_c:
        assert not ctrl_c.pressed
        signal.raise_signal(signal.SIGINT)
    assert desk.wish() is Wish.STOP_AT_ONCE
