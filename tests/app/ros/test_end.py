"""A signal ends a program, whatever it is doing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from app.ros.end import SIGNALS, Ended, end_on_signals


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_what_catches_every_mistake_does_not_catch_the_end(number: int) -> None:
    def a_skill_that_is_interrupted() -> None:
        try:
            os.kill(os.getpid(), number)
        except Exception:  # as the runner does for a skill that fails
            pytest.fail("the end was taken for a mistake")

    end_on_signals()
    with pytest.raises(Ended):
        a_skill_that_is_interrupted()
    os.kill(os.getpid(), number)  # once more, while it is on its way out
