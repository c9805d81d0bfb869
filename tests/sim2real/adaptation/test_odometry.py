"""The way that legs and IMU tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.odometry import LegOdometry
from sim2real.adaptation.statics import Limbs
from sim2real.robot import RobotState
from sim2real.rotations import wxyz_from_yaw

DT = 0.02


def bent(robot: RobotConfig, state: RobotState, **angles: float) -> RobotState:
    """Return the state a tick later, with some joints turned by so much more."""
    joint_pos = state.joint_pos.copy()
    for name, angle in angles.items():
        joint_pos[robot.joint_names.index(f"{name}_joint")] += angle
    return replace(state, time=state.time + DT, joint_pos=joint_pos)


def soles(robot: RobotConfig, state: RobotState) -> NDArray[np.float64]:
    sites = (robot.sites.left_foot, robot.sites.right_foot)
    legs = Limbs(robot.mjcf, robot.base_body, sites, {})
    index = [[robot.joint_names.index(n) for n in names] for names in legs.joint_names]
    return legs.tips(state.joint_pos[np.array(index)])


def test_a_robot_that_stands_goes_nowhere(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    odometry = LegOdometry(robot)
    for tick in range(5):
        odometry.observe(replace(at_rest, time=tick * DT))
    assert odometry.travelled == (0.0, 0.0, 0.0)


def test_the_sole_that_is_lower_carries(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    # The left foot hangs higher by a bent knee: what it does says nothing.
    lifted = bent(robot, at_rest, left_knee=0.4)
    swung = bent(robot, lifted, left_hip_pitch=-0.05)
    pushed = bent(robot, swung, right_hip_pitch=0.02)
    odometry = LegOdometry(robot)
    odometry.observe(lifted)
    odometry.observe(swung)
    assert odometry.travelled == (0.0, 0.0, 0.0)
    odometry.observe(pushed)
    back = soles(robot, swung)[1, 0] - soles(robot, pushed)[1, 0]
    assert back == pytest.approx(0.013, abs=0.003)  # 0.02 rad at about 0.65 m
    assert odometry.travelled[0] == pytest.approx(back)


def test_the_way_is_along_the_heading(robot: RobotConfig, at_rest: RobotState) -> None:
    # Looking to the left (along y), a step ahead is a step ahead.
    turned = replace(at_rest, base_quat_wxyz=wxyz_from_yaw(np.float64(np.pi / 2)))
    odometry = LegOdometry(robot)
    odometry.observe(turned)
    odometry.observe(bent(robot, turned, left_hip_pitch=0.02, right_hip_pitch=0.02))
    ahead, left, turn = odometry.travelled
    assert ahead > 0.01
    assert_allclose([left, turn], 0.0, atol=1e-9)


def test_turns_add_up_beyond_half_a_turn(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    odometry = LegOdometry(robot)
    for tick in range(81):  # 80 times 0.05 rad
        quat = wxyz_from_yaw(np.float64(0.05 * tick))
        odometry.observe(replace(at_rest, time=tick * DT, base_quat_wxyz=quat))
    assert odometry.travelled[2] == pytest.approx(4.0)


def test_what_cannot_be_is_left_out(robot: RobotConfig, at_rest: RobotState) -> None:
    odometry = LegOdometry(robot)
    odometry.observe(at_rest)
    jump = bent(robot, at_rest, left_hip_pitch=0.5, right_hip_pitch=0.5)
    odometry.observe(jump)  # 0.3 m in a tick
    assert odometry.travelled[:2] == (0.0, 0.0)
    broken = replace(jump, joint_pos=np.full(len(jump.joint_pos), np.nan))
    odometry.observe(broken)
    odometry.observe(bent(robot, jump, left_hip_pitch=-0.01, right_hip_pitch=-0.01))
    assert odometry.travelled[:2] == (0.0, 0.0)  # nothing to compare it with


def test_a_walk_is_measured(robot: RobotConfig) -> None:
    """Three seconds ahead in MuJoCo: within 5 % of the way that was walked."""
    pytest.importorskip("mujoco", reason="a robot that walks")
    from configs.loader import load_scene
    from sim2real.backends.mujoco_backend import MujocoBackend
    from skills.library import policy_path
    from skills.policy import Policy
    from skills.training.trial import LegTrial

    backend = MujocoBackend(robot, load_scene("empty"))
    trial = LegTrial(robot, backend, Policy.load(policy_path("walk"), robot), 1)
    odometry = LegOdometry(robot)
    trial.run(3.0, (0.5, 0.0, 0.0), lambda _: odometry.observe(trial.state))
    walked = float(np.linalg.norm(backend.true_state().base_pos_w[:2]))
    assert walked > 1.0
    assert odometry.travelled[0] == pytest.approx(walked, rel=0.05)
