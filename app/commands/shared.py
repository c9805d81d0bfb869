"""What the commands share: options, exit codes, and one line for bad input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from app.options import RunOptions
from configs.loader import ConfigError, parse
from planners.llm_address import LlmError
from planners.vocabulary import LanguageError
from sim2real.robot import BackendError
from skills.contract import GoalError
from skills.policy_contract import PolicyMismatch

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit codes
OURS = ("app", "planners", "skills", "sim2real", "configs")

Request = Annotated[
    str, typer.Argument(help="A sentence, a task file, or the name of one that ships.")
]
Robot = Annotated[
    str | None, typer.Option(help="Name in configs/robots, or a YAML file.")
]
Scene = Annotated[
    str | None, typer.Option(help="Name in configs/scenes, or a YAML file.")
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        *("-p", "--param"),
        metavar="KEY=VALUE",
        help="Set a parameter of a task file; repeatable.",
    ),
]
Backend = Annotated[
    str | None, typer.Option(help="mujoco, fake, or isaaclab where it is installed.")
]
BackendOrRobot = Annotated[
    str | None,
    typer.Option(
        help="mujoco, fake, isaaclab where it is installed, or ros2: a robot that "
        "runs elsewhere (docs/ros2.md)."
    ),
]
Physics = Annotated[
    str | None, typer.Option(help="Of Isaac Lab: newton, newton-warp or physx.")
]
Seed = Annotated[int | None, typer.Option(help="Of everything that is random.")]
Policies = Annotated[
    Path | None, typer.Option(help="Folder of the policies, if not those that ship.")
]
Planner = Annotated[
    str | None,
    typer.Option(
        help="tree; llm: a language model reads the sentence; learned: a policy "
        "chooses the skills."
    ),
]
LlmUrl = Annotated[
    str | None, typer.Option(help="Of an OpenAI-compatible API, or PRAXIS_LLM_URL.")
]
LlmModel = Annotated[
    str | None, typer.Option(help="As the API calls it, or PRAXIS_LLM_MODEL.")
]
RobotParameters = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|hidden:SEED",
        help="Which very robot: what was identified, or one with hidden parameters.",
    ),
]
Adapt = Annotated[
    str | None,
    typer.Option(
        help="Fit commands to the robot: none, estimator, module, residual or all."
    ),
]
Identified = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE|FOLDER",
        help="Compensate what `praxis identify fit` found out about this robot.",
    ),
]
PrintConfig = Annotated[
    bool,
    typer.Option("--print-config", help="Show every setting and its origin, and stop."),
]
View = Annotated[
    bool, typer.Option("--view", help="Show the run in a web page, at its pace.")
]
Video = Annotated[Path | None, typer.Option(help="Write an MP4 file.")]
Light = Annotated[
    str | None,
    typer.Option(
        metavar="RANGES:SEED", help="Lamps and camera noise of the video, as hard:3."
    ),
]
Record = Annotated[
    Path | None, typer.Option(help="Write signals (.npz) and trees (.tree.jsonl).")
]
Log = Annotated[
    Path | None,
    typer.Option(help="Write all that was measured and commanded (.mcap)."),
]
Json = Annotated[Path | None, typer.Option(help="Write the result.")]
Trace = Annotated[
    Path | None,
    typer.Option(help="Write what happened; runs/last.trace.jsonl by default."),
]
NoTrace = Annotated[
    bool, typer.Option("--no-trace", help="Do not write what happened.")
]
SaveStopped = Annotated[
    Path | None,
    typer.Option(
        help="Where to keep a task that is stopped; runs/stopped.task.json by default."
    ),
]
Skill = Annotated[
    str, typer.Argument(help="walk, balance, grasp, manipulate or selector.")
]


def options_of(*, on_a_robot: bool = False, **given: Any) -> RunOptions:
    """Return the options of a run; what was not given keeps its default.

    Args:
        on_a_robot: whether the command is also for a robot that runs elsewhere.
        given: options by name; None: not given.

    Raises:
        ConfigError: for an option that cannot be used.
    """
    data: Mapping[str, Any] = {k: v for k, v in given.items() if v is not None}
    options = parse(RunOptions, dict(data), "command line")
    if options.backend == "ros2" and not on_a_robot:
        raise ConfigError(
            "--backend ros2 is a robot that runs elsewhere; this command needs a "
            "simulation of its own. Choose mujoco, or carry out a task with "
            "`praxis run`."
        )
    return options


@contextmanager
def one_line_for_bad_input() -> Iterator[None]:
    """Turn errors that a person can mend into one line and exit code 2."""
    from app.video_gl import VideoError

    try:
        yield
    except (
        BackendError,
        ConfigError,
        GoalError,
        LanguageError,
        LlmError,
        PolicyMismatch,
        VideoError,
    ) as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None


@contextmanager
def training_is_installed() -> Iterator[None]:
    """Turn a missing package of the extra `train` into bad input."""
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


def complain(text: str) -> None:
    """Print one line to the error stream."""
    typer.echo(f"praxis: {' '.join(text.split())}", err=True)


def print_lines(lines: Iterable[object]) -> None:
    """Print each on a line of its own."""
    for line in lines:
        typer.echo(str(line))
