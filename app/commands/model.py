"""`praxis model`: measure models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.shared import (
    Backend,
    Policies,
    Robot,
    Scene,
    one_line_for_bad_input,
    options_of,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    model = typer.Typer(help="Measure models.", no_args_is_help=True)
    model.command("skills")(model_skills)
    app.add_typer(model, name="model")


def model_skills(
    episodes: Annotated[
        int | None, typer.Option(help="How many the model is to hold; 60 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the first episode.")] = 1000,
    out: Annotated[
        Path | None, typer.Option(help="File; configs/models/skills.json by default.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew instead of going on.")
    ] = False,
    scene: Scene = None,
    robot: Robot = None,
    backend: Backend = None,
    policies: Policies = None,
) -> None:
    """Measure how the skills end, how long they take and what they change."""
    from app.model_command import EPISODES, measure_skills
    from skills.selector.model_file import MODEL_FILE

    with one_line_for_bad_input():
        options = options_of(
            episodes=EPISODES if episodes is None else episodes,
            seed=seed,
            scene=scene,
            robot=robot,
            backend=backend,
            policies=policies,
        )
        measure_skills(options, Console(), path=out or MODEL_FILE, fresh=fresh)
