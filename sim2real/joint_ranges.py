"""Ranges for the joints of a robot, by group or joint, and draws from them."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field

from configs.schema import Config, Range, RobotConfig
from sim2real.robot_parameters import GROUPS, spread

Array = NDArray[np.float64]

LIMBS = tuple(group for group in GROUPS if group != "legs")
"""Groups that have no joint in common."""


def _ordered(value: Range) -> Range:
    low, high = value
    if not (np.isfinite(value).all() and low <= high):
        raise ValueError("expected [low, high] with finite numbers and low <= high")
    return value


Bounds = Annotated[Range, AfterValidator(_ordered)]


class JointRanges(Config):
    """Ranges by `all`, group or joint, of which the narrowest counts.

    In a file they stand beside `each` and `multiple_of`, or a bare pair is for all.
    """

    ranges: dict[str, Bounds]
    # What has a draw of its own: every joint, every limb (its joints then lie at the
    # same share of their ranges), or only the robot.
    each: Literal["joint", "limb", "robot"] = "limb"
    multiple_of: Annotated[float, Field(ge=0)] = 0.0  # 0: continuous

    @classmethod
    def always(cls, value: float) -> JointRanges:
        """Return ranges that hold one value only."""
        return cls(ranges={"all": (value, value)})

    def bounds(
        self, robot: RobotConfig, field: str, neutral: float
    ) -> tuple[Array, Array]:
        """Return the lowest and the highest values, (n,) each.

        Args:
            robot: the robot.
            field: for messages.
            neutral: the value of joints that are not named.

        Raises:
            ConfigError: for a group or joint that the robot lacks.
        """
        start = np.full(len(robot.joint_names), neutral)
        ends = [{key: pair[i] for key, pair in self.ranges.items()} for i in (0, 1)]
        low, high = (spread(robot, field, end, start) for end in ends)
        return low, high

    def draw(
        self, robot: RobotConfig, field: str, neutral: float, rng: np.random.Generator
    ) -> Array:
        """Return one value for every joint, (n,); arguments as of `bounds`."""
        low, high = self.bounds(robot, field, neutral)
        share = self._shares(robot, rng)
        if self.multiple_of == 0.0:
            drawn: Array = low + share * (high - low)
            return drawn
        count = np.round((high - low) / self.multiple_of)
        steps: Array = low + self.multiple_of * np.floor(share * (count + 1))
        return steps

    def _shares(self, robot: RobotConfig, rng: np.random.Generator) -> Array:
        n = len(robot.joint_names)
        if self.each == "robot":
            return np.full(n, rng.random())
        if self.each == "joint":
            return rng.random(n)
        shares = np.zeros(n)
        for limb in LIMBS:
            at = [robot.joint_names.index(joint) for joint in robot.joints_of(limb)]
            shares[at] = rng.random()
        return shares


def _as_joint_ranges(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return {"ranges": {"all": value}}
    if isinstance(value, dict) and "ranges" not in value:
        own = {key: value[key] for key in ("each", "multiple_of") if key in value}
        return {**own, "ranges": {k: v for k, v in value.items() if k not in own}}
    return value


JointField = Annotated[JointRanges, BeforeValidator(_as_joint_ranges)]
