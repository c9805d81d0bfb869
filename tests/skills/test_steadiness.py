"""A standing robot needs a step when its capture point leaves the feet."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skills.steadiness import capture_point, needs_a_step

DOWN = np.array([0.0, 0.0, -1.0])


def leaning(sine: float) -> np.ndarray:
    """Gravity in the frame of a pelvis that leans forward."""
    return np.array([sine, 0.0, -np.sqrt(1.0 - sine**2)])


def test_a_body_at_rest_stays_over_its_own_place() -> None:
    point = capture_point(np.array([0.02, -0.01, 0.7]), np.zeros(3))
    assert_allclose(point, [0.02, -0.01])


def test_speed_carries_it_farther_the_higher_it_is() -> None:
    # sqrt(0.981 m / 9.81 m/s^2) is 0.316 s; a quarter of the height, half the time.
    velocity = np.array([1.0, -0.5, 3.0])
    high = capture_point(np.array([0.0, 0.0, 0.981]), velocity)
    low = capture_point(np.array([0.0, 0.0, 0.981 / 4]), velocity)
    assert_allclose(high, [0.3162, -0.1581], atol=1e-4)
    assert_allclose(low, high / 2)


@pytest.mark.parametrize(
    ("point", "answer"),
    [
        ((0.0, 0.0), False),
        ((0.12, 0.0), False),
        ((0.14, 0.0), True),
        ((-0.10, 0.0), False),
        ((-0.12, 0.0), True),
        ((0.0, 0.12), False),
        ((0.0, -0.14), True),
        ((0.11, 0.11), True),  # the corners are rounded
    ],
)
def test_the_point_must_stay_within_the_feet(
    point: tuple[float, float], answer: bool
) -> None:
    assert bool(needs_a_step(np.array(point), DOWN)) is answer


def test_leaning_far_needs_a_step() -> None:
    assert not needs_a_step(np.zeros(2), leaning(0.29))
    assert needs_a_step(np.zeros(2), leaning(0.31))


def test_a_batch_gives_one_answer_for_each_robot() -> None:
    gravity = np.stack([DOWN, leaning(0.4), DOWN])
    points = np.array([[0.0, 0.0], [0.0, 0.0], [0.2, 0.0]])
    assert needs_a_step(points, gravity).tolist() == [False, True, True]


def test_torch_answers_as_numpy_does() -> None:
    torch = pytest.importorskip("torch", reason="the trainer's arrays")
    com, speed = np.array([[0.0, 0.0, 0.7]] * 2), np.array([[0.1, 0, 0], [0.9, 0, 0]])
    there = capture_point(torch.tensor(com), torch.tensor(speed))
    assert_allclose(there.numpy(), capture_point(com, speed))
    answer = needs_a_step(there, torch.tensor(np.stack([DOWN, DOWN])))
    assert answer.tolist() == [False, True]
