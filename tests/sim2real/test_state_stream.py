"""The newest good state comes out, whatever goes in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import RobotState
from sim2real.state_stream import StateStream

DT = 0.02


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def stream(robot: RobotConfig) -> StateStream:
    return StateStream(robot, DT)


def message(time: float, n: int = 43) -> RobotState:
    return RobotState(
        time=time,
        joint_pos=np.zeros(n),
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.zeros(3),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def newest_time(stream: StateStream) -> float:
    newest = stream.newest()
    assert newest is not None
    return newest.time


def test_nothing_came_yet(stream: StateStream) -> None:
    assert stream.newest() is None
    assert stream.health(5.0).state_age_s == 0.0


def test_a_state_ages_with_the_clock(stream: StateStream) -> None:
    stream.put(message(1.0), 1.0)
    assert stream.health(1.06).state_age_s == pytest.approx(0.06)
    stream.put(message(1.02), 1.06)  # 40 ms under way
    assert stream.health(1.06).state_age_s == pytest.approx(0.04)


def test_duplicates_and_old_states_are_counted_and_left_out(
    stream: StateStream,
) -> None:
    for time in (1.0, 1.02, 1.02, 1.0, 1.04):
        stream.put(message(time), 1.04)
    health = stream.health(1.04)
    assert (health.duplicates, health.reordered) == (1, 1)
    assert newest_time(stream) == 1.04


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (message(1.02, n=42), "it has 42 numbers in joint_pos, expected 43"),
        (message(float("nan")), "its time is not finite"),
        (
            replace(message(1.02), joint_vel=np.full(43, np.inf)),
            "its joint_vel is not finite",
        ),
        (
            replace(message(1.02), base_quat_wxyz=np.full(4, np.nan)),
            "its base_quat_wxyz is not finite",
        ),
    ],
)
def test_a_state_that_cannot_be_used_is_refused_with_a_reason(
    stream: StateStream, bad: RobotState, why: str
) -> None:
    stream.put(message(1.0), 1.0)
    stream.put(bad, 1.02)
    health = stream.health(1.02)
    assert newest_time(stream) == 1.0
    assert (health.refused, health.refusal) == (1, why)
    assert health.state_age_s == pytest.approx(0.02)


def test_time_goes_on_after_a_clock_that_jumped_back(stream: StateStream) -> None:
    stream.put(message(5.0), 5.0)
    stream.put(message(1.0), 5.02)
    assert newest_time(stream) == pytest.approx(5.02)
    stream.put(message(1.02), 5.04)
    assert newest_time(stream) == pytest.approx(5.04)
    health = stream.health(5.04)
    assert health.clock_jumps == 1
    assert health.state_age_s == 0.0


def test_less_than_200_ms_back_is_disorder_not_a_jump(stream: StateStream) -> None:
    stream.put(message(5.0), 5.0)
    stream.put(message(4.85), 5.02)
    health = stream.health(5.02)
    assert (health.clock_jumps, health.reordered) == (0, 1)


def test_a_reset_forgets_all(stream: StateStream) -> None:
    stream.put(message(5.0), 5.0)
    stream.put(message(1.0), 5.0)
    stream.reset()
    stream.put(message(0.0), 0.0)
    assert newest_time(stream) == 0.0
    assert stream.health(0.0).clock_jumps == 0
