"""`praxis replay`: compare a recorded run with the code and policies of today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import Json, Policies, Robot, one_line_for_bad_input


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(replay)


def replay(
    bag: Annotated[
        Path, typer.Argument(help="What `praxis run --log` wrote, or a bag of ROS 2.")
    ],
    robot: Robot = None,
    policies: Policies = None,
    tolerance: Annotated[
        float, typer.Option(help="What two numbers may differ by.")
    ] = 1e-5,
    partial: Annotated[
        bool, typer.Option("--partial", help="Use what is left of a broken file.")
    ] = False,
    json: Json = None,
) -> None:
    """Feed a recorded run through the same code and tell where it answers otherwise.

    Exit code 0: everything is equal. 1: not. 2: bad input.
    """
    from app.records.replay_command import show_replay
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        code = show_replay(
            bag,
            Console(),
            robot=robot,
            policies=policies,
            tolerance=tolerance,
            partial=partial,
            output=json,
        )
    raise typer.Exit(code)
