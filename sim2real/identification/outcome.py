"""Turn what was found into the file that every engine and the trainer load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from configs.schema import RobotConfig
from sim2real.identification.fit import Finding
from sim2real.identification.identify import Identified
from sim2real.identification.unknowns import SORTS, Unknown, by_field
from sim2real.identified import Estimate, IdentifiedRobot
from sim2real.robot_parameters import KINDS

DELAYED = "observation_delay_s"
WHY_NOT_APART = (
    "a log tells the sum of command and observation delay only; command_delay_s is it"
)
DIGITS = 5


def identified_robot(
    robot: RobotConfig, outcome: Identified, *, source: str
) -> IdentifiedRobot:
    """Return the findings as a file says them.

    Args:
        robot: whose they are.
        outcome: of an identification.
        source: log that they come from.
    """
    parameters: dict[str, Any] = {}
    for field, entries in by_field(outcome.findings):
        kind = KINDS[field]
        if kind.size > 1:
            parameters[field] = _vector(field, entries)
        elif list(entries) == [""]:
            parameters[field] = _one(field, entries[""])
        else:
            parameters[field] = {
                name: _one(field, finding)
                for key, finding in entries.items()
                for name in key.split("+")
            }
    parameters[DELAYED] = Estimate(identifiable=False, reason=WHY_NOT_APART)
    nominal, identified = outcome.errors()
    return IdentifiedRobot(
        robot=robot.name,
        revision=robot.revision,
        source=source,
        note="95 % intervals; what is not identifiable is nominal.",
        figures={
            "held_out_error_nominal_rad": round(nominal, 6),
            "held_out_error_identified_rad": round(identified, 6),
            **_weights(outcome),
        },
        parameters=parameters,
    )


def _weights(outcome: Identified) -> dict[str, float]:
    """Return by how much the legs feel more than the robot weighs, as shares."""
    if not outcome.weighed:
        return {}
    nominal, identified = np.mean(
        [[one.error for one in pair] for pair in outcome.weighed], axis=0
    )
    return {
        "weight_error_nominal": round(float(nominal), 4),
        "weight_error_identified": round(float(identified), 4),
    }


def finding_of(
    outcome: Mapping[Unknown, Finding], field: str, key: str
) -> Finding | None:
    """Return what was found of a field and a joint, limb, side or body."""
    for one, finding in outcome.items():
        if (one.field, one.key) == (field, key):
            return finding
    return None


def _one(field: str, finding: Finding) -> Estimate:
    if not finding.identifiable:
        return Estimate(identifiable=False, reason=finding.reason)
    return Estimate(
        value=round(finding.value, DIGITS), interval=_interval(field, finding)
    )


def _vector(field: str, entries: Mapping[str, Finding]) -> Estimate:
    findings = [entries[key] for key in sorted(entries)]
    reasons = [finding.reason for finding in findings if finding.reason]
    if reasons:
        return Estimate(identifiable=False, reason=reasons[0])
    return Estimate(
        value=tuple(round(finding.value, DIGITS) for finding in findings),
        interval=tuple(_interval(field, finding) for finding in findings),
    )


def _interval(field: str, finding: Finding) -> tuple[float, float]:
    sort = SORTS[field]
    low, high = finding.interval
    if sort.low == 0.0:
        low = max(low, 0.0)
    return round(low, DIGITS), round(max(high, low), DIGITS)
