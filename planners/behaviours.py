"""The leaves and the step of the tree: they start, look and stop, never wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector

from planners.conditions import Holds, Now, unmet
from planners.task import Step
from skills.contract import (
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Snapshot,
)


class RunnerPort(Protocol):
    """What the tree needs of the thing that runs skills."""

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return what a goal needs and promises.

        Raises:
            GoalError: if the skill is unknown or the goal makes no sense here.
        """

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin a skill; it takes its joints over from whoever had them."""

    def stop(self, skill: str) -> None:
        """End a skill; its joints are the runner's to look after."""

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        """Return why the safety layer tripped a skill since its last start, if so."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A typed failure and the sentence that goes with it."""

    failure: Failure
    reason: str


class AlreadyDone(Holds):
    """SUCCESS if a step's promise holds before anything is started."""

    def __init__(self, step: Step, runner: RunnerPort, now: Now) -> None:
        """Ask the skill what `step` promises, each time the step is entered."""
        super().__init__(f"already done: {step}", self._promise, now)
        self.repeat = False  # True: do it once more, whatever holds
        self._step = step
        self._runner = runner

    def update(self) -> Status:
        """Measure, unless the step was told to repeat."""
        if self.repeat:
            self.repeat = False
            self.feedback_message = "repeated in order to recover"
            return Status.FAILURE
        return super().update()

    def _promise(self) -> tuple[Condition, ...]:
        try:
            return self._runner.contract(self._step.goal, self._now.snapshot).post
        except GoalError:
            return ()  # the skill leaf comes next, meets the same error and tells it


class RunSkill(Behaviour):
    """Runs one goal until its promise holds, a hold breaks, or time is up.

    The skill is stopped however this leaf ends, also when it is interrupted.
    """

    def __init__(self, step: Step, runner: RunnerPort, now: Now) -> None:
        """Prepare; nothing is started yet."""
        super().__init__(str(step))
        self.failed: Failed | None = None
        self._step = step
        self._runner = runner
        self._now = now
        self._contract: Contract | None = None
        self._running = False
        self._started_at = 0.0  # robot time [s]

    @property
    def promise(self) -> tuple[Condition, ...]:
        """The post-conditions of the goal that was started last."""
        return self._contract.post if self._contract else ()

    def initialise(self) -> None:
        """Start the skill if its pre-conditions hold."""
        snapshot, goal = self._now.snapshot, self._step.goal
        self.failed = self._contract = None
        self._started_at = snapshot.time
        try:
            contract = self._runner.contract(goal, snapshot)
            missing = unmet(contract.pre, snapshot)
            if missing:
                self._fail(missing[0][0].failure, f"cannot start, {_reasons(missing)}")
                return
            self._runner.start(goal, snapshot)
        except GoalError as error:
            self._fail(Failure.CONTRACT, f"cannot start, {error}")
            return
        self._contract, self._running = contract, True

    def update(self) -> Status:
        """Look at the evidence of this tick."""
        if self._contract is None:
            return Status.FAILURE
        snapshot = self._now.snapshot
        elapsed = snapshot.time - self._started_at
        broken = unmet(self._contract.hold, snapshot)
        missing = unmet(self._contract.post, snapshot)
        fault = self._runner.fault(self._step.skill)
        if fault is not None:
            return self._fail(fault[0], f"was tripped, {fault[1]}")
        if broken:
            return self._fail(broken[0][0].failure, f"aborted, {_reasons(broken)}")
        # Evidence from before the first command says nothing about the skill.
        if not missing and elapsed > 0.0:
            done = ", ".join(condition.name for condition in self._contract.post)
            self.feedback_message = f"done in {elapsed:.1f} s: {done}"
            return Status.SUCCESS
        if elapsed > self._contract.timeout_s:
            return self._fail(
                Failure.TIMEOUT,
                f"took longer than {self._contract.timeout_s:g} s, {_reasons(missing)}",
            )
        progress = _reasons(missing) if missing else "about to be judged"
        self.feedback_message = (
            f"running for {elapsed:.1f} s of {self._contract.timeout_s:g} s, {progress}"
        )
        return Status.RUNNING

    def terminate(self, new_status: Status) -> None:
        """Stop the skill if it runs."""
        if self._running:
            self._running = False
            self._runner.stop(self._step.skill)
            if new_status == Status.INVALID:
                self.feedback_message = "interrupted, the skill was stopped"

    def _fail(self, failure: Failure, reason: str) -> Status:
        self.failed = Failed(failure=failure, reason=f"{self.name} {reason}")
        self.feedback_message = f"{reason} ({failure.value})"
        return Status.FAILURE


class StepNode(Selector):
    """One step of a task: skipped if its promise holds already, else carried out."""

    def __init__(self, step: Step, runner: RunnerPort, now: Now) -> None:
        """Build the two ways to fulfil `step`."""
        self._already = AlreadyDone(step, runner, now)
        self._run = RunSkill(step, runner, now)
        # With memory: once begun, a step is judged by its skill leaf alone.
        super().__init__(str(step), memory=True, children=[self._already, self._run])
        self.step = step

    @property
    def failed(self) -> Failed | None:
        """Why the step failed last, if it did."""
        return self._run.failed

    @property
    def promise(self) -> tuple[Condition, ...]:
        """The post-conditions that were last seen to hold."""
        skipped = self._already.status == Status.SUCCESS
        return self._already.conditions if skipped else self._run.promise

    def repeat(self) -> None:
        """Carry the step out once more, even if its promise holds."""
        self._already.repeat = True


def _reasons(missing: tuple[tuple[Condition, str], ...]) -> str:
    return "; ".join(f"{condition.name}: {reason}" for condition, reason in missing)
