"""What a fit may change about a robot, within which bounds, and how to say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot_parameters import (
    BODY_KINDS,
    JOINT_KINDS,
    RobotParameters,
    members,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sort:
    """How one field of the parameters is searched for."""

    start: float  # where the search begins; the nominal value if it is inside
    low: float
    high: float
    # How far a robot may plausibly be from nominal: the unit of the search, and the
    # standard deviation of a weak pull towards nominal. Where the data says nothing it
    # decides, and such a value is then reported as not identifiable.
    spread: float
    widest: float  # half of the interval that still counts as an answer
    unit: str = ""


SORTS = {
    "armature_scale": Sort(start=1.0, low=0.3, high=4.0, spread=0.5, widest=0.4),
    "damping_add": Sort(
        start=0.4, low=0.0, high=20.0, spread=1.0, widest=1.0, unit="N m s/rad"
    ),
    "friction_loss_add": Sort(
        start=0.2, low=0.0, high=12.0, spread=1.0, widest=1.0, unit="N m"
    ),
    "strength": Sort(start=1.0, low=0.4, high=1.5, spread=0.2, widest=0.1),
    "stiffness_scale": Sort(start=1.0, low=0.3, high=2.0, spread=0.2, widest=0.1),
    "damping_gain_scale": Sort(start=1.0, low=0.1, high=3.0, spread=0.3, widest=0.2),
    "encoder_bias": Sort(
        start=0.0, low=-0.15, high=0.15, spread=0.03, widest=0.02, unit="rad"
    ),
    "command_delay_s": Sort(
        start=0.01, low=0.0, high=0.08, spread=0.02, widest=0.004, unit="s"
    ),
    # Part of the delay, and how much it varies: never told, but what varies is
    # smoothed, and fast sweeps look smaller.
    "observation_delay_s": Sort(
        start=0.003, low=0.0, high=0.03, spread=0.004, widest=0.0, unit="s"
    ),
    "jitter_s": Sort(
        start=0.001, low=0.0, high=0.01, spread=0.0015, widest=0.0, unit="s"
    ),
    # 5 % at most, evenly: what parts weigh is known from their drawings.
    "link_mass_scale": Sort(start=1.0, low=0.7, high=1.4, spread=0.03, widest=0.04),
    "payload": Sort(start=0.05, low=0.0, high=5.0, spread=1.0, widest=0.2, unit="kg"),
    "base_mass_add": Sort(
        start=0.0, low=-3.0, high=12.0, spread=3.0, widest=1.0, unit="kg"
    ),
    "base_com_add": Sort(
        start=0.0, low=-0.12, high=0.12, spread=0.05, widest=0.02, unit="m"
    ),
}
"""By field of `RobotParameters`."""

SMALL_JOINT_SHARE = 0.01
"""Friction that is plausible, as a share of the effort limit [N m], [N m s/rad]."""


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """One number of one field: of a joint or group, a side or body, or a component."""

    field: str
    # Joint or body, several of them with + between, group, side, component; or nothing.
    key: str
    start: float
    low: float
    high: float
    spread: float
    widest: float
    nominal: float

    @property
    def name(self) -> str:
        """Such as `strength of left_knee_joint`."""
        return f"{self.field} of {self.key}" if self.key else self.field


def unknown(
    robot: RobotConfig, field: str, key: str = "", *, spread: float | None = None
) -> Unknown:
    """Return an unknown of a field, scaled to the joint that it is of."""
    sort = SORTS[field]
    size = 1.0
    if field in ("damping_add", "friction_loss_add"):
        joint = joints_of(robot, key)[0]
        limit = robot.effort_limit[robot.joint_names.index(joint)]
        size = float(SMALL_JOINT_SHARE * limit)
    kind = JOINT_KINDS.get(field)
    nominal = kind.neutral if kind else 1.0 if field == "link_mass_scale" else 0.0
    return Unknown(
        field=field,
        key=key,
        start=sort.start * size if sort.start != nominal else nominal,
        low=sort.low * size if size != 1.0 else sort.low,
        high=sort.high * size if size != 1.0 else sort.high,
        spread=(sort.spread if spread is None else spread) * size,
        widest=sort.widest * size,
        nominal=nominal,
    )


def joints_of(robot: RobotConfig, key: str) -> tuple[str, ...]:
    """Return the joints that a key of an unknown stands for."""
    return tuple(key.split("+")) if "+" in key else members(robot, key)


def applied(
    robot: RobotConfig,
    to: RobotParameters,
    unknowns: Sequence[Unknown],
    values: Sequence[float] | Array,
) -> RobotParameters:
    """Return the parameters with the values of unknowns put in."""
    told: dict[str, Any] = {}
    for one, value in zip(unknowns, values, strict=True):
        before = told.get(one.field, getattr(to, one.field))
        told[one.field] = _with(robot, one, before, float(value))
    merged = {name: getattr(to, name) for name in to.__dataclass_fields__}
    return RobotParameters(**{**merged, **told})


def value_of(robot: RobotConfig, parameters: RobotParameters, one: Unknown) -> float:
    """Return what some parameters say of an unknown."""
    value = getattr(parameters, one.field)
    if one.field in JOINT_KINDS:
        joint = joints_of(robot, one.key)[0]
        return float(value[robot.joint_names.index(joint)])
    if one.field in BODY_KINDS:
        values = [value.get(key, one.nominal) for key in one.key.split("+")]
        return float(np.mean(values))
    return float(value[int(one.key)]) if one.key else float(value)


def _with(robot: RobotConfig, one: Unknown, before: Any, value: float) -> Any:
    if one.field in JOINT_KINDS:
        vector = np.array(before, dtype=float)
        rows = [robot.joint_names.index(joint) for joint in joints_of(robot, one.key)]
        vector[rows] = value
        return vector
    if one.field in BODY_KINDS:
        return {**before, **dict.fromkeys(one.key.split("+"), value)}
    if one.key:
        vector = np.array(before, dtype=float)
        vector[int(one.key)] = value
        return vector
    return value


def by_field(
    entries: Mapping[Unknown, Any],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what belongs to each field, by key."""
    fields = dict.fromkeys(one.field for one in entries)
    for field in fields:
        yield (
            field,
            {one.key: said for one, said in entries.items() if one.field == field},
        )
