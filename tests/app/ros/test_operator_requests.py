"""What an operator asks for is granted, or refused in one line."""

from __future__ import annotations

from dataclasses import replace

from app.ros.ticket import Ticket
from sim2real.robot_checks import WATCHED_TICKS
from tests.app.ros.bench import Bench, refusal


def test_it_waits_until_it_is_checked_and_started(bench: Bench) -> None:
    session = bench.session
    assert "no state of the robot yet" in refusal(bench.requests.start())
    session.connect()
    assert "the checks are not over yet" in refusal(bench.requests.start())
    bench.checked()
    assert "the robot is at checked; call start first" in refusal(
        bench.requests.execute("walk to table")
    )
    assert bench.requests.start().accepted
    assert session.mode == "balance"
    assert "'start' makes no sense while balance" in refusal(bench.requests.start())


def test_a_check_that_fails_refuses_the_start_with_its_line(bench: Bench) -> None:
    session = bench.checked()
    bench.health = replace(bench.health, refused=2)
    for _ in range(WATCHED_TICKS):
        session.step()
    line = "check of transport failed: state 0 ms old, 2 refused, 0 in disorder"
    assert line in bench.said
    assert refusal(bench.requests.start()) == line
    assert line in refusal(bench.requests.execute("walk to table"))
    bench.health = replace(bench.health, refused=0)
    for _ in range(WATCHED_TICKS):
        session.step()
    assert bench.requests.start().accepted


def test_words_that_are_not_understood_are_refused_in_one_line(bench: Bench) -> None:
    bench.standing()
    text = refusal(bench.requests.execute("make me a coffee"))
    assert text
    assert "\n" not in text


def test_a_stop_ends_the_task_and_not_the_standing(bench: Bench) -> None:
    session = bench.standing()
    ticket = bench.requests.execute("walk to table")
    assert isinstance(ticket, Ticket)
    assert "safely" in bench.requests.stop().text
    assert "at once" in bench.requests.stop().text
    session.step()
    assert ticket.result is not None
    assert ticket.result.failure == "operator"
    assert session.mode == "balance"
    assert "no task runs; the robot is at balance" in bench.requests.stop().text


def test_pause_and_resume_need_a_task(bench: Bench) -> None:
    bench.standing()
    assert "'pause' makes no sense while balance" in refusal(bench.requests.pause())
    assert "'resume' makes no sense while balance" in refusal(bench.requests.resume())
    bench.requests.execute("walk to table")
    assert bench.requests.pause().accepted
    assert bench.requests.resume().accepted


def test_a_second_commander_keeps_it_from_starting(bench: Bench) -> None:
    bench.checked()
    bench.health = replace(bench.health, other_commanders=("/teleop",))
    assert "/teleop also commands the joints" in refusal(bench.requests.start())


def test_a_policy_can_be_changed_only_before_the_robot_stands(bench: Bench) -> None:
    session = bench.session
    session.connect()
    answer = bench.requests.set_policy("walk", "/somewhere/walk.onnx")
    assert answer.accepted
    assert answer.text == "walk uses /somewhere/walk.onnx"
    bench.checked()
    bench.requests.start()
    assert "before it is started" in refusal(bench.requests.set_policy("walk", ""))
