"""`praxis tree`, `explain`, `skills`, `policy`: look without moving anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    LlmModel,
    LlmUrl,
    Param,
    Planner,
    Policies,
    Request,
    Robot,
    Scene,
    Seed,
    one_line_for_bad_input,
    options_of,
)
from app.options import read_parameters


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(tree)
    app.command()(explain)
    app.command()(skills)
    policy = typer.Typer(help="Look at policy files.", no_args_is_help=True)
    policy.command("show")(policy_show)
    app.add_typer(policy, name="policy")


def tree(
    request: Request,
    param: Param = None,
    seed: Seed = None,
    scene: Scene = None,
    robot: Robot = None,
    policies: Policies = None,
    planner: Planner = None,
    llm_url: LlmUrl = None,
    llm_model: LlmModel = None,
    svg: Annotated[Path | None, typer.Option(help="Write a picture of it.")] = None,
    dot: Annotated[Path | None, typer.Option(help="Write it for graphviz.")] = None,
) -> None:
    """Show the behaviour tree of a task without carrying it out."""
    from app.build import read_plan
    from app.show import show_tree

    with one_line_for_bad_input():
        options = options_of(
            seed=seed,
            scene=scene,
            robot=robot,
            policies=policies,
            planner=planner,
            llm_url=llm_url,
            llm_model=llm_model,
            parameters=read_parameters(param),
        )
        show_tree(read_plan(request, options), Console(), svg=svg, dot=dot)


def explain(
    trace: Annotated[Path, typer.Argument(help="What `praxis run` wrote.")],
    episode: Annotated[
        int | None, typer.Option(help="Only this one; the first is 1.")
    ] = None,
) -> None:
    """Tell in sentences what happened in a run, and why."""
    from app.explain import explain

    with one_line_for_bad_input():
        explain(trace, typer.echo, episode)


def skills(robot: Robot = None, policies: Policies = None) -> None:
    """List the skills and what they want to be told."""
    from app.show import show_skills

    with one_line_for_bad_input():
        show_skills(options_of(robot=robot, policies=policies), Console())


def policy_show(file: Annotated[Path, typer.Argument(help="An ONNX file.")]) -> None:
    """Show what a policy file says about itself."""
    from app.show import show_policy

    with one_line_for_bad_input():
        show_policy(file, Console())
