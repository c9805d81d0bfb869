"""Carry out one task: the six steps of a tick, over and over, until it is decided."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour

from app.command_path import CommandPath
from app.judge import NO_PHYSICS, Judge, Judgement
from app.operators.desk import STOPPED, Nobody, Operator, Wish, obey
from app.result import EpisodeResult
from app.truth import Witness
from planners.planner import Planner, TaskState, TaskStatus
from planners.recovery import Budget, recoverable
from planners.task import Achieve, Step, Task
from sim2real.adaptation.adapter import Adapter, NoAdapter
from sim2real.hazards import Hazard, Reaction, SafetyEvent
from sim2real.health import Health
from sim2real.robot import BackendError, JointCommand, RobotBackend, RobotState
from sim2real.safety import SafetyFilter
from skills.contract import Failure, GoalError, Snapshot
from skills.runner import SkillRunner

AFTER_SUCCESS_S = 2.0  # the robot goes on holding while the judge watches [s]
AFTER_FAILURE_S = 0.5  # it stands, or lies damped, before it is left alone [s]

FAILURE_OF = {
    Hazard.FALL: Failure.UNSTABLE,
    Hazard.UNSTEADY: Failure.UNSTABLE,
    Hazard.BAD_COMMAND: Failure.CONTRACT,
    Hazard.POLICY: Failure.CONTRACT,
    Hazard.POLICY_SLOW: Failure.CONTRACT,
    Hazard.OPERATOR: Failure.OPERATOR,
    Hazard.HEARTBEAT: Failure.OPERATOR,
    Hazard.AUTHORITY: Failure.OPERATOR,
}
"""How a task has failed when safety stops it; else the hardware is at fault."""


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Everything one run is made of; `app/build.py` puts it together."""

    task: Task
    backend: RobotBackend
    runner: SkillRunner
    safety: SafetyFilter
    witness: Callable[[], Witness | None]  # asked after each reset
    budget: Budget
    planner_every: int  # control ticks
    known: frozenset[str] = frozenset()  # objects that exist, seen or not
    progress: Mapping[str, Any] | None = None  # of an earlier run, to go on from
    meddle: Callable[[int], None] | None = None  # with the world, after each reset
    make_planner: Callable[..., Planner] = Planner  # the tree, or what is learned
    adapter: Adapter = field(default_factory=NoAdapter)
    health: Callable[[], Health] = Health  # of what carries states and commands
    # Times computing for the watchdog of overruns; None where the robot waits for the
    # command, as a simulation does, so that no decision looks at a clock.
    compute_clock: Callable[[], float] | None = None


