"""`praxis task`: look at task files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    Param,
    Robot,
    Scene,
    one_line_for_bad_input,
    options_of,
)
from app.options import read_parameters


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    task = typer.Typer(help="Look at task files.", no_args_is_help=True)
    task.command("check")(task_check)
    task.command("list")(task_list)
    task.command("schema")(task_schema)
    app.add_typer(task, name="task")


def task_check(
    file: Annotated[str, typer.Argument(help="A path, or the name of one that ships.")],
    param: Param = None,
    scene: Scene = None,
    robot: Robot = None,
) -> None:
    """Check a task file against the skills and a scene."""
    from app.task_command import check_file

    with one_line_for_bad_input():
        parameters = read_parameters(param)
        options = options_of(scene=scene, robot=robot, parameters=parameters)
        check_file(file, options, Console())


def task_list() -> None:
    """List the task files that ship."""
    from app.task_command import list_shipped

    with one_line_for_bad_input():
        list_shipped(Console())


def task_schema(
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Show the JSON Schema of task files."""
    from app.task_command import publish_schema

    with one_line_for_bad_input():
        publish_schema(out, Console())
