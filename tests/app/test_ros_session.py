"""What the robot does between messages: stand, do tasks, be driven, be stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.build import read_task
from app.control_loop import Assembly
from app.options import RunOptions
from app.ros_build import NOBODY
from app.ros_phases import Phases
from app.ros_session import Answer, Session, Ticket
from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig, SceneConfig
from planners.recovery import Budget
from planners.task import Task
from sim2real.backends.fake_backend import FakeBackend
from sim2real.health import Health
from sim2real.life_cycle import Phase
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_checks import WATCHED_TICKS
from sim2real.safety import SafetyFilter
from skills.contract import Skill
from skills.drive import Drive
from skills.library import policy_path
from skills.policy import Policy
from skills.rehearsal import make_rehearsal
from skills.runner import SkillRunner


class LiveFake(FakeBackend):
    """A fake robot that can be listened to."""

    def listen(self) -> RobotState:
        """Return the state; nothing is sent, and no time passes."""
        return self._state()


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def scene() -> SceneConfig:
    return load_scene("kitchen")


class Bench:
    """A session on the fake robot, and what it said."""

    def __init__(self, robot: RobotConfig, scene: SceneConfig) -> None:
        self.backend = LiveFake(robot, scene)
        walk = Policy.load(policy_path("walk"), robot)
        self.drive = Drive(walk)
        self.skills: dict[str, Skill] = {
            **make_rehearsal(robot, self.backend),
            "drive": self.drive,
        }
        self.health = Health()
        self.said: list[str] = []
        options = RunOptions(backend="fake")
        assembly = Assembly(
            task=NOBODY,
            backend=self.backend,
            runner=SkillRunner(robot, self.skills),
            safety=SafetyFilter(robot, self.backend.control_dt),
            witness=lambda: None,
            budget=Budget(),
            planner_every=5,
            health=lambda: self.health,
        )

        def read(words: str) -> Task:
            return read_task(words, options, robot, scene)

        self.session = Session(
            assembly,
            read,
            drive=self.drive,
            make_skills=lambda files: self.skills,
            say=self.said.append,
        )

    def checked(self) -> Session:
        self.session.connect()
        for _ in range(WATCHED_TICKS):
            self.session.step()
        assert self.session.phases.phase is Phase.CHECKED
        return self.session

    def standing(self) -> Session:
        self.checked()
        assert self.session.start().accepted
        self.session.step()
        return self.session


@pytest.fixture
def bench(robot: RobotConfig, scene: SceneConfig) -> Bench:
    return Bench(robot, scene)


def refusal(answer: Ticket | Answer) -> str:
    assert isinstance(answer, Answer)
    assert not answer.accepted
    return answer.text


def test_it_waits_until_it_is_checked_and_started(bench: Bench) -> None:
    session = bench.session
    assert "no state of the robot yet" in refusal(session.start())
    session.connect()
    assert "the checks are not over yet" in refusal(session.start())
    bench.checked()
    assert "the robot is at checked; call start first" in refusal(
        session.execute("walk to table")
    )
    assert session.start().accepted
    assert session.mode == "balance"
    assert "'start' makes no sense while balance" in refusal(session.start())


def test_a_check_that_fails_refuses_the_start_with_its_line(bench: Bench) -> None:
    session = bench.checked()
    bench.health = replace(bench.health, refused=2)
    for _ in range(WATCHED_TICKS):
        session.step()
    line = "check of transport failed: state 0 ms old, 2 refused, 0 in disorder"
    assert line in bench.said
    assert refusal(session.start()) == line
    assert line in refusal(session.execute("walk to table"))
    bench.health = replace(bench.health, refused=0)
    for _ in range(WATCHED_TICKS):
        session.step()
    assert session.start().accepted


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
    assert session.start().text == "damping"
    session.step()
    assert session.start().text == "ramp"
    for _ in range(102):  # 2 s
        session.step()
    assert session.mode == "stand"
    assert "it has stood for 0." in refusal(session.start())
    for _ in range(50):
        session.step()
    assert session.start().text == "balance"
    session.step()
    assert isinstance(session.execute("walk to table"), Ticket)


def test_a_task_is_carried_out_and_the_robot_stands_again(bench: Bench) -> None:
    session = bench.standing()
    ticket = session.execute("walk to table and grasp cup")
    assert isinstance(ticket, Ticket)
    assert "call stop first" in refusal(session.execute("walk to table"))
    session.step()
    assert ticket.result is not None
    assert ticket.result.success
    assert session.last is ticket
    assert session.mode == "balance"


def test_the_next_task_goes_on_from_what_was_held(bench: Bench) -> None:
    session = bench.standing()
    session.execute("walk to table and grasp cup")
    session.step()
    session.step()
    second = session.execute("put the cup on the table")
    assert isinstance(second, Ticket)
    session.step()
    assert second.result is not None
    assert second.result.success  # the cup was still in the hand


def test_words_that_are_not_understood_are_refused_in_one_line(bench: Bench) -> None:
    text = refusal(bench.standing().execute("make me a coffee"))
    assert text
    assert "\n" not in text


def test_a_stop_ends_the_task_and_not_the_standing(bench: Bench) -> None:
    session = bench.standing()
    ticket = session.execute("walk to table")
    assert isinstance(ticket, Ticket)
    assert "safely" in session.stop().text
    assert "at once" in session.stop().text
    session.step()
    assert ticket.result is not None
    assert ticket.result.failure == "operator"
    assert session.mode == "balance"
    assert "no task runs; the robot is at balance" in session.stop().text


def test_pause_and_resume_need_a_task(bench: Bench) -> None:
    session = bench.standing()
    assert "'pause' makes no sense while balance" in refusal(session.pause())
    assert "'resume' makes no sense while balance" in refusal(session.resume())
    session.execute("walk to table")
    assert session.pause().accepted
    assert session.resume().accepted


def test_damped_until_reset(bench: Bench) -> None:
    session = bench.standing()
    assert "'reset' makes no sense while balance" in refusal(session.reset())
    session.damp()
    session.step()
    assert session.mode == "fault_limp"
    assert "'start' makes no sense while fault_limp" in refusal(session.start())
    assert session.reset().accepted
    session.step()
    assert session.mode == "unchecked"
    bench.checked()
    assert session.start().accepted


def test_a_second_commander_keeps_it_from_starting(bench: Bench) -> None:
    session = bench.checked()
    bench.health = replace(bench.health, other_commanders=("/teleop",))
    assert "/teleop also commands the joints" in refusal(session.start())


def test_velocity_commands_drive_the_legs_until_they_stop_coming(bench: Bench) -> None:
    session = bench.standing()
    session.drive((0.3, 0.0, 0.0))
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
        session.drive(velocity)
        session.step()
        assert session.mode == "balance"


def test_a_task_ends_driving(bench: Bench) -> None:
    session = bench.standing()
    session.drive((0.3, 0.0, 0.0))
    session.step()
    ticket = session.execute("walk to table")
    assert isinstance(ticket, Ticket)
    session.step()
    assert ticket.result is not None
    assert ticket.result.success


def test_a_policy_can_be_changed_only_before_the_robot_stands(bench: Bench) -> None:
    session = bench.session
    session.connect()
    answer = session.set_policy("walk", "/somewhere/walk.onnx")
    assert answer.accepted
    assert answer.text == "walk uses /somewhere/walk.onnx"
    bench.checked()
    session.start()
    assert "before it is started" in refusal(session.set_policy("walk", ""))


def test_watchers_see_the_ticks_between_tasks(bench: Bench) -> None:
    seen: list[JointCommand | None] = []

    class Watch:
        def idle(self, snapshot: object, command: JointCommand | None) -> None:
            seen.append(command)

    session = bench.checked()
    session._watchers = (Watch(),)  # type: ignore[assignment]
    session.step()
    assert seen == [None]  # nothing is commanded before the start
    session.start()
    for _ in range(3):
        session.step()
    assert len(seen) == 4
    assert None not in seen[1:]
