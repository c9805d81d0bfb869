"""What the robot does between messages: wait, stand, be driven, carry out a task.

Nothing here knows about ROS. Whoever carries messages calls the requests, at any time
between two ticks; `step` does the next thing. One thread does both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Episode, Moment, Observer, TakeOver
from app.operator_desk import Desk
from app.result import EpisodeResult
from configs.loader import ConfigError
from planners.llm_address import LlmError
from planners.task import Task
from planners.vocabulary import LanguageError
from sim2real.hazards import Hazard
from sim2real.robot import BackendError, JointCommand, RobotBackend, RobotState
from skills.contract import Failure, Goal, GoalError, Skill, Snapshot
from skills.drive import Drive
from skills.policy_contract import PolicyMismatch
from skills.runner import SkillRunner
from skills.steering import Velocity

STILL: Velocity = (0.0, 0.0, 0.0)
SAY_AGAIN_S = 10.0  # a hazard that comes again and again is told so often [s]
COME_TO_REST_S = 1.0  # after the last velocity command the legs step so long [s]

BAD_REQUEST = (ConfigError, GoalError, LanguageError, LlmError, PolicyMismatch)
"""What a request may be refused with; each is one line for a person."""


class Mode(str, Enum):
    """What the robot does."""

    WAITING = "waiting"  # nothing is commanded
    STANDING = "standing"
    DRIVING = "driving"  # somebody steers the legs
    TASK = "task"
    DAMPED = "damped"  # limp, until it is reset


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

    def idle(self, mode: Mode, snapshot: Snapshot, command: JointCommand) -> None:
        """A command is about to be sent, and there is no task."""


class Session:
    """Keeps the robot up between tasks, and carries out one after the other.

    Attributes:
        mode: what the robot does now.
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
        self.mode = Mode.WAITING
        self.ticket: Ticket | None = None
        self.last: Ticket | None = None
        self._state: RobotState | None = None
        self._commanded: NDArray[np.float64] | None = None
        self._sent: JointCommand | None = None
        self._velocity: Velocity = STILL
        self._velocity_at = -np.inf  # robot time [s]
        self._driver: Drive | None = drive
        self._reset_asked = self._damp_asked = self._begin_standing = False
        self._told = 0  # events of the safety filter
        self._told_at: dict[Hazard, float] = {}  # robot time [s]

    # --- requests ---------------------------------------------------------------------

    def start(self) -> Answer:
        """Stand up and keep standing."""
        if self._state is None:
            return Answer(accepted=False, text="there is no state of the robot yet")
        if self.mode is Mode.DAMPED:
            return Answer(accepted=False, text="the robot is damped; call reset first")
        if self.mode is not Mode.WAITING:
            return Answer(
                accepted=False, text=f"the robot is {self.mode.value} already"
            )
        others = self._parts.health().other_commanders
        if others:
            return Answer(
                accepted=False,
                text=f"{', '.join(others)} commands the joints too; end it first",
            )
        self._begin_standing = True
        self._enter(Mode.STANDING, "the robot stands")
        return Answer(accepted=True, text="standing")

    def stop(self) -> Answer:
        """End the task, safely; asked again, at once. Without a task, stop driving."""
        if self.ticket is not None:
            again = self.ticket.desk.stopped
            self.ticket.desk.stop()
            how = "at once" if again else "safely; call stop again to stop at once"
            return Answer(accepted=True, text=f"the task is stopped {how}")
        if self.mode is Mode.DRIVING:
            self._velocity_at = -np.inf
            return Answer(accepted=True, text="the robot comes to a stand")
        return Answer(
            accepted=True, text=f"no task runs; the robot is {self.mode.value}"
        )

    def pause(self) -> Answer:
        """Stand, and keep what is in the hand."""
        if self.ticket is None:
            return Answer(accepted=False, text="no task runs")
        self.ticket.desk.pause()
        return Answer(accepted=True, text="paused; call resume to go on")

    def resume(self) -> Answer:
        """Go on after a pause."""
        if self.ticket is None:
            return Answer(accepted=False, text="no task runs")
        self.ticket.desk.go_on()
        return Answer(accepted=True, text="going on")

    def damp(self) -> Answer:
        """Let the joints go limp against damping, now, until `reset`."""
        self._damp_asked = True
        if self.ticket is not None:
            self.ticket.desk.stop()
            self.ticket.desk.stop()
        return Answer(accepted=True, text="the joints go limp")

    def reset(self) -> Answer:
        """Release what safety has latched; the robot waits to be started again."""
        if self.ticket is not None:
            return Answer(accepted=False, text="a task runs; call stop first")
        self._reset_asked = True
        return Answer(accepted=True, text="reset; call start when the robot stands")

    def execute(self, words: str) -> Ticket | Answer:
        """Take a task; it begins with the next step."""
        if self.ticket is not None:
            return Answer(
                accepted=False,
                text=f"a task runs ({self.ticket.task.text}); call stop first",
            )
        if self.mode not in (Mode.STANDING, Mode.DRIVING):
            return Answer(
                accepted=False, text=f"the robot is {self.mode.value}; call start first"
            )
        stopped = self._parts.safety.stopped
        if stopped is not None:
            return Answer(
                accepted=False,
                text=f"safety stopped the robot ({stopped.text}); call reset first",
            )
        try:
            task = self._read_task(words)
        except BAD_REQUEST as error:
            return Answer(accepted=False, text=" ".join(str(error).split()))
        self.ticket = Ticket(task=task)
        return self.ticket

    def drive(self, velocity: Velocity) -> None:
        """Steer the legs while there is no task: vx, vy [m/s], wz [rad/s]."""
        if not all(np.isfinite(velocity)) or self._state is None:
            return
        self._velocity, self._velocity_at = velocity, self._state.time

    def set_policy(self, skill: str, path: str) -> Answer:
        """Use another policy file for a skill; an empty path: the one that ships."""
        if self.mode is not Mode.WAITING:  # loading takes longer than a robot stands
            return Answer(
                accepted=False,
                text=f"the robot is {self.mode.value}; a policy is changed while it "
                "waits to be started (reset, or autostart:=false)",
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
        self._state = self._backend.reset(self._seed)
        self._warm_up(self._state)
        self._forget()
        self._state = self._backend.listen()

    def step(self) -> None:
        """Do the next thing: a tick of waiting, standing or driving, or a whole task.

        Raises:
            BackendError: if the robot is gone.
        """
        if self._reset_asked:
            self._reset()
        elif self.ticket is not None:
            self._carry_out(self.ticket)
        elif self.mode is Mode.WAITING and not self._damp_asked:
            self._state = self._backend.listen()
        else:
            self._tick()

    def _reset(self) -> None:
        self._reset_asked = False
        self._enter(Mode.WAITING, "reset: nothing is commanded")
        self.connect()

    def _stand_first(self) -> None:
        """Begin from the pose as it is now, where nothing was commanded before."""
        if self._begin_standing:
            self._begin_standing = False
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
        self._stand_first()
        assert self._state is not None
        self._end_driving()
        parts = replace(self._parts, task=ticket.task)
        self._enter(Mode.TASK, f"task: {ticket.task.text}")
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
        self._enter(Mode.STANDING, "the robot stands")

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
            session._state = moment.snapshot.state

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
        """One tick of the loop of `app/control_loop.py`, without a planner."""
        self._stand_first()
        assert self._state is not None
        parts, state = self._parts, self._state
        if self._damp_asked:
            self._damp_asked = False
            parts.safety.trip(Hazard.OPERATOR, state.time, "damped by the operator")
        if self._sent is not None:
            parts.adapter.observe(state, self._sent)
        snapshot = Snapshot(
            state=state,
            objects=self._backend.objects(),
            commanded=self._commanded,
            adaptation=parts.adapter.estimate(),
            speed_share=parts.safety.speed_share,
        )
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
        if parts.safety.tripped is not None and self.mode is not Mode.DAMPED:
            self._enter(Mode.DAMPED, f"damped: {parts.safety.tripped.text}")
        self._tell_hazards()
        for watcher in self._watchers:
            watcher.idle(self.mode, snapshot, command)
        self._state = self._backend.step(command)

    # --- driving ----------------------------------------------------------------------

    def _be_driven(self, snapshot: Snapshot) -> None:
        """Start, steer and stop the legs as velocity commands come."""
        if self.mode not in (Mode.STANDING, Mode.DRIVING):
            return
        silent_s = snapshot.time - self._velocity_at
        fresh = silent_s <= self.cmd_vel_timeout_s
        if self.mode is Mode.STANDING:
            stopped = self._parts.safety.stopped is not None
            if fresh and self._velocity != STILL and not stopped:
                self._begin_driving(snapshot)
        elif silent_s > self.cmd_vel_timeout_s + COME_TO_REST_S:
            self._end_driving()
        if self._driver is not None and self.mode is Mode.DRIVING:
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
        self._enter(Mode.DRIVING, "following cmd_vel")

    def _end_driving(self) -> None:
        if self.mode is Mode.DRIVING:
            self._parts.runner.stop(Drive.name)
            self._enter(Mode.STANDING, "the robot stands")

    def _enter(self, mode: Mode, text: str) -> None:
        if mode is not self.mode:
            self.mode = mode
            self._say(text)


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
