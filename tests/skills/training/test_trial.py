"""A trial drives the whole robot with a leg policy and measures every tick."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.robot import RobotState
from sim2real.rotations import wxyz_from_rpy

pytest.importorskip("mujoco", reason="trials are simulated")

from sim2real.backends.mujoco_backend import MujocoBackend
from skills.training.trial import LegTrial, Sample, heading_velocity, is_down

Standing = Callable[..., RobotState]
STAND = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def backend(g1: RobotConfig) -> MujocoBackend:
    return MujocoBackend(g1, load_scene("empty"))


@pytest.fixture
def trial(g1: RobotConfig, backend: MujocoBackend, policies: Any) -> LegTrial:
    return LegTrial(g1, backend, policies.load("walk"), seed=0)


def tilted(roll: float, pitch: float) -> np.ndarray:
    return np.asarray(wxyz_from_rpy(*(np.float64(v) for v in (roll, pitch, 0.0))))


def test_velocity_is_that_along_the_heading(standing: Standing) -> None:
    # Heading 30 degrees to the left, moving 1 m/s along x: half to the right.
    state = standing(
        yaw=pi / 6,
        base_lin_vel_w=np.array([1.0, 0.0, 5.0]),
        base_ang_vel=np.array([0.0, 0.0, 0.4]),
    )
    assert_allclose(heading_velocity(state), [cos(pi / 6), -sin(pi / 6), 0.4])


def test_the_turn_rate_is_about_the_vertical(standing: Standing) -> None:
    # Rolled by 60 degrees, the base's z axis has half of what turns the robot.
    spin = np.array([0.0, 0.0, 0.8])
    state = standing(base_quat_wxyz=tilted(pi / 3, 0.0), base_ang_vel=spin)
    assert heading_velocity(state)[2] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("pitch", "height", "down"),
    [(0.0, 0.78, False), (0.85, 0.78, False), (0.9, 0.78, True), (0.0, 0.44, True)],
)
def test_down_is_beyond_50_degrees_or_below_45_cm(
    standing: Standing, pitch: float, height: float, down: bool
) -> None:
    state = standing(
        base_quat_wxyz=tilted(0.0, pitch), base_pos_w=np.array([0.0, 0.0, height])
    )
    assert is_down(state) is down


def test_every_tick_is_measured(trial: LegTrial, g1: RobotConfig) -> None:
    begun = trial.state
    seen: list[Sample] = []
    samples = trial.run(0.1, (0.3, 0.0, 0.1), seen.append)
    assert seen == samples
    times = [begun.time + 0.02 * (i + 1) for i in range(5)]
    assert [s.time for s in samples] == pytest.approx(times)
    last = samples[-1]
    assert last.command == (0.3, 0.0, 0.1)
    assert_array_equal(last.base_pos_w, trial.state.base_pos_w)
    power = np.abs(trial.state.joint_effort * trial.state.joint_vel).sum()
    assert last.power == pytest.approx(power)
    # The left sole is on the left, and both are about a hip's height below the pelvis.
    left, right = last.feet_w
    assert 0.1 < left[1] - right[1] < 0.4
    assert left[2] == pytest.approx(0.0, abs=0.08)


def test_a_random_policy_falls_and_the_run_ends_there(trial: LegTrial) -> None:
    samples = trial.run(20.0, STAND)
    assert len(samples) < 1000
    assert [s.fallen for s in samples[-2:]] == [False, True]


def test_arms_follow_the_target_that_is_given(trial: LegTrial, g1: RobotConfig) -> None:
    elbow = g1.joint_names.index("left_elbow_joint")
    trial.target[elbow] += 0.4
    before = trial.state.joint_pos[elbow]
    trial.run(0.3, STAND)
    assert trial.state.joint_pos[elbow] > before + 0.1


def test_a_push_is_a_sudden_change_of_velocity(trial: LegTrial) -> None:
    before = trial.step(STAND).velocity
    trial.push(1.0, pi / 2)
    change = trial.step(STAND).velocity - before
    assert change[1] > 0.5 and abs(change[0]) < 0.4


def test_a_trial_can_be_repeated(
    g1: RobotConfig, backend: MujocoBackend, policies: Any
) -> None:
    policy = policies.load("walk")
    ends = [
        LegTrial(g1, backend, policy, seed=3).run(0.3, STAND)[-1].base_pos_w
        for _ in range(2)
    ]
    assert_array_equal(ends[0], ends[1])
