"""A task: the skills to carry out, in order, with their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field

from configs.loader import CONFIG_DIR, load
from configs.schema import Config
from skills.contract import Goal

TASK_DIR = CONFIG_DIR / "tasks"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One skill and its arguments, such as `walk(target=table, reach=cup)`."""

    skill: str
    args: Mapping[str, str | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep a private, read-only copy of the arguments."""
        object.__setattr__(self, "args", MappingProxyType(dict(self.args)))

    @property
    def goal(self) -> Goal:
        """The step in the words of the skills."""
        return Goal(skill=self.skill, args=self.args)

    def __str__(self) -> str:
        """Return the step as a person writes it."""
        values = (
            f"{name}={value}" if isinstance(value, str) else f"{name}={value:g}"
            for name, value in self.args.items()
        )
        return f"{self.skill}({', '.join(values)})"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the operator asked for, as text and as steps."""

    text: str
    steps: tuple[Step, ...]


def load_task(name: str) -> Task:
    """Load a task by name from `configs/tasks`, or from a path to a YAML file.

    Raises:
        ConfigError: naming the file, the key, what was expected and what came.
    """
    is_path = name.endswith((".yaml", ".yml"))
    config = load(TaskConfig, Path(name) if is_path else TASK_DIR / f"{name}.yaml")
    steps = tuple(Step(skill=step.skill, args=step.args) for step in config.steps)
    return Task(text=config.text, steps=steps)


def _check_value(value: object) -> object:
    # bool is an int to Python, but `true` is neither a name nor a number to us.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("expected a name or a number")
    return value


Name = Annotated[str, Field(min_length=1)]


class StepConfig(Config):
    """One step of a task file."""

    skill: Name
    args: dict[str, Annotated[str | float, BeforeValidator(_check_value)]] = Field(
        default_factory=dict
    )


class TaskConfig(Config):
    """What a task file may say."""

    text: Name
    steps: Annotated[tuple[StepConfig, ...], Field(min_length=1)]
