"""Keep a task that was stopped in a file, and read it to go on another time.

The file says what was asked for, how far it is and where it was to happen. It says
nothing about the world: what was done and no longer holds is done again.

    {"stopped_task": 1, "task": {...}, "progress": {...}, "options": {...}}
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, Field

from app.build import Plan, plan_for
from app.options import RunOptions
from app.report import write_text
from configs.loader import ConfigError, parse
from configs.schema import Config
from planners.recovery import Remedy
from planners.task_file import dump_task, task_from_data
from skills.contract import Failure

FORMAT = 1
KEY = "stopped_task"
DEFAULT = Path("runs") / "stopped.task.json"
KEPT = {
    "robot",
    "robot_parameters",
    "scene",
    "backend",
    "planner",
    "seed",
    "policies",
    "adapt",
    "identified",
    "planner_every",
    "time_limit_s",
}
"""The options that decide what a task means; the others are about watching it."""


def _check_remedy(name: str) -> str:
    if name not in Remedy.__members__:
        known = ", ".join(remedy.name for remedy in Remedy)
        raise ValueError(f"expected one of {known}")
    return name


Count = Annotated[int, Field(ge=0)]
RemedyName = Annotated[str, AfterValidator(_check_remedy)]


class Progress(Config):
    """How far a task is, as the planner says it."""

    item: Count  # index of the one that was interrupted
    repeats: tuple[Count, ...]  # how often each repetition was carried out
    kept: tuple[Count, ...] = ()  # indices of the steps whose promises still count
    spent_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]  # robot time [s]
    recoveries: tuple[tuple[Count, Failure, RemedyName, Count], ...]


class StoppedTask(Config):
    """What the file says."""

    stopped_task: Literal[1]
    task: dict[str, Any]  # as a task file says it
    progress: Progress
    options: RunOptions


def save_stopped(path: Path, plan: Plan, progress: Mapping[str, Any]) -> None:
    """Write a task and how far it is.

    Raises:
        ConfigError: if it cannot be written there.
    """
    if path == DEFAULT:
        with suppress(OSError):  # what is wrong is said when the file is written
            path.parent.mkdir(exist_ok=True)
    options = plan.options.model_dump(include=KEPT)
    if plan.options.planner == "llm":  # it has read the sentence
        options["planner"] = "tree"
    data = {
        KEY: FORMAT,
        "task": dump_task(plan.task),
        "progress": dict(progress),
        "options": {name: _from_anywhere(value) for name, value in options.items()},
    }
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def how_to_go_on(path: Path) -> str:
    """Return the command that goes on with a stopped task."""
    return f"praxis resume {shlex.quote(str(path))}"


def read_stopped(path: Path, *, realtime: bool = False) -> Plan:
    """Return the plan of a stopped task, with its progress.

    Raises:
        ConfigError: if it is no such file, or one that this version cannot use.
    """
    stopped = parse(StoppedTask, _read(path), str(path))
    task = task_from_data(stopped.task, f"{path}, task")
    kept = stopped.options.model_dump(include=KEPT)
    options = RunOptions(**kept, realtime=realtime)
    progress = stopped.progress.model_dump(mode="json")
    return plan_for(task, options, progress)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file. `praxis run` writes one when it is stopped."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or KEY not in data:
        raise ConfigError(
            f"{path}: is no stopped task. Expected a file that `praxis run` wrote "
            "when it was stopped."
        )
    if data[KEY] != FORMAT:
        raise ConfigError(
            f"{path}: expected format {FORMAT}, got {data[KEY]!r:.20}; it is from "
            "another version of praxis. Begin the task anew with `praxis run`."
        )
    return data


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _from_anywhere(value: object) -> object:
    """Return the path of one's own file so that it is found from every folder."""
    named = isinstance(value, str) and value.endswith((".yaml", ".yml"))
    if not named and not isinstance(value, Path):
        return value
    return str(Path(str(value)).absolute())
