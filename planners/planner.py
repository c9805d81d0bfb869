"""Carry out a task, one tick at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from py_trees.common import Status

from planners.behaviours import Failed, RunnerPort, StepNode
from planners.conditions import Now
from planners.recovery import Budget, Recovery
from planners.sequence import StepSequence
from planners.task import Task
from skills.contract import Failure, GoalError, Snapshot


class TaskState(str, Enum):
    """Where a task is."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True)
class TaskStatus:
    """What the planner says after a tick."""

    state: TaskState
    sentence: str  # for the operator
    step: str  # "2/2 grasp(object=cup)"
    failure: Failure | None = None


class Planner:
    """A task as a behaviour tree.

    Attributes:
        root: the tree, for display.
        status: what the last tick said.
    """

    def __init__(
        self,
        task: Task,
        runner: RunnerPort,
        snapshot: Snapshot,
        budget: Budget | None = None,
    ) -> None:
        """Check every goal against the world, then build the tree.

        Raises:
            GoalError: naming the step that cannot be carried out in this world.
        """
        self.task = task
        self._budget = budget or Budget()
        _check(task, runner, snapshot)
        self._now = Now(snapshot)
        self.root = StepSequence(
            task.text,
            [StepNode(step, runner, self._now) for step in task.steps],
            Recovery(task.steps, self._budget),
            self._now,
        )
        self._started_at = snapshot.time
        self.status = self._report(TaskState.RUNNING, "about to start")

    @property
    def done(self) -> bool:
        """Whether the task has ended, well or not."""
        return self.status.state is not TaskState.RUNNING

    @property
    def failure(self) -> Failure | None:
        """The type of the failure that ended the task, if one did."""
        return self.status.failure

    @property
    def active_step(self) -> str:
        """The current step, such as `2/2 grasp(object=cup)`."""
        index = self.root.index
        return f"{index + 1}/{len(self.task.steps)} {self.task.steps[index]}"

    def tick(self, snapshot: Snapshot) -> TaskStatus:
        """Look at the world and start or stop skills; after the end, do nothing."""
        if self.done:
            return self.status
        self._now.snapshot = snapshot
        elapsed = snapshot.time - self._started_at
        if elapsed > self._budget.time_s:
            return self.stop(
                Failure.TIMEOUT,
                f"the task took longer than {self._budget.time_s:g} s",
            )
        self.root.tick_once()
        if self.root.status == Status.SUCCESS:
            promise = self.root.steps[-1].promise
            names = ", ".join(condition.name for condition in promise)
            sentence = f"task done in {elapsed:.1f} s: {names}"
            self.status = self._report(TaskState.SUCCESS, sentence)
        elif self.root.failed is not None:
            self.status = self._fail(self.root.failed)
        else:
            self.status = self._report(TaskState.RUNNING, self._progress())
        return self.status

    def stop(self, failure: Failure, reason: str) -> TaskStatus:
        """End the task now: stop what runs and report `failure`."""
        if not self.done:
            failed = Failed(failure=failure, reason=reason)
            self.status = self._fail(failed)
            self.root.stop(Status.INVALID)
        return self.status

    def _progress(self) -> str:
        leaf = self.root.tip()
        if leaf is None or leaf is self.root or leaf.status != Status.RUNNING:
            return self.root.feedback_message
        return f"{self.active_step}: {leaf.feedback_message}"

    def _fail(self, failed: Failed) -> TaskStatus:
        sentence = (
            f"task failed at step {self.active_step} "
            f"({failed.failure.value}): {failed.reason}"
        )
        return self._report(TaskState.FAILURE, sentence, failed.failure)

    def _report(
        self, state: TaskState, sentence: str, failure: Failure | None = None
    ) -> TaskStatus:
        return TaskStatus(
            state=state, sentence=sentence, step=self.active_step, failure=failure
        )


def _check(task: Task, runner: RunnerPort, snapshot: Snapshot) -> None:
    if not task.steps:
        raise GoalError(f"task '{task.text}' has no steps; name at least one")
    for number, step in enumerate(task.steps, start=1):
        try:
            contract = runner.contract(step.goal, snapshot)
        except GoalError as error:
            raise GoalError(f"step {number}, {step}: {error}") from None
        if not contract.post:
            raise GoalError(
                f"step {number}, {step}: promises nothing, so its success cannot be "
                "seen; give the skill a post-condition"
            )
