"""Checks without motion: a good robot passes, and each defect is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.health import Health
from sim2real.robot import BackendError, RobotState
from sim2real.robot_checks import Watched, check_backend, check_robot

DT = 0.02


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def good(robot: RobotConfig) -> Watched:
    n = len(robot.joint_names)
    upright = RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos.copy(),
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.array([0.0, 0.0, robot.standing_height]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )
    states = tuple(replace(upright, time=i * DT) for i in range(5))
    return Watched(robot=robot, control_dt=DT, states=states)


def failed(watched: Watched) -> dict[str, str]:
    return {c.name: c.reason for c in check_robot(watched) if not c.passed}


def spoilt(good: Watched, **changes: Any) -> Watched:
    states = (*good.states[:-1], replace(good.states[-1], **changes))
    return replace(good, states=states)


def test_a_robot_at_rest_passes_every_check(good: Watched) -> None:
    assert failed(good) == {}


def test_another_number_of_joints_ends_the_checks(good: Watched) -> None:
    rows = check_robot(spoilt(good, joint_pos=np.zeros(29)))
    assert [row.passed for row in rows] == [False]
    assert rows[0].reason == (
        "joint_pos has 29 numbers, g1_dex3 has 43 joints; choose the right --robot"
    )


def out_of_range() -> np.ndarray[Any, Any]:
    pos = load_robot().default_joint_pos.copy()
    pos[3] = -0.2  # the knee's range begins at -0.087 rad
    return pos


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"base_ang_vel": np.full(3, np.nan)}, "numbers", "base_ang_vel is not finite"),
        (
            {"joint_pos": out_of_range()},
            "joint positions",
            "left_knee_joint is measured 0.11 rad beyond its range; look at its "
            "encoder's zero",
        ),
        (
            {"joint_vel": np.full(43, 2.0)},
            "joints at rest",
            "fastest: left_hip_pitch_joint, 2.00 rad/s, at most 1",
        ),
        ({"time": 0.01}, "clock", "it went by -50.0 ms, expected ahead"),
        (
            {"base_quat_wxyz": np.array([0.9, 0.0, 0.0, 0.0])},
            "IMU quaternion",
            "its length differs from 1 by 1.0e-01",
        ),
        (
            {"base_quat_wxyz": np.array([0.96, 0.28, 0.0, 0.0])},
            "IMU upright",
            "leans by 32.5 deg, at most 20",
        ),
        (
            {"base_ang_vel": np.array([0.0, 0.3, 0.0])},
            "gyroscope at rest",
            "at most 0.300 rad/s, expected below 0.15",
        ),
    ],
)
def test_a_defect_is_named_with_its_measurement(
    good: Watched, changes: dict[str, Any], name: str, reason: str
) -> None:
    assert failed(spoilt(good, **changes))[name] == reason


def test_states_that_come_too_seldom(good: Watched) -> None:
    slow = tuple(replace(s, time=2 * s.time) for s in good.states)
    assert failed(replace(good, states=slow)) == {
        "state rate": "one every 40.0 ms, expected 20.0"
    }


def test_a_real_robot_needs_operator_stop_and_the_joints_for_itself(
    good: Watched,
) -> None:
    health = Health(
        state_age_s=0.06, heartbeat_age_s=2.0, other_commanders=("teleop",), refused=3
    )
    assert failed(replace(good, health=health)) == {
        "transport": "state 60 ms old, 3 refused, 0 in disorder",
        "authority": "teleop also commands the joints; end it first",
        "operator": "last sign of life 2.00 s ago",
        "emergency stop": "is not reported; connect it",
    }
    there = replace(good, health=Health(), emergency_stop=True)
    assert failed(there) == {}


@pytest.mark.parametrize("name", ["mujoco", "fake"])
def test_simulated_robots_pass(name: str, robot: RobotConfig) -> None:
    if name == "mujoco":
        pytest.importorskip("mujoco")
    rows, watched = check_backend(
        lambda: make_backend(name, robot, load_scene("empty"))
    )
    assert [row.name for row in rows if not row.passed] == []
    assert rows[0].reason == "25 states of g1_dex3"
    assert watched is not None


def test_a_backend_that_does_not_work_is_one_failed_row(robot: RobotConfig) -> None:
    def broken() -> Any:
        raise BackendError("no state within 2 s;\nis the robot on?")

    rows, watched = check_backend(broken)
    assert watched is None
    assert [(row.name, row.passed, row.reason) for row in rows] == [
        ("backend", False, "no state within 2 s; is the robot on?")
    ]
