"""Sensor noise: its size, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sim2real.backends.imperfections import Imperfections, Sensors
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import project_gravity, wxyz_from_yaw, yaw_of

STATE = RobotState(
    time=1.0,
    joint_pos=np.zeros(2),
    joint_vel=np.zeros(2),
    joint_effort=np.zeros(2),
    base_pos_w=np.zeros(3),
    base_quat_wxyz=wxyz_from_yaw(np.array(1.2)),
    base_lin_vel_w=np.zeros(3),
    base_ang_vel=np.zeros(3),
)
TABLE = ObjectState(
    name="table",
    kind="table",
    pos_w=np.zeros(3),
    quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
    lin_vel_w=np.zeros(3),
    half_size=np.ones(3),
    movable=False,
)


def readings(count: int, **imperfections: float) -> list[RobotState]:
    sensors = Sensors(Imperfections(**imperfections), np.random.default_rng(0))
    return [sensors.measure(STATE, {})[0] for _ in range(count)]


def test_without_imperfections_the_reading_is_the_truth():
    (reading,) = readings(1)
    assert reading == STATE


def test_noise_has_the_asked_standard_deviation():
    joint_pos = np.array([r.joint_pos for r in readings(2000, joint_pos_std=0.01)])
    assert joint_pos.std() == pytest.approx(0.01, rel=0.1)
    assert abs(joint_pos.mean()) < 1e-3


def test_a_tilt_moves_gravity_and_leaves_the_yaw():
    quats = np.array([r.base_quat_wxyz for r in readings(2000, tilt_std=0.02)])
    gravity = project_gravity(quats)
    # For a small tilt the level parts of gravity are the angles themselves.
    assert gravity[:, :2].std() == pytest.approx(0.02, rel=0.1)
    assert_allclose(yaw_of(quats), 1.2, atol=2e-3)
    assert_allclose(np.linalg.norm(quats, axis=1), 1.0)


def test_furniture_is_where_the_map_says():
    sensors = Sensors(Imperfections(object_pos_std=0.1), np.random.default_rng(0))
    _, things = sensors.measure(STATE, {"table": TABLE})
    assert_array_equal(things["table"].pos_w, TABLE.pos_w)


def test_a_negative_number_is_refused():
    with pytest.raises(ValueError, match=r"gyro_std: expected 0 or more, got -0\.1"):
        Imperfections(gyro_std=-0.1)
