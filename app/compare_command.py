"""Carry out `praxis compare`: the same policies on MuJoCo and on another engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.options import physics_option
from configs.loader import ConfigError, load_robot
from skills.training.cross_engine import score_engine

REFERENCE = "mujoco"


def compare_engines(
    backend: str,
    console: Console,
    *,
    robot: str,
    policies: Path | None = None,
    physics: str | None = None,
    output: Path | None = None,
) -> dict[str, Any]:
    """Measure walking, standing and pushes on both engines; print and return them.

    Args:
        backend: the other engine.
        console: for progress and the table.
        robot: name or file of the robot.
        policies: folder of the policies, if not those that ship.
        physics: of Isaac Lab: newton, newton-warp, physx.
        output: JSON file for the figures.

    Raises:
        ConfigError: if the engine does not exist, pretends, or is not installed.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    if backend == "fake":
        raise ConfigError(
            "the fake backend has no physics to compare. Choose mujoco or isaaclab."
        )
    config = load_robot(robot)

    def report(line: str) -> None:
        console.print(line, highlight=False)

    engines = {REFERENCE: {}, backend: physics_option(backend, physics)}
    scores = {
        name: score_engine(name, config, policies, report, **options)
        for name, options in engines.items()
    }
    console.print(table_of(scores))
    if output is not None:
        text = json.dumps(scores, indent=1, allow_nan=False)
        output.write_text(text + "\n", encoding="utf-8")
    return scores


def table_of(scores: dict[str, dict[str, Any]]) -> Table:
    """Return the figures of the engines side by side."""
    table = Table(title="the same policies")
    table.add_column("")
    for name in scores:
        table.add_column(name)
    first = next(iter(scores.values()))
    for number, row in enumerate(first["walking"]):
        vx, vy, wz = row["command"]
        table.add_row(
            f"walk {vx:g}, {vy:g} m/s, {wz:g} rad/s: errors [m/s, rad/s]",
            *(_errors(score["walking"][number]) for score in scores.values()),
        )
    seconds, pushed = first["standing"]["seconds"], first["standing"]["pushed_m_s"]
    table.add_row(
        f"stand {seconds:g} s, pushed at {pushed:g} m/s: feet drift [m]",
        *(_drift(score["standing"]) for score in scores.values()),
    )
    table.add_row(
        f"pushes of {first['pushes']['speed_m_s']:g} m/s survived, standing",
        *(
            f"{score['pushes']['survived']} of {score['pushes']['of']}"
            for score in scores.values()
        ),
    )
    return table


def _errors(row: dict[str, Any]) -> str:
    if row["fell"]:
        return "fell"
    return f"{row['velocity_error_m_s']:.3f}, {row['turn_error_rad_s']:.3f}"


def _drift(row: dict[str, Any]) -> str:
    return "fell" if row["fell"] else f"{row['feet_drift_m']:.3f}"
