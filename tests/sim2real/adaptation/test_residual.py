"""A residual learns from good data, and never keeps what bad data taught it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from sim2real.adaptation.residual import BoundedResidual, ResidualLimits

Array = NDArray[np.float64]
TRUTH = np.array([[0.03, 0.02, 0.0], [-0.02, 0.0, 0.04]])


def data(count: int = 400, seed: int = 0, truth: Array = TRUTH) -> tuple[Array, Array]:
    """Return features with a constant first one, and what would have been right."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1.0, 1.0, (count, 3))
    features[:, 0] = 1.0
    return features, features @ truth.T + rng.normal(0.0, 1e-4, (count, len(truth)))


def learnt() -> BoundedResidual:
    residual = BoundedResidual(3, 2)
    features, labels = data()
    assert residual.update(features, labels, labels).accepted
    return residual


def test_good_data_is_learnt() -> None:
    residual = learnt()
    assert residual.updates == 1
    features, labels = data(seed=1)
    left = labels - residual.predict(features)
    assert np.abs(left).max() < 0.3 * np.abs(labels).max()


def test_it_begins_with_no_correction() -> None:
    assert_allclose(BoundedResidual(3, 2).predict(np.ones(3)), 0.0)


def test_a_correction_stays_within_its_limit() -> None:
    residual = learnt()
    assert np.abs(residual.predict(np.full(3, 1e6))).max() <= 0.12


def test_weights_stay_in_the_trust_region_and_of_low_rank() -> None:
    limits = ResidualLimits(step=0.02, rank=1)
    residual = BoundedResidual(3, 2, limits)
    features, labels = data()
    residual.update(features, labels, labels)
    assert np.linalg.norm(residual.weights) <= 0.02 + 1e-12
    assert np.linalg.matrix_rank(residual.weights) == 1


def frozen_sensor() -> tuple[Array, Array]:
    features, labels = data()
    features[:], labels[:] = features[0], labels[0]
    return features, labels


def frozen_label() -> tuple[Array, Array]:
    features, labels = data()
    labels[:, 1] = 0.05
    return features, labels


def shuffled_labels() -> tuple[Array, Array]:
    features, labels = data()
    order = np.random.default_rng(2).permutation(len(labels))
    return features, labels[order] - labels.mean(0)


def half_frozen() -> tuple[Array, Array]:
    features, labels = data()
    features[150:], labels[150:] = features[150], labels[150]
    return features, labels


def not_a_number() -> tuple[Array, Array]:
    features, labels = data()
    labels[7, 0] = np.nan
    return features, labels


def infinite() -> tuple[Array, Array]:
    features, labels = data()
    features[7, 1] = np.inf
    return features, labels


def too_little() -> tuple[Array, Array]:
    return data(count=50)


def absurd() -> tuple[Array, Array]:
    features, labels = data()
    return features, 20.0 * labels


def of_another_robot() -> tuple[Array, Array]:
    features, labels = data()
    return features[:, :2], labels


def nothing_at_all() -> tuple[Array, Array]:
    features, labels = data()
    return features, 1e-3 * labels


BAD = {
    frozen_sensor: "100% of the samples repeat",
    half_frozen: "62% of the samples repeat",
    frozen_label: "label 1 never changes",
    shuffled_labels: "held-out data does not fall|not worth it",
    not_a_number: "a number that is not finite",
    infinite: "a number that is not finite",
    too_little: "50 samples, at least 200",
    absurd: "a label of .* rad, at most 0.240 rad",
    of_another_robot: r"features have shape \(400, 2\)",
    nothing_at_all: "is not worth it",
}


def known(residual: BoundedResidual, before: Array) -> bool:
    """Whether the weights are those of before, or those before these."""
    weights = residual.weights
    return np.array_equal(weights, before) or not weights.any()


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_data_is_refused_and_changes_nothing(make) -> None:  # type: ignore[no-untyped-def]
    residual = BoundedResidual(3, 2)
    features, labels = make()
    verdict = residual.update(features, labels, labels)
    assert not verdict.accepted
    assert not residual.weights.any()
    assert residual.refusals == 1
    with pytest.raises(AssertionError, match=BAD[make]):
        raise AssertionError(verdict.reason)


# That a robot became nominal is rightly learnt.
TEACHES_WRONG = [make for make in BAD if make is not nothing_at_all]


@pytest.mark.parametrize("make", TEACHES_WRONG, ids=lambda make: make.__name__)
def test_bad_data_never_replaces_what_was_learnt(make) -> None:  # type: ignore[no-untyped-def]
    residual = learnt()
    before = residual.weights.copy()
    features, labels = make()
    matched = features.shape[1] == 3
    errors = labels - residual.predict(features) if matched else labels
    assert not residual.update(features, labels, errors).accepted
    assert known(residual, before)


def test_labels_that_do_not_fit_what_is_left_are_refused() -> None:
    residual = BoundedResidual(3, 2)
    features, labels = data()
    for wrong in (-labels, labels[::-1]):
        verdict = residual.update(features, wrong, labels)
        assert not verdict.accepted
        assert "rad off what the correction and the errors left say" in verdict.reason


def test_labels_of_another_shape_are_refused() -> None:
    features, labels = data()
    verdict = BoundedResidual(3, 2).update(features, labels[:, :1], labels)
    assert "labels have shape (400, 1), expected (400, 2)" in verdict.reason


def worse(residual: BoundedResidual, factor: float) -> bool:
    """Show it a robot that hangs so much further than it did; return if it learns."""
    features, labels = data(seed=5)
    errors = factor * labels
    return residual.update(
        features, residual.predict(features) + errors, errors
    ).accepted


def test_an_update_is_taken_back_when_the_robot_does_worse() -> None:
    residual = learnt()
    features, labels = data(seed=5)
    verdict = residual.update(
        features, residual.predict(features) + 1.5 * labels, 1.5 * labels
    )
    assert not verdict.accepted
    assert "rolled back: the error rose from" in verdict.reason
    assert not residual.weights.any()
    assert residual.rollbacks == 1


def test_an_update_that_helped_is_kept() -> None:
    residual = learnt()
    before = residual.weights.copy()
    assert not worse(residual, 0.05)  # not worth learning
    assert_allclose(residual.weights, before, atol=0)
    assert residual.rollbacks == 0


def test_after_two_roll_backs_nothing_is_learnt_any_more() -> None:
    residual = learnt()
    assert not worse(residual, 1.5)
    features, labels = data()
    assert residual.update(features, labels, labels).accepted
    assert not worse(residual, 1.5)
    assert residual.locked
    verdict = residual.update(features, labels, labels)
    assert verdict.reason == "locked after too many roll-backs"
    assert not residual.weights.any()


def test_a_roll_back_goes_to_the_weights_before_not_to_nothing() -> None:
    residual = learnt()
    good = residual.weights.copy()
    assert worse(residual, 0.8)  # there is more to learn
    assert not np.array_equal(residual.weights, good)
    assert not worse(residual, 2.0)
    assert_allclose(residual.weights, good, atol=0)
