"""Judge from the physics, not from the policies, whether a task was really done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.claims import Claim, claims_of
from app.truth import Truth
from planners.task import Achieve, Step, Task

LATE = 1e-6  # rounding of times that are sums of ticks [s]
AFTERWARDS = Step(skill="balance", args={"duration_s": 0.0})
Kept = Sequence[Step | Achieve]  # what the planner says was done so far


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


@dataclass(kw_only=True)
class _Watch:
    """One claim under observation."""

    claim: Claim
    since: float | None = None  # when it became true for good, so far [s]
    wrong: str = field(default="it was never looked at")

    def look(self, truth: Truth) -> None:
        wrong = self.claim.shortfall(truth)
        if wrong is not None:
            self.since, self.wrong = None, wrong
        elif self.since is None:
            self.since = truth.state.time


class Judge:
    """Watches every tick; at the end each claim must have held long enough.

    What is claimed follows from what the planner says was done: a step that a
    condition ruled out claims nothing.
    """

    def __init__(self, task: Task, start: Truth) -> None:
        """Take the task and the world before it."""
        self._start = start
        self._watches: dict[str, _Watch] = {}
        for leaf in task.leaves:  # whatever may be claimed is watched from now on
            self._claim((leaf,))
            self._claim((leaf, AFTERWARDS))
        self._kept: tuple[Step | Achieve, ...] | None = None
        self._claimed: tuple[str, ...] = ()
        self._now = start.state.time

    def watch(self, truth: Truth, kept: Kept) -> None:
        """Look at one more tick."""
        self._now = truth.state.time
        if tuple(kept) != self._kept:
            self._kept = tuple(kept)
            self._claim(self._kept)
        for watch in self._watches.values():
            watch.look(truth)

    def judgement(self) -> Judgement:
        """Return the verdict about the world as it is now."""
        if self._kept is None:
            return Judgement(
                verdict=Verdict.CONTRADICTS, reason="it was never looked at"
            )
        claimed = [self._watches[text] for text in self._claimed]
        for watch in claimed:
            wrong = self._unproven(watch)
            if wrong is not None:
                return Judgement(verdict=Verdict.CONTRADICTS, reason=wrong)
        text = "; ".join(watch.claim.text for watch in claimed)
        return Judgement(verdict=Verdict.AGREES, reason=text)

    def _claim(self, kept: Kept) -> None:
        claims = {claim.text: claim for claim in claims_of(kept, self._start)}
        self._claimed = tuple(claims)
        for text, claim in claims.items():
            self._watches.setdefault(text, _Watch(claim=claim))

    def _unproven(self, watch: _Watch) -> str | None:
        if watch.since is None:
            return watch.wrong
        lasted = self._now - watch.since
        if lasted < watch.claim.lasting_s - LATE:
            return (
                f"'{watch.claim.text}' has been true for {lasted:.2f} of "
                f"{watch.claim.lasting_s:g} s; before, {watch.wrong}"
            )
        return None
