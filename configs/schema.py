"""What a robot and a scene file may say, with every default in one place."""

from __future__ import annotations

from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Array = NDArray[np.float64]
Range = tuple[float, float]


class Config(BaseModel):
    """Frozen; an unknown key or a wrong type is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, ignored_types=(cached_property,)
    )


class JointConfig(Config):
    """One actuated joint."""

    name: str
    default_pos: float  # [rad]
    stiffness: Annotated[float, Field(gt=0)]  # [N m/rad]
    damping: Annotated[float, Field(ge=0)]  # [N m s/rad]
    range: Range  # [rad]
    effort: Annotated[float, Field(gt=0)]  # [N m]
    velocity: Annotated[float, Field(gt=0)]  # [rad/s]

    @model_validator(mode="after")
    def _check_default_is_reachable(self) -> JointConfig:
        low, high = self.range
        if not low <= self.default_pos <= high:
            raise ValueError(
                f"{self.name}: default_pos {self.default_pos} rad lies outside "
                f"its range [{low}, {high}] rad; move one of them"
            )
        return self


class SiteNames(Config):
    """Sites of the MJCF that the software refers to."""

    imu: str
    left_foot: str
    right_foot: str
    left_grasp: str | None = None
    right_grasp: str | None = None


class RobotConfig(Config):
    """A robot: joint order, default pose, gains, limits. Vectors are (n,)."""

    name: str
    revision: str
    mjcf: Path
    base_body: str
    standing_height: float  # pelvis above ground in the default pose [m]
    sites: SiteNames
    joints: tuple[JointConfig, ...]

    @cached_property
    def joint_names(self) -> tuple[str, ...]:
        """Names in robot order."""
        return tuple(joint.name for joint in self.joints)

    @cached_property
    def default_joint_pos(self) -> Array:
        """Default pose [rad], (n,)."""
        return np.array([joint.default_pos for joint in self.joints])

    @cached_property
    def stiffness(self) -> Array:
        """PD stiffness [N m/rad], (n,)."""
        return np.array([joint.stiffness for joint in self.joints])

    @cached_property
    def damping(self) -> Array:
        """PD damping [N m s/rad], (n,)."""
        return np.array([joint.damping for joint in self.joints])

    @cached_property
    def joint_range(self) -> Array:
        """Lower and upper limit [rad], (n, 2)."""
        return np.array([joint.range for joint in self.joints])

    @cached_property
    def effort_limit(self) -> Array:
        """Largest torque [N m], (n,)."""
        return np.array([joint.effort for joint in self.joints])

    @cached_property
    def velocity_limit(self) -> Array:
        """Largest speed [rad/s], (n,)."""
        return np.array([joint.velocity for joint in self.joints])

    @property
    def has_hands(self) -> bool:
        """Whether the robot has finger joints."""
        return any("_hand_" in name for name in self.joint_names)

    def joints_of(self, *groups: str) -> tuple[str, ...]:
        """Return the names in the named groups, in robot order.

        Args:
            groups: `legs`, `waist`, `left_arm`, `right_arm`, `left_hand`,
                `right_hand`, `left_leg`, `right_leg`.

        Raises:
            KeyError: for a group that does not exist.
        """
        wanted = {name for group in groups for name in self._groups[group]}
        return tuple(name for name in self.joint_names if name in wanted)

    @cached_property
    def _groups(self) -> dict[str, tuple[str, ...]]:
        def pick(side: str, *parts: str) -> tuple[str, ...]:
            return tuple(
                name
                for name in self.joint_names
                if name.startswith(side) and any(part in name for part in parts)
            )

        groups = {"waist": pick("waist", "waist")}
        for side in ("left", "right"):
            groups[f"{side}_leg"] = pick(side, "_hip_", "_knee_", "_ankle_")
            groups[f"{side}_arm"] = pick(side, "_shoulder_", "_elbow_", "_wrist_")
            groups[f"{side}_hand"] = pick(side, "_hand_")
        groups["legs"] = groups["left_leg"] + groups["right_leg"]
        return groups


def _ordered(value: float | Range) -> float | Range:
    low, high = value if isinstance(value, tuple) else (value, value)
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError("expected a finite number, or [low, high] with low <= high")
    return value


def _positive(value: float | Range) -> float | Range:
    if (value[0] if isinstance(value, tuple) else value) <= 0:
        raise ValueError("expected a number greater than 0")
    return value


Uniform = Annotated[float | Range, AfterValidator(_ordered)]
"""A number, or a (low, high) pair from which a seed draws uniformly."""
Positive = Annotated[Uniform, AfterValidator(_positive)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

_NEEDS: dict[str, tuple[str, ...]] = {
    "table": ("size",),
    "shelf": ("size",),
    "box": ("size",),
    "cup": ("radius", "height", "mass"),
    "ball": ("radius", "mass"),
}
_MAY_HAVE = {"box": ("mass",)}
_FLAT_TOPS = ("table", "shelf", "box")


class ObjectConfig(Config):
    """One thing in a scene. A pair of numbers is a range that a seed draws from.

    Axes: x is its depth, y its width, z up. Its front faces its own -x axis: seen by
    somebody who stands before it and looks along +x, +y is to the left.

    Without `stands_on`, `pos` is (x, y) of its centre in the world, and it stands on
    the floor. With it, it stands on the top of an object listed before: `pos` is then
    measured from the middle of the front edge of that top, x inwards and y to the
    left, and `yaw` is added to the yaw of that object.
    """

    name: Name
    kind: Literal["table", "shelf", "cup", "box", "ball"]
    pos: tuple[Uniform, Uniform] = (0.0, 0.0)  # [m]
    yaw: Uniform = 0.0  # [rad]
    size: tuple[Positive, Positive, Positive] | None = None  # depth, width, height [m]
    radius: Positive | None = None  # cups and balls [m]
    height: Positive | None = None  # cups [m]
    mass: Positive | None = None  # [kg]; a box without mass is fixed to the world
    friction: Positive = 0.8  # sliding coefficient
    stands_on: str | None = None
    color: tuple[Share, Share, Share] | None = None  # red, green, blue

    @model_validator(mode="after")
    def _check_measures_fit_the_kind(self) -> ObjectConfig:
        needed = _NEEDS[self.kind]
        allowed = needed + _MAY_HAVE.get(self.kind, ())
        for field in ("size", "radius", "height", "mass"):
            given = getattr(self, field) is not None
            if field in needed and not given:
                raise ValueError(
                    f"{self.name}: a {self.kind} needs {', '.join(needed)}; "
                    f"{field} is missing"
                )
            if given and field not in allowed:
                raise ValueError(
                    f"{self.name}: a {self.kind} has no {field} "
                    f"(it has {', '.join(allowed)}); remove it"
                )
        return self


class StartConfig(Config):
    """Where the robot starts, in the axes of `relative_to` (else of the world).

    Bearing 0 is straight out of the front of that object (-x), positive turns
    counter-clockwise seen from above. Heading 0 looks along +x: at bearing 0 the
    robot then faces the object.
    """

    relative_to: str | None = None
    distance: Uniform = 0.0  # to the nearest point of its outline, or the origin [m]
    bearing: Uniform = 0.0  # seen from its centre [rad]
    heading: Uniform = 0.0  # of the robot [rad]


class SceneConfig(Config):
    """A world with objects, and where the robot starts in it."""

    name: str
    description: str = ""
    objects: tuple[ObjectConfig, ...] = ()
    robot_start: StartConfig = StartConfig()
    floor_friction: Positive = 0.8

    @model_validator(mode="after")
    def _check_names(self) -> SceneConfig:
        before: dict[str, ObjectConfig] = {}
        for thing in self.objects:
            if thing.name in before:
                raise ValueError(
                    f"two objects are named '{thing.name}'; rename one of them"
                )
            if thing.stands_on is not None:
                _check_support(thing, before)
            before[thing.name] = thing
        start = self.robot_start.relative_to
        if start is not None and start not in before:
            raise ValueError(
                f"robot_start is relative to '{start}', which is not in the scene "
                f"(known: {', '.join(before) or 'none'})"
            )
        return self


def _check_support(thing: ObjectConfig, before: dict[str, ObjectConfig]) -> None:
    if thing.stands_on not in before:
        raise ValueError(
            f"{thing.name} stands on '{thing.stands_on}', which is not listed before "
            f"it (known there: {', '.join(before) or 'none'})"
        )
    kind = before[thing.stands_on].kind
    if kind not in _FLAT_TOPS:
        raise ValueError(
            f"{thing.name} stands on '{thing.stands_on}', a {kind}; "
            f"only a {', '.join(_FLAT_TOPS)} has a flat top"
        )
