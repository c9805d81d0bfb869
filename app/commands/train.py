"""`praxis train` and `evaluate`: make policies, and measure them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    FAILED,
    Policies,
    PrintConfig,
    RobotParameters,
    Seed,
    Skill,
    complain,
    one_line_for_bad_input,
    options_of,
    print_lines,
    training_is_installed,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(train)
    app.command()(evaluate)


def train(
    skill: Skill,
    steps: Annotated[int | None, typer.Option(help="Of all robots together.")] = None,
    algo: Annotated[
        str | None, typer.Option(help="For the selector: dqn, ppo or a2c.")
    ] = None,
    seed: Seed = None,
    num_envs: Annotated[
        int | None, typer.Option(help="Robots that are simulated at once.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint.")
    ] = False,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run; runs/SKILL by default.")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("-o", metavar="KEY=VALUE", help="Change a setting; repeatable."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="mujoco, or isaaclab where it is installed.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Of Isaac Lab and the learner: cpu, cuda ...")
    ] = None,
    physics: Annotated[
        str | None, typer.Option(help="Of Isaac Lab: newton or physx.")
    ] = None,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="One of several, started by torchrun.")
    ] = False,
    print_config: PrintConfig = False,
) -> None:
    """Train the policy of a skill."""
    from app.provenance import settings_of_training

    envs = "num_envs" if skill == "selector" else "ppo.num_envs"
    given = {"total_steps": steps, "seed": seed, envs: num_envs, "algorithm": algo}
    overrides = [f"{key}={value}" for key, value in given.items() if value is not None]
    overrides += override or []
    with one_line_for_bad_input():
        settings = list(settings_of_training(skill, overrides))
        if print_config:
            print_lines(settings)
            return
        folder = run or Path("runs") / skill
        with training_is_installed():
            from skills.training.engines import Engine
            from skills.training.run import train_skill
            from skills.training.selector_run import train_selector
            from skills.training.workers import Workers, workers_of_environment
        try:
            if skill == "selector":
                train_selector(overrides, folder, resume=resume, console=Console())
                return
            train_skill(
                skill,
                overrides,
                folder,
                resume=resume,
                console=Console(),
                engine=Engine(
                    name=engine or "mujoco", device=device or "cpu", physics=physics
                ),
                workers=workers_of_environment() if distributed else Workers(),
            )
        except (OSError, FloatingPointError) as error:
            complain(str(error))
            raise typer.Exit(FAILED) from None


def evaluate(
    skill: Skill,
    episodes: Annotated[int | None, typer.Option(help="How many.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures.")] = None,
    policies: Policies = None,
    robot_parameters: RobotParameters = None,
) -> None:
    """Measure how good the policy of a skill is."""
    from app.report import check_writable

    with one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        if skill == "selector":
            from app.selector_command import EPISODES, evaluate_selector

            options = options_of(
                seed=seed,
                episodes=EPISODES if episodes is None else episodes,
                policies=policies,
                robot_parameters=robot_parameters,
            )
            evaluate_selector(options, Console(), json_path=json)
            return
        with training_is_installed():
            from skills.training.evaluate import evaluate_skill
        evaluate_skill(
            skill,
            episodes=episodes,
            seed=seed,
            json_path=json,
            console=Console(),
            policy_dir=policies,
            robot_parameters=robot_parameters,
        )
