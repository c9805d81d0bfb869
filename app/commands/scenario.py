"""`praxis scenario`: runs in which something goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    Backend,
    Policies,
    Seed,
    one_line_for_bad_input,
    options_of,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(scenario)


def scenario(
    name: Annotated[
        str,
        typer.Argument(help="One that ships, a YAML file, 'all', or 'list'."),
    ],
    episodes: Annotated[
        int, typer.Option(help="How many of each, with consecutive seeds.")
    ] = 20,
    seed: Seed = None,
    backend: Backend = None,
    policies: Policies = None,
    json: Annotated[Path | None, typer.Option(help="Write the results.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write what happened.")] = None,
) -> None:
    """Disturb the robot while it carries out a task, and mark its answers.

    Exit code 0: every episode was run, and no success was contradicted by the physics.
    1: not. 2: bad input.
    """
    from app.scenario_command import carry_out_trials, list_scenarios, read_trials

    with one_line_for_bad_input():
        if name == "list":
            list_scenarios(Console())
            return
        options = options_of(
            episodes=episodes, seed=seed, backend=backend, policies=policies
        )
        trials = read_trials(name, options)
        code = carry_out_trials(trials, Console(), json=json, trace=trace)
    raise typer.Exit(code)
