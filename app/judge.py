"""Judge from the physics, not from the policies, whether a task was really done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.claims import Claim, claims_of
from app.truth import Truth
from planners.task import Task

LATE = 1e-6  # rounding of times that are sums of ticks [s]


class Verdict(str, Enum):
    """What the judge makes of a task that the planner calls done."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict and the measurements behind it."""

    verdict: Verdict
    reason: str


NO_PHYSICS = Judgement(
    verdict=Verdict.NOT_JUDGED, reason="there is no physics to judge by"
)


class Judge:
    """Watches every tick; at the end each claim must have held long enough."""

    def __init__(self, task: Task, start: Truth) -> None:
        """Take the task and the world before it."""
        self._claims = claims_of(task, start)
        self._since: list[float | None] = [None] * len(self._claims)
        self._wrong = ["it was never looked at"] * len(self._claims)
        self._now = start.state.time

    def watch(self, truth: Truth) -> None:
        """Look at one more tick."""
        self._now = truth.state.time
        for i, claim in enumerate(self._claims):
            wrong = claim.shortfall(truth)
            if wrong is not None:
                self._since[i], self._wrong[i] = None, wrong
            elif self._since[i] is None:
                self._since[i] = self._now

    def judgement(self) -> Judgement:
        """Return the verdict about the world as it is now."""
        for i, claim in enumerate(self._claims):
            wrong = self._unproven(i, claim)
            if wrong is not None:
                return Judgement(verdict=Verdict.CONTRADICTS, reason=wrong)
        text = "; ".join(claim.text for claim in self._claims)
        return Judgement(verdict=Verdict.AGREES, reason=text)

    def _unproven(self, i: int, claim: Claim) -> str | None:
        since = self._since[i]
        if since is None:
            return self._wrong[i]
        lasted = self._now - since
        if lasted < claim.lasting_s - LATE:
            return (
                f"'{claim.text}' has been true for {lasted:.2f} of "
                f"{claim.lasting_s:g} s; before, {self._wrong[i]}"
            )
        return None
