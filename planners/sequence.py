"""Carry out steps in order, going back where a failure can be recovered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Composite

from planners.behaviours import Failed, StepNode
from planners.conditions import Now, unmet
from planners.recovery import GiveUp, Recovery


class StepSequence(Composite):
    """A sequence with memory that may resume at an earlier step after a failure.

    It succeeds when the promise of the last step holds at that very tick. A
    recovery begins on the next tick, so that the world is looked at again first.
    """

    def __init__(
        self, name: str, steps: Sequence[StepNode], recovery: Recovery, now: Now
    ) -> None:
        """Begin at the first step."""
        super().__init__(name, steps)
        self.steps = tuple(steps)
        self.index = 0
        self.failed: Failed | None = None
        self._recovery = recovery
        self._now = now

    def tick(self) -> Iterator[Behaviour]:
        """Tick the current step, and the following ones as far as they succeed."""
        if self.status != Status.RUNNING:
            self._reset_from(0)
            self.failed = None
        while self.index < len(self.steps):
            step = self.steps[self.index]
            self.current_child = step
            self.feedback_message = f"step {self.index + 1} of {len(self.steps)}"
            yield from step.tick()
            if step.status == Status.RUNNING:
                self.status = Status.RUNNING
                yield self
                return
            failed = self._judge(step)
            if failed is not None:
                self._recover(failed)
                yield self
                return
            self.index += 1
        self.index = len(self.steps) - 1
        self.feedback_message = "every step is done"
        self.stop(Status.SUCCESS)
        yield self

    def _judge(self, step: StepNode) -> Failed | None:
        """Return why a finished step does not count as done, if so."""
        if step.status != Status.SUCCESS:
            return step.failed
        if step is not self.steps[-1]:
            return None
        for condition, reason in unmet(step.promise, self._now.snapshot):
            return Failed(
                failure=condition.failure,
                reason=f"{step.step} no longer holds, {condition.name}: {reason}",
            )
        return None

    def _recover(self, failed: Failed) -> None:
        answer = self._recovery.after(self.index, failed.failure)
        if isinstance(answer, GiveUp):
            self.failed = Failed(
                failure=failed.failure, reason=f"{failed.reason}; {answer.text}"
            )
            self.feedback_message = self.failed.reason
            self.stop(Status.FAILURE)
            return
        self._reset_from(answer.index)
        if answer.repeat:
            self.steps[answer.index].repeat()
        self.feedback_message = f"{failed.reason}; {answer.text}"
        self.status = Status.RUNNING

    def _reset_from(self, index: int) -> None:
        self.index = index
        for step in self.steps[index:]:
            if step.status != Status.INVALID:
                step.stop(Status.INVALID)
