"""Carry out `praxis identify check`: hidden robots, identified and then unveiled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from app.identify_command import record_excitation, run_fit
from app.report import check_writable, versions
from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.identification.fit import Finding
from sim2real.identification.identify import Identified
from sim2real.identification.log_checks import read_source
from sim2real.identification.outcome import identified_robot
from sim2real.identification.parts import link_mass
from sim2real.identification.unknowns import Unknown, value_of
from sim2real.identified import save_identified
from sim2real.randomization import hidden_robot
from sim2real.robot_parameters import TRUNK, RobotParameters

JUDGED = {
    "armature_scale": 0.1,
    "damping_add": 0.02,
    "friction_loss_add": 0.02,
    "strength": 0.1,
    "payload": 0.02,
    "base_mass_add": 0.2,
}
"""Fields whose errors count as shares of the truth, and the least truth that they are
taken of; one that is smaller counts by whether it is inside its interval only."""
DELAY = "command_delay_s"
MUST = {"error": 0.10, "delay_s": 0.002, "coverage": 0.90, "ratio": 2.0}
AIM = {"error": 0.05, "delay_s": 0.001, "coverage": 0.95, "ratio": 5.0}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One parameter of one hidden robot, after the fit."""

    robot: int  # its seed
    field: str
    key: str
    truth: float
    finding: Finding

    @property
    def inside(self) -> bool:
        """Whether the truth is in the 95 % interval."""
        low, high = self.finding.interval
        return low <= self.truth <= high

    @property
    def error(self) -> float:
        """From the truth."""
        return abs(self.finding.value - self.truth)


SIZES = (1.0, 0.7, 0.5)  # of the swings, until no joint strains


def check_identification(
    console: Console,
    *,
    robot: str,
    robots: int,
    seed: int,
    out: Path | None,
    files: Path | None = None,
) -> dict[str, Any]:
    """Record, fit and only then unveil hidden robots; print and write the figures.

    Args:
        console: for progress and table.
        robot: name or file.
        robots: how many.
        seed: of the first; the others follow.
        out: JSON file; written after each robot.
        files: folder for what was identified, `hidden_SEED.yaml` each.

    Raises:
        ConfigError: if there are none, or a file cannot be written.
    """
    if robots < 1:
        raise ConfigError(f"--robots {robots}: expected 1 or more.")
    if out is not None:
        check_writable(out)
    config = load_robot(robot)
    rows: list[Row] = []
    ratios: dict[int, tuple[float, float]] = {}
    seconds: list[float] = []
    figures: dict[str, Any] = {}
    for one in range(seed, seed + robots):
        begun = perf_counter()
        outcome = _identified(console, config, robot, one)
        seconds.append(perf_counter() - begun)
        if files is not None:
            name = f"hidden_{one}"
            found = identified_robot(config, outcome, source=f"{name}.mcap")
            save_identified(files / f"{name}.yaml", found)
        rows += unveiled(config, one, outcome.findings)
        ratios[one] = errors = outcome.errors()
        figures = figures_of(rows, ratios, seconds)
        console.print(_line(one, rows, errors, seconds[-1]), highlight=False)
        if out is not None:
            out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(_table(figures))
    return figures


def _identified(
    console: Console, config: RobotConfig, robot: str, seed: int
) -> Identified:
    """Identify a hidden robot from what it does alone."""
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


def unveiled(
    robot: RobotConfig, seed: int, findings: Mapping[Unknown, Finding]
) -> list[Row]:
    """Return what was found beside the truth of a hidden robot."""
    truth = hidden_robot(robot, seed)
    return [
        Row(
            robot=seed,
            field=one.field,
            key=one.key,
            truth=true_value(robot, truth, one),
            finding=finding,
        )
        for one, finding in findings.items()
    ]


def true_value(robot: RobotConfig, truth: RobotParameters, one: Unknown) -> float:
    """Return the true value of an unknown.

    A log tells only how late a reading is after a command: the delay of the command and
    of the reading together, and the mean of the jitter of both.
    """
    value = value_of(robot, truth, one)
    if one.field == DELAY:
        value += truth.observation_delay_s + truth.jitter_s
    if one.field == "base_mass_add":
        trunk = link_mass(robot, TRUNK)
        value += (truth.link_mass_scale.get(TRUNK, 1.0) - 1.0) * trunk
    return value


