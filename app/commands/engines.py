"""`praxis parity`, `compare`, `export`: other engines beside MuJoCo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    FAILED,
    Json,
    Physics,
    Policies,
    Robot,
    Scene,
    Seed,
    one_line_for_bad_input,
    options_of,
    training_is_installed,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(parity)
    app.command()(compare)
    export = typer.Typer(help="Write files for other programs.", no_args_is_help=True)
    export.command("usd")(export_usd)
    app.add_typer(export, name="export")


def parity(
    backend: Annotated[
        str, typer.Option(help="The engine to compare with MuJoCo.")
    ] = "isaaclab",
    states: Annotated[int, typer.Option(help="How many random ones.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the states.")] = 0,
    physics: Physics = None,
    robot: Robot = None,
    policies: Policies = None,
    json: Json = None,
) -> None:
    """Show whether another engine gives the policies the same robot as MuJoCo."""
    from app.parity_command import show_parity
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        agree = show_parity(
            backend,
            Console(),
            robot=options_of(robot=robot).robot,
            states=states,
            seed=seed,
            policies=policies,
            physics=physics,
            output=json,
        )
    if not agree:
        raise typer.Exit(FAILED)


def compare(
    backend: Annotated[
        str, typer.Option(help="The engine to compare with MuJoCo.")
    ] = "isaaclab",
    physics: Physics = None,
    robot: Robot = None,
    policies: Policies = None,
    json: Json = None,
) -> None:
    """Measure the same policies on MuJoCo and on another engine."""
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        with training_is_installed():
            from app.compare_command import compare_engines
        compare_engines(
            backend,
            Console(),
            robot=options_of(robot=robot).robot,
            policies=policies,
            physics=physics,
            output=json,
        )


def export_usd(
    robot: Robot = None,
    scene: Scene = None,
    seed: Seed = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder; the user's cache by default.")
    ] = None,
) -> None:
    """Write the robot and a scene as USD, for Isaac Lab and others.

    Files in the cache are named by their content and written anew when it changes.
    """
    from app.export_command import export_usd

    with one_line_for_bad_input():
        export_usd(options_of(robot=robot, scene=scene, seed=seed), typer.echo, out=out)
