"""Try skills in varied order on a robot, and note what each execution came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from py_trees.common import Status

from app.control_loop import FAILURE_OF, Assembly
from planners.behaviours import RunSkill
from planners.conditions import Now
from planners.recovery import recoverable
from planners.task import Step
from sim2real.robot import BackendError
from skills.contract import Failure, Snapshot
from skills.selector.model_file import Sample
from skills.selector.observation import History
from skills.selector.situation import facts_of
from skills.selector.words import REFUSED, SUCCESS, Subject

MOST_TRIED = 10  # executions in one episode
AT_RANDOM = 0.35  # share of choices that are random among those that could begin
ABOUT_PLACES = 0.15  # share of episodes that are about walking to a place only
SETTLE_S = 0.5  # the robot stands before the first choice


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One episode: what was so at its start, and the executions."""

    kind: str
    start: frozenset[str]
    samples: tuple[Sample, ...]


class SkillTrials:
    """Runs episodes of skills, through the runner and the leaf that a tree uses."""

    def __init__(
        self, parts: Assembly, *, at_random: float = AT_RANDOM, most: int = MOST_TRIED
    ) -> None:
        """Take the robot.

        Args:
            parts: the robot, its skills and its safety filter.
            at_random: share of choices that are random.
            most: executions in one episode.
        """
        self._parts = parts
        self._at_random = at_random
        self._most = most
        self._snapshot: Snapshot
        self._fatal: Failure | None = None

    def episode(self, seed: int) -> Trial:
        """Run one episode; the same seed gives the same one."""
        rng = np.random.default_rng([seed, 5])
        self._reset(seed)
        self._advance(SETTLE_S)
        subject = self._subject(rng)
        start = self._facts(subject)
        samples: list[Sample] = []
        while len(samples) < self._most and self._fatal is None:
            sample = self._execute(subject, samples, rng)
            if sample is None:
                break
            samples.append(sample)
        kind = subject.kind
        return Trial(kind=kind, start=start, samples=tuple(samples))

    def _execute(
        self, subject: Subject, samples: Sequence[Sample], rng: np.random.Generator
    ) -> Sample | None:
        facts = self._facts(subject)
        choice = self._choose(subject, facts, rng)
        if choice is None:
            return None
        history = History()
        for one in samples:
            history = history.then(one.choice, one.outcome)
        begun = self._snapshot.time
        outcome = self._run(subject, choice)
        after = self._facts(subject)
        return Sample(
            kind=subject.kind,
            choice=choice,
            before=facts,
            again=history.failures(choice) > 0,
            outcome=outcome,
            after=after,
            seconds=self._snapshot.time - begun,
        )

    def _subject(self, rng: np.random.Generator) -> Subject:
        """Draw what an episode is about: a loose object and furniture, or that only."""
        things = sorted(self._snapshot.objects.values(), key=lambda thing: thing.name)
        loose = [thing.name for thing in things if thing.kind == "cup"]
        places = [thing.name for thing in things if not thing.movable]
        place = str(rng.choice(places))
        if not loose or rng.random() < ABOUT_PLACES:
            return Subject(kind="at", place=place)
        name = str(rng.choice(loose))
        subject = Subject(kind="on", object=name, place=place)
        if "on_place" in self._facts(subject) and len(places) > 1:
            # It is there already; somewhere else there is more to do.
            place = str(rng.choice([other for other in places if other != place]))
            subject = replace(subject, place=place)
        return subject

    def _choose(
        self, subject: Subject, facts: frozenset[str], rng: np.random.Generator
    ) -> str | None:
        """Return what to do next: most often what leads on; None at the end."""
        possible = [c for c in subject.choices if not subject.unmet(c, facts)]
        if not possible:
            return None
        if rng.random() < self._at_random:
            return str(rng.choice(possible))
        sensible = _sensible(subject, facts)
        if sensible is None:
            return None if rng.random() < 0.5 else str(rng.choice(possible))
        return sensible if sensible in possible else str(rng.choice(possible))

    def _facts(self, subject: Subject) -> frozenset[str]:
        return facts_of(subject, self._parts.runner, self._snapshot)

    # --- the robot ------------------------------------------------------------------

    def _run(self, subject: Subject, choice: str) -> str:
        """Run a choice to its end and return how it ended."""
        goal = subject.goal(choice)
        now = Now(self._snapshot)
        leaf = RunSkill(Step(skill=goal.skill, args=goal.args), self._parts.runner, now)
        leaf.tick_once()
        if leaf.status == Status.FAILURE:
            return REFUSED
        while leaf.status == Status.RUNNING and self._fatal is None:
            self._advance(self._parts.planner_every * self._parts.backend.control_dt)
            now.snapshot = self._snapshot
            leaf.tick_once()
        if self._fatal is not None:
            leaf.stop(Status.INVALID)
            return self._fatal.value
        if leaf.failed is None:
            return SUCCESS
        if not recoverable(leaf.failed.failure):
            self._fatal = leaf.failed.failure
        return leaf.failed.failure.value

    def _reset(self, seed: int) -> None:
        parts = self._parts
        state = parts.backend.reset(seed)
        parts.runner.reset()
        parts.safety.reset()
        self._fatal = None
        self._snapshot = Snapshot(state=state, objects=parts.backend.objects())

    def _advance(self, seconds: float) -> None:
        """Let robot time pass."""
        parts = self._parts
        end = self._snapshot.time + seconds - 1e-9
        while self._snapshot.time < end and self._fatal is None:
            command = parts.runner.step(self._snapshot)
            command = parts.safety.filter(command, self._snapshot.state)
            if parts.safety.tripped is not None:
                kind = parts.safety.tripped.kind
                self._fatal = FAILURE_OF.get(kind, Failure.HARDWARE)
                return
            try:
                state = parts.backend.step(command)
            except BackendError:
                self._fatal = Failure.HARDWARE
                return
            self._snapshot = Snapshot(
                state=state,
                objects=parts.backend.objects(),
                commanded=command.joint_pos,
            )


def _sensible(subject: Subject, facts: frozenset[str]) -> str | None:
    """Return the choice that leads on, or None where the goal is reached."""
    if subject.kind == "at":
        return None if "at_place" in facts else "go"
    if "holding" in facts:
        return "place" if "spot_in_reach" in facts else "carry"
    if "on_place" in facts:
        return None
    return "grasp" if "in_reach" in facts else "approach"
