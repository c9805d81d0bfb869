"""A semi-Markov model of the skills: what followed a choice, how often, how long."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from configs.loader import CONFIG_DIR, ConfigError, parse
from configs.schema import Config
from skills.selector.words import FACTS, RELEVANT, SUCCESS

FORMAT = 1
MODEL_FILE = CONFIG_DIR / "models" / "skills.json"  # that which ships
ENOUGH = 5  # measurements of one situation that are used without those of others
Z95 = 1.959964


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One execution of a skill."""

    kind: str  # of the subject: `on` or `at`
    choice: str
    before: frozenset[str]  # facts
    again: bool  # whether the same choice had just failed
    outcome: str
    after: frozenset[str]
    seconds: float  # robot time


class Source(Config):
    """What was measured: another robot, scene or policy makes another model."""

    robot: str
    revision: str
    scene: str
    backend: str
    seed: int  # of the first episode
    policies: dict[str, str]  # first digits of each file's SHA-256


class Result(Config):
    """One way in which executions ended."""

    outcome: str
    after: tuple[str, ...]
    seconds: tuple[float, ...]  # of each execution [s]


class Situation(Config):
    """All executions of one choice among the same facts."""

    kind: Literal["on", "at"]
    choice: str
    before: tuple[str, ...]
    again: bool
    count: int
    success: float
    ci95: tuple[float, float]  # of the success rate
    results: tuple[Result, ...]


class Start(Config):
    """How often episodes began with these facts."""

    kind: Literal["on", "at"]
    facts: tuple[str, ...]
    count: Annotated[int, Field(gt=0)]


class ModelFile(Config):
    """The file."""

    format: Literal[1]
    source: Source
    episodes: Annotated[int, Field(ge=0)]
    executions: Annotated[int, Field(ge=0)]
    starts: tuple[Start, ...]
    situations: tuple[Situation, ...]


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
        starts: Iterable[tuple[str, frozenset[str]]] = (),
    ) -> None:
        """Begin with what was measured before, if anything."""
        self.source = source
        self.episodes = episodes
        self.samples: list[Sample] = list(samples)
        self._starts = Counter(starts)
        # Sorted by goal, choice and facts once; drawing has to be fast.
        self._pools: dict[str, dict[str, list[Sample]]] = {}
        self._alike: dict[tuple[str, str, frozenset[str], bool], list[Sample]] = {}

    def add(self, start: tuple[str, frozenset[str]], samples: Iterable[Sample]) -> None:
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
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be read ({error.strerror}). Measure the skills: "
                "praxis model skills."
            ) from None
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}: is no JSON ({error}).") from None
        file = parse(ModelFile, data, str(path))
        return cls(
            file.source,
            episodes=file.episodes,
            samples=[s for situation in file.situations for s in _samples(situation)],
            starts=[
                (start.kind, frozenset(start.facts))
                for start in file.starts
                for _ in range(start.count)
            ],
        )

    def write(self, path: Path) -> None:
        """Write the model; an interruption leaves the old file whole."""
        partial = path.with_name(path.name + ".partial")
        partial.write_text(self.as_text(), encoding="utf-8")
        os.replace(partial, path)

    def as_text(self) -> str:
        """Return the file: one line for each situation."""
        head = {
            "format": FORMAT,
            "source": self.source.model_dump(),
            "episodes": self.episodes,
            "executions": len(self.samples),
        }
        starts = [
            {"kind": kind, "facts": _listed(facts), "count": count}
            for (kind, facts), count in sorted(self._starts.items(), key=_start_order)
        ]
        lines = [f"  {json.dumps(key)}: {json.dumps(head[key])}," for key in head]
        lines += [f'  "starts": {_rows(starts)},']
        lines += [f'  "situations": {_rows(self.situations())}']
        return "\n".join(["{", *lines, "}"]) + "\n"

    def situations(self) -> list[dict[str, Any]]:
        """Return the executions, summed up by choice and facts."""
        groups: dict[Any, list[Sample]] = defaultdict(list)
        for s in self.samples:
            key = (s.kind, s.choice, tuple(_listed(s.before)), s.again)
            groups[key].append(s)
        rows = []
        for (kind, choice, before, again), samples in sorted(groups.items()):
            good = sum(sample.outcome == SUCCESS for sample in samples)
            low, high = interval(good, len(samples))
            rows.append(
                {
                    "kind": kind,
                    "choice": choice,
                    "before": list(before),
                    "again": again,
                    "count": len(samples),
                    "success": round(good / len(samples), 3),
                    "ci95": [round(low, 3), round(high, 3)],
                    "results": _results(samples),
                }
            )
        return rows


def interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 1927)."""
    if trials == 0:
        return 0.0, 1.0
    rate, z2 = successes / trials, Z95**2
    middle = rate + z2 / (2 * trials)
    half = Z95 * sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    low, high = ((middle + side * half) / (1 + z2 / trials) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


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


def _samples(situation: Situation) -> list[Sample]:
    return [
        Sample(
            kind=situation.kind,
            choice=situation.choice,
            before=frozenset(situation.before),
            again=situation.again,
            outcome=result.outcome,
            after=frozenset(result.after),
            seconds=seconds,
        )
        for result in situation.results
        for seconds in result.seconds
    ]


def _results(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    groups: dict[Any, list[float]] = defaultdict(list)
    for sample in samples:
        key = (sample.outcome, tuple(_listed(sample.after)))
        groups[key].append(round(sample.seconds, 1))
    commonest = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {"outcome": outcome, "after": list(after), "seconds": sorted(seconds)}
        for (outcome, after), seconds in commonest
    ]


def _listed(facts: frozenset[str]) -> list[str]:
    return [fact for fact in FACTS if fact in facts]


def _start_order(item: tuple[tuple[str, frozenset[str]], int]) -> tuple[str, list[str]]:
    (kind, facts), _ = item
    return kind, sorted(facts)


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    text = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return f"[\n{text}\n  ]" if rows else "[]"
