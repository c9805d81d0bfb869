"""What may differ from robot to robot, from place to place: ranges, and draws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import numpy as np
from pydantic import Field, model_validator

from configs.loader import CONFIG_DIR, load
from configs.schema import Config, Range, RobotConfig
from sim2real.joint_ranges import Bounds, JointField, JointRanges
from sim2real.robot_parameters import (
    JOINT_KINDS,
    KINDS,
    OTHER_KINDS,
    SIDES,
    Kind,
    RobotParameters,
)
from sim2real.surroundings import SURROUNDING_KINDS, Surroundings

RANDOMIZATION_DIR = CONFIG_DIR / "randomization"

HIDDEN = "hidden"
"""The file that virtual robots with hidden parameters are drawn from."""

HIDDEN_STREAM = 2006
"""Keeps hidden robots apart from all else that is drawn from small seeds."""

RANGED = {**KINDS, **SURROUNDING_KINDS}
"""Every field that has a range, and what its values may be."""

ALWAYS_0, ALWAYS_1 = JointRanges.always(0.0), JointRanges.always(1.0)


class Randomization(Config):
    """Ranges from which a robot and its surroundings are drawn, uniformly.

    Fields have the meaning of those of `RobotParameters` and `Surroundings`; where one
    has several components, each is drawn from its range. A field that a file does not
    name is nominal.
    """

    # Joints: a range for all, or ranges by `all`, group or joint.
    armature_scale: JointField = ALWAYS_1
    damping_add: JointField = ALWAYS_0  # [N m s/rad]
    friction_loss_add: JointField = ALWAYS_0  # [N m]
    strength: JointField = ALWAYS_1
    effort_limit_scale: JointField = ALWAYS_1
    stiffness_scale: JointField = ALWAYS_1
    damping_gain_scale: JointField = ALWAYS_1
    encoder_bias: JointField = ALWAYS_0  # [rad]
    command_delay_s: JointField = ALWAYS_0  # [s]
    corner_speed_share: JointField = ALWAYS_1
    # Bodies.
    link_mass_scale: Bounds = (1.0, 1.0)  # of every link by itself
    base_mass_add: Bounds = (0.0, 0.0)  # [kg]
    base_com_add: Bounds = (0.0, 0.0)  # [m]
    payload: Bounds = (0.0, 0.0)  # in the left or the right hand [kg]
    payload_share: Annotated[float, Field(ge=0, le=1)] = 1.0  # of the robots
    # Ground.
    friction_scale: Bounds = (1.0, 1.0)
    restitution: Bounds = (0.0, 0.0)
    ground_slope: Bounds = (0.0, 0.0)  # [rad]
    ground_roughness: Bounds = (0.0, 0.0)  # [m]
    # Sensors.
    gyro_bias: Bounds = (0.0, 0.0)  # [rad/s]
    tilt_bias: Bounds = (0.0, 0.0)  # [rad]
    joint_pos_std: Bounds = (0.0, 0.0)  # [rad]
    joint_vel_std: Bounds = (0.0, 0.0)  # [rad/s]
    gyro_std: Bounds = (0.0, 0.0)  # [rad/s]
    tilt_std: Bounds = (0.0, 0.0)  # [rad]
    object_pos_std: Bounds = (0.0, 0.0)  # [m]
    observation_delay_s: Bounds = (0.0, 0.0)  # [s]
    jitter_s: Bounds = (0.0, 0.0)  # [s]
    # Surroundings.
    object_mass_scale: Bounds = (1.0, 1.0)
    object_size_scale: Bounds = (1.0, 1.0)
    object_friction_scale: Bounds = (1.0, 1.0)
    push_speed: Bounds = (0.0, 0.0)  # [m/s]
    # Pictures.
    light_scale: Bounds = (1.0, 1.0)
    light_turn: Bounds = (0.0, 0.0)  # [rad]
    camera_noise_std: Bounds = (0.0, 0.0)

    @model_validator(mode="after")
    def _check_possible(self) -> Randomization:
        for name, key, kind, (low, high) in self._pairs():
            if low < kind.low or high > kind.high:
                unit = f" {kind.unit}" if kind.unit else ""
                raise ValueError(
                    f"{name}{key and f' of {key}'}: expected a range within "
                    f"{kind.low:g} to {kind.high:g}{unit}, got [{low:g}, {high:g}]"
                )
        return self

    def draw(self, robot: RobotConfig, rng: np.random.Generator) -> RobotParameters:
        """Draw a robot; the same state of the generator gives the same robot.

        Raises:
            ConfigError: for a group or joint that the robot lacks.
        """
        values: dict[str, Any] = {
            name: getattr(self, name).draw(robot, name, kind.neutral, rng)
            for name, kind in JOINT_KINDS.items()
        }
        for name, kind in OTHER_KINDS.items():
            low, high = getattr(self, name)
            drawn = rng.uniform(low, high, kind.size)
            values[name] = drawn if kind.size > 1 else float(drawn[0])
        return RobotParameters(
            joint_names=robot.joint_names,
            payload=self._draw_payload(rng),
            link_mass_scale=self._draw_masses(robot, rng),
            **values,
        )

    def draw_surroundings(self, rng: np.random.Generator) -> Surroundings:
        """Draw a place; the same state of the generator gives the same place."""
        values: dict[str, Any] = {}
        for name, kind in SURROUNDING_KINDS.items():
            low, high = getattr(self, name)
            drawn = tuple(rng.uniform(low, high, kind.size).tolist())
            values[name] = drawn if kind.size > 1 else drawn[0]
        return Surroundings(**values)

    def widened(self, level: float) -> Randomization:
        """Return narrower or wider ranges: 0 is the nominal robot, 1 are these ranges.

        Both ends of a range move away from the nominal value in proportion, no further
        than what is possible.
        """
        wider: dict[str, Any] = {}
        for name, key, kind, pair in self._pairs():
            ends = np.clip(
                kind.neutral + level * (np.array(pair) - kind.neutral),
                kind.low,
                kind.high,
            )
            bounds = (float(ends[0]), float(ends[1]))
            if not key:
                wider[name] = bounds
                continue
            held = wider.get(name, getattr(self, name))
            ranges = {**held.ranges, key: bounds}
            wider[name] = held.model_copy(update={"ranges": ranges})
        return self.model_copy(update=wider)

    def _draw_payload(self, rng: np.random.Generator) -> dict[str, float]:
        side, mass = SIDES[int(rng.integers(2))], float(rng.uniform(*self.payload))
        loaded = rng.random() < self.payload_share
        return {side: mass} if loaded and mass > 0.0 else {}

    def _draw_masses(
        self, robot: RobotConfig, rng: np.random.Generator
    ) -> dict[str, float]:
        if self.link_mass_scale == (1.0, 1.0):
            return {}
        links = link_names(robot.mjcf)
        scales = rng.uniform(*self.link_mass_scale, len(links)).tolist()
        return dict(zip(links, scales, strict=True))

    def _pairs(self) -> Iterator[tuple[str, str, Kind, Range]]:
        """Go through all ranges: field, group (or nothing), kind, ends."""
        for name, kind in RANGED.items():
            value = getattr(self, name)
            if isinstance(value, JointRanges):
                for key, pair in value.ranges.items():
                    yield name, key, kind, pair
            else:
                yield name, "", kind, value


@lru_cache(maxsize=8)
def link_names(mjcf: Path) -> tuple[str, ...]:
    """Return the bodies of a robot that have a mass, in the order of its MJCF."""
    bodies = ElementTree.parse(mjcf).getroot().iter("body")
    return tuple(
        body.attrib["name"] for body in bodies if body.find("inertial") is not None
    )


def load_randomization(name: str) -> Randomization:
    """Load ranges: a name in configs/randomization, or a path to a YAML file.

    Raises:
        ConfigError: if they are not there, not understood or not possible.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = RANDOMIZATION_DIR / f"{name}.yaml"
    return load(Randomization, path)


def hidden_robot(robot: RobotConfig, seed: int) -> RobotParameters:
    """Return a robot with hidden parameters: the same seed, the same robot."""
    rng = np.random.default_rng([HIDDEN_STREAM, seed])
    return load_randomization(HIDDEN).draw(robot, rng)


def hidden_surroundings(seed: int) -> Surroundings:
    """Return the place of a hidden robot: the same seed, the same place."""
    rng = np.random.default_rng([HIDDEN_STREAM, seed, 1])
    return load_randomization(HIDDEN).draw_surroundings(rng)
