"""What the robot does between messages: wait, stand up, be driven, carry out a task.

The life cycle (`app/ros_phases.py`) says who has the joints. Nothing here knows about
ROS. Whoever carries messages calls the requests, at any time between two ticks; `step`
does the next thing. One thread does both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Episode, Moment, Observer, TakeOver
from app.operator_desk import Desk
from app.result import EpisodeResult
from app.ros_phases import Phases
from configs.loader import ConfigError
from planners.llm_address import LlmError
from planners.task import Task
from planners.vocabulary import LanguageError
from sim2real.hazards import Hazard
from sim2real.health import Health
from sim2real.life_cycle import Facts, Phase, Request
from sim2real.robot import BackendError, JointCommand, RobotBackend, RobotState
from skills.contract import Failure, Goal, GoalError, Skill, Snapshot
from skills.drive import Drive
from skills.policy_contract import PolicyMismatch
from skills.runner import SkillRunner
from skills.steering import Velocity

STILL: Velocity = (0.0, 0.0, 0.0)
SAY_AGAIN_S = 10.0  # a hazard that comes again and again is told so often [s]
NO_STATE = "there is no state of the robot yet"
COME_TO_REST_S = 1.0  # after the last velocity command the legs step so long [s]

BAD_REQUEST = (ConfigError, GoalError, LanguageError, LlmError, PolicyMismatch)
"""What a request may be refused with; each is one line for a person."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What becomes of a request."""

    accepted: bool
    text: str  # one line for a person


class LiveBackend(RobotBackend, Protocol):
    """A robot that can also be listened to."""

    def listen(self) -> RobotState:
        """Return the state of the next tick; nothing is sent."""


@dataclass
class Ticket:
    """A task that was accepted."""

    task: Task
    result: EpisodeResult | None = None  # once it is over
    desk: Desk = field(default_factory=Desk)

    @property
    def over(self) -> bool:
        """Whether it ended, well or not."""
        return self.result is not None


class Watcher(Observer, Protocol):
    """An observer who also sees the ticks between tasks."""

    def idle(self, snapshot: Snapshot, command: JointCommand | None) -> None:
        """There is no task; a command is about to be sent, or None is."""


