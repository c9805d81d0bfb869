"""Put what was found of a hidden robot beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from configs.schema import RobotConfig
from sim2real.identification.fit import Finding
from sim2real.identification.intervals import SURE
from sim2real.identification.parts import link_mass
from sim2real.identification.unknowns import Unknown, value_of
from sim2real.randomization import hidden_robot
from sim2real.robot_parameters import TRUNK, RobotParameters

JUDGED = {
    "armature_scale": 0.1,
    "damping_add": 0.02,
    "friction_loss_add": 0.02,
    "strength": 0.1,
    "payload": 0.02,
    "base_mass_add": 0.2,
}
"""Fields whose errors count as shares of the truth, and the least truth that they are
taken of; one that is smaller counts by whether it is inside its interval only."""
DELAY = "command_delay_s"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One parameter of one hidden robot, after the fit."""

    robot: int  # its seed
    field: str
    key: str
    truth: float
    finding: Finding

    @property
    def inside(self) -> bool:
        """Whether the truth is in the 95 % interval."""
        low, high = self.finding.interval
        return low <= self.truth <= high

    @property
    def error(self) -> float:
        """From the truth."""
        return abs(self.finding.value - self.truth)

    @property
    def half_width(self) -> float:
        """Of the 95 % interval."""
        return SURE * self.finding.deviation

    @property
    def is_share(self) -> bool:
        """Whether errors of it count as shares of the truth."""
        return self.field in JUDGED and abs(self.truth) >= JUDGED[self.field]

    @property
    def relative_error(self) -> float:
        """As a share of the truth."""
        return self.error / abs(self.truth)

    @property
    def relative_half_width(self) -> float:
        """As a share of the truth."""
        return self.half_width / abs(self.truth)

    def as_dict(self) -> dict[str, Any]:
        """Return it as data that JSON can hold."""
        return {
            "robot": self.robot,
            "field": self.field,
            "key": self.key,
            "truth": self.truth,
            "value": self.finding.value,
            "deviation": self.finding.deviation,
            "reason": self.finding.reason,
        }


def unveiled(
    robot: RobotConfig, seed: int, findings: Mapping[Unknown, Finding]
) -> list[Row]:
    """Return what was found beside the truth of a hidden robot."""
    truth = hidden_robot(robot, seed)
    return [
        Row(
            robot=seed,
            field=one.field,
            key=one.key,
            truth=true_value(robot, truth, one),
            finding=finding,
        )
        for one, finding in findings.items()
    ]


def true_value(robot: RobotConfig, truth: RobotParameters, one: Unknown) -> float:
    """Return the true value of an unknown.

    A log tells only how late a reading is after a command: the delay of the command and
    of the reading together, and the mean of the jitter of both.
    """
    value = value_of(robot, truth, one)
    if one.field == DELAY:
        value += truth.observation_delay_s + truth.jitter_s
    if one.field == "base_mass_add":
        trunk = link_mass(robot, TRUNK)
        value += (truth.link_mass_scale.get(TRUNK, 1.0) - 1.0) * trunk
    return value
