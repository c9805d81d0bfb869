"""A semi-Markov model of the skills: what followed a choice, how often, how long."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.loader import ConfigError
from skills.selector.model_file import (
    Beginning,
    Sample,
    Source,
    read_model_file,
    text_of,
)
from skills.selector.words import RELEVANT

ENOUGH = 5  # measurements of one situation that are used without those of others


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happens next, as drawn from the model."""

    outcome: str
    after: frozenset[str]
    seconds: float


class SkillModel:
    """Measurements of the skills, to be added to and to be drawn from.

    Attributes:
        source: what was measured.
        episodes: how many.
        samples: every execution.
    """

    def __init__(
        self,
        source: Source,
        *,
        episodes: int = 0,
        samples: Iterable[Sample] = (),
        starts: Iterable[Beginning] = (),
    ) -> None:
        """Begin with what was measured before, if anything."""
        self.source = source
        self.episodes = episodes
        self.samples: list[Sample] = list(samples)
        self._starts = Counter(starts)
        # Sorted by goal, choice and facts once; drawing has to be fast.
        self._pools: dict[str, dict[str, list[Sample]]] = {}
        self._alike: dict[tuple[str, str, frozenset[str], bool], list[Sample]] = {}

    def add(self, start: Beginning, samples: Iterable[Sample]) -> None:
        """Take one more episode: kind and facts at its start, and its executions."""
        self.episodes += 1
        self._starts[start] += 1
        self.samples += samples
        self._pools.clear()
        self._alike.clear()

    # --- drawing --------------------------------------------------------------------

    def starts(self, goal: str) -> list[tuple[frozenset[str], int]]:
        """Return the facts with which episodes began, for a kind of goal."""
        counts: Counter[frozenset[str]] = Counter()
        for (kind, facts), count in self._starts.items():
            if kind == _measured_as(goal):
                counts[_relevant(goal, facts)] += count
        return sorted(counts.items(), key=lambda item: sorted(item[0]))

    def known(self, goal: str) -> list[frozenset[str]]:
        """Return the facts among which something was measured."""
        pools = self._pool(goal).values()
        found = {sample.before for pool in pools for sample in pool}
        return sorted(found, key=sorted)

    def measured(self, goal: str, choice: str) -> bool:
        """Whether a choice was ever carried out for such a goal."""
        return choice in self._pool(goal)

    def draw(
        self,
        goal: str,
        choice: str,
        facts: frozenset[str],
        rng: np.random.Generator,
        *,
        again: bool,
    ) -> Outcome:
        """Return what follows a choice.

        Executions among the very same facts are drawn from, also those after a
        failure apart, if there are enough of them; else what changed among the most
        similar facts is taken for what changes here.

        Raises:
            ConfigError: if the choice was never measured.
        """
        key = (goal, choice, facts, again)
        if key not in self._alike:
            self._alike[key] = self._comparable(*key)
        pool = self._alike[key]
        drawn = pool[int(rng.integers(len(pool)))]
        changed = drawn.before ^ drawn.after
        return Outcome(
            outcome=drawn.outcome, after=facts ^ changed, seconds=drawn.seconds
        )

    def _comparable(
        self, goal: str, choice: str, facts: frozenset[str], again: bool
    ) -> list[Sample]:
        """Return the executions that tell what follows a choice."""
        pool = self._pool(goal).get(choice, [])
        if not pool:
            raise ConfigError(
                f"the model of the skills holds no execution of '{choice}'; measure "
                "more episodes: praxis model skills"
            )
        same = [sample for sample in pool if sample.before == facts]
        likely = [sample for sample in same if sample.again == again]
        for enough in (likely, same):
            if len(enough) >= ENOUGH:
                return enough
        return _most_similar(pool, facts)

    def _pool(self, goal: str) -> dict[str, list[Sample]]:
        """Return the executions by choice, with the facts that matter to a goal."""
        if goal not in self._pools:
            pool: dict[str, list[Sample]] = defaultdict(list)
            for sample in self.samples:
                if sample.kind == _measured_as(goal):
                    pool[sample.choice].append(
                        Sample(
                            kind=sample.kind,
                            choice=sample.choice,
                            before=_relevant(goal, sample.before),
                            again=sample.again,
                            outcome=sample.outcome,
                            after=_relevant(goal, sample.after),
                            seconds=sample.seconds,
                        )
                    )
            self._pools[goal] = dict(pool)
        return self._pools[goal]

    # --- the file -------------------------------------------------------------------

    @classmethod
    def read(cls, path: Path) -> SkillModel:
        """Read a model.

        Raises:
            ConfigError: if it is missing or does not follow the schema.
        """
        file = read_model_file(path)
        return cls(
            file.source,
            episodes=file.episodes,
            samples=file.samples,
            starts=file.beginnings,
        )

    def write(self, path: Path) -> None:
        """Write the model; an interruption leaves the old file whole."""
        text = text_of(self.source, self.episodes, self.samples, self._starts)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)


def _measured_as(goal: str) -> str:
    """Return the kind of episodes that tell about a goal.

    Holding an object is on the way to putting it somewhere.
    """
    return "at" if goal == "at" else "on"


def _relevant(goal: str, facts: frozenset[str]) -> frozenset[str]:
    return facts & frozenset(RELEVANT[goal])


def _most_similar(pool: Sequence[Sample], facts: frozenset[str]) -> list[Sample]:
    """Return executions among the facts that differ least, at least a few of them."""
    by_distance: dict[int, list[Sample]] = defaultdict(list)
    for sample in pool:
        by_distance[len(sample.before ^ facts)].append(sample)
    found: list[Sample] = []
    for distance in sorted(by_distance):
        found += by_distance[distance]
        if len(found) >= ENOUGH:
            break
    return found
