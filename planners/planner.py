"""Carry out a task, one tick at a time; pause, stop safely, and go on later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from py_trees.behaviour import Behaviour
from py_trees.common import Status

from planners.behaviours import Failed, RunnerPort
from planners.conditions import Now, unmet_now
from planners.planting import Planter
from planners.recovery import Budget, Recovery
from planners.sequence import RepeatNode, TaskNode
from planners.settling import Settling
from planners.step_node import StepNode
from planners.task import Achieve, Step, Task
from skills.contract import Failure, GoalError, Predicate, Snapshot


class TaskState(str, Enum):
    """Where a task is."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
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
        *,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """Check every goal against the world, then build the tree.

        Args:
            task: what to do.
            runner: of the skills.
            snapshot: the world now.
            budget: of recoveries and time.
            known: names of objects that exist, whether they are seen or not.

        Raises:
            GoalError: naming the step that cannot be carried out in this world.
        """
        if not task.leaves:
            raise GoalError(f"task '{task.text}' has no steps; name at least one")
        self.task = task
        self._runner = runner
        budget = budget or Budget()
        self._time_s = budget.time_s if task.deadline_s is None else task.deadline_s
        self._now = Now(snapshot)
        self._recovery = Recovery(budget, task.retries)
        self._plants = Planter(runner, self._now, self._recovery, known)
        items = self._plants.plant(task.items)
        self.root = TaskNode(task.text or "task", items, self._broken)
        self._last_time = snapshot.time
        self._spent = 0.0  # robot time, without pauses [s]
        self._settling: Settling | None = None
        self._kept: list[StepNode] = []
        self._counted: dict[StepNode, int] = {}
        self.status = TaskStatus(
            state=TaskState.RUNNING, sentence="about to start", step=self._here()
        )

    @property
    def done(self) -> bool:
        """Whether the task has ended, well or not."""
        return self.status.state in (TaskState.SUCCESS, TaskState.FAILURE)

    @property
    def failure(self) -> Failure | None:
        """The type of the failure that ended the task, if one did."""
        return self.status.failure

    @property
    def kept(self) -> tuple[Step | Achieve, ...]:
        """The steps that ended well, or were found done, in order."""
        return tuple(node.item for node in self._kept)

    @property
    def active_step(self) -> str:
        """The current step, such as `2/2 grasp(object=cup)`."""
        if self.status.state is not TaskState.RUNNING:
            return self.status.step  # the tree may have been left since
        return self._here()

    def tick(self, snapshot: Snapshot) -> TaskStatus:
        """Look at the world and start or stop skills; after the end, do nothing."""
        if self.done:
            return self.status
        self._now.snapshot = snapshot
        elapsed, self._last_time = snapshot.time - self._last_time, snapshot.time
        if self._settling is not None:
            return self._settle(self._settling)
        if self.status.state is TaskState.PAUSED:
            return self.status
        self._spent += elapsed
        if self._spent > self._time_s + 1e-9:
            return self.stop(
                Failure.TIMEOUT, f"the task took longer than {self._time_s:g} s"
            )
        self.root.tick_once()
        self._note_what_is_done()
        if self.root.status == Status.SUCCESS:
            sentence = f"task done in {self._spent:.1f} s: {self._promise()}"
            self.status = self._report(TaskState.SUCCESS, sentence)
        elif self.root.status == Status.FAILURE:
            self.status = self._fail(self.root.failed or _unexplained())
        else:
            self.status = self._report(TaskState.RUNNING, self._progress())
        return self.status

    # --- the operator -----------------------------------------------------------------

    def stop(self, failure: Failure, reason: str) -> TaskStatus:
        """End the task now: stop what runs and report `failure`."""
        if not self.done:
            step = self.active_step
            self._interrupt()
            self.status = self._fail(Failed(failure=failure, reason=reason), step)
        return self.status

    def cancel(self, reason: str = "stopped by the operator") -> TaskStatus:
        """End the task as soon as the robot has come to a safe stop.

        What is in the hand is put down first if there is a surface in reach, and the
        legs come to a stance; `tick` goes on until then.
        """
        if not self.done and self._settling is None:
            step = self.active_step
            self._interrupt()
            self._settling = Settling(self._runner, self._now, reason, step)
            self.status = TaskStatus(
                state=TaskState.STOPPING, sentence=f"{reason}: stopping", step=step
            )
        return self.status

    def pause(self) -> TaskStatus:
        """Hold: skills stop, the robot stands and keeps what it has in its hand."""
        if self.status.state is TaskState.RUNNING:
            step = self.active_step
            self._halt()
            self.status = TaskStatus(
                state=TaskState.PAUSED, sentence=f"paused in step {step}", step=step
            )
        return self.status

    def resume(self) -> TaskStatus:
        """Go on after a pause; the step that was interrupted begins anew."""
        if self.status.state is TaskState.PAUSED:
            self.status = self._report(TaskState.RUNNING, "going on after a pause")
        return self.status

    # --- what is kept of a stopped task -----------------------------------------------

    def progress(self) -> dict[str, Any]:
        """Return how far the task is, as plain data for `go_on_from`."""
        return {
            "item": self.root.index,
            "repeats": [node.done_so_far for node in self._repeats()],
            "kept": [node.index for node in self._claims().values()],
            "spent_s": round(self._spent, 3),
            "recoveries": [
                [step, failure.value, remedy.name, count]
                for (step, failure, remedy), count in self._recovery.used.items()
            ],
        }

    def go_on_from(self, progress: dict[str, Any]) -> None:
        """Begin where `progress` says; steps that still hold are skipped.

        Raises:
            ValueError: if it is not the progress of this task.
        """
        steps = dict(enumerate(self._plants.steps))
        items = range(len(self.root.children))
        try:
            index = items.index(int(progress["item"]))
            pairs = list(zip(self._repeats(), progress["repeats"], strict=True))
            counts = [(node, int(count)) for node, count in pairs]
            kept = [steps[int(step)] for step in progress.get("kept", ())]
            spent = float(progress["spent_s"])
            self._recovery.restore(progress["recoveries"])
        except (KeyError, TypeError, ValueError):
            raise ValueError("this progress belongs to another task") from None
        self.root.begin_at(index)
        for node, count in counts:
            node.begin_at(count)
        self._kept, self._spent = kept, spent

    # --- parts ------------------------------------------------------------------------

    def _note_what_is_done(self) -> None:
        for node in self._plants.steps:
            if node.completed > self._counted.get(node, 0):
                self._counted[node] = node.completed
                self._kept.append(node)
        for errand in self._plants.errands:
            if errand.spared():
                self._kept.append(errand.last)

    def _repeats(self) -> list[RepeatNode]:
        return [n for n in self.root.iterate() if isinstance(n, RepeatNode)]

    def _interrupt(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        self.root.stop(Status.INVALID)

    def _halt(self) -> None:
        """Stop the skill that runs, and keep everything else as it is."""
        leaf = self.root.tip()
        if leaf is not None and leaf.status == Status.RUNNING:
            leaf.stop(Status.INVALID)

    def _settle(self, settling: Settling) -> TaskStatus:
        settling.tick()
        if not settling.done:
            self.status = TaskStatus(
                state=TaskState.STOPPING, sentence=settling.sentence, step=settling.step
            )
        else:
            failed = Failed(failure=settling.failure, reason=settling.sentence)
            self.status = self._fail(failed, settling.step)
        return self.status

    def _broken(self) -> tuple[StepNode, Failed] | None:
        """Return the first step whose promise about an object holds no longer."""
        self._note_what_is_done()
        for predicate, node in self._claims().items():
            condition = self._runner.question(predicate)
            for _, reason in unmet_now((condition,), self._now.snapshot):
                failed = Failed(
                    failure=condition.failure,
                    reason=f"{node.item} no longer holds, {condition.name}: {reason}",
                    about=predicate,
                )
                return node, failed
        return None

    def _claims(self) -> dict[Predicate, StepNode]:
        """Return what must hold at the end: what no later step was there to undo."""
        claims: dict[Predicate, StepNode] = {}
        for node in self._kept:
            for undone in [claim for claim in claims if node.undoes(claim)]:
                del claims[undone]
            claim = _claim_of(node.item)
            if claim is not None:
                claims[claim] = node
        return claims

    def _promise(self) -> str:
        """Return in words what holds now that the task is done."""
        if not self._kept:
            return "there was nothing to do"
        last = self._kept[-1]
        names = ", ".join(condition.name for condition in last.promise)
        return names or f"{last.item} was done already"

    def _here(self) -> str:
        step = self._active()
        return f"{step.index + 1}/{len(self._plants.steps)} {step.item}"

    def _active(self) -> StepNode:
        node: Behaviour | None = self.root
        while node is not None and not isinstance(node, StepNode):
            node = getattr(node, "current_child", None)
        if node is not None:
            return node
        reached = [n for n in self._plants.steps if n.status != Status.INVALID]
        return reached[-1] if reached else self._plants.steps[0]

    def _progress(self) -> str:
        step, leaf = self._active(), self.root.tip()
        if leaf is None or leaf is step or leaf.status != Status.RUNNING:
            return step.cured or self.root.feedback_message
        doing = f"{step.remedy}, " if step.remedy else ""
        return f"{self.active_step}: {doing}{leaf.feedback_message}"

    def _fail(self, failed: Failed, step: str | None = None) -> TaskStatus:
        step = step or self.active_step
        return TaskStatus(
            state=TaskState.FAILURE,
            sentence=(
                f"task failed at step {step} ({failed.failure.value}): {failed.reason}"
            ),
            step=step,
            failure=failed.failure,
        )

    def _report(self, state: TaskState, sentence: str) -> TaskStatus:
        return TaskStatus(state=state, sentence=sentence, step=self.active_step)


def _claim_of(item: Step | Achieve) -> Predicate | None:
    """Return what must still hold at the end after a step, for what it was there."""
    if isinstance(item, Achieve):
        return item.predicate
    name = str(item.args.get("object", ""))
    if item.skill == "manipulate":
        return Predicate("on", (name, str(item.args["target"])))
    return Predicate("holding", (name,)) if item.skill == "grasp" else None


def _unexplained() -> Failed:
    return Failed(failure=Failure.CONTRACT, reason="a step failed without a reason")
