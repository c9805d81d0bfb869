"""What the robot does between messages: stand up, do tasks, go limp, begin anew."""

from __future__ import annotations

from app.ros.phases import Phases
from app.ros.ticket import Ticket
from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.robot_checks import WATCHED_TICKS
from tests.app.ros.bench import Bench, refusal


def test_started_by_itself_as_soon_as_the_checks_pass(bench: Bench) -> None:
    bench.session._autostart = True
    bench.session.connect()
    for _ in range(WATCHED_TICKS):
        bench.session.step()
    assert bench.session.mode == "balance"


def test_a_robot_on_the_hoist_goes_through_every_phase(
    bench: Bench, robot: RobotConfig
) -> None:
    session = bench.session
    dt = bench.backend.control_dt
    session.phases = Phases(robot, dt, hoisted=True, clocked=False)
    bench.checked()
    assert bench.requests.start().text == "damping"
    session.step()
    assert bench.requests.start().text == "ramp"
    for _ in range(102):  # 2 s
        session.step()
    assert session.mode == "stand"
    assert "it has stood for 0." in refusal(bench.requests.start())
    for _ in range(50):
        session.step()
    assert bench.requests.start().text == "balance"
    session.step()
    assert isinstance(bench.requests.execute("walk to table"), Ticket)


def test_a_task_is_carried_out_and_the_robot_stands_again(bench: Bench) -> None:
    session = bench.standing()
    ticket = bench.requests.execute("walk to table and grasp cup")
    assert isinstance(ticket, Ticket)
    assert "call stop first" in refusal(bench.requests.execute("walk to table"))
    session.step()
    assert ticket.result is not None
    assert ticket.result.success
    assert session.last is ticket
    assert session.mode == "balance"


def test_the_next_task_goes_on_from_what_was_held(bench: Bench) -> None:
    session = bench.standing()
    bench.requests.execute("walk to table and grasp cup")
    session.step()
    session.step()
    second = bench.requests.execute("put the cup on the table")
    assert isinstance(second, Ticket)
    session.step()
    assert second.result is not None
    assert second.result.success  # the cup was still in the hand


def test_damped_until_reset(bench: Bench) -> None:
    session = bench.standing()
    assert "'reset' makes no sense while balance" in refusal(bench.requests.reset())
    bench.requests.damp()
    session.step()
    assert session.mode == "fault_limp"
    assert "'start' makes no sense while fault_limp" in refusal(bench.requests.start())
    assert bench.requests.reset().accepted
    session.step()
    assert session.mode == "unchecked"
    bench.checked()
    assert bench.requests.start().accepted


def test_watchers_see_the_ticks_between_tasks(bench: Bench) -> None:
    seen: list[JointCommand | None] = []

    class Watch:
        def idle(self, snapshot: object, command: JointCommand | None) -> None:
            seen.append(command)

    session = bench.checked()
    session._watchers = (Watch(),)  # type: ignore[assignment]
    session.step()
    assert seen == [None]  # nothing is commanded before the start
    bench.requests.start()
    for _ in range(3):
        session.step()
    assert len(seen) == 4
    assert None not in seen[1:]
