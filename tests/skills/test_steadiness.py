"""A standing robot needs a step when it tips fast or far, whoever computes it."""

from __future__ import annotations

import numpy as np
import pytest

from skills.steadiness import unsteady

DOWN = np.array([0.0, 0.0, -1.0])
STILL = np.zeros(3)


def leaning(sine: float) -> np.ndarray:
    """Gravity in the frame of a pelvis that leans forward."""
    return np.array([sine, 0.0, -np.sqrt(1.0 - sine**2)])


def test_a_robot_at_rest_is_steady() -> None:
    assert not unsteady(DOWN, STILL)


@pytest.mark.parametrize("axis", [0, 1])
def test_tipping_fast_either_way_is_unsteady(axis: int) -> None:
    rate = np.zeros(3)
    for value, answer in ((0.69, False), (0.71, True), (-0.71, True)):
        rate[axis] = value
        assert bool(unsteady(DOWN, rate)) is answer


def test_turning_on_the_spot_is_steady() -> None:
    assert not unsteady(DOWN, np.array([0.0, 0.0, 3.0]))


def test_leaning_far_is_unsteady() -> None:
    assert not unsteady(leaning(0.24), STILL)
    assert unsteady(leaning(0.26), STILL)


def test_a_batch_gives_one_answer_for_each_robot() -> None:
    gravity = np.stack([DOWN, leaning(0.3), DOWN])
    rates = np.array([[0.0, 0, 0], [0, 0, 0], [0, 0.9, 0]])
    assert unsteady(gravity, rates).tolist() == [False, True, True]


def test_torch_answers_as_numpy_does() -> None:
    torch = pytest.importorskip("torch", reason="the trainer's arrays")
    gravity = np.stack([DOWN, leaning(0.3)])
    answer = unsteady(torch.tensor(gravity), torch.zeros(2, 3, dtype=torch.float64))
    assert answer.tolist() == [False, True]
