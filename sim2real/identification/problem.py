"""Weighted differences between a log and what a model would have done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.identification.rollouts import Predictor, Signals
from sim2real.identification.unknowns import Unknown, applied
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]

LEAST_POS = 2e-4  # what is believed of a position reading at best [rad]
LEAST_EFFORT = 0.01  # of an effort, as a share of the limit
FIRST_POS = 5e-3  # of a position, before anything is known [rad]
EXPLAINED = 3.0  # times the noise of the readings


class Problem:
    """The residuals of one part as a function of its unknowns.

    Residuals are of positions, and of efforts where gains are sought. Velocities tell
    nothing that positions do not: drives compute them from positions, with a filter
    that nobody knows. Simulated ones are exact, and jump with every new target: a
    jitter of arrivals, which averages out in positions, makes them look later than
    they are.
    """

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

    def reweigh(self, x: Array) -> Array:
        """Set each channel's weight by how well the model can follow it.

        Returns:
            what residuals, and rows of their Jacobian, are to be multiplied with, (m,).
        """
        candidate = self.candidate(x)
        factors = []
        for place, predictor in enumerate(self.predictors):
            errors = self._errors(predictor, predictor.predict([candidate])[0])
            rms = np.sqrt((errors**2).mean(axis=0))
            before, now = self._weights[place], np.maximum(rms, self._least(predictor))
            self._weights[place] = now
            factors.append(np.tile(before / now, len(errors)))
        return np.concatenate([*factors, np.ones(len(self.unknowns))])

    def explained(self, x: Array) -> bool:
        """Whether what is left of the positions is hardly more than their noise."""
        candidate = self.candidate(x)
        for predictor in self.predictors:
            errors = self._errors(predictor, predictor.predict([candidate])[0])
            moved = predictor.window.moved
            least = self._least(predictor)[: len(moved)]
            rms = np.sqrt((errors[:, : len(moved)] ** 2).mean(axis=0))
            if np.median(rms / least) > EXPLAINED:
                return False
        return True

    def _errors(self, predictor: Predictor, predicted: Signals) -> Array:
        window, moved = predictor.window, predictor.window.moved
        parts = [window.pos - predicted.pos]
        if self._effort and window.effort is not None:
            parts.append(window.effort - predicted.effort)
        # A joint that is held still stands wherever its dry friction left it.
        return np.hstack([part[:, moved] for part in parts])

    def _first_weights(self, predictor: Predictor) -> Array:
        weights = self._least(predictor)
        weights[: len(predictor.window.moved)] = FIRST_POS
        return weights

    def _least(self, predictor: Predictor) -> Array:
        window = predictor.window
        moved = [window.joints[column] for column in window.moved]
        rows = [self.robot.joint_names.index(joint) for joint in moved]
        noise = window.noise[window.moved]
        parts = [np.maximum(noise, LEAST_POS)]
        if self._effort and window.effort is not None:
            parts.append(LEAST_EFFORT * self.robot.effort_limit[rows])
        return np.concatenate(parts)