@dataclass(frozen=True, kw_only=True)
class TakeOver:
    """A robot that is up already; a task goes on from there, nothing is reset."""

    state: RobotState
    commanded: NDArray[np.float64] | None = None  # what skills asked for last, (n,)
    sent: JointCommand | None = None  # what led to the state
    # Planning took its time: the state now. None: no time passes meanwhile.
    refresh: Callable[[], RobotState] | None = None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One tick, for those who watch."""

    snapshot: Snapshot
    command: JointCommand
    status: TaskStatus
    root: Behaviour  # of the tree
    planned: bool  # whether the planner looked at this tick
    reaction: Reaction
    events: tuple[SafetyEvent, ...]  # since the start of the episode
    active: tuple[str, ...]  # skills that have joints
    kept: tuple[Step | Achieve, ...] = ()  # what was done so far


class Observer(Protocol):
    """Watches a run without a say in it."""

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """An episode begins; nothing was sent to the robot yet."""

    def tick(self, moment: Moment) -> None:
        """A command is about to be sent."""

    def end(self, result: EpisodeResult) -> None:
        """The episode is over."""

    def close(self) -> None:
        """The run is over, well or not."""


class Episode:
    """One task from reset to verdict."""

    def __init__(
        self,
        assembly: Assembly,
        seed: int,
        *,
        observers: Sequence[Observer] = (),
        operator: Operator | None = None,
        clock: Callable[[], float] = time.perf_counter,
        after_failure_s: float = AFTER_FAILURE_S,
        take_over: TakeOver | None = None,
    ) -> None:
        """Prepare; the robot is not touched before `run`.

        Args:
            assembly: what the run is made of.
            seed: of the scene and of everything random in it.
            observers: told about every tick.
            operator: asked before every tick; nobody if None.
            clock: measures computing; no decision looks at it.
            after_failure_s: how long a robot that failed is looked after [s].
            take_over: go on from here; None: the robot is reset first.
        """
        self._parts = assembly
        self._seed = seed
        self._observers = observers
        self._operator = operator or Nobody()
        self._clock = clock
        self._after_failure_s = after_failure_s
        self._take_over = take_over
        self._ticks: list[float] = []
        self._path = CommandPath(
            assembly.adapter,
            assembly.safety,
            sent=take_over.sent if take_over else None,
            commanded=take_over.commanded if take_over else None,
        )
        self._done_at = 0.0  # robot time at which the task was decided [s]
        self._stopped_late: TaskStatus | None = None

    def run(self) -> EpisodeResult:
        """Carry the task out.

        Raises:
            GoalError: if the task makes no sense in this world.
        """
        parts = self._parts
        state = self._take_over.state if self._take_over else self._reset()
        snapshot = Snapshot(
            state=state, objects=parts.backend.objects(), commanded=self._path.commanded
        )
        planner = self._planner(snapshot)
        state = self._refreshed(state)
        witness = parts.witness()
        judge = Judge(parts.task, witness.look()) if witness else None
        moment = self._moment(planner, snapshot, self._still(state), planned=False)
        for observer in self._observers:
            observer.begin(parts, self._seed, moment)
        try:
            self._loop(planner, state, witness, judge)
        except BackendError as error:
            planner.stop(Failure.HARDWARE, str(error))
        result = self._result(planner, judge)
        for observer in self._observers:
            observer.end(result)
        return result

    def _reset(self) -> RobotState:
        parts = self._parts
        state = parts.backend.reset(self._seed)
        if parts.meddle is not None:
            parts.meddle(self._seed)
        if self._measure is not None:  # it does not wait, and a first command is slow
            snapshot = Snapshot(state=state, objects=parts.backend.objects())
            parts.safety.filter(parts.runner.step(snapshot), state)
        parts.runner.reset()
        parts.safety.reset()
        parts.adapter.reset(state)
        return state

    @property
    def _measure(self) -> Callable[[], RobotState] | None:
        """What looks at a robot that goes on by itself; None: it waits for commands."""
        return getattr(self._parts.backend, "measure", None)

    def _refreshed(self, state: RobotState) -> RobotState:
        """Return the state after planning, which takes its time."""
        take_over = self._take_over
        refresh = take_over.refresh if take_over is not None else self._measure
        return state if refresh is None else refresh()

    def _loop(
        self,
        planner: Planner,
        state: RobotState,
        witness: Witness | None,
        judge: Judge | None,
    ) -> None:
        """Tick until the task is decided and the judge has seen enough."""
        parts, count = self._parts, 0
        # Ticks, not robot time: states may have stopped coming.
        left: int | None = None
        while left is None or left > 0:
            if witness is not None and judge is not None:
                judge.watch(witness.look(), planner.kept)
            self._obey(planner)
            planned = count % parts.planner_every == 0
            moment = self._tick(planner, state, planned=planned)
            for observer in self._observers:
                observer.tick(moment)
            if left is not None:
                left -= 1
            else:
                self._done_at = state.time
            if left is None and planner.done:
                left = round(self._linger(planner) / parts.backend.control_dt) - 1
            if self._stopped_late is not None:
                break
            state = parts.backend.step(moment.command)
            count += 1
        if witness is not None and judge is not None:
            judge.watch(witness.look(), planner.kept)

    def _tick(self, planner: Planner, state: RobotState, *, planned: bool) -> Moment:
        parts, begun = self._parts, self._clock()
        stopwatch = parts.compute_clock or (lambda: 0.0)
        computing_since = stopwatch()
        snapshot = self._path.look(state, parts.backend.objects())
        if planned:
            planner.tick(snapshot)

        def health() -> Health:
            return replace(
                parts.health(),
                compute_s=stopwatch() - computing_since,
                policy_fault=parts.runner.unattended,
            )

        command = self._path.answer(
            snapshot, parts.runner.step, health, resting=parts.safety.in_charge
        )
        stopped = parts.safety.stopped
        if stopped is not None and not planner.done:
            failure = FAILURE_OF.get(stopped.kind, Failure.HARDWARE)
            parts.runner.trip(failure, stopped.text)
            planner.stop(failure, stopped.text)
        self._ticks.append(self._clock() - begun)
        return self._moment(planner, snapshot, command, planned=planned)

    def _linger(self, planner: Planner) -> float:
        succeeded = planner.status.state is TaskState.SUCCESS
        return AFTER_SUCCESS_S if succeeded else self._after_failure_s

    def _planner(self, snapshot: Snapshot) -> Planner:
        parts = self._parts
        planner = parts.make_planner(
            parts.task, parts.runner, snapshot, parts.budget, known=parts.known
        )
        if parts.progress is not None:
            try:
                planner.go_on_from(dict(parts.progress))
            except ValueError as error:
                raise GoalError(f"the task cannot go on: {error}") from None
        return planner

    def _obey(self, planner: Planner) -> None:
        """Do what the operator wants; `balance` keeps a stopped robot standing."""
        wish = self._operator.wish()
        if wish >= Wish.STOP and planner.status.state is TaskState.SUCCESS:
            self._stopped_late = replace(
                planner.status,
                state=TaskState.FAILURE,
                sentence=f"{STOPPED} before the result could be judged",
                failure=Failure.OPERATOR,
            )
        obey(wish, planner)

    def _still(self, state: RobotState) -> JointCommand:
        robot = self._parts.backend.robot
        return JointCommand(
            joint_pos=state.joint_pos, stiffness=robot.stiffness, damping=robot.damping
        )

    def _moment(
        self,
        planner: Planner,
        snapshot: Snapshot,
        command: JointCommand,
        *,
        planned: bool,
    ) -> Moment:
        safety = self._parts.safety
        return Moment(
            snapshot=snapshot,
            command=command,
            status=self._stopped_late or planner.status,
            root=planner.root,
            planned=planned,
            reaction=safety.reaction,
            events=safety.events,
            active=self._parts.runner.active(),
            kept=tuple(planner.kept),
        )

    def _result(self, planner: Planner, judge: Judge | None) -> EpisodeResult:
        status, safety = self._stopped_late or planner.status, self._parts.safety
        success = status.state is TaskState.SUCCESS
        failure, sentence = status.failure, status.sentence
        judgement: Judgement = judge.judgement() if judge else NO_PHYSICS
        if success and judge is None and safety.stopped is not None:
            kind = safety.stopped.kind
            success, failure = False, FAILURE_OF.get(kind, Failure.HARDWARE)
            sentence = f"{sentence}; then {safety.stopped.text}"
        return EpisodeResult(
            seed=self._seed,
            success=success,
            failure=failure,
            sentence=sentence,
            duration_s=self._done_at,
            judgement=judgement,
            tick_s=np.array(self._ticks),
            hazards={kind.value: n for kind, n in safety.counts.items()},
            progress=self._rest_of(planner),
        )

    def _rest_of(self, planner: Planner) -> Mapping[str, Any] | None:
        """Return how far a task is that can go on another time."""
        failure = planner.failure
        if failure is not Failure.OPERATOR and not (failure and recoverable(failure)):
            return None
        progress, parts = planner.progress(), self._parts
        limit = parts.task.deadline_s or parts.budget.time_s
        return progress if progress["spent_s"] < limit else None
