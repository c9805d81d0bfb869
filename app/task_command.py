"""Look at task files: check one, list those that ship, publish their schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.build import Plan, build_unpowered, read_plan, skills_to_show, task_file
from app.options import RunOptions
from app.report import check_writable, write_json
from configs.loader import parse, read_yaml
from planners.planner import Planner
from planners.task import Achieve, If, Item, Repeat, Step, Task
from planners.task_check import Arguments, check_task, numbered
from planners.task_file import TASK_DIR, load_task, task_path, task_schema
from planners.task_schema import Parameters
from planners.task_words import often
from sim2real.backends import make_backend
from skills.contract import GoalError, Snapshot
from skills.rehearsal_stage import Stage


def check_file(request: str, options: RunOptions, console: Console) -> None:
    """Check a task file against the skills and the scene, and print what it asks.

    Args:
        request: path of the file, or the name of one that ships.
        options: its parameters, scene and robot.
        console: to print on.

    Raises:
        ConfigError: naming the file, the key, what was expected and what came.
        GoalError: naming the item that makes no sense in the scene.
    """
    if task_file(request) is None:
        # A name that is none of those that ship: reading it says which there are.
        load_task(request, options.parameters)
    plan = read_plan(request, options)
    try:
        check_task(plan.task, _arguments(plan), [o.name for o in plan.scene.objects])
        _build_tree(plan)
    except GoalError as error:
        raise GoalError(f"{task_path(request)}: {error}") from None
    for line in _lines(plan.task):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print("ok", style="green")


def list_shipped(console: Console) -> None:
    """Print the tasks in `configs/tasks`, and what each may be told with `-p`."""
    table = Table(
        *("task", "text", "parameters"), box=None, header_style="bold", pad_edge=False
    )
    for path in sorted(TASK_DIR.glob("*.yaml")):
        data = {k: v for k, v in read_yaml(path).items() if k == "parameters"}
        defaults = parse(Parameters, data, str(path)).parameters
        table.add_row(
            path.stem,
            Text(load_task(path.stem).text),
            Text(", ".join(f"{k}={_plain(v)}" for k, v in defaults.items())),
        )
    console.print(table)


def publish_schema(path: Path | None, console: Console) -> None:
    """Write the JSON Schema of task files to a file, or print it.

    Raises:
        ConfigError: if the file cannot be written.
    """
    if path is None:
        text = json.dumps(task_schema(), indent=2)
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    check_writable(path)
    write_json(path, task_schema())


def _build_tree(plan: Plan) -> None:
    """Build the tree of a task in its scene as a run does, and drop it.

    Raises:
        GoalError: if a step makes no sense there, or no skill reaches a goal.
    """
    assembly, _ = build_unpowered(plan)
    state = assembly.backend.reset(plan.options.seed)
    snapshot = Snapshot(state=state, objects=assembly.backend.objects())
    Planner(plan.task, assembly.runner, snapshot, assembly.budget)


def _arguments(plan: Plan) -> Arguments:
    """Return what each skill wants to be told."""
    backend = make_backend("fake", plan.robot, plan.scene)
    skills, _ = skills_to_show(plan.robot, plan.options, cast(Stage, backend))
    return {name: skill.arguments for name, skill in skills.items()}


def _lines(task: Task) -> Iterator[str]:
    """Yield a task as a numbered list; what is within an item is set in."""
    yield task.text + _limits(deadline_s=task.deadline_s, retries=task.retries)
    for number, item in numbered(task.items):
        depth = number.count(".") - number.count("else")
        yield f"{'  ' * (depth + 1)}{number}. {_head(item)}"


def _head(item: Item) -> str:
    """Return an item without the items within it."""
    match item:
        case Step() | Achieve():
            return f"{item}{_limits(retries=item.retries)}"
        case Repeat():
            return f"repeat {often(item.times)}:"
        case If():
            return f"{'unless' if item.negated else 'if'} {item.condition}:"


def _limits(**limits: float | None) -> str:
    said = [f"{name}: {value:g}" for name, value in limits.items() if value is not None]
    return f" ({', '.join(said)})" if said else ""


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
