"""The leaf that runs a skill: it starts, looks and stops, and never waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from py_trees.behaviour import Behaviour
from py_trees.common import Status

from planners.conditions import Missing, Now, tell, unmet, unmet_now
from planners.task import Step
from skills.contract import (
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Predicate,
    Snapshot,
    UnseenError,
)


class RunnerPort(Protocol):
    """What the tree needs of the thing that runs skills."""

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return what a goal needs and promises.

        Raises:
            GoalError: if the skill is unknown or the goal makes no sense here.
        """

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return the goal that makes a predicate true, or None if no skill can."""

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Whether carrying out a goal may make a predicate false."""

    def question(self, predicate: Predicate) -> Condition:
        """Return the condition that a predicate names.

        Raises:
            GoalError: if there is no such predicate.
        """

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin a skill; it takes its joints over from whoever had them."""

    def stop(self, skill: str) -> None:
        """End a skill; its joints are the runner's to look after."""

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        """Return why the safety layer tripped a skill since its last start, if so."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A typed failure, what it is about, and the sentence that goes with it."""

    failure: Failure
    reason: str
    step: Step | None = None  # the skill that failed, or could not begin
    about: Predicate | None = None  # what did not hold
    asked: Condition | None = field(default=None, compare=False)  # how to see it


class RunSkill(Behaviour):
    """Runs one goal until its promise holds, a hold breaks, or time is up.

    The skill is stopped however this leaf ends, also when it is interrupted.
    """

    def __init__(self, step: Step, runner: RunnerPort, now: Now) -> None:
        """Prepare; nothing is started yet."""
        super().__init__(str(step))
        self.step = step
        self.failed: Failed | None = None
        self._runner = runner
        self._now = now
        self._contract: Contract | None = None
        self._running = False
        self._started_at = 0.0  # robot time [s]

    @property
    def begun(self) -> bool:
        """Whether the skill was started when this leaf was entered last."""
        return self._contract is not None

    @property
    def promise(self) -> tuple[Condition, ...]:
        """The post-conditions of the goal that was started last."""
        return self._contract.post if self._contract else ()

    def initialise(self) -> None:
        """Start the skill if its pre-conditions hold."""
        snapshot, goal = self._now.snapshot, self.step.goal
        self.failed = self._contract = None
        self._started_at = snapshot.time
        try:
            contract = self._runner.contract(goal, snapshot)
            missing = unmet_now(contract.pre, snapshot)
            if missing:
                self._fail(
                    missing[0][0].failure, f"cannot start, {tell(missing)}", missing
                )
                return
            self._runner.start(goal, snapshot)
        except UnseenError as error:
            about = Predicate("visible", (error.name,))
            self._fail(Failure.OBJECT_LOST, f"cannot start, {error}", about=about)
            return
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
        fault = self._runner.fault(self.step.skill)
        if fault is not None:
            return self._fail(fault[0], f"was tripped, {fault[1]}")
        if broken:
            return self._fail(broken[0][0].failure, f"aborted, {tell(broken)}", broken)
        # Evidence from before the first command says nothing about the skill.
        if not missing and elapsed > 0.0:
            done = ", ".join(condition.name for condition in self._contract.post)
            self.feedback_message = f"done in {elapsed:.1f} s: {done}"
            return Status.SUCCESS
        if elapsed > self._contract.timeout_s:
            return self._fail(
                Failure.TIMEOUT,
                f"took longer than {self._contract.timeout_s:g} s, {tell(missing)}",
                missing,
            )
        progress = tell(missing) if missing else "about to be judged"
        self.feedback_message = (
            f"running for {elapsed:.1f} s of {self._contract.timeout_s:g} s, {progress}"
        )
        return Status.RUNNING

    def terminate(self, new_status: Status) -> None:
        """Stop the skill if it runs."""
        if self._running:
            self._running = False
            self._runner.stop(self.step.skill)
            if new_status == Status.INVALID:
                self.feedback_message = "interrupted, the skill was stopped"

    def _fail(
        self,
        failure: Failure,
        reason: str,
        missing: Missing = (),
        *,
        about: Predicate | None = None,
    ) -> Status:
        asked = missing[0][0] if missing else None
        self.failed = Failed(
            failure=failure,
            reason=f"{self.name} {reason}",
            step=self.step,
            about=asked.predicate if asked else about,
            asked=asked,
        )
        self.feedback_message = f"{reason} ({failure.value})"
        return Status.FAILURE
