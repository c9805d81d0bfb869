"""The file of measured skills: its schema, how it is read and how it is written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from configs.loader import CONFIG_DIR, ConfigError, parse
from configs.schema import Config
from skills.selector.words import FACTS, SUCCESS

FORMAT = 1
MODEL_FILE = CONFIG_DIR / "models" / "skills.json"  # that which ships
Z95 = 1.959964  # two-sided 95 % quantile of the normal distribution

Beginning = tuple[str, frozenset[str]]  # kind of an episode, and the facts at its start


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One execution of a skill."""

    kind: str  # of the subject: `on` or `at`
    choice: str
    before: frozenset[str]  # facts
    again: bool  # whether it had failed here before; see `History.failures`
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

    @property
    def samples(self) -> list[Sample]:
        """Every execution."""
        return [s for situation in self.situations for s in _samples(situation)]

    @property
    def beginnings(self) -> list[Beginning]:
        """How every episode began."""
        return [
            (start.kind, frozenset(start.facts))
            for start in self.starts
            for _ in range(start.count)
        ]


def read_model_file(path: Path) -> ModelFile:
    """Read and check a file.

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
    return parse(ModelFile, data, str(path))


def text_of(
    source: Source,
    episodes: int,
    samples: Sequence[Sample],
    beginnings: Mapping[Beginning, int],
) -> str:
    """Return the text of a file: one line for each start and each situation."""
    head = {
        "format": FORMAT,
        "source": source.model_dump(),
        "episodes": episodes,
        "executions": len(samples),
    }
    starts = [
        {"kind": kind, "facts": _listed(facts), "count": count}
        for (kind, facts), count in sorted(beginnings.items(), key=_start_order)
    ]
    lines = [f"  {json.dumps(key)}: {json.dumps(head[key])}," for key in head]
    lines += [f'  "starts": {_rows(starts)},']
    lines += [f'  "situations": {_rows(situations(samples))}']
    return "\n".join(["{", *lines, "}"]) + "\n"


def situations(executions: Iterable[Sample]) -> list[dict[str, Any]]:
    """Return the executions, summed up by choice and facts."""
    groups: dict[Any, list[Sample]] = defaultdict(list)
    for s in executions:
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


def _start_order(item: tuple[Beginning, int]) -> tuple[str, list[str]]:
    (kind, facts), _ = item
    return kind, sorted(facts)


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    text = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return f"[\n{text}\n  ]" if rows else "[]"
