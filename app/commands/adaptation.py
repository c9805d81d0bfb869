"""`praxis collect`, `finetune` and `prove`: learn from a robot, and show the gain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    FAILED,
    Adapt,
    Backend,
    Identified,
    Json,
    Param,
    Policies,
    Request,
    Robot,
    RobotParameters,
    Scene,
    Seed,
    one_line_for_bad_input,
    options_of,
    training_is_installed,
)
from app.options import read_parameters


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(collect)
    app.command()(finetune)
    app.command()(prove)


def collect(
    request: Request,
    out: Annotated[Path, typer.Option(help="Folder of the logs; it may hold some.")],
    param: Param = None,
    seed: Seed = None,
    episodes: Annotated[
        int, typer.Option(help="How many, with consecutive seeds.")
    ] = 10,
    scene: Scene = None,
    robot: Robot = None,
    backend: Backend = None,
    policies: Policies = None,
    adapt: Adapt = None,
    identified: Identified = None,
    robot_parameters: RobotParameters = None,
) -> None:
    """Carry out a task many times and keep logs, with the judge's word on each.

    Exit code 0: every episode is there. 2: bad input.
    """
    from app.build import read_plan
    from app.collect_command import collect as carry_out

    with one_line_for_bad_input():
        options = options_of(
            seed=seed,
            episodes=episodes,
            scene=scene,
            robot=robot,
            backend=backend,
            policies=policies,
            adapt=adapt,
            identified=identified,
            robot_parameters=robot_parameters,
            parameters=read_parameters(param),
        )
        carry_out(read_plan(request, options), out, Console())


def finetune(
    skill: Annotated[
        str, typer.Argument(help="A policy, as logs name it: walk, grasp, ...")
    ],
    log: Annotated[
        list[Path], typer.Option(help="A log, or a folder of `collect`; repeatable.")
    ],
    run: Annotated[
        Path | None, typer.Option(help="Folder; runs/SKILL_finetuned by default.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="supervised; or ppo, which is kept near the data.")
    ] = "supervised",
    robot: Robot = None,
    policies: Policies = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 1,
    steps: Annotated[
        int | None, typer.Option(help="For ppo: of all robots together.")
    ] = None,
) -> None:
    """Fit a policy to what a real robot did, if the data allows it.

    Exit code 0: a new policy was written. 1: the data does not make it better, and
    nothing was written. 2: bad input.
    """
    with one_line_for_bad_input():
        with training_is_installed():
            from skills.training.finetune import finetune as carry_out
        better = carry_out(
            skill,
            log,
            run or Path("runs") / f"{skill}_finetuned",
            method=method,
            robot_name=options_of(robot=robot).robot,
            policy_dir=policies,
            seed=seed,
            steps=steps,
            console=Console(),
        )
    if not better:
        raise typer.Exit(FAILED)


def prove(
    robots: Annotated[int, typer.Option(help="How many hidden robots.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the first one.")] = 0,
    stages: Annotated[
        str | None,
        typer.Option(help="Some of nominal,randomised,identified,adapted,all."),
    ] = None,
    measures: Annotated[
        str | None, typer.Option(help="Some of walk,pushes,grasp,task.")
    ] = None,
    episodes: Annotated[
        int, typer.Option(help="Of grasp and of task, for each robot.")
    ] = 5,
    identified: Annotated[
        Path | None,
        typer.Option(help="Folder with hidden_SEED.yaml of each; configs/identified."),
    ] = None,
    randomised: Annotated[
        Path | None,
        typer.Option(help="Folder of policies trained on random robots; walk_wide."),
    ] = None,
    heavy_cup: Annotated[
        bool, typer.Option("--heavy-cup", help="The cup weighs 0.5 kg.")
    ] = False,
    weak: Annotated[
        float | None,
        typer.Option(help="Strength of all motors instead of the hidden one, as 0.8."),
    ] = None,
    policies: Policies = None,
    jobs: Annotated[int, typer.Option(help="Processes, each of one thread.")] = 1,
    json: Json = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture (.png).")] = None,
) -> None:
    """Show what identification and adaptation bring on robots nobody knows.

    A JSON file that exists is continued. Exit code 0: everything asked for was
    measured. 1: interrupted, or a stage lacks its ingredient. 2: bad input.
    """
    from app.prove.command import prove as carry_out
    from app.prove.options import ProveOptions

    with one_line_for_bad_input():
        options = ProveOptions.of(
            robots=robots,
            seed=seed,
            stages=stages,
            measures=measures,
            episodes=episodes,
            identified=identified,
            randomised=randomised,
            heavy_cup=heavy_cup,
            weak=weak,
            policies=policies,
            jobs=jobs,
        )
        complete = carry_out(options, Console(), json=json, plot=plot)
    if not complete:
        raise typer.Exit(FAILED)