class Session:
    """Keeps the robot up between tasks, and carries out one after the other.

    Attributes:
        phases: where the robot is on its way from limp to a task.
        ticket: of the task that runs or waits to, if there is one.
        last: of the task before.
    """

    def __init__(
        self,
        assembly: Assembly,
        read_task: Callable[[str], Task],
        *,
        observers: Sequence[Observer] = (),
        watchers: Sequence[Watcher] = (),
        phases: Phases | None = None,
        autostart: bool = False,
        on_connect: Callable[[], None] = lambda: None,
        drive: Drive | None = None,
        seed: int = 1,
        cmd_vel_timeout_s: float = 0.5,
        make_skills: Callable[[dict[str, str]], dict[str, Skill]] | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Take everything; the robot is not touched before `connect`.

        Args:
            assembly: what a task is carried out with; its own task is never used.
            read_task: from words to a task.
            observers: told about every tick of a task.
            watchers: told about these, and about every tick in between.
            phases: the life cycle; None: of a robot that stands on its feet.
            autostart: go on to `balance` as soon as that is granted.
            on_connect: called before the robot is looked at, first and after `reset`.
            drive: the skill among the runner's that follows velocity commands.
            seed: what a simulation is begun with.
            cmd_vel_timeout_s: a velocity command counts for so long [s].
            make_skills: builds the skills anew, with other policy files by skill.
            say: told one line about everything that changes.
        """
        self._parts = assembly
        self._backend: LiveBackend = assembly.backend  # type: ignore[assignment]
        self._read_task = read_task
        self._observers = (*observers, *watchers)
        self._watchers = tuple(watchers)
        self._seed = seed
        self.cmd_vel_timeout_s = cmd_vel_timeout_s
        self._make_skills = make_skills
        self._policies: dict[str, str] = {}
        self._say = say
        robot, dt = assembly.backend.robot, assembly.backend.control_dt
        self.phases = phases or Phases(robot, dt, clocked=False, say=say)
        self._autostart, self._refusal = autostart, ""
        self._on_connect = on_connect
        self._driving = False
        self.ticket: Ticket | None = None
        self.last: Ticket | None = None
        self._state: RobotState | None = None
        self._commanded: NDArray[np.float64] | None = None
        self._sent: JointCommand | None = None
        self._velocity: Velocity = STILL
        self._velocity_at = -np.inf  # robot time [s]
        self._driver: Drive | None = drive
        self._reset_asked = self._damp_asked = self._begin_balancing = False
        self._told = 0  # events of the safety filter
        self._told_at: dict[Hazard, float] = {}  # robot time [s]

    @property
    def mode(self) -> str:
        """What the robot does now: a phase of its life cycle, or `driving`."""
        return "driving" if self._driving else self.phases.phase.value

    @property
    def runs_a_task(self) -> bool:
        """Whether the robot is at a task."""
        return self.phases.phase is Phase.TASK

    # --- requests ---------------------------------------------------------------------

    def start(self) -> Answer:
        """Go one phase further: on the hoist to `balance` in three, else in one."""
        refused = self._ask(Request.START)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        return Answer(accepted=True, text=self.mode)

    def stop(self) -> Answer:
        """End the task, safely; asked again, at once. On the hoist, let go."""
        if self.ticket is not None:
            again = self.ticket.desk.stopped
            self.ticket.desk.stop()
            how = "at once" if again else "safely; call stop again to stop at once"
            return Answer(accepted=True, text=f"the task is stopped {how}")
        if self._driving:
            self._velocity_at = -np.inf
            return Answer(accepted=True, text="the robot comes to a stand")
        refused = self._ask(Request.STOP)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        return Answer(accepted=True, text=f"no task runs; the robot is at {self.mode}")

    def pause(self) -> Answer:
        """Stand, and keep what is in the hand."""
        refused = self._ask(Request.PAUSE)
        if refused is not None or self.ticket is None:
            return Answer(accepted=False, text=refused or "no task runs")
        self.ticket.desk.pause()
        return Answer(accepted=True, text="paused; call resume to go on")

    def resume(self) -> Answer:
        """Go on after a pause."""
        refused = self._ask(Request.RESUME)
        if refused is not None or self.ticket is None:
            return Answer(accepted=False, text=refused or "no task runs")
        self.ticket.desk.go_on()
        return Answer(accepted=True, text="going on")

    def damp(self) -> Answer:
        """Let the joints go limp against damping, now, wherever the robot is."""
        if self._state is None:
            return Answer(accepted=False, text=NO_STATE)
        self._damp_asked = True
        if self.ticket is not None:
            self.ticket.desk.stop()
            self.ticket.desk.stop()
        return Answer(accepted=True, text="the joints go limp")

    def reset(self) -> Answer:
        """After a fault: from the beginning; nothing is commanded before `start`."""
        if self.ticket is not None:
            return Answer(accepted=False, text="a task runs; call stop first")
        refused = self._ask(Request.RESET)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        self._reset_asked = True
        return Answer(accepted=True, text="reset; the checks are made again")

    def execute(self, words: str) -> Ticket | Answer:
        """Take a task; it begins with the next step."""
        if self.ticket is not None:
            return Answer(
                accepted=False,
                text=f"a task runs ({self.ticket.task.text}); call stop first",
            )
        if self.phases.phase is not Phase.BALANCE:
            why = f"the robot is at {self.mode}"
            stopped = self._parts.safety.stopped
            if stopped is not None and self.phases.commanded:
                why = f"safety stopped the robot ({stopped.text}); call reset first"
            elif not self.phases.commanded:
                why += f"; {self.phases.failed or 'call start first'}"
            return Answer(accepted=False, text=why)
        try:
            task = self._read_task(words)
        except BAD_REQUEST as error:
            return Answer(accepted=False, text=" ".join(str(error).split()))
        refused = self._ask(Request.TASK)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        self.ticket = Ticket(task=task)
        return self.ticket

    def drive(self, velocity: Velocity) -> None:
        """Steer the legs while there is no task: vx, vy [m/s], wz [rad/s]."""
        if not all(np.isfinite(velocity)) or self._state is None:
            return
        self._velocity, self._velocity_at = velocity, self._state.time

    def set_policy(self, skill: str, path: str) -> Answer:
        """Use another policy file for a skill; an empty path: the one that ships."""
        if self.phases.commanded:  # loading takes longer than a robot stands
            return Answer(
                accepted=False,
                text=f"the robot is at {self.mode}; a policy is changed before it is "
                "started (autostart:=false)",
            )
        if self._make_skills is None:
            return Answer(accepted=False, text="this node cannot change policies")
        wanted = {**self._policies, skill: path}
        wanted = {name: file for name, file in wanted.items() if file}
        try:
            skills = self._make_skills(wanted)
        except BAD_REQUEST as error:
            return Answer(accepted=False, text=" ".join(str(error).split()))
        self._policies = wanted
        runner = SkillRunner(self._backend.robot, skills)
        self._parts = replace(self._parts, runner=runner)
        driver = skills.get(Drive.name)
        self._driver = driver if isinstance(driver, Drive) else None
        text = f"{skill} uses {path or 'the policy that ships'}"
        self._say(text)
        return Answer(accepted=True, text=text)

    # --- the loop ---------------------------------------------------------------------

    def connect(self) -> None:
        """Wait for the robot's first state.

        Raises:
            BackendError: if none comes.
        """
        self._driving = self._begin_balancing = False
        self._on_connect()
        self._state = self._backend.reset(self._seed)
        self._warm_up(self._state)
        self._forget()
        self.phases.begin()
        self._state = self._backend.listen()

    def step(self) -> None:
        """Do the next thing: a tick, or a whole task.

        Raises:
            BackendError: if the robot is gone.
        """
        if self._reset_asked:
            self._reset_asked = False
            self.connect()
        elif self.ticket is not None:
            self._carry_out(self.ticket)
        else:
            if self._damp_asked:
                self._let_go()
            if self.phases.commanded:
                self._tick()
            else:
                self._wait()

    def _let_go(self) -> None:
        assert self._state is not None
        self._damp_asked = False
        self._end_driving()
        self._ask(Request.LIMP)
        self._parts.safety.reset()
        if self.phases.phase is not Phase.DAMPING:
            time = self._state.time
            self._parts.safety.trip(Hazard.OPERATOR, time, "damped by the operator")

    def _wait(self) -> None:
        """Listen, check, and command nothing."""
        self._state = state = self._backend.listen()
        self.phases.watch(state, self._parts.health())
        snapshot = Snapshot(state=state, objects=self._backend.objects())
        for watcher in self._watchers:
            watcher.idle(snapshot, None)
        if self._autostart and self.phases.phase is Phase.CHECKED:
            self._go_on()

    def _go_on(self) -> None:
        """Ask for the next phase; say why not, when the reason is another one."""
        refused = self._ask(Request.START) or ""
        words = " ".join(w for w in refused.split() if not any(map(str.isdigit, w)))
        if words != self._refusal:
            self._refusal = words
            if refused:
                self._say(refused)

    def _ask(self, request: Request) -> str | None:
        """Put a request to the life cycle; return why it is refused, if so."""
        if self._state is None:
            return NO_STATE
        refused = self.phases.ask(request, self._state, self._facts())
        if refused is None and request is Request.START:
            self._begin_balancing = self.phases.phase is Phase.BALANCE
        return refused

    def _facts(self, *, task_over: bool = False) -> Facts:
        health: Health = self._parts.health()
        reaction = self._parts.safety.reaction
        return self.phases.facts(health, reaction, task_over=task_over)

    def _balance_first(self) -> None:
        """Begin from the pose as it is now, where no policy commanded before."""
        if self._begin_balancing:
            self._begin_balancing = False
            self._state = self._backend.listen()
            self._forget()

    def _warm_up(self, state: RobotState) -> None:
        """Compute a command that is not sent: the first one takes many times longer."""
        self._parts.safety.reset()
        snapshot = Snapshot(state=state, objects=self._backend.objects())
        self._parts.safety.filter(self._parts.runner.step(snapshot), state)

    def _forget(self) -> None:
        """Begin from the measured pose, as after a reset."""
        assert self._state is not None
        self._parts.runner.reset()
        self._parts.safety.reset()
        self._parts.adapter.reset(self._state)
        self._commanded = self._sent = None
        self._damp_asked = False
        self._told = 0
        self._told_at.clear()

    def _carry_out(self, ticket: Ticket) -> None:
        self._balance_first()
        assert self._state is not None
        self._end_driving()
        parts = replace(self._parts, task=ticket.task)
        self._say(f"task: {ticket.task.text}")
        episode = Episode(
            parts,
            self._seed,
            observers=(*self._observers, self._Memory(self)),
            operator=ticket.desk,
            take_over=TakeOver(
                state=self._state,
                commanded=self._commanded,
                sent=self._sent,
                refresh=self._hold,
            ),
        )
        try:
            ticket.result = episode.run()
        except GoalError as error:
            ticket.result = _impossible(self._seed, str(error))
        self.ticket, self.last = None, ticket
        self._say(ticket.result.sentence)
        self._state = getattr(self._backend, "state", None) or self._state
        self._told = len(self._parts.safety.events)
        self.phases.step(self._state, self._facts(task_over=True))

    def _hold(self) -> RobotState:
        """Return a new state, while the robot does what it did."""
        if self._sent is None:
            return self._backend.listen()
        return self._backend.step(self._sent)

    class _Memory:
        """Remembers the last command of a task, for the ticks after it."""

        def __init__(self, session: Session) -> None:
            self._session = session

        def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
            """See `Observer.begin`."""

        def tick(self, moment: Moment) -> None:
            """See `Observer.tick`."""
            session = self._session
            session._sent = moment.command
            session._commanded = moment.command.joint_pos
            session._state = state = moment.snapshot.state
            session.phases.step(state, session._facts())

        def end(self, result: EpisodeResult) -> None:
            """See `Observer.end`."""

        def close(self) -> None:
            """See `Observer.close`."""

    def _tell_hazards(self) -> None:
        """Say what safety found; the same kind not again for some seconds."""
        events = self._parts.safety.events
        for event in events[self._told :]:
            if event.time - self._told_at.get(event.kind, -np.inf) > SAY_AGAIN_S:
                self._told_at[event.kind] = event.time
                self._say(
                    f"{event.time:7.2f} s  safety, {event.kind.value}: {event.text}"
                )
        self._told = len(events)

    def _tick(self) -> None:
        """One tick without a task: of a phase, or of the loop without a planner."""
        self._balance_first()
        assert self._state is not None
        state = self._state
        wanted = self.phases.step(state, self._facts())
        if self._autostart and self.phases.phase in (Phase.DAMPING, Phase.STAND):
            self._go_on()
        snapshot = self._look(state)
        if wanted is None:
            command = self._balance(snapshot)
        else:
            command, self._sent, self._commanded = wanted, None, None
        self._tell_hazards()
        for watcher in self._watchers:
            watcher.idle(snapshot, command)
        self._state = self._backend.step(command)

    def _look(self, state: RobotState) -> Snapshot:
        return Snapshot(
            state=state,
            objects=self._backend.objects(),
            commanded=self._commanded,
            adaptation=self._parts.adapter.estimate(),
            speed_share=self._parts.safety.speed_share,
        )

    def _balance(self, snapshot: Snapshot) -> JointCommand:
        """Return the command of the skills, after safety saw it."""
        parts, state = self._parts, snapshot.state
        if self._sent is not None:
            parts.adapter.observe(state, self._sent)
            snapshot = replace(snapshot, adaptation=parts.adapter.estimate())
        self._be_driven(snapshot)
        if parts.safety.in_charge and self._sent is not None:
            asked = self._sent
        else:
            asked = parts.runner.step(snapshot)
        fitted = parts.adapter.compensate(asked, state)
        health = replace(parts.health(), policy_fault=parts.runner.unattended)
        command = parts.safety.filter(fitted, state, health)
        self._sent, self._commanded = command, command.joint_pos
        if fitted is not asked:
            self._commanded = command.joint_pos - (fitted.joint_pos - asked.joint_pos)
        return command

    # --- driving ----------------------------------------------------------------------

    def _be_driven(self, snapshot: Snapshot) -> None:
        """Start, steer and stop the legs as velocity commands come."""
        silent_s = snapshot.time - self._velocity_at
        fresh = silent_s <= self.cmd_vel_timeout_s
        if self.phases.phase is not Phase.BALANCE:
            self._end_driving()
        elif not self._driving:
            stopped = self._parts.safety.stopped is not None
            if fresh and self._velocity != STILL and not stopped:
                self._begin_driving(snapshot)
        elif silent_s > self.cmd_vel_timeout_s + COME_TO_REST_S:
            self._end_driving()
        if self._driver is not None and self._driving:
            self._driver.velocity = self._velocity if fresh else STILL

    def _begin_driving(self, snapshot: Snapshot) -> None:
        runner = self._parts.runner
        if self._driver is None:
            return
        runner.start(Goal(skill=Drive.name), snapshot)
        fault = runner.fault(Drive.name)
        if fault is not None:
            self._say(f"cmd_vel is not followed: {fault[1]}")
            return
        self._driving = True
        self._say("following cmd_vel")

    def _end_driving(self) -> None:
        if self._driving:
            self._driving = False
            self._parts.runner.stop(Drive.name)
            self._say("the robot stands")


def _impossible(seed: int, reason: str) -> EpisodeResult:
    return EpisodeResult(
        seed=seed,
        success=False,
        failure=Failure.CONTRACT,
        sentence=f"the task makes no sense in this world: {reason}",
        duration_s=0.0,
    )


def close_quietly(backend: RobotBackend) -> None:
    """Leave the robot damped, even if it is gone."""
    try:
        backend.close()
    except BackendError:
        return
