"""Rotations: numbers worked out by hand, wxyz throughout."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.rotations import (
    conjugate,
    heading_of,
    multiply,
    project_gravity,
    rotate,
    rotate_inverse,
    seen_from,
    wrap_angle,
    wxyz_from_rpy,
    wxyz_from_yaw,
    yaw_of,
)

X, Y, Z = np.eye(3)
HALF = sqrt(0.5)
QUARTER_YAW = np.array([HALF, 0.0, 0.0, HALF])
QUARTER_ROLL = np.array([HALF, HALF, 0.0, 0.0])


def rpy(roll: float, pitch: float, yaw: float) -> np.ndarray:
    return wxyz_from_rpy(np.array(roll), np.array(pitch), np.array(yaw))


def test_w_comes_first():
    # A yaw of 1 rad has halves that differ: read as xyzw it would be another turn.
    assert_allclose(wxyz_from_yaw(np.array(1.0)), [cos(0.5), 0.0, 0.0, sin(0.5)])
    assert_allclose(rotate(wxyz_from_yaw(np.array(1.0)), X), [cos(1.0), sin(1.0), 0.0])
    xyzw = np.array([0.0, 0.0, sin(0.5), cos(0.5)])
    assert not np.allclose(rotate(xyzw, X), [cos(1.0), sin(1.0), 0.0])


def test_a_quarter_yaw_turns_x_to_y_and_back():
    assert_allclose(rotate(QUARTER_YAW, X), Y, atol=1e-12)
    assert_allclose(rotate_inverse(QUARTER_YAW, Y), X, atol=1e-12)


def test_a_product_turns_with_its_right_factor_first():
    # Roll takes y to z, which a yaw leaves; the other way round y goes to -x and stays.
    assert_allclose(rotate(multiply(QUARTER_YAW, QUARTER_ROLL), Y), Z, atol=1e-12)
    assert_allclose(rotate(multiply(QUARTER_ROLL, QUARTER_YAW), Y), -X, atol=1e-12)
    assert_allclose(multiply(QUARTER_YAW, QUARTER_ROLL), [0.5, 0.5, 0.5, 0.5])
    assert_allclose(multiply(QUARTER_ROLL, QUARTER_YAW), [0.5, 0.5, -0.5, 0.5])


def test_the_conjugate_undoes_a_turn():
    quat = rpy(0.3, -0.4, 1.1)
    assert_allclose(multiply(quat, conjugate(quat)), [1.0, 0.0, 0.0, 0.0], atol=1e-12)


def test_roll_pitch_yaw_about_fixed_axes():
    assert_allclose(rpy(pi / 2, 0.0, 0.0), QUARTER_ROLL)
    assert_allclose(rpy(0.0, pi / 2, 0.0), [HALF, 0.0, HALF, 0.0])
    assert_allclose(rpy(0.0, 0.0, pi / 2), QUARTER_YAW)
    # Roll first (y to z), then yaw.
    assert_allclose(rpy(pi / 2, 0.0, pi / 2), multiply(QUARTER_YAW, QUARTER_ROLL))


@pytest.mark.parametrize(
    ("quat", "gravity"),
    [
        (rpy(0.0, 0.0, 0.7), -Z),  # upright, whatever the heading
        (rpy(0.0, pi / 2, 0.0), X),  # on its face
        (rpy(0.0, -pi / 2, 0.0), -X),  # on its back
        (rpy(pi / 2, 0.0, 0.0), -Y),  # on its right side
        (rpy(0.0, pi / 6, 1.0), [0.5, 0.0, -sqrt(0.75)]),
    ],
)
def test_gravity_in_the_base_frame(quat, gravity):
    assert_allclose(project_gravity(quat), gravity, atol=1e-12)
    assert_allclose(project_gravity(quat), rotate_inverse(quat, -Z), atol=1e-12)


def test_the_yaw_of_a_tilted_base_is_its_heading():
    assert yaw_of(rpy(0.1, 0.2, 1.3)) == pytest.approx(1.3)
    assert yaw_of(-rpy(0.1, 0.2, 1.3)) == pytest.approx(1.3)  # -q is the same turn


def test_angles_wrap_into_minus_pi_to_pi():
    angles = np.array([0.0, 3 * pi / 2, -3 * pi / 2, pi, -pi, 2 * pi + 0.1])
    expected = [0.0, -pi / 2, pi / 2, -pi, -pi, 0.1]
    assert_allclose(wrap_angle(angles), expected, atol=1e-12)


def test_the_heading_of_one_quaternion_is_its_yaw():
    for roll, pitch, yaw in ((0.0, 0.0, 0.5), (0.3, -0.4, 2.0), (0.1, 0.2, -3.0)):
        quat = wxyz_from_rpy(np.array(roll), np.array(pitch), np.array(yaw))
        assert heading_of(quat) == yaw_of(quat) == pytest.approx(yaw)


def test_one_vector_is_seen_from_one_frame_as_many_are():
    quat, vector = rpy(0.3, -0.4, 2.0), np.array([1.0, -2.0, 3.0])
    assert (seen_from(quat, vector) == rotate_inverse(quat, vector)).all()
    assert_allclose(rotate(quat, seen_from(quat, vector)), vector)


def test_a_batch_is_turned_one_by_one():
    quats = np.stack([QUARTER_YAW, QUARTER_ROLL])
    assert_allclose(rotate(quats, np.stack([X, Y])), [Y, Z], atol=1e-12)
    assert project_gravity(np.zeros((2, 5, 4))).shape == (2, 5, 3)
    assert_allclose(rotate(quats, X), [Y, X], atol=1e-12)


def test_torch_gives_what_numpy_gives():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    angles = rng.uniform(-1.0, 1.0, (3, 5))
    vectors = rng.normal(size=(5, 3))
    quat = wxyz_from_rpy(*angles)
    as_torch = wxyz_from_rpy(*torch.from_numpy(angles))
    for function in (conjugate, project_gravity, yaw_of):
        assert_allclose(function(as_torch).numpy(), function(quat))
    for function in (rotate, rotate_inverse):
        turned = function(as_torch, torch.from_numpy(vectors))
        assert_allclose(turned.numpy(), function(quat, vectors))
    assert_allclose(multiply(as_torch, as_torch).numpy(), multiply(quat, quat))
    wrapped = wrap_angle(torch.from_numpy(4 * angles))
    assert_allclose(wrapped.numpy(), wrap_angle(4 * angles))
    yaws = torch.from_numpy(angles[0])
    assert_allclose(wxyz_from_yaw(yaws).numpy(), wxyz_from_yaw(angles[0]))
