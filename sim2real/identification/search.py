"""Run MuJoCo's least squares on some of the unknowns of a problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.identification.problem import Problem
from sim2real.identification.rollouts import sysid
from sim2real.identification.unknowns import Unknown, value_of

Array = NDArray[np.float64]
Progress = Callable[[int, float], None]  # iteration, cost per reading

# Of finite differences, as a share of an unknown's spread. Dry friction makes residuals
# bend: with wider steps the columns of a Jacobian do not fit together, and lend
# certainty to what the data cannot tell, such as the common scale of masses, motors and
# friction.
STEP = 1e-4
# An undamped first step may leap into another valley, such as that of a trunk twice as
# heavy with arms that are weaker. In units of the spreads.
REACH = 1.0  # of one run, from where it begins
AT_BOUND = 1e-3  # of its range: an unknown so near to a bound is at it
CLOSE = 0.002  # a step this small, relative to the whole, ends the search


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where a search has led."""

    x: Array  # in units of the spreads, counted from nominal, (p,)
    cost: float  # half of the squares of the residuals
    jacobian: Array  # of the residuals by what was sought, (m, s)


class Search:
    """Runs MuJoCo's least squares on some of the unknowns, from one place."""

    def __init__(self, problem: Problem, progress: Progress | None) -> None:
        """Take the problem, and whom to tell of each iteration."""
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

    def run(
        self,
        x: Array,
        sought: Sequence[int],
        most: int,
        *,
        jacobian: Array | None = None,
    ) -> Found:
        """Improve some components of x.

        Args:
            x: where to begin, (p,).
            sought: which components.
            most: iterations at most.
            jacobian: of the residuals, (m, s), if the optimum is so near that this one
                does for the whole way. Jacobians are what a search spends its time on.
        """
        problem, rows = self._problem, list(sought)
        parameters = self._toolbox.ParameterDict()
        for row in rows:
            one, spread = problem.unknowns[row], problem.spread[row]
            low, high = ((v - one.nominal) / spread for v in (one.low, one.high))
            low, high = max(low, x[row] - REACH), min(high, x[row] + REACH)
            margin = AT_BOUND * (high - low)  # at a bound a search may stall
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

        high = parameters.get_bounds()[1]

        def slopes(at: Array, here: Array) -> Array:
            if jacobian is not None:
                return jacobian
            # To one side: so close, the other tells nothing more.
            aside = np.where(at[:, 0] + STEP <= high, STEP, -STEP)
            found = residual(at + np.diag(aside), None)[0][0]
            return np.asarray((found - here.reshape(-1, 1)) / aside)

        parameters, result = self._toolbox.optimize(
            parameters,
            residual,
            optimizer="mujoco",
            verbose=False,
            max_iters=most,
            jacobian=slopes,
            xtol=CLOSE,
            mu_factor=4.0,  # its default creeps where costs are rough
            iter_callback=follow,
            output=StringIO(),  # what it prints is for its authors
        )
        better = x.copy()
        better[rows] = parameters.as_vector()
        return Found(
            x=better,
            cost=float(result.extras["objective"][-1]),
            jacobian=result.jac,
        )

    def left_to_go(self, found: Found) -> float:
        """Return the size of the whole next step, in standard deviations together.

        A search that stalls has moved little, too; this one says if there is more.
        What lies at a bound and wants to leave its range counts as arrived.
        """
        problem, x, jacobian = self._problem, found.x, found.jacobian
        low, high = (
            np.array([getattr(one, name) for one in problem.unknowns])
            for name in ("low", "high")
        )
        slack = AT_BOUND * (high - low)
        values = problem.values(x)
        slope = jacobian.T @ problem.residual(x)
        held = ((values < low + slack) & (slope > 0.0)) | (
            (values > high - slack) & (slope < 0.0)
        )
        free = jacobian[:, ~held]
        step = np.linalg.solve(free.T @ free, slope[~held])
        return float(np.linalg.norm(free @ step))


def _begin(problem: Problem, one: Unknown) -> float:
    known = value_of(problem.robot, problem.base, one)
    return known if known != one.nominal else one.start
