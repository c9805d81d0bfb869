"""`praxis identify record`, `fit`, `show`, `check`: find out what a robot is like."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    FAILED,
    Robot,
    complain,
    one_line_for_bad_input,
    options_of,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Find out from a log how a robot differs from its model.",
        no_args_is_help=True,
    )
    group.command("record")(record)
    group.command("fit")(fit)
    group.command("show")(show)
    group.command("check")(check)
    app.add_typer(group, name="identify")


def record(
    out: Annotated[Path, typer.Option(help="The log (.mcap).")],
    backend: Annotated[
        str, typer.Option(help="mujoco, or ros2 with a robot on a stand.")
    ] = "mujoco",
    parameters: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|hidden:SEED", help="Which very robot, in simulation."
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(help="legs, arms, wrists or hands; repeatable, all by default."),
    ] = None,
    on: Annotated[
        str, typer.Option(help="stand: sweeps; ground: squats and steps.")
    ] = "stand",
    size: Annotated[
        float, typer.Option(help="Of the swings; below 1 for a robot that strains.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the sweeps.")] = 1,
    robot: Robot = None,
) -> None:
    """Sweep the joints of a robot on a stand; stops on any limit.

    The base must be held so that it cannot move, the feet must be free. On the ground
    the robot stands by itself, and squats, shifts its weight and steps.
    """
    from app.identify.record import record_excitation
    from configs.loader import ConfigError

    with one_line_for_bad_input():
        if on not in ("stand", "ground"):
            raise ConfigError(f"--on {on}: expected stand or ground.")
        ended = record_excitation(
            Console(),
            robot=options_of(robot=robot).robot,
            backend=backend,
            parameters=parameters,
            groups=group,
            seed=seed,
            out=out,
            size=size,
            on="ground" if on == "ground" else "stand",
        )
    if ended.stopped:
        complain(
            f"stopped after {ended.duration_s:.1f} s: {ended.stopped}. The log is "
            "incomplete and will not be fitted; record again, if a joint strained with "
            f"--size {0.7 * size:.2g}."
        )
        raise typer.Exit(FAILED)
    typer.echo(f"{ended.duration_s:.1f} s recorded in {out}")


def fit(
    logs: Annotated[list[Path], typer.Argument(help="Of `praxis identify record`.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file; configs/identified/LOG.yaml by default."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for a page with plots.")
    ] = None,
    each: Annotated[
        str, typer.Option(help="What has its own armature, friction: limb or joint.")
    ] = "limb",
    gains: Annotated[
        bool, typer.Option("--gains", help="Seek errors of the drives' gains, too.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Do not go on with an interrupted fit.")
    ] = False,
    robot: Robot = None,
) -> None:
    """Identify a robot from logs, with intervals, and judge it on what is left."""
    from app.identify.fit import fit_logs
    from configs.loader import ConfigError

    with one_line_for_bad_input():
        if each not in ("limb", "joint"):
            raise ConfigError(f"--each {each}: expected limb or joint.")
        fit_logs(
            Console(file=sys.stdout),
            logs,
            robot=options_of(robot=robot).robot,
            each="joint" if each == "joint" else "limb",
            gains=gains,
            out=out,
            report=report,
            fresh=fresh,
        )


def show(
    name: Annotated[str, typer.Argument(help="In configs/identified, or a YAML file.")],
) -> None:
    """Print what is known about an identified robot, beside the nominal one."""
    from app.identify.show import show_identified

    with one_line_for_bad_input():
        show_identified(Console(), name)


def check(
    robots: Annotated[int, typer.Option(help="How many hidden robots.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the first.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the figures.")] = None,
    files: Annotated[
        Path | None, typer.Option(help="Folder for what was identified.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Robots at a time, each a process.")] = 1,
    robot: Robot = None,
) -> None:
    """Identify virtual robots with hidden parameters, then compare with the truth."""
    from app.identify.check import check_identification

    with one_line_for_bad_input():
        check_identification(
            Console(),
            robot=options_of(robot=robot).robot,
            robots=robots,
            seed=seed,
            out=json,
            files=files,
            jobs=jobs,
        )
