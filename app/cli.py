"""The command line: `praxis run`, `train`, `evaluate`, `tree`, `skills`, `policy`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.options import RunOptions
from configs.loader import ConfigError, parse
from planners.vocabulary import LanguageError
from skills.contract import GoalError
from skills.policy_contract import PolicyMismatch

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit codes
OURS = ("app", "planners", "skills", "sim2real", "configs")

app = typer.Typer(
    help="Make a humanoid robot carry out tasks by composing trained skills.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
policy_app = typer.Typer(help="Look at policy files.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")

Request = Annotated[
    str, typer.Argument(help="A sentence, a task file, or the name of one that ships.")
]
Robot = Annotated[
    str | None, typer.Option(help="Name in configs/robots, or a YAML file.")
]
Scene = Annotated[
    str | None, typer.Option(help="Name in configs/scenes, or a YAML file.")
]
Seed = Annotated[int | None, typer.Option(help="Of everything that is random.")]
Policies = Annotated[
    Path | None, typer.Option(help="Folder of the policies, if not those that ship.")
]
PrintConfig = Annotated[
    bool,
    typer.Option("--print-config", help="Show every setting and its origin, and stop."),
]
Skill = Annotated[str, typer.Argument(help="walk, balance, grasp or manipulate.")]


@app.command()
def run(
    request: Request,
    seed: Seed = None,
    episodes: Annotated[
        int | None, typer.Option(help="How many, with consecutive seeds.")
    ] = None,
    scene: Scene = None,
    robot: Robot = None,
    backend: Annotated[str | None, typer.Option(help="mujoco or fake.")] = None,
    policies: Policies = None,
    view: Annotated[
        bool, typer.Option("--view", help="Show the run in a web page, at its pace.")
    ] = False,
    video: Annotated[Path | None, typer.Option(help="Write an MP4 file.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Write signals (.npz) and trees (.tree.jsonl).")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the result.")] = None,
    print_config: PrintConfig = False,
) -> None:
    """Carry out a task.

    Exit code 0: every episode was done and verified. 1: not. 2: bad input.
    """
    from app.build import read_plan
    from app.provenance import settings_of_run
    from app.run_command import Outputs, carry_out, check_outputs

    with _one_line_for_bad_input():
        options = _options(
            seed=seed,
            episodes=episodes,
            scene=scene,
            robot=robot,
            backend=backend,
            policies=policies,
            realtime=view or None,
        )
        plan = read_plan(request, options)
        if print_config:
            _print_lines(settings_of_run(plan, request))
            return
        outputs = Outputs(view=view, video=video, record=record, json=json)
        check_outputs(plan, outputs)
        code = carry_out(plan, outputs, Console())
    raise typer.Exit(code)


@app.command()
def tree(
    request: Request,
    seed: Seed = None,
    scene: Scene = None,
    robot: Robot = None,
    policies: Policies = None,
) -> None:
    """Show the behaviour tree of a task without carrying it out."""
    from app.build import read_plan
    from app.show import show_tree

    with _one_line_for_bad_input():
        options = _options(seed=seed, scene=scene, robot=robot, policies=policies)
        show_tree(read_plan(request, options), Console())


@app.command()
def skills(robot: Robot = None, policies: Policies = None) -> None:
    """List the skills and what they want to be told."""
    from app.show import show_skills

    with _one_line_for_bad_input():
        show_skills(_options(robot=robot, policies=policies), Console())


@policy_app.command("show")
def policy_show(file: Annotated[Path, typer.Argument(help="An ONNX file.")]) -> None:
    """Show what a policy file says about itself."""
    from app.show import show_policy

    with _one_line_for_bad_input():
        show_policy(file, Console())


@app.command()
def train(
    skill: Skill,
    steps: Annotated[int | None, typer.Option(help="Of all robots together.")] = None,
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
    print_config: PrintConfig = False,
) -> None:
    """Train the policy of a skill."""
    from app.provenance import settings_of_training

    given = {"total_steps": steps, "seed": seed, "ppo.num_envs": num_envs}
    overrides = [f"{key}={value}" for key, value in given.items() if value is not None]
    overrides += override or []
    with _one_line_for_bad_input():
        settings = list(settings_of_training(skill, overrides))
        if print_config:
            _print_lines(settings)
            return
        with _training_is_installed():
            from skills.training.run import train_skill
        folder = run or Path("runs") / skill
        try:
            train_skill(skill, overrides, folder, resume=resume, console=Console())
        except (OSError, FloatingPointError) as error:
            _complain(str(error))
            raise typer.Exit(FAILED) from None


@app.command()
def evaluate(
    skill: Skill,
    episodes: Annotated[int | None, typer.Option(help="How many.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures.")] = None,
    policies: Policies = None,
) -> None:
    """Measure how good the policy of a skill is."""
    from app.report import check_writable

    with _one_line_for_bad_input():
        if json is not None:
            check_writable(json)
        with _training_is_installed():
            from skills.training.evaluate import evaluate_skill
        evaluate_skill(
            skill,
            episodes=episodes,
            seed=seed,
            json_path=json,
            console=Console(),
            policy_dir=policies,
        )


def main() -> None:
    """Run the command line; also a wrong option is one line."""
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        # Typer brings its own copy of click, so its classes have no public name.
        tell = getattr(error, "format_message", None)
        if tell is None:
            raise
        _complain(tell())
        sys.exit(BAD_INPUT)
    sys.exit(code if isinstance(code, int) else 0)


def _options(**given: Any) -> RunOptions:
    """Return the options of a run; what was not given keeps its default."""
    data: Mapping[str, Any] = {k: v for k, v in given.items() if v is not None}
    return parse(RunOptions, dict(data), "command line")


@contextmanager
def _one_line_for_bad_input() -> Iterator[None]:
    from app.video_gl import VideoError

    try:
        yield
    except (ConfigError, LanguageError, GoalError, PolicyMismatch, VideoError) as error:
        _complain(str(error))
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def _training_is_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in OURS:
            raise
        raise ConfigError(
            f"training needs {missing}, which is not installed. "
            "Install it: pip install 'praxis[train]'."
        ) from None


def _complain(text: str) -> None:
    typer.echo(f"praxis: {' '.join(text.split())}", err=True)


def _print_lines(lines: Iterator[object] | list[Any]) -> None:
    for line in lines:
        typer.echo(str(line))


if __name__ == "__main__":
    main()
