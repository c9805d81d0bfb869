"""A small linear correction that may be learnt on the robot, and is never trusted.

An update stays within a trust region, has to lower the error on data that it was not
fitted to, and is taken back when the robot does worse with it. Bad data is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ResidualLimits:
    """How far the correction may go, and what data must be like."""

    fewest: int = 200  # samples of one update
    rank: int = 3  # of the weights
    step: float = 0.15  # largest change of the weights in one update (Frobenius)
    size: float = 0.4  # largest weights (Frobenius)
    output: float = 0.12  # largest correction, and half the largest label [rad]
    ridge: float = 10.0  # how much the old weights count, in samples
    worth: float = 0.004  # held-out error below which nothing is worth learning [rad]
    gain: float = 0.10  # share by which the held-out error has to fall
    worse: float = 0.10  # share by which the robot's error may rise before a roll-back
    blocks: int = 8  # of the data; every fourth is held out
    mismatch: float = 0.02  # of labels less correction from the errors [rad]
    repeats: float = 0.5  # share of samples equal to the one before, at most
    strikes: int = 2  # roll-backs after which nothing is learnt any more


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of an update."""

    accepted: bool
    reason: str  # one line for a person
    before: float | None = None  # held-out error, root of the mean square
    after: float | None = None


class BoundedResidual:
    """correction = weights @ features, with weights of low rank and bounded size."""

    def __init__(
        self, features: int, outputs: int, limits: ResidualLimits | None = None
    ) -> None:
        """Begin with no correction."""
        self.limits = limits or ResidualLimits()
        self.weights: Array = np.zeros((outputs, features))
        self.updates = self.refusals = self.rollbacks = 0
        self._kept: Array | None = None  # weights before the last update
        self._error_then = np.inf  # of the robot, before the last update

    @property
    def locked(self) -> bool:
        """Whether it was wrong too often to learn on."""
        return self.rollbacks >= self.limits.strikes

    def predict(self, features: Array) -> Array:
        """Return the correction for features (f,) or (T, f)."""
        limit = self.limits.output
        return np.clip(features @ self.weights.T, -limit, limit)

    def update(self, features: Array, labels: Array, errors: Array) -> Verdict:
        """Learn from samples, if they are good and it helps.

        Args:
            features: (T, f).
            labels: the correction that would have been right, (T, k).
            errors: what was left over with the present correction, (T, k); it says
                whether the last update did any good.

        Returns:
            what was done; a refusal or a roll-back leaves weights that are known.
        """
        verdict = self._judge(features, labels, errors)
        if not verdict.accepted:
            self.refusals += 1
        return verdict

    def _judge(self, features: Array, labels: Array, errors: Array) -> Verdict:
        reason = self._unusable(features, labels, errors)
        if reason is not None:
            return Verdict(accepted=False, reason=reason)
        error_now = _root_mean_square(errors)
        if self._kept is not None and error_now > self._error_then * (
            1.0 + self.limits.worse
        ):
            self.weights, self._kept = self._kept, None
            self.rollbacks += 1
            return Verdict(
                accepted=False,
                reason=(
                    f"rolled back: the error rose from {self._error_then:.4f} to "
                    f"{error_now:.4f} rad since the last update"
                ),
            )
        self._kept = None
        if self.locked:
            return Verdict(accepted=False, reason="locked after too many roll-backs")
        return self._try(features, labels, error_now)

    def _try(self, features: Array, labels: Array, error_now: float) -> Verdict:
        held = _held_out(len(features), self.limits.blocks)
        new = self._fitted(features[~held], labels[~held])
        old = self.weights
        before = _root_mean_square(labels[held] - self.predict(features[held]))
        if before < self.limits.worth:
            return Verdict(
                accepted=False,
                reason=f"refused: an error of {before:.4f} rad is not worth it",
                before=before,
            )
        self.weights = new
        after = _root_mean_square(labels[held] - self.predict(features[held]))
        if not after < before * (1.0 - self.limits.gain):
            self.weights = old
            return Verdict(
                accepted=False,
                reason="refused: the error on held-out data does not fall enough",
                before=before,
                after=after,
            )
        self._kept, self._error_then = old, error_now
        self.updates += 1
        return Verdict(accepted=True, reason="accepted", before=before, after=after)

    def _fitted(self, features: Array, labels: Array) -> Array:
        """Return the ridge solution around the present weights, inside the limits."""
        limits = self.limits
        left = labels - features @ self.weights.T
        gram = features.T @ features + limits.ridge * np.eye(features.shape[1])
        best = np.linalg.solve(gram, features.T @ left).T
        change = _shrunk(np.asarray(best, dtype=np.float64), limits.step)
        u, s, vt = np.linalg.svd(self.weights + change, full_matrices=False)
        s[limits.rank :] = 0.0
        low_rank: Array = (u * s) @ vt
        return _shrunk(low_rank, limits.size)

    def _unusable(self, features: Array, labels: Array, errors: Array) -> str | None:
        limits, outputs = self.limits, len(self.weights)
        count = len(features)
        expected = (count, outputs)
        if features.shape != (count, self.weights.shape[1]):
            return f"refused: features have shape {features.shape}"
        if labels.shape != expected or errors.shape != expected:
            return f"refused: labels have shape {labels.shape}, expected {expected}"
        if count < limits.fewest:
            return f"refused: {count} samples, at least {limits.fewest} are needed"
        if not all(np.isfinite(a).all() for a in (features, labels, errors)):
            return "refused: the data holds a number that is not finite"
        same = (np.diff(features, axis=0) == 0.0).all(1) & (
            np.diff(labels, axis=0) == 0.0
        ).all(1)
        if same.mean() > limits.repeats:
            return f"refused: {same.mean():.0%} of the samples repeat the one before"
        mismatch = _root_mean_square(labels - self.predict(features) - errors)
        if mismatch > max(limits.mismatch, 0.5 * _root_mean_square(errors)):
            return (
                f"refused: labels are {mismatch:.3f} rad off what the correction and "
                "the errors left say"
            )
        frozen = np.ptp(labels, axis=0) == 0.0
        if frozen.any():
            return f"refused: label {int(np.argmax(frozen))} never changes"
        largest = float(np.abs(labels).max())
        if largest > 2.0 * limits.output:
            return (
                f"refused: a label of {largest:.3f} rad, at most "
                f"{2.0 * limits.output:.3f} rad can be a residual"
            )
        return None


def _held_out(count: int, blocks: int) -> NDArray[np.bool_]:
    """Return which samples are kept for the check: whole stretches, not neighbours."""
    held: NDArray[np.bool_] = (np.arange(count) * blocks // count) % 4 == 3
    return held


def _shrunk(weights: Array, size: float) -> Array:
    norm = float(np.linalg.norm(weights))
    return weights if norm <= size else weights * (size / norm)


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))
