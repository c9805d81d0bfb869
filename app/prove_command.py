"""Carry out `praxis prove`: the same robots and seeds for every stage, resumable."""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from app.prove_measures import MEASURES, OF_LEGS, TASKS, Result, task
from app.prove_report import against_nominal, draw, key_of, summary, table
from app.prove_stages import (
    STAGES,
    Ingredients,
    Method,
    Missing,
    drawn_robot,
    method_of,
    what_it_uses,
)
from app.report import check_writable
from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from skills.library import POLICY_DIR

FORMAT = 1
FIRST_EPISODE = 500  # seeds of scenes, apart from those of robots


@dataclass(frozen=True, kw_only=True)
class ProveOptions:
    """What is to be measured."""

    robots: int
    seed: int
    stages: tuple[str, ...]
    measures: tuple[str, ...]
    episodes: int
    heavy_cup: bool
    weak: float | None
    ingredients: Ingredients

    @classmethod
    def of(
        cls,
        *,
        robots: int,
        seed: int,
        stages: str | None,
        measures: str | None,
        episodes: int,
        identified: Path | None,
        randomised: Path | None,
        heavy_cup: bool,
        weak: float | None,
        policies: Path | None,
    ) -> ProveOptions:
        """Check what was asked for.

        Raises:
            ConfigError: for a number below 1, an unknown word, or a folder that is
                not there.
        """
        for name, value in (("--robots", robots), ("--episodes", episodes)):
            if value < 1:
                raise ConfigError(f"{name} {value}: expected 1 or more.")
        if seed < 0:
            raise ConfigError(f"--seed {seed}: expected 0 or more.")
        for option, folder in (
            ("--identified", identified),
            ("--randomised", randomised),
            ("--policies", policies),
        ):
            if folder is not None and not folder.is_dir():
                raise ConfigError(f"{option} {folder}: there is no such folder.")
        return cls(
            robots=robots,
            seed=seed,
            stages=_words("--stages", stages, STAGES),
            measures=_words("--measures", measures, MEASURES),
            episodes=episodes,
            heavy_cup=heavy_cup,
            weak=weak,
            ingredients=Ingredients(
                policies=policies, randomised=randomised, identified=identified
            ),
        )

    def head(self) -> dict[str, Any]:
        """Return what has to be the same for measurements to go together."""
        used = self.ingredients
        return {
            "format": FORMAT,
            "heavy_cup": self.heavy_cup,
            "weak": self.weak,
            "policies": str(used.policies or POLICY_DIR.name),
            "randomised": str(used.randomised) if used.randomised else None,
            "identified": str(used.identified) if used.identified else None,
        }


def _words(option: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if text is None:
        return known
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise ConfigError(
            f"{option} {text}: expected some of {','.join(known)}, separated by commas."
        )
    return tuple(word for word in known if word in words)


def prove(
    options: ProveOptions,
    console: Console,
    *,
    json: Path | None,
    plot: Path | None,
) -> bool:
    """Measure what is not in the JSON file yet, and show everything.

    Args:
        options: what to measure.
        console: for progress and the table.
        json: where measurements are kept; one that exists is continued.
        plot: a picture (.png).

    Returns:
        whether every stage could be measured wholly.

    Raises:
        ConfigError: if a file cannot be used.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    if plot is not None:
        check_writable(plot)
        if plot.suffix != ".png":
            raise ConfigError(f"--plot {plot}: expected a name ending in .png.")
    records = _read(json, options)
    robot = load_robot()
    for stage in options.stages:
        console.print(
            f"{stage}: {what_it_uses(stage, options.ingredients)}", highlight=False
        )
    missing: dict[str, str] = {}
    complete = True
    try:
        for key, result in _measure(options, robot, records, missing, console):
            records[key] = result
            _write(json, options, records)
    except KeyboardInterrupt:
        complete = False
        kept = f"; go on with --json {json}" if json else ""
        console.print(f"interrupted{kept}", style="yellow", highlight=False)
    figures = summary(_asked(records, options), options.stages)
    _write(json, options, records, figures)
    console.print(table(figures, missing))
    for line in against_nominal(figures):
        console.print(line, highlight=False)
    for stage, reason in missing.items():
        console.print(f"{stage}: {reason}", style="yellow", highlight=False)
    if plot is not None:
        draw(figures, plot)
        console.print(f"picture: {plot}", highlight=False)
    return complete and not missing


def _asked(records: dict[str, Result], options: ProveOptions) -> dict[str, Result]:
    """Return the measurements that belong to what was asked for."""
    robots = range(options.seed, options.seed + options.robots)
    found = {}
    for key, record in records.items():
        stage, seed, measure, number = key.split("/")
        wanted = stage in options.stages and measure in options.measures
        if wanted and int(seed) in robots and int(number) < options.episodes:
            found[key] = record
    return found


def _measure(
    options: ProveOptions,
    robot: RobotConfig,
    records: dict[str, Result],
    missing: dict[str, str],
    console: Console,
) -> Iterator[tuple[str, Result]]:
    """Yield measurements that are missing: robot by robot, all stages of each."""
    for place in range(options.robots):
        seed = options.seed + place
        parameters = drawn_robot(robot, seed, options.weak)
        for stage in options.stages:
            method = method_of(stage, robot, seed, options.ingredients)
            if isinstance(method, Missing):
                missing.setdefault(stage, method.reason)
                continue
            for measure, number in _wanted(options):
                key = key_of(stage, seed, measure, number)
                if key in records:
                    continue
                result = _one(measure, number, robot, parameters, method, seed, options)
                told = ", ".join(f"{k} {v}" for k, v in result.items())
                console.print(
                    f"robot {place + 1} of {options.robots}, {stage}, {measure}"
                    f"{f' {number + 1}' if measure in TASKS else ''}: {told}",
                    highlight=False,
                )
                yield key, result


def _wanted(options: ProveOptions) -> Iterator[tuple[str, int]]:
    for measure in options.measures:
        for number in range(options.episodes if measure in TASKS else 1):
            yield measure, number


def _one(
    measure: str,
    number: int,
    robot: RobotConfig,
    parameters: Any,
    method: Method,
    seed: int,
    options: ProveOptions,
) -> Result:
    if measure in OF_LEGS:
        return OF_LEGS[measure](robot, parameters, method, seed)
    return task(
        measure,
        robot,
        parameters,
        method,
        FIRST_EPISODE + 100 * seed + number,
        heavy_cup=options.heavy_cup,
    )


def _read(path: Path | None, options: ProveOptions) -> dict[str, Result]:
    if path is None or not path.exists():
        if path is not None:
            check_writable(path)
        return {}
    try:
        data = json_text.loads(path.read_text(encoding="utf-8"))
        records: dict[str, Result] = data["records"]
        head = data["head"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"--json {path}: it is there and holds no measurements ({error}). Name "
            "another file."
        ) from None
    for key, value in options.head().items():
        if head.get(key) != value:
            raise ConfigError(
                f"--json {path} was measured with {key} {head.get(key)}, not {value}. "
                "Name another file."
            )
    return records


def _write(
    path: Path | None,
    options: ProveOptions,
    records: dict[str, Result],
    figures: Any = None,
) -> None:
    if path is None:
        return
    data = {"head": options.head(), "records": records}
    if figures is not None:
        data["figures"] = figures
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json_text.dumps(data, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)
