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

# Of finite differences to both sides, as a share of an unknown's spread. Dry friction
# makes residuals bend: with wider steps the columns of a Jacobian do not fit together,
# and lend certainty to what the data cannot tell, such as the common scale of masses,
# motors and friction.
STEP = 1e-5
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

    def run(self, x: Array, sought: Sequence[int], most: int) -> Found:
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
        return Found(
            x=better,
            cost=float(result.extras["objective"][-1]),
            jacobian=result.jac,
        )


def _begin(problem: Problem, one: Unknown) -> float:
    known = value_of(problem.robot, problem.base, one)
    return known if known != one.nominal else one.start
