"""Fit the unknowns of one part of a robot to the windows in which it moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.identification.intervals import SURE, covariance
from sim2real.identification.rollouts import Predictor, Signals, sysid
from sim2real.identification.unknowns import Unknown, applied, value_of
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]
Progress = Callable[[int, float], None]  # iteration, cost per reading

STARTS = (0.02, 1.0)
"""Dry frictions that searches begin with, in units of the usual start.

A joint that sticks in the model but not in truth, or the other way round, is a valley
of its own, so that the search begins in more than one place.
"""
ROUGH, ROUND, ROUNDS = 4, 4, 8
"""Iterations at most: of the shared unknowns alone, from each start; then of all of
them, in each of so many rounds at most. The weights are set anew before each round."""
SETTLED = 0.99  # of the cost is left after a round: there is no more to be had
DELAY_KNOWN_TO = 1e-4  # however many readings: stamps are no better [s]
# Of finite differences to both sides, as a share of an unknown's spread. Dry friction
# makes residuals bend: with wider steps the columns of a Jacobian do not fit together,
# and lend certainty to what the data cannot tell, such as the common scale of masses,
# motors and friction.
STEP = 1e-5
CLOSE = 0.02  # a step this small, relative to the whole, ends the search

OWN = ("encoder_bias", "link_mass_scale", "stiffness_scale", "damping_gain_scale")
"""Fields of which every joint or link has its own, left out of the rough search."""

LEAST_POS = 2e-4  # what is believed of a position reading at best [rad]
LEAST_VEL = 5e-3  # of a velocity reading [rad/s]
LEAST_EFFORT = 0.01  # of an effort, as a share of the limit
FIRST_POS, FIRST_VEL = 5e-3, 0.2  # before anything is known [rad], [rad/s]


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


class Problem:
    """The residuals of one part as a function of its unknowns."""

    def __init__(
        self,
        robot: RobotConfig,
        base: RobotParameters,
        unknowns: Sequence[Unknown],
        predictors: Sequence[Predictor],
        *,
        use_effort: bool = True,
    ) -> None:
        """Take what is known already and what is sought.

        Args:
            robot: the robot.
            base: parameters of everything that is not sought.
            unknowns: what is sought.
            predictors: one for each window.
            use_effort: whether efforts count, where they were logged.
        """
        self.robot, self.base = robot, base
        self.unknowns = tuple(unknowns)
        self.predictors = tuple(predictors)
        self.spread = np.array([one.spread for one in unknowns])
        self.nominal = np.array([one.nominal for one in unknowns])
        self._effort = use_effort
        self._weights = [self._first_weights(p) for p in predictors]

    def residual(self, x: Array) -> Array:
        """Return weighted residuals for one x (p,), or for columns (p, c).

        x counts from nominal, in units of each unknown's spread. The last p rows pull
        towards nominal, by one for each spread.
        """
        columns = x.reshape(len(self.unknowns), -1)
        candidates = [self.candidate(column) for column in columns.T]
        blocks = []
        for predictor, weights in zip(self.predictors, self._weights, strict=True):
            predicted = predictor.predict(candidates)
            errors = [self._errors(predictor, one) / weights for one in predicted]
            blocks.append(np.stack([one.ravel() for one in errors], axis=1))
        blocks.append(columns)
        stacked = np.concatenate(blocks)
        return stacked[:, 0] if x.ndim == 1 else stacked

    def candidate(self, x: Array) -> RobotParameters:
        """Return the parameters for x, (p,)."""
        values = self.values(x)
        return applied(self.robot, self.base, self.unknowns, values)

    def values(self, x: Array) -> Array:
        """Return the values that x stands for, (p,)."""
        return np.asarray(self.nominal + x * self.spread)

    def shapes(self) -> list[tuple[int, int]]:
        """Return the readings and channels of each window."""
        return [
            (len(p.window.time), len(w))
            for p, w in zip(self.predictors, self._weights, strict=True)
        ]

    def reweigh(self, x: Array) -> None:
        """Set each channel's weight by how well the model can follow it."""
        candidate = self.candidate(x)
        for place, predictor in enumerate(self.predictors):
            errors = self._errors(predictor, predictor.predict([candidate])[0])
            rms = np.sqrt((errors**2).mean(axis=0))
            self._weights[place] = np.maximum(rms, self._least(predictor))

    def _errors(self, predictor: Predictor, predicted: Signals) -> Array:
        window, moved = predictor.window, predictor.window.moved
        parts = [window.pos - predicted.pos, window.vel - predicted.vel]
        if self._effort and window.effort is not None:
            parts.append(window.effort - predicted.effort)
        # A joint that is held still stands wherever its dry friction left it.
        return np.hstack([part[:, moved] for part in parts])

    def _first_weights(self, predictor: Predictor) -> Array:
        k = len(predictor.window.moved)
        least = self._least(predictor)
        first = least.copy()
        first[:k] = FIRST_POS
        first[k : 2 * k] = FIRST_VEL
        return np.maximum(first, least)

    def _least(self, predictor: Predictor) -> Array:
        window = predictor.window
        moved = [window.joints[column] for column in window.moved]
        rows = [self.robot.joint_names.index(joint) for joint in moved]
        noise = window.noise[window.moved]
        parts = [np.maximum(noise, LEAST_POS), np.full(len(moved), LEAST_VEL)]
        if self._effort and window.effort is not None:
            parts.append(LEAST_EFFORT * self.robot.effort_limit[rows])
        return np.concatenate(parts)


