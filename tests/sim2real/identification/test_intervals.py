"""Intervals hold the truth as often as they say, also where noise hangs together."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.identification.intervals import WIDER, covariance

PULL = 1e-6  # hardly any


def _mean_of(noise: np.ndarray) -> tuple[float, float]:
    """Return the mean of readings around 0, and how sure the formula is of it."""
    jacobian = np.vstack([-np.ones((len(noise), 1)), [[PULL]]])
    residual = np.append(noise - noise.mean(), 0.0)
    spread = covariance(jacobian, residual, [(len(noise), 1)], dt=0.02)
    return float(noise.mean()), float(np.sqrt(spread[0, 0]))


def test_the_mean_of_a_hundred_readings_is_ten_times_surer_than_one() -> None:
    noise = np.random.default_rng(0).permutation(np.linspace(-1.0, 1.0, 100))
    _, deviation = _mean_of(noise)
    plain = np.std(noise, ddof=1) / 10.0
    assert deviation >= WIDER * plain * (1 - 1e-6)
    assert deviation == pytest.approx(WIDER * plain, rel=0.5)


def test_noise_that_repeats_itself_does_not_make_it_surer() -> None:
    rng = np.random.default_rng(1)
    inside = {"white": 0, "slow": 0}
    for _ in range(200):
        white = rng.normal(0.0, 1.0, 500)
        slow = np.repeat(rng.normal(0.0, 1.0, 100), 5)
        for name, noise in (("white", white), ("slow", slow)):
            mean, deviation = _mean_of(noise)
            inside[name] += abs(mean) < 1.96 * deviation
    assert inside["white"] >= 185
    assert inside["slow"] >= 176  # the plain formula: about 120


def test_an_unknown_that_nothing_depends_on_keeps_the_width_of_its_pull() -> None:
    jacobian = np.vstack([np.column_stack([np.ones(50), np.zeros(50)]), np.eye(2)])
    residual = np.append(np.linspace(-1.0, 1.0, 50), [0.0, 0.0])
    spread = covariance(jacobian, residual, [(50, 1)], dt=0.02)
    assert_allclose(spread[1, 1], WIDER**2, rtol=1e-6)
    assert spread[0, 0] < 0.2
