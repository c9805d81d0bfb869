"""`praxis check` and `faults`: may the robot move, and what if it goes wrong."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    FAILED,
    Backend,
    BackendOrRobot,
    Json,
    Policies,
    Robot,
    Scene,
    Seed,
    one_line_for_bad_input,
    options_of,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(check)
    app.command()(faults)


def check(
    robot: Robot = None,
    scene: Scene = None,
    backend: BackendOrRobot = None,
    policies: Policies = None,
    seed: Seed = None,
    json: Json = None,
) -> None:
    """Check robot, state stream and policies before anything moves.

    Exit code 0: all is well. 1: something is not. 2: bad input.
    """
    from app.check_command import show_checks
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        options = options_of(
            on_a_robot=True,
            robot=robot,
            scene=scene,
            backend=backend,
            policies=policies,
            seed=seed,
        )
        well = show_checks(options, Console(), output=json)
    if not well:
        raise typer.Exit(FAILED)


def faults(
    only: Annotated[
        list[str] | None, typer.Option(help="Only this one; repeatable.")
    ] = None,
    robot: Robot = None,
    backend: Backend = None,
    seed: Seed = None,
    json: Json = None,
) -> None:
    """Inject faults, and show how the robot reacts and whether it falls.

    Exit code 0: every reaction was as expected. 1: one was not. 2: bad input.
    """
    from app.faults.command import choose_cases, show_faults
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        options = options_of(robot=robot, backend=backend, seed=seed)
        good = show_faults(
            choose_cases(only or (), options.backend),
            Console(),
            backend=options.backend,
            seed=options.seed,
            robot=options.robot,
            output=json,
        )
    if not good:
        raise typer.Exit(FAILED)
