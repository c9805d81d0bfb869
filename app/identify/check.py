"""Carry out `praxis identify check`: hidden robots, identified and then unveiled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from rich.console import Console

from app.identify.figures import figures_of, line_of, table_of_figures
from app.identify.fit import run_fit
from app.identify.record import record_excitation
from app.identify.unveil import Row, unveiled
from app.processes import processes
from app.report import check_writable
from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.identification.fit import Finding
from sim2real.identification.identify import Identified
from sim2real.identification.log_checks import read_source
from sim2real.identification.outcome import identified_robot
from sim2real.identification.unknowns import Unknown
from sim2real.identified import IdentifiedRobot, save_identified

SIZES = (1.0, 0.7, 0.5)  # of the swings, until no joint strains


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came out of one hidden robot before anybody looked at the truth."""

    seed: int
    findings: Mapping[Unknown, Finding]
    errors: tuple[float, float]  # held-out, nominal and identified [rad]
    file: IdentifiedRobot
    seconds: float  # that it took


def check_identification(
    console: Console,
    *,
    robot: str,
    robots: int,
    seed: int,
    out: Path | None,
    files: Path | None = None,
    jobs: int = 1,
) -> dict[str, Any]:
    """Record, fit and only then unveil hidden robots; print and write the figures.

    Args:
        console: for progress and table.
        robot: name or file.
        robots: how many.
        seed: of the first; the others follow.
        out: JSON file; written after each robot.
        files: folder for what was identified, `hidden_SEED.yaml` each.
        jobs: how many robots at a time, each in a process of its own if more than one.

    Raises:
        ConfigError: if there are none, or a file cannot be written.
    """
    if robots < 1:
        raise ConfigError(f"--robots {robots}: expected 1 or more.")
    if jobs < 1:
        raise ConfigError(f"--jobs {jobs}: expected 1 or more.")
    if out is not None:
        check_writable(out)
    config = load_robot(robot)
    seeds = range(seed, seed + robots)
    found = (
        (identify_hidden(robot, one, console) for one in seeds)
        if jobs == 1
        else _at_once(partial(identify_hidden, robot), seeds, jobs)
    )
    rows: list[Row] = []
    ratios: dict[int, tuple[float, float]] = {}
    seconds: list[float] = []
    figures: dict[str, Any] = {}
    for one in found:
        if files is not None:
            save_identified(files / f"hidden_{one.seed}.yaml", one.file)
        rows += unveiled(config, one.seed, one.findings)
        ratios[one.seed] = one.errors
        seconds.append(one.seconds)
        figures = figures_of(rows, ratios, seconds)
        line = line_of(one.seed, rows, one.errors, one.seconds)
        console.print(line, highlight=False)
        if out is not None:
            out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(table_of_figures(figures))
    return figures


def _at_once(
    identify: Callable[[int], Found], seeds: Iterable[int], jobs: int
) -> Iterator[Found]:
    with processes(jobs) as pool:
        yield from pool.map(identify, seeds)


def identify_hidden(robot: str, seed: int, console: Console | None = None) -> Found:
    """Identify a hidden robot from what it does alone.

    Args:
        robot: name or file.
        seed: of the hidden robot.
        console: for the progress; nothing is said without one.

    Raises:
        ConfigError: if its joints strain even in small swings.
    """
    begun = perf_counter()
    config = load_robot(robot)
    outcome = _identified(console or Console(file=StringIO()), config, robot, seed)
    return Found(
        seed=seed,
        findings=outcome.findings,
        errors=outcome.errors(),
        file=identified_robot(config, outcome, source=f"hidden_{seed}.mcap"),
        seconds=perf_counter() - begun,
    )


def _identified(
    console: Console, config: RobotConfig, robot: str, seed: int
) -> Identified:
    with TemporaryDirectory() as folder:
        log = Path(folder) / f"hidden_{seed}.mcap"
        for size in SIZES:
            ended = record_excitation(
                console,
                robot=robot,
                backend="mujoco",
                parameters=f"hidden:{seed}",
                groups=None,
                seed=seed,
                out=log,
                size=size,
            )
            if not ended.stopped:
                sources = [read_source(log, config)]
                return run_fit(console, config, sources, "limb", False)
            console.print(f"hidden:{seed}: {ended.stopped}", highlight=False)
            log.unlink()
    raise ConfigError(f"hidden:{seed} stopped the recording: {ended.stopped}.")
