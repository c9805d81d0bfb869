"""`praxis randomize show`: look at what may differ from robot to robot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import Robot, one_line_for_bad_input, options_of


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    randomize = typer.Typer(
        help="Look at what may differ from robot to robot.", no_args_is_help=True
    )
    randomize.command("show")(randomize_show)
    app.add_typer(randomize, name="randomize")


def randomize_show(
    name: Annotated[
        str, typer.Argument(help="In configs/randomization, or a YAML file.")
    ] = "default",
    robot: Robot = None,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    samples: Annotated[int, typer.Option(help="How many robots to draw.")] = 1000,
    out: Annotated[Path | None, typer.Option(help="Write a picture (PNG).")] = None,
) -> None:
    """Show ranges, what was drawn from them, and a picture of it."""
    from app.randomize_command import show_randomization

    with one_line_for_bad_input():
        show_randomization(
            name,
            Console(),
            robot_name=options_of(robot=robot).robot,
            seed=seed,
            samples=samples,
            out=out,
        )
