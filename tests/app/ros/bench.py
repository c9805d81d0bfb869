"""A session on the fake robot, what it said, and who asks it."""

from __future__ import annotations

from app.build import read_task
from app.control_loop import Assembly
from app.options import RunOptions
from app.ros.build import NOBODY
from app.ros.operator_requests import Requests
from app.ros.session import Session
from app.ros.ticket import Answer, Ticket
from configs.schema import RobotConfig, SceneConfig
from planners.recovery import Budget
from planners.task import Task
from sim2real.backends.fake_backend import FakeBackend
from sim2real.health import Health
from sim2real.life_cycle import Phase
from sim2real.robot import RobotState
from sim2real.robot_checks import WATCHED_TICKS
from sim2real.safety import SafetyFilter
from skills.contract import Skill
from skills.drive import Drive
from skills.library import policy_path
from skills.policy import Policy
from skills.rehearsal import make_rehearsal
from skills.runner import SkillRunner


class LiveFake(FakeBackend):
    """A fake robot that can be looked at."""

    def measure(self) -> RobotState:
        """Return the state; nothing is sent, and no time passes."""
        return self._state()


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

        self.session = Session(assembly, drive=self.drive, say=self.said.append)
        self.requests = Requests(self.session, read, lambda files: self.skills)

    def checked(self) -> Session:
        self.session.connect()
        for _ in range(WATCHED_TICKS):
            self.session.step()
        assert self.session.phases.phase is Phase.CHECKED
        return self.session

    def standing(self) -> Session:
        self.checked()
        assert self.requests.start().accepted
        self.session.step()
        return self.session


def refusal(answer: Ticket | Answer) -> str:
    assert isinstance(answer, Answer)
    assert not answer.accepted
    return answer.text
