"""What the robot does between messages: wait, stand up, be driven, carry out a task.

The life cycle (`phases.py`) says who has the joints. Nothing here knows about ROS.
Requests (`operator_requests.py`) come at any time between two ticks; `step` does the
next thing. One thread does both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from app.control_loop import Assembly, Episode, Moment, Observer
from app.result import EpisodeResult
from app.ros.driving import Driving
from app.ros.hazard_lines import HazardLines
from app.ros.phases import Phases
from app.ros.standing import LiveBackend, Standing
from app.ros.ticket import Ticket, impossible
from sim2real.hazards import Hazard
from sim2real.health import Health
from sim2real.life_cycle import Facts, Phase, Request
from sim2real.robot import JointCommand, RobotState
from skills.contract import GoalError, Skill, Snapshot
from skills.drive import Drive
from skills.runner import SkillRunner

NO_STATE = "there is no state of the robot yet"


class Watcher(Observer, Protocol):
    """An observer who also sees the ticks between tasks."""

    def idle(self, snapshot: Snapshot, command: JointCommand | None) -> None:
        """There is no task; a command is about to be sent, or None is."""


class Session:
    """Keeps the robot up between tasks, and carries out one after the other.

    Attributes:
        phases: where the robot is on its way from limp to a task.
        driving: of the legs, by velocity commands.
        ticket: of the task that runs or waits to, if there is one.
        last: of the task before.
        state: the newest one; None before the first.
        reset_asked: begin from the beginning with the next step.
        damp_asked: let the joints go limp with the next step.
    """

    def __init__(
        self,
        assembly: Assembly,
        *,
        observers: Sequence[Observer] = (),
        watchers: Sequence[Watcher] = (),
        phases: Phases | None = None,
        autostart: bool = False,
        drive: Drive | None = None,
        seed: int = 1,
        cmd_vel_timeout_s: float = 0.5,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Take everything; the robot is not touched before `connect`.

        Args:
            assembly: what a task is carried out with; its own task is never used.
            observers: told about every tick of a task.
            watchers: told about these, and about every tick in between.
            phases: the life cycle; None: of a robot that stands on its feet.
            autostart: go on to `balance` as soon as that is granted.
            drive: the skill among the runner's that follows velocity commands.
            seed: what a simulation is begun with.
            cmd_vel_timeout_s: a velocity command counts for so long [s].
            say: told one line about everything that changes.
        """
        self._observers: tuple[Observer, ...] = (*observers, *watchers)
        self._watchers = tuple(watchers)
        self._seed = seed
        self.say = say
        self.phases = phases or Phases(
            assembly.backend.robot, assembly.backend.control_dt, clocked=False, say=say
        )
        self.driving = Driving(drive, cmd_vel_timeout_s, say)
        self._standing = Standing(assembly, self.driving)
        self._autostart, self._refusal = autostart, ""
        self.ticket: Ticket | None = None
        self.last: Ticket | None = None
        self.state: RobotState | None = None
        self.reset_asked = self.damp_asked = self._begin_balancing = False
        self._hazards = HazardLines(say)

    @property
    def parts(self) -> Assembly:
        """What the robot is commanded with."""
        return self._standing.parts

    @property
    def mode(self) -> str:
        """What the robot does now: a phase of its life cycle, or `driving`."""
        return "driving" if self.driving.active else self.phases.phase.value

    def observe(self, observer: Observer) -> None:
        """Tell somebody else about every tick of a task, too."""
        self._observers = (*self._observers, observer)

    def use_skills(self, skills: dict[str, Skill]) -> None:
        """Use other skills from now on; only while the robot is not commanded."""
        runner = SkillRunner(self._backend.robot, skills)
        self._standing.parts = replace(self.parts, runner=runner)
        drive = skills.get(Drive.name)
        self.driving.driver = drive if isinstance(drive, Drive) else None

    def ask(self, request: Request) -> str | None:
        """Put a request to the life cycle; return why it is refused, if so."""
        if self.state is None:
            return NO_STATE
        refused = self.phases.ask(request, self.state, self._facts())
        if refused is None and request is Request.START:
            self._begin_balancing = self.phases.phase is Phase.BALANCE
        return refused

    # --- the loop ---------------------------------------------------------------------

    @property
    def _backend(self) -> LiveBackend:
        return self._standing.backend

    def connect(self) -> None:
        """Wait for the robot's first state.

        Raises:
            BackendError: if none comes.
        """
        self.driving.active = self._begin_balancing = False
        self.state = state = self._backend.reset(self._seed)
        self._standing.warm_up(state)
        self._begin(state)
        self.phases.begin()
        self.state = self._backend.measure()

    def step(self) -> None:
        """Do the next thing: a tick, or a whole task.

        Raises:
            BackendError: if the robot is gone.
        """
        if self.reset_asked or self.state is None:
            self.reset_asked = False
            self.connect()
            return
        state = self.state
        if self.ticket is not None:
            self._carry_out(self.ticket, state)
            return
        if self.damp_asked:
            self._let_go(state)
        if self.phases.commanded:
            self._tick(state)
        else:
            self._wait()

    def _let_go(self, state: RobotState) -> None:
        self.damp_asked = False
        self.driving.end(self.parts.runner)
        self.ask(Request.LIMP)
        safety = self.parts.safety
        safety.reset()
        if self.phases.phase is not Phase.DAMPING:
            safety.trip(Hazard.OPERATOR, state.time, "damped by the operator")

    def _wait(self) -> None:
        """Listen, check, and command nothing."""
        self.state = state = self._backend.measure()
        self.phases.watch(state, self.parts.health())
        snapshot = Snapshot(state=state, objects=self._backend.objects())
        for watcher in self._watchers:
            watcher.idle(snapshot, None)
        if self._autostart and self.phases.phase is Phase.CHECKED:
            self._go_on()

    def _go_on(self) -> None:
        """Ask for the next phase; say why not, when the reason is another one."""
        refused = self.ask(Request.START) or ""
        words = " ".join(w for w in refused.split() if not any(map(str.isdigit, w)))
        if words != self._refusal:
            self._refusal = words
            if refused:
                self.say(refused)

    def _tick(self, state: RobotState) -> None:
        """One tick without a task: of a phase, or of the loop without a planner."""
        state = self._balance_first(state)
        wanted = self.phases.step(state, self._facts())
        if self._autostart and self.phases.phase in (Phase.DAMPING, Phase.STAND):
            self._go_on()
        snapshot = self._standing.look(state)
        if wanted is None:
            command = self._standing.command(snapshot, self.phases.phase)
        else:
            command = wanted
            self._standing.forget_command()
        self._hazards.tell(self.parts.safety.events)
        for watcher in self._watchers:
            watcher.idle(snapshot, command)
        self.state = self._backend.step(command)

    def _carry_out(self, ticket: Ticket, state: RobotState) -> None:
        state = self._balance_first(state)
        self.driving.end(self.parts.runner)
        self.say(f"task: {ticket.task.text}")
        episode = Episode(
            replace(self.parts, task=ticket.task),
            self._seed,
            observers=(*self._observers, _Memory(self)),
            operator=ticket.desk,
            take_over=self._standing.take_over(state),
        )
        try:
            ticket.result = episode.run()
        except GoalError as error:
            ticket.result = impossible(self._seed, str(error))
        self.ticket, self.last = None, ticket
        self.say(ticket.result.sentence)
        self.state = getattr(self._backend, "state", None) or self.state or state
        self._hazards.skip(self.parts.safety.events)
        self.phases.step(self.state, self._facts(task_over=True))

    def note(self, moment: Moment) -> None:
        """Remember a tick of a task, for the ticks after it."""
        self._standing.remember(moment)
        self.state = state = moment.snapshot.state
        self.phases.step(state, self._facts())

    def _facts(self, *, task_over: bool = False) -> Facts:
        health: Health = self.parts.health()
        return self.phases.facts(
            health, self.parts.safety.reaction, task_over=task_over
        )

    def _balance_first(self, state: RobotState) -> RobotState:
        """Begin from the pose as it is now, where no policy commanded before."""
        if not self._begin_balancing:
            return state
        self._begin_balancing = False
        self.state = state = self._backend.measure()
        self._begin(state)
        return state

    def _begin(self, state: RobotState) -> None:
        self._standing.begin(state)
        self.damp_asked = False
        self._hazards.forget()


class _Memory:
    """Tells the session about every tick of a task."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """See `Observer.begin`."""

    def tick(self, moment: Moment) -> None:
        """See `Observer.tick`."""
        self._session.note(moment)

    def end(self, result: EpisodeResult) -> None:
        """See `Observer.end`."""

    def close(self) -> None:
        """See `Observer.close`."""
