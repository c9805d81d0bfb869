"""Read a task from a file, or from plain data, and write one as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.loader import CONFIG_DIR, ConfigError, parse, read_yaml
from planners.task import Achieve, If, Item, Repeat, Step, Task
from planners.task_parameters import escape, fill_parameters
from planners.task_schema import (
    GoalConfig,
    IfConfig,
    ItemConfig,
    RepeatConfig,
    StepConfig,
    TaskConfig,
    UnlessConfig,
    task_schema,
)
from planners.task_words import task_text
from skills.predicate_names import read_predicate

__all__ = ["dump_task", "load_task", "task_from_data", "task_schema", "task_text"]

TASK_DIR = CONFIG_DIR / "tasks"
FOREVER = "forever"


def load_task(
    name_or_path: str, parameters: Mapping[str, str | float] | None = None
) -> Task:
    """Load a task by name from `configs/tasks`, or from a path to a YAML file.

    Args:
        name_or_path: of the file.
        parameters: values that replace the defaults of the file.

    Raises:
        ConfigError: naming the file, the key, what was expected and what came.
    """
    path = task_path(name_or_path)
    return task_from_data(read_yaml(path), str(path), parameters)


def task_path(name_or_path: str) -> Path:
    """Return the path of a task file that is given by its name or its path."""
    is_path = name_or_path.endswith((".yaml", ".yml"))
    return Path(name_or_path) if is_path else TASK_DIR / f"{name_or_path}.yaml"


def task_from_data(
    data: object,
    source: str,
    parameters: Mapping[str, str | float] | None = None,
) -> Task:
    """Return the task that plain data describes, checked as a file is.

    Args:
        data: what a task file says, as dicts, lists, strings and numbers.
        source: what errors call it.
        parameters: values that replace its defaults.

    Raises:
        ConfigError: naming the source, the key, what was expected and what came.
    """
    if not isinstance(data, dict):
        raise ConfigError(
            f"{source}: expected a mapping of keys to values, got "
            f"{type(data).__name__}."
        )
    filled = fill_parameters(data, parameters or {}, source)
    config = parse(TaskConfig, filled, source)
    goals = (GoalConfig(goal=goal) for goal in config.goals or ())
    items = _items(config.steps or tuple(goals))
    return Task(
        text=config.text or task_text(items),
        items=items,
        deadline_s=config.deadline_s,
        retries=config.retries,
    )


def dump_task(task: Task) -> dict[str, Any]:
    """Return a task as plain data that YAML and JSON can hold.

    `task_from_data` makes an equal task of it.
    """
    data: dict[str, Any] = {"text": escape(task.text)}
    if all(isinstance(i, Achieve) and i.retries is None for i in task.items):
        data["goals"] = [str(item) for item in task.items]
    else:
        data["steps"] = _dump_items(task.items)
    if task.deadline_s is not None:
        data["deadline_s"] = task.deadline_s
    return {**data, **_dump_retries(task.retries)}


def _items(configs: tuple[ItemConfig, ...]) -> tuple[Item, ...]:
    return tuple(map(_item, configs))


def _item(config: ItemConfig) -> Item:
    match config:
        case StepConfig():
            return Step(skill=config.skill, args=config.args, retries=config.retries)
        case GoalConfig():
            return Achieve(
                predicate=read_predicate(config.goal), retries=config.retries
            )
        case RepeatConfig():
            times = None if config.repeat == FOREVER else int(config.repeat)
            return Repeat(items=_items(config.steps), times=times)
        case IfConfig() | UnlessConfig():
            return If(
                condition=read_predicate(config.condition),
                items=_items(config.then),
                otherwise=_items(config.otherwise),
                negated=isinstance(config, UnlessConfig),
            )


def _dump_items(items: tuple[Item, ...]) -> list[dict[str, Any]]:
    return list(map(_dump_item, items))


def _dump_item(item: Item) -> dict[str, Any]:
    match item:
        case Step():
            args = {
                name: escape(value) if isinstance(value, str) else value
                for name, value in item.args.items()
            }
            told = {"args": args} if args else {}
            return {"skill": item.skill, **told, **_dump_retries(item.retries)}
        case Achieve():
            return {"goal": str(item.predicate), **_dump_retries(item.retries)}
        case Repeat():
            times = FOREVER if item.times is None else item.times
            return {"repeat": times, "steps": _dump_items(item.items)}
        case If():
            key = "unless" if item.negated else "if"
            then = _dump_items(item.items)
            data: dict[str, Any] = {key: str(item.condition), "then": then}
            if item.otherwise:
                data["else"] = _dump_items(item.otherwise)
            return data


def _dump_retries(retries: int | None) -> dict[str, int]:
    return {} if retries is None else {"retries": retries}
