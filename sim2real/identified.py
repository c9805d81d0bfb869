"""Files of what is known about one robot: values, intervals, what cannot be told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from configs.loader import CONFIG_DIR, ConfigError, load
from configs.schema import Config, Range, RobotConfig
from sim2real.robot_parameters import (
    BODY_KINDS,
    GROUPS,
    JOINT_KINDS,
    KINDS,
    RobotParameters,
    members,
)

IDENTIFIED_DIR = CONFIG_DIR / "identified"

Value = float | tuple[float, ...]


def _as_estimate(value: object) -> object:
    # A bare number, or list of numbers, is a value without interval.
    return {"value": value} if isinstance(value, (int, float, list, tuple)) else value


class Estimate(Config):
    """One value, how sure it is, and whether the data could tell it at all."""

    value: Value | None = None  # None: the nominal one
    interval: Range | tuple[Range, ...] | None = None  # 95 %; one for each component
    identifiable: bool = True
    reason: str = ""  # why it is not identifiable

    @model_validator(mode="after")
    def _check(self) -> Estimate:
        if self.value is None and self.identifiable:
            raise ValueError(
                "expected a value, or 'identifiable: false' for what could not be told"
            )
        if self.interval is not None:
            bounds = np.asarray(self.interval, dtype=float)
            values = np.asarray(self.value, dtype=float)
            if self.value is None or bounds.shape != (*values.shape, 2):
                raise ValueError(
                    "expected an interval [low, high] for each component of the value"
                )
            if not (bounds[..., 0] <= bounds[..., 1]).all():
                raise ValueError("expected an interval [low, high] with low <= high")
        return self


Leaf = Annotated[Estimate, BeforeValidator(_as_estimate)]


def _how_it_is_said(entry: object) -> str:
    named = isinstance(entry, dict) and not set(entry) & set(Estimate.model_fields)
    return "by_name" if named else "one"


Entry = Annotated[
    Annotated[Leaf, Tag("one")] | Annotated[dict[str, Leaf], Tag("by_name")],
    Discriminator(_how_it_is_said),
]


class IdentifiedRobot(Config):
    """What an identification says about one robot.

    Estimates by field of `RobotParameters`; for joints by `all`, group or joint, for
    `payload` by side, for `link_mass_scale` by body, each of which may have a value
    only, or `value`, `interval` (95 %) and `identifiable`.
    """

    robot: str
    revision: str
    source: str = ""  # log or seed that it comes from
    note: str = ""
    figures: dict[str, float] = Field(default_factory=dict)  # such as held-out errors
    parameters: dict[str, Entry] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_names(self) -> IdentifiedRobot:
        for name, entry in self.parameters.items():
            if name not in KINDS:
                raise ValueError(
                    f"there is no parameter '{name}' of a robot; "
                    f"known: {', '.join(KINDS)}"
                )
            by_name = name in JOINT_KINDS or name in BODY_KINDS
            if isinstance(entry, dict) and not by_name:
                raise ValueError(f"{name}: expected one value, not values by name")
            if isinstance(entry, Estimate) and name in BODY_KINDS:
                raise ValueError(f"{name}: expected values by name")
        return self

    def values(self) -> dict[str, Any]:
        """Return the values that were told, by field and name."""
        told: dict[str, Any] = {}
        for name, entry in self.parameters.items():
            if isinstance(entry, Estimate):
                if entry.value is not None:
                    told[name] = entry.value
                continue
            by_name = {k: e.value for k, e in entry.items() if e.value is not None}
            if by_name:
                told[name] = by_name
        return told

    def robot_parameters(self, robot: RobotConfig) -> RobotParameters:
        """Return the robot with the values; what could not be told is nominal.

        Raises:
            ConfigError: if this was told of another robot, or a value cannot be.
        """
        if (self.robot, self.revision) != (robot.name, robot.revision):
            raise ConfigError(
                f"these parameters are of {self.robot} revision {self.revision}, the "
                f"robot is {robot.name} revision {robot.revision}. Identify it anew."
            )
        return RobotParameters.of(robot, self.values())

    def estimate(self, robot: RobotConfig, field: str, key: str = "") -> Estimate:
        """Return what is said of a field, for joints of the narrowest name.

        Args:
            robot: the robot.
            field: of `RobotParameters`.
            key: a joint, side or body; nothing for fields of the whole robot.
        """
        entry = self.parameters.get(field)
        if entry is None:
            return Estimate(identifiable=False)
        if isinstance(entry, Estimate):
            return entry
        holding = [name for name in entry if name == key]
        if field in JOINT_KINDS:
            order = ("all", *GROUPS, *robot.joint_names)
            holding = [n for n in entry if key in members(robot, n)]
            holding.sort(key=order.index)
        return entry[holding[-1]] if holding else Estimate(identifiable=False)


def load_identified(name: str) -> IdentifiedRobot:
    """Load what `praxis identify fit` wrote: a name in configs/identified, or a file.

    Raises:
        ConfigError: if it is not there or cannot be used.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = IDENTIFIED_DIR / f"{name}.yaml"
    return load(IdentifiedRobot, path)


def save_identified(path: Path, identified: IdentifiedRobot) -> None:
    """Write a file that `load_identified` reads.

    Raises:
        ConfigError: if it cannot be written.
    """
    data = identified.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(_plain(data), sort_keys=False, default_flow_style=None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error}).") from None


def describe_parameters(
    robot: RobotConfig, parameters: RobotParameters, *, source: str = "", note: str = ""
) -> IdentifiedRobot:
    """Return the same as a file would say it: values by group where they agree."""
    told: dict[str, Any] = {}
    for name in parameters.differences():
        value = getattr(parameters, name)
        if name in JOINT_KINDS:
            neutral = JOINT_KINDS[name].neutral
            told[name] = _by_group(robot, value, neutral)
        elif isinstance(value, Mapping):
            told[name] = dict(value)
        else:
            told[name] = value.tolist() if isinstance(value, np.ndarray) else value
    return IdentifiedRobot(
        robot=robot.name,
        revision=robot.revision,
        source=source,
        note=note,
        parameters=told,
    )


def _by_group(robot: RobotConfig, values: Any, neutral: float) -> dict[str, float]:
    """Return as few names as say the vector (n,)."""
    if (values == values[0]).all():
        return {"all": float(values[0])}
    by_name = dict(zip(robot.joint_names, values.tolist(), strict=True))
    told: dict[str, float] = {}
    left = {joint: value for joint, value in by_name.items() if value != neutral}
    for group in GROUPS:
        joints = robot.joints_of(group)
        same = {by_name[joint] for joint in joints}
        if len(joints) > 1 and len(same) == 1 and set(joints) <= set(left):
            told[group] = same.pop()
            left = {joint: v for joint, v in left.items() if joint not in joints}
    return {**told, **left}


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Write an estimate that is only a value as that value."""

    def simple(entry: Any) -> Any:
        if not isinstance(entry, dict):
            return entry
        if set(entry) == {"value"}:
            return entry["value"]
        return {key: simple(value) for key, value in entry.items()}

    plain = dict(data)
    if "parameters" in plain:
        plain["parameters"] = {k: simple(v) for k, v in plain["parameters"].items()}
    return plain
