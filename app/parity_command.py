"""Carry out `praxis parity`: show where another engine differs from MuJoCo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from app.options import physics_option
from configs.loader import ConfigError, load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.robot import RobotState
from skills.library import POLICY_DIR
from skills.parity import Comparison, Placeable, Row, random_states
from skills.policy import Policy

REFERENCE = "mujoco"
CLEARANCE = 0.01  # between parts of the robot in the states that are compared [m]


def show_parity(
    backend: str,
    console: Console,
    *,
    robot: str,
    states: int,
    seed: int,
    policies: Path | None = None,
    physics: str | None = None,
    output: Path | None = None,
) -> bool:
    """Compare an engine with MuJoCo; print the table; return whether they agree.

    Args:
        backend: name of the other engine.
        console: for the table.
        robot: name or file of the robot.
        states: how many random states to compare.
        seed: of the states.
        policies: folder of the policies, if not those that ship.
        physics: of Isaac Lab: newton, newton-warp, physx.
        output: JSON file for the figures.

    Raises:
        ConfigError: if the engine does not exist or cannot be put into a state.
        PolicyMismatch: if a golden pair of a policy does not hold here.
    """
    config, scene = load_robot(robot), load_scene("empty")
    there = make_backend(backend, config, scene, **physics_option(backend, physics))
    if not hasattr(there, "place"):
        raise ConfigError(
            f"the {backend} backend cannot be put into a given state, so it cannot be "
            "compared. Choose one that simulates physics: mujoco or isaaclab."
        )
    here = make_backend(REFERENCE, config, scene)
    folder = policies or POLICY_DIR
    loaded = {
        path.stem: Policy.load(path, config, control_dt=here.control_dt)
        for path in sorted(folder.glob("*.onnx"))
        if path.stem != "selector"  # sees the world's facts, not the robot
    }
    try:
        comparison = Comparison(
            reference=cast(Placeable, here),
            other=cast(Placeable, there),
            policies=loaded,
        )
        here.reset(0)
        free = random_states(config, states, seed, lambda state: _free(here, state))
        rows = comparison.run(free, seed)
        find = getattr(there, "differences", list)  # by name, from the engine
        found: list[str] = find()
    finally:
        here.close()
        there.close()
    for line in found:
        console.print(line, style="red", highlight=False)
    console.print(
        f"joint names, limits, gains, armature, masses: {len(found)} differences",
        highlight=False,
    )
    golden = len(loaded)
    console.print(_table(rows, backend, states))
    console.print(
        f"golden pairs hold for {golden} of {golden} policies", highlight=False
    )
    first = next((row for row in rows if not row.agrees), None)
    if first is None:
        console.print(f"{backend} agrees with {REFERENCE}", style="green")
    else:
        console.print(
            f"first difference: {first.what}, at {first.where}: {first.worst:.2e}, "
            f"allowed {first.allowed:.0e}",
            style="red",
            highlight=False,
            soft_wrap=True,
        )
    if output is not None:
        output.write_text(
            json.dumps(_figures(rows, backend, physics, states, seed), indent=2) + "\n",
            encoding="utf-8",
        )
    return first is None and not found


def _free(reference: Any, state: RobotState) -> bool:
    """Whether no part of the robot comes near another.

    Contacts are each engine's own affair; here its kinematics and motors are compared.
    """
    margins = reference.model.geom_margin
    usual = margins.copy()
    margins[:] = CLEARANCE
    reference.place(state)
    margins[:] = usual
    return int(reference.data.ncon) == 0


def _table(rows: list[Row], backend: str, states: int) -> Table:
    table = Table(title=f"{backend} against {REFERENCE}, {states} random states")
    for column in ("", "largest difference", "allowed", "where"):
        table.add_column(column, justify="left" if column in ("", "where") else "right")
    for row in rows:
        style = "" if row.agrees else "red"
        table.add_row(
            row.what, f"{row.worst:.1e}", f"{row.allowed:.0e}", row.where, style=style
        )
    return table


def _figures(
    rows: list[Row], backend: str, physics: str | None, states: int, seed: int
) -> dict[str, Any]:
    return {
        "reference": REFERENCE,
        "backend": backend,
        "physics": physics,
        "states": states,
        "seed": seed,
        "agrees": all(row.agrees for row in rows),
        "rows": [
            {"what": r.what, "worst": r.worst, "allowed": r.allowed, "where": r.where}
            for r in rows
        ],
    }