def fit(problem: Problem, progress: Progress | None = None) -> Fit:
    """Search for the unknowns with MuJoCo's least squares, and say how sure that is."""
    search = _Search(problem, progress)
    shared = [i for i, one in enumerate(problem.unknowns) if one.field not in OWN]
    begun = [search.run(search.start(share), shared, ROUGH) for share in STARTS]
    best = min(begun, key=lambda one: one.cost)
    everything = list(range(len(problem.unknowns)))
    for _ in range(ROUNDS):
        problem.reweigh(best.x)
        best = search.run(best.x, everything, ROUND)
        if best.cost > SETTLED * best.first_cost:
            break
    return _concluded(problem, best.x, best.jacobian, search.iterations)


@dataclass(frozen=True, kw_only=True)
class _Found:
    x: Array
    first_cost: float
    cost: float
    jacobian: Array


class _Search:
    """Runs MuJoCo's least squares on some of the unknowns, from one place."""

    def __init__(self, problem: Problem, progress: Progress | None) -> None:
        self._problem, self._progress = problem, progress
        self._toolbox = sysid()
        self.iterations = 0

    def start(self, friction: float) -> Array:
        """Return where to begin, with a share of the usual dry friction."""
        problem = self._problem
        values = []
        for one in problem.unknowns:
            value = _begin(problem, one)
            if one.field == "friction_loss_add":
                value *= friction
            values.append(np.clip(value, one.low, one.high))
        return np.asarray((np.array(values) - problem.nominal) / problem.spread)

    def run(self, x: Array, sought: Sequence[int], most: int) -> _Found:
        """Improve some components of x."""
        problem, rows = self._problem, list(sought)
        parameters = self._toolbox.ParameterDict()
        for row in rows:
            one, spread = problem.unknowns[row], problem.spread[row]
            low, high = ((v - one.nominal) / spread for v in (one.low, one.high))
            margin = 1e-3 * (high - low)  # at a bound a search may stall
            begin = np.clip(x[row], low + margin, high - margin)
            parameters.add(self._toolbox.Parameter(one.name, begin, low, high))

        def residual(
            part: Array, _: object
        ) -> tuple[list[Array], list[Any], list[Any]]:
            columns = part.reshape(len(rows), -1)
            whole = np.repeat(x[:, None], columns.shape[1], axis=1)
            whole[rows] = columns
            found = problem.residual(whole)
            return [found[:, 0] if part.ndim == 1 else found], [], []

        readings = sum(a * b for a, b in problem.shapes())

        def follow(trace: list[Any]) -> None:
            self.iterations += 1
            if self._progress is not None:
                cost = 2.0 * float(trace[-1].objective) / readings
                self._progress(self.iterations, cost)

        low, high = parameters.get_bounds()

        def jacobian(at: Array, _: Array) -> Array:
            reach = STEP * np.eye(len(rows))
            ahead = np.clip(at + reach, low[:, None], high[:, None])
            behind = np.clip(at - reach, low[:, None], high[:, None])
            found = residual(np.hstack([ahead, behind]), None)[0][0]
            width = (ahead - behind).diagonal()
            return np.asarray((found[:, : len(rows)] - found[:, len(rows) :]) / width)

        parameters, result = self._toolbox.optimize(
            parameters,
            residual,
            optimizer="mujoco",
            verbose=False,
            max_iters=most,
            jacobian=jacobian,
            xtol=CLOSE,
            mu_factor=4.0,  # its default creeps where costs are rough
            iter_callback=follow,
            output=StringIO(),  # what it prints is for its authors
        )
        better = x.copy()
        better[rows] = parameters.as_vector()
        costs = result.extras["objective"]
        return _Found(
            x=better,
            first_cost=float(costs[0]),
            cost=float(costs[-1]),
            jacobian=result.jac,
        )


def _begin(problem: Problem, one: Unknown) -> float:
    known = value_of(problem.robot, problem.base, one)
    return known if known != one.nominal else one.start


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
