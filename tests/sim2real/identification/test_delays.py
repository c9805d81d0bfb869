"""A late command acts for the rest of the step in which it arrives."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from sim2real.identification.delays import mean_targets

TIME = np.array([0.0, 0.02, 0.04])
POS = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])


def test_without_delay_targets_hold_from_their_own_stamp() -> None:
    means = mean_targets(TIME, POS, np.zeros(2), 0.0, 0.005, 10)
    assert_allclose(means[:, 0], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2], atol=1e-9)
    assert_allclose(means[:, 1], np.ones(10), atol=1e-9)


def test_a_delay_of_a_step_and_a_half_splits_a_step() -> None:
    means = mean_targets(TIME, POS, np.array([0.0075, 0.0]), 0.0, 0.005, 7)
    # The first target holds before it; 1 arrives in the middle of the sixth step.
    assert_allclose(means[:, 0], [0, 0, 0, 0, 0, 0.5, 1], atol=1e-9)


def test_the_mean_is_linear_in_the_delay_so_that_a_fit_has_a_slope() -> None:
    delays = (0.0051, 0.0052, 0.0053)
    sixth = [
        mean_targets(TIME, POS, np.array([d, d]), 0.0, 0.005, 7)[5, 0] for d in delays
    ]
    assert_allclose(np.diff(sixth), [-0.02, -0.02], atol=1e-6)


def test_the_last_target_holds_on() -> None:
    means = mean_targets(TIME, POS, np.zeros(2), 1.0, 0.005, 3)
    assert_allclose(means[:, 0], [2.0, 2.0, 2.0], atol=1e-9)
