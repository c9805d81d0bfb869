"""What follows a failure: which step to go back to, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from planners.task import Step
from skills.contract import Failure


class Remedy(Enum):
    """The ways to go on after a failure."""

    RETRY = "try the step again"
    REAPPROACH = "repeat the walk before it"
    REGRASP = "grasp the object again"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A remedy, and how often one step may use it."""

    remedy: Remedy
    at_most: int = 0


RULES: Mapping[Failure, Rule] = {
    Failure.TIMEOUT: Rule(remedy=Remedy.RETRY, at_most=1),
    Failure.BLOCKED: Rule(remedy=Remedy.RETRY, at_most=1),
    Failure.OUT_OF_REACH: Rule(remedy=Remedy.REAPPROACH, at_most=2),
    Failure.OBJECT_LOST: Rule(remedy=Remedy.REAPPROACH, at_most=2),
    Failure.DROPPED: Rule(remedy=Remedy.REGRASP, at_most=2),
    Failure.UNSTABLE: Rule(remedy=Remedy.STOP),
    Failure.CONTRACT: Rule(remedy=Remedy.STOP),
    Failure.HARDWARE: Rule(remedy=Remedy.STOP),
    Failure.OPERATOR: Rule(remedy=Remedy.STOP),
}


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much recovery a task may use."""

    retries_per_step: int = 3
    retries_per_task: int = 6
    time_s: float = 300.0  # robot time for the whole task [s]


@dataclass(frozen=True, kw_only=True)
class Resume:
    """Where to go on. Steps after it that still hold are skipped."""

    index: int
    repeat: bool  # carry that step out even if its promise holds
    text: str


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """Why there is no going on."""

    text: str


class Recovery:
    """Chooses the remedy for each failure of one task and keeps count."""

    def __init__(self, steps: Sequence[Step], budget: Budget) -> None:
        """Begin with the whole budget."""
        self._steps = steps
        self._budget = budget
        self._used: Counter[tuple[int, Failure]] = Counter()

    def after(self, index: int, failure: Failure) -> Resume | GiveUp:
        """Return what follows the failure of step `index`, and count it."""
        rule = RULES[failure]
        if rule.remedy is Remedy.STOP:
            return GiveUp(text=f"{failure.value} is never retried")
        of_step = sum(n for (step, _), n in self._used.items() if step == index)
        per_step = self._budget.retries_per_step
        per_task = self._budget.retries_per_task
        if self._used[index, failure] >= rule.at_most:
            return GiveUp(text=f"retries for {failure.value} used up ({rule.at_most})")
        if of_step >= per_step:
            return GiveUp(text=f"retries of this step used up ({per_step})")
        if self._used.total() >= per_task:
            return GiveUp(text=f"retries of this task used up ({per_task})")
        target = self._target(index, rule.remedy)
        if target is None:
            return GiveUp(text=f"the task has no step to {rule.remedy.value}")
        self._used[index, failure] += 1
        return Resume(
            index=target,
            repeat=rule.remedy is Remedy.REAPPROACH,
            text=(
                f"retry {self._used[index, failure]} of {rule.at_most}: "
                f"{rule.remedy.value}, from step {target + 1}, {self._steps[target]}"
            ),
        )

    def _target(self, index: int, remedy: Remedy) -> int | None:
        if remedy is Remedy.RETRY:
            return index
        if remedy is Remedy.REAPPROACH:
            return self._last("walk", index)
        step = self._steps[index].args
        held = step.get("object", step.get("carrying"))
        grasp = self._last("grasp", index, of=held)
        if grasp is None or grasp == index:
            return grasp
        # The object fell where it fell: the walk that led to it comes first.
        before = grasp - 1
        walked = before >= 0 and self._steps[before].skill == "walk"
        return before if walked else grasp

    def _last(
        self, skill: str, index: int, of: str | float | None = None
    ) -> int | None:
        """Return the last step of `skill` up to `index`, about the object `of`."""
        for at in range(index, -1, -1):
            step = self._steps[at]
            if step.skill == skill and of in (None, step.args.get("object")):
                return at
        return None
