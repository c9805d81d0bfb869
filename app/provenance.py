"""Show a configuration and where each of its values came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel

from app.build import Plan, task_file
from app.llm_task import VARIABLES, from_environment
from app.options import RunOptions
from configs.loader import CONFIG_DIR, ConfigError, read_yaml
from configs.overrides import apply_overrides, origins
from configs.training_schema import (
    AdaptiveLegTrainingConfig,
    HandTrainingConfig,
    LegTrainingConfig,
    SelectorTrainingConfig,
)

DEFAULT, COMMAND_LINE = "default", "command line"
TRAINING_DIR = CONFIG_DIR / "training"
HAND_SKILLS = ("grasp", "manipulate")
ADAPTIVE_SKILLS = ("walk_adaptive",)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One value and its origin."""

    key: str
    value: object
    origin: str

    def __str__(self) -> str:
        """Return a line as `--print-config` shows it."""
        return f"{self.key}: {_plain(self.value)}  # {self.origin}"


def settings_of_run(plan: Plan, request: str) -> Iterator[Setting]:
    """Yield every setting of a run."""
    for setting in settings(plan.options, "", COMMAND_LINE):
        yield _of_environment(setting, plan.options)
    file = task_file(request)
    origin = COMMAND_LINE if file is None else f"file {file}"
    yield Setting(key="task.text", value=plan.task.text, origin=origin)
    origin = "language model" if plan.options.planner == "llm" else origin
    for i, item in enumerate(plan.task.items):
        yield Setting(key=f"task.items.{i}", value=str(item), origin=origin)
    yield from settings(plan.scene, "scene.", f"file {plan.options.scene}")
    yield from settings(plan.robot, "robot.", f"file {plan.options.robot}")


def _of_environment(setting: Setting, options: RunOptions) -> Setting:
    variable = VARIABLES.get(setting.key)
    value = from_environment(setting.key, options) if variable else None
    if value is None:
        return setting
    return Setting(key=setting.key, value=value, origin=f"environment {variable}")


def settings(model: BaseModel, prefix: str, origin: str) -> Iterator[Setting]:
    """Yield the values of a model; those that were not set are defaults.

    A model in a list is one line, under its name.
    """
    for name in type(model).model_fields:
        value = getattr(model, name)
        came = origin if name in model.model_fields_set else DEFAULT
        if isinstance(value, BaseModel):
            yield from settings(value, f"{prefix}{name}.", origin)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for i, item in enumerate(value):
                label = getattr(item, "name", i)
                given = item.model_dump(exclude_none=True)
                yield Setting(key=f"{prefix}{name}.{label}", value=given, origin=came)
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                yield Setting(key=f"{prefix}{name}.{key}", value=entry, origin=came)
        else:
            yield Setting(key=f"{prefix}{name}", value=value, origin=came)


def settings_of_training(skill: str, overrides: Sequence[str]) -> Iterator[Setting]:
    """Yield every setting of a training run.

    Raises:
        ConfigError: if there is no such skill, or an override makes no sense.
    """
    path = training_file(skill)
    data = read_yaml(path)
    config: BaseModel
    if skill == "selector":
        config = apply_overrides(SelectorTrainingConfig, data, overrides, path.name)
    elif skill in HAND_SKILLS:
        config = apply_overrides(HandTrainingConfig, data, overrides, path.name)
    elif skill in ADAPTIVE_SKILLS:
        config = apply_overrides(AdaptiveLegTrainingConfig, data, overrides, path.name)
    else:
        config = apply_overrides(LegTrainingConfig, data, overrides, path.name)
    for key, value, origin in origins(config, data, overrides, f"file {path.name}"):
        yield Setting(key=key, value=value, origin=origin)


def training_file(skill: str) -> Path:
    """Return the training file of a skill.

    Raises:
        ConfigError: listing the skills that can be trained.
    """
    path = TRAINING_DIR / f"{skill}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in TRAINING_DIR.glob("*.yaml")))
        raise ConfigError(f"there is no skill '{skill}' to train (known: {known}).")
    return path


def _plain(value: object) -> str:
    if isinstance(value, Path):
        value = str(value)
    text = yaml.safe_dump(
        _listed(value), default_flow_style=True, sort_keys=False, width=10_000
    )
    return text.removesuffix("...\n").strip()


def _listed(value: object) -> object:
    """Return `value` with lists for tuples, which YAML does not know."""
    if isinstance(value, dict):
        return {key: _listed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(entry) for entry in value]
    return value
