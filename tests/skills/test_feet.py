"""Feet: the middle between the soles, and where the body is falling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import JointCommand, RobotState
from skills.feet import Feet

Standing = Callable[..., RobotState]


@pytest.fixture(scope="module")
def feet(g1: RobotConfig) -> Feet:
    return Feet(g1)


def test_the_middle_of_the_feet_is_below_a_robot_that_stands(
    feet: Feet, standing: Standing
) -> None:
    here = feet.stance(standing(x=2.0, y=1.0, yaw=0.5)).pose
    assert here.yaw == pytest.approx(0.5)
    assert np.hypot(here.x - 2.0, here.y - 1.0) < 0.05


def test_at_rest_the_capture_point_is_over_the_feet(
    feet: Feet, standing: Standing
) -> None:
    x, y = feet.stance(standing()).capture_point
    assert abs(x) < 0.04
    assert y == pytest.approx(0.0, abs=2e-3)


@pytest.mark.parametrize("yaw", [0.0, 2.0])
def test_tipping_moves_it_where_the_robot_falls_whatever_its_heading(
    feet: Feet, standing: Standing, yaw: float
) -> None:
    # The centre of mass is some 0.67 m above the soles: 0.5 rad/s moves it by 0.33 m/s.
    rest = feet.stance(standing(yaw=yaw)).capture_point
    forward = standing(yaw=yaw, base_ang_vel=np.array([0.0, 0.5, 0.0]))
    left = standing(yaw=yaw, base_ang_vel=np.array([-0.5, 0.0, 0.0]))
    assert_allclose(feet.stance(forward).capture_point - rest, [0.087, 0], atol=0.01)
    assert_allclose(feet.stance(left).capture_point - rest, [0, 0.087], atol=0.01)


def test_bending_the_ankles_counts_as_much_as_the_gyroscope_says(
    feet: Feet, standing: Standing, g1: RobotConfig
) -> None:
    # Flat soles: the ankles turn against the pelvis, so the two motions cancel there.
    joint_vel = np.zeros(len(g1.joint_names))
    for side in ("left", "right"):
        joint_vel[g1.joint_names.index(f"{side}_ankle_pitch_joint")] = -0.5
    still = feet.stance(standing()).capture_point
    state = standing(joint_vel=joint_vel, base_ang_vel=np.array([0.0, 0.5, 0.0]))
    moved = feet.stance(state).capture_point - still
    assert 0.07 < moved[0] < 0.1


def test_a_push_is_seen_in_the_first_tick(g1: RobotConfig) -> None:
    backend = MujocoBackend(g1, load_scene("empty"))
    hold = JointCommand(
        joint_pos=g1.default_joint_pos, stiffness=g1.stiffness, damping=g1.damping
    )
    backend.reset(0)
    for _ in range(5):
        state = backend.step(hold)
    feet = Feet(g1)
    before = feet.stance(state).capture_point
    backend.push(np.array([0.0, 0.8, 0.0]))
    after = feet.stance(backend.step(hold)).capture_point
    assert after[1] - before[1] > 0.15