def figures_of(
    rows: Sequence[Row],
    ratios: Mapping[int, tuple[float, float]],
    seconds: Sequence[float],
) -> dict[str, Any]:
    """Return everything that is measured, as data that JSON can hold."""
    counted = [row for row in rows if row.field in (*JUDGED, DELAY)]
    told = [row for row in counted if row.finding.identifiable]
    shares = [row.error / abs(row.truth) for row in told if _is_share(row)]
    delays = [row.error for row in told if row.field == DELAY]
    nominal, identified = np.sqrt(np.mean(np.square(list(ratios.values())), axis=0))
    overall = {
        "median_error": _median(shares),
        "median_delay_error_s": _median(delays),
        "coverage": float(np.mean([row.inside for row in told])) if told else 0.0,
        "prediction_ratio": float(nominal / identified),
        "held_out_error_nominal_rad": float(nominal),
        "held_out_error_identified_rad": float(identified),
        "identifiable_share": len(told) / max(len(counted), 1),
    }
    fields: dict[str, Any] = {}
    for field in dict.fromkeys(row.field for row in rows):
        own = [row for row in rows if row.field == field]
        good = [row for row in own if row.finding.identifiable]
        fields[field] = {
            "count": len(own),
            "identifiable": len(good),
            "median_absolute_error": _median([row.error for row in good]),
            "median_relative_error": _median(
                [row.error / abs(row.truth) for row in good if _is_share(row)]
            ),
            "coverage": float(np.mean([row.inside for row in good])) if good else None,
        }
    return {
        "robots": sorted(ratios),
        "overall": overall,
        "must": MUST,
        "aim": AIM,
        "fields": fields,
        "prediction_ratio_of_each": {
            str(seed): float(a / b) for seed, (a, b) in ratios.items()
        },
        "seconds_of_each": [round(s, 1) for s in seconds],
        "versions": versions(),
        "rows": [
            {
                "robot": row.robot,
                "field": row.field,
                "key": row.key,
                "truth": row.truth,
                "value": row.finding.value,
                "deviation": row.finding.deviation,
                "reason": row.finding.reason,
            }
            for row in rows
        ],
    }


def _is_share(row: Row) -> bool:
    return row.field in JUDGED and abs(row.truth) >= JUDGED[row.field]


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _line(
    seed: int, rows: Sequence[Row], errors: tuple[float, float], seconds: float
) -> str:
    own = [r for r in rows if r.robot == seed and r.field in (*JUDGED, DELAY)]
    told = [row for row in own if row.finding.identifiable]
    inside = sum(row.inside for row in told)
    return (
        f"hidden:{seed}: {inside} of {len(told)} inside their intervals, held-out "
        f"error {errors[0] / errors[1]:.1f} times less, {seconds:.0f} s"
    )


def _table(figures: Mapping[str, Any]) -> Table:
    count = len(figures["robots"])
    table = Table(title=f"identification of {count} hidden robots")
    for column in ("what", "measured", "must", "aim"):
        table.add_column(column, justify="left" if column == "what" else "right")
    overall = figures["overall"]
    rows = (
        ("median error of parameters", overall["median_error"], "error", "{:.1%}"),
        (
            "median error of delays",
            1e3 * (overall["median_delay_error_s"] or 0.0),
            "delay_s",
            "{:.2f} ms",
        ),
        ("truth inside the 95 % interval", overall["coverage"], "coverage", "{:.1%}"),
        (
            "held-out error, nominal / identified",
            overall["prediction_ratio"],
            "ratio",
            "{:.1f}",
        ),
    )
    for what, value, name, form in rows:
        scale = 1e3 if name == "delay_s" else 1.0
        measured = form.format(value) if value is not None else "none"
        table.add_row(
            what,
            measured,
            form.format(scale * MUST[name]),
            form.format(scale * AIM[name]),
        )
    return table
