"""What follows a failure, chosen by its cause, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from planners.behaviours import Failed
from planners.task import Achieve, Step
from skills.contract import Failure


class Remedy(Enum):
    """The ways to go on after a failure."""

    RETRY = "try again"
    REAPPROACH = "step back and approach again"
    REGRASP = "grasp it again"
    OTHER_HAND = "use the other hand"
    SEARCH = "turn and look for it"
    ASK = "stand and ask for help"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A remedy, how often one step may use it, and after whose failure."""

    remedy: Remedy
    at_most: int
    skills: tuple[str, ...] = ()  # only after these; after any if empty


HANDS = ("grasp", "manipulate")
RULES: Mapping[Failure, tuple[Rule, ...]] = {
    Failure.TIMEOUT: (
        Rule(remedy=Remedy.REAPPROACH, at_most=2, skills=HANDS),
        Rule(remedy=Remedy.OTHER_HAND, at_most=1, skills=("grasp",)),
        Rule(remedy=Remedy.RETRY, at_most=2, skills=("walk", "balance")),
    ),
    Failure.BLOCKED: (
        Rule(remedy=Remedy.REAPPROACH, at_most=1),
        Rule(remedy=Remedy.ASK, at_most=1),
    ),
    Failure.OUT_OF_REACH: (
        Rule(remedy=Remedy.RETRY, at_most=1, skills=("walk",)),
        Rule(remedy=Remedy.REAPPROACH, at_most=2),
        Rule(remedy=Remedy.OTHER_HAND, at_most=1, skills=("grasp",)),
    ),
    Failure.OBJECT_LOST: (
        Rule(remedy=Remedy.SEARCH, at_most=1),
        Rule(remedy=Remedy.ASK, at_most=1),
    ),
    Failure.DROPPED: (
        Rule(remedy=Remedy.REGRASP, at_most=2),
        Rule(remedy=Remedy.REAPPROACH, at_most=1),
    ),
}
"""Remedies in the order in which they are tried. Any other failure ends the task."""

BEYOND_REACH = "reachable"  # where the object lies, no stance helps: only people do
_ASK_ONLY = (Rule(remedy=Remedy.ASK, at_most=1),)


def recoverable(failure: Failure) -> bool:
    """Whether anything may be tried after a failure; else the task ends at once."""
    return failure in RULES


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much recovery a task may use."""

    retries_per_step: int = 4
    retries_per_task: int = 8
    time_s: float = 300.0  # robot time for the whole task [s]


@dataclass(frozen=True, kw_only=True)
class Cure:
    """How to go on."""

    remedy: Remedy
    text: str


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """Why there is no going on."""

    text: str


class Recovery:
    """Chooses the remedy for each failure of one task and keeps count."""

    def __init__(self, budget: Budget, retries: int | None = None) -> None:
        """Begin with the whole budget; `retries` replaces that of the task."""
        self._budget = budget
        self._per_task = budget.retries_per_task if retries is None else retries
        self.used: Counter[tuple[int, Failure, Remedy]] = Counter()

    def restore(self, used: Sequence[tuple[int, str, str, int]]) -> None:
        """Take over what was used before: step, failure, remedy and count of each."""
        counts = {
            (int(step), Failure(failure), Remedy[remedy]): int(count)
            for step, failure, remedy, count in used
        }
        self.used = Counter(counts)

    def after(
        self, index: int, item: Step | Achieve, failed: Failed, *, other_hand: bool
    ) -> Cure | GiveUp:
        """Return what follows a failure, and count it.

        Args:
            index: of the step in the task.
            item: the step.
            failed: what went wrong.
            other_hand: whether another hand may be used.
        """
        if not recoverable(failed.failure):
            return GiveUp(text=f"{failed.failure.value} is never retried")
        of_step = sum(n for (step, _, _), n in self.used.items() if step == index)
        per_step = item.retries
        if per_step is None:
            per_step = self._budget.retries_per_step
        if of_step >= per_step:
            return GiveUp(text=f"retries of this step used up ({per_step})")
        if self.used.total() >= self._per_task:
            return GiveUp(text=f"retries of this task used up ({self._per_task})")
        for rule in self._rules(failed):
            key = (index, failed.failure, rule.remedy)
            if rule.remedy is Remedy.OTHER_HAND and not other_hand:
                continue
            if self.used[key] < rule.at_most:
                self.used[key] += 1
                return Cure(
                    remedy=rule.remedy,
                    text=(
                        f"recovery {self.used[key]} of {rule.at_most} for "
                        f"{failed.failure.value}: {rule.remedy.value}"
                    ),
                )
        return GiveUp(text=f"remedies for {failed.failure.value} used up")

    def _rules(self, failed: Failed) -> tuple[Rule, ...]:
        if failed.about is not None and failed.about.name == BEYOND_REACH:
            return _ASK_ONLY
        skill = failed.step.skill if failed.step else None
        return tuple(
            rule
            for rule in RULES[failed.failure]
            if not rule.skills or skill is None or skill in rule.skills
        )
