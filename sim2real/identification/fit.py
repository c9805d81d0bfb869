"""Fit the unknowns of one part of a robot to the windows in which it moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim2real.identification.intervals import SURE, covariance
from sim2real.identification.problem import Problem
from sim2real.identification.search import Progress, Search
from sim2real.identification.unknowns import Unknown, applied
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]

STARTS = (0.02, 1.0)
"""Dry frictions that searches begin with, in units of the usual start.

A joint that sticks in the model but not in truth, or the other way round, is a valley
of its own, so that the search begins in more than one place.
"""
ROUGH, ROUND, ROUNDS = 4, 3, 12
"""Iterations at most: of the shared unknowns alone, from each start; then of all of
them, in each of so many rounds at most. Weights are set anew before each round."""
NEARBY = 10.0  # with such a step left to go, the Jacobian of the last round will do
SETTLED = 0.1
"""Standard deviations, of all unknowns together, that may be left to go: what has not
settled is wrong in a way that no interval shows."""
DELAY_KNOWN_TO = 1e-4  # however many readings: stamps are no better [s]

FINE = (
    "encoder_bias",
    "link_mass_scale",
    "stiffness_scale",
    "damping_gain_scale",
    "observation_delay_s",
    "jitter_s",
)
"""Fields that are left out of the rough search."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a fit says of one unknown."""

    value: float
    deviation: float  # standard deviation
    reason: str = ""  # why the data cannot tell it; nothing if it can

    @property
    def identifiable(self) -> bool:
        """Whether the data told it."""
        return not self.reason

    @property
    def interval(self) -> tuple[float, float]:
        """In which the truth is in 95 of 100 cases."""
        half = SURE * self.deviation
        return self.value - half, self.value + half


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The outcome for one part."""

    findings: dict[Unknown, Finding]
    parameters: RobotParameters  # with every value that was told
    iterations: int
    cost: float  # mean of squared weighted residuals; near 1 if the model is right


def fit(problem: Problem, progress: Progress | None = None) -> Fit:
    """Search for the unknowns with MuJoCo's least squares, and say how sure that is."""
    search = Search(problem, progress)
    shared = [i for i, one in enumerate(problem.unknowns) if one.field not in FINE]
    begun = []
    for share in STARTS:
        begun.append(search.run(search.start(share), shared, ROUGH))
        if problem.explained(begun[-1].x):
            break
    best = min(begun, key=lambda one: one.cost)
    everything, left = list(range(len(problem.unknowns))), np.inf
    for _ in range(ROUNDS):
        factors = problem.reweigh(best.x)
        nearby = left < NEARBY
        known = best.jacobian * factors[:, None] if nearby else None
        best = search.run(best.x, everything, ROUND, jacobian=known)
        left = search.left_to_go(best)
        if nearby and left < SETTLED:  # with weights of the end, too
            break
    return _concluded(problem, best.x, best.jacobian, search.iterations)


def _concluded(problem: Problem, x: Array, jacobian: Array, iterations: int) -> Fit:
    flat = problem.residual(x)
    window = problem.predictors[0].window
    dt = float(np.median(np.diff(window.time)))
    spread_of = covariance(jacobian, flat, problem.shapes(), dt)
    deviations = np.sqrt(np.diag(spread_of)) * problem.spread
    delays = [one.field == "command_delay_s" for one in problem.unknowns]
    deviations[delays] = np.hypot(deviations[delays], DELAY_KNOWN_TO)
    findings = {
        one: Finding(
            value=float(value),
            deviation=float(deviation),
            reason=_reason(one, place, float(deviation), spread_of),
        )
        for place, (one, value, deviation) in enumerate(
            zip(problem.unknowns, problem.values(x), deviations, strict=True)
        )
    }
    told = [
        finding.value if finding.identifiable else one.nominal
        for one, finding in findings.items()
    ]
    rows = len(flat) - len(x)
    return Fit(
        findings=findings,
        parameters=applied(problem.robot, problem.base, problem.unknowns, told),
        iterations=iterations,
        cost=float(flat[:rows] @ flat[:rows]) / rows,
    )


def _reason(one: Unknown, place: int, deviation: float, spread_of: Array) -> str:
    """Return why an unknown cannot be told, or nothing if it can."""
    if one.widest == 0.0:
        return "it is sought so that the others are right; a log hardly tells it"
    half = SURE * deviation
    if half <= one.widest:
        return ""
    if deviation > 0.9 * one.spread:
        return "nothing in the log depends on it"
    scale = np.sqrt(np.diag(spread_of))
    alike = np.abs(spread_of[place] / (scale[place] * scale))
    alike[place] = 0.0
    return f"its interval is +-{half:.2g}, wider than +-{one.widest:.2g}" + (
        "" if alike.max() < 0.9 else "; it cannot be told from another unknown"
    )
