"""Legs follow velocity commands while they come, and no task runs."""

from __future__ import annotations

import numpy as np

from app.ros.ticket import Ticket
from tests.app.ros.bench import Bench


def test_velocity_commands_drive_the_legs_until_they_stop_coming(bench: Bench) -> None:
    session = bench.standing()
    bench.requests.drive((0.3, 0.0, 0.0))
    session.step()
    assert session.mode == "driving"
    assert bench.drive.velocity == (0.3, 0.0, 0.0)
    for _ in range(30):  # 0.6 s without another one
        session.step()
    assert bench.drive.velocity == (0.0, 0.0, 0.0)
    for _ in range(60):
        session.step()
    assert session.mode == "balance"


def test_zero_and_nonsense_do_not_drive(bench: Bench) -> None:
    session = bench.standing()
    for velocity in ((0.0, 0.0, 0.0), (np.nan, 0.0, 0.0)):
        bench.requests.drive(velocity)
        session.step()
        assert session.mode == "balance"


def test_a_task_ends_driving(bench: Bench) -> None:
    session = bench.standing()
    bench.requests.drive((0.3, 0.0, 0.0))
    session.step()
    ticket = bench.requests.execute("walk to table")
    assert isinstance(ticket, Ticket)
    session.step()
    assert ticket.result is not None
    assert ticket.result.success
