"""The safety filter passes good commands on, limits others, and damps when in doubt."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import wxyz_from_rpy
from sim2real.safety import Hazard, Reaction, SafetyConfig, SafetyFilter

DT = 0.02


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    """Two joints with round numbers: at 10 rad/s a joint travels 0.2 rad in a tick."""
    whole = load_robot()
    joints = [
        whole.joints[i]
        .model_copy(
            update={
                "default_pos": 0.0,
                "stiffness": 100.0,
                "damping": 3.0,
                "range": (-1.0, 1.0),
                "effort": 50.0,
                "velocity": 10.0,
            }
        )
        .model_dump()
        for i in range(2)
    ]
    return RobotConfig.model_validate({**whole.model_dump(), "joints": joints})


@pytest.fixture
def safety(robot: RobotConfig) -> SafetyFilter:
    return SafetyFilter(robot, DT)


def state(tick: int = 0, **changes: Any) -> RobotState:
    upright = RobotState(
        time=tick * DT,
        joint_pos=np.zeros(2),
        joint_vel=np.zeros(2),
        joint_effort=np.zeros(2),
        base_pos_w=np.array([0.0, 0.0, 0.78]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )
    return replace(upright, **changes)


def command(*joint_pos: float, **changes: Any) -> JointCommand:
    return replace(
        JointCommand(
            joint_pos=np.array(joint_pos or (0.0, 0.0)),
            stiffness=np.full(2, 100.0),
            damping=np.full(2, 3.0),
        ),
        **changes,
    )


def test_a_good_command_passes_unchanged(safety: SafetyFilter) -> None:
    wanted = command(0.1, -0.3, stiffness=np.array([40.0, 60.0]))
    sent = safety.filter(wanted, state())
    assert_array_equal(sent.joint_pos, [0.1, -0.3])
    assert_array_equal(sent.stiffness, [40.0, 60.0])
    assert_array_equal(sent.damping, [3.0, 3.0])
    assert safety.reaction is Reaction.OK
    assert safety.events == ()
    assert safety.tripped is None


def test_the_command_that_came_is_not_written_to(safety: SafetyFilter) -> None:
    wanted = command(9.0, 9.0)
    safety.filter(wanted, state())
    assert_array_equal(wanted.joint_pos, [9.0, 9.0])


# --- limited ------------------------------------------------------------------------


def test_targets_are_clipped_where_more_would_change_nothing(
    robot: RobotConfig,
) -> None:
    # At the stop (1.0 rad) a target of 1.5 rad already asks for all 50 N m.
    safety = SafetyFilter(robot, DT, SafetyConfig(target_rate_factor=100.0))
    sent = safety.filter(command(1.4, -1.6), state(0))
    assert_allclose(sent.joint_pos, [1.4, -1.5])
    assert safety.reaction is Reaction.LIMITED
    assert safety.events[0].kind is Hazard.TARGET_RANGE
    assert safety.events[0].text == (
        "left_hip_roll_joint was told to go to -1.600 rad, -1.500 rad is sent"
    )


def test_the_range_can_be_strict(robot: RobotConfig) -> None:
    config = SafetyConfig(beyond_range_share=0.0, target_rate_factor=100.0)
    sent = SafetyFilter(robot, DT, config).filter(command(1.4, -1.6), state())
    assert_allclose(sent.joint_pos, [1.0, -1.0])


def test_a_jump_of_a_walking_policy_passes(safety: SafetyFilter) -> None:
    safety.filter(command(-0.15, 0.15), state(0))
    sent = safety.filter(command(0.15, -0.15), state(1))
    assert_array_equal(sent.joint_pos, [0.15, -0.15])
    assert safety.reaction is Reaction.OK


def test_a_larger_jump_takes_several_ticks(safety: SafetyFilter) -> None:
    # Twice 10 rad/s x 0.02 s: 0.4 rad a tick.
    sent = [safety.filter(command(1.0, 0.0), state(i)).joint_pos[0] for i in range(4)]
    assert_allclose(sent, [0.4, 0.8, 1.0, 1.0])
    assert safety.reaction is Reaction.OK
    assert safety.counts[Hazard.TARGET_RATE] == 2
    assert [event.kind for event in safety.events] == [Hazard.TARGET_RATE]


def test_the_first_jump_is_measured_from_where_the_joints_are(
    safety: SafetyFilter,
) -> None:
    sent = safety.filter(command(0.9, 0.0), state(joint_pos=np.array([0.8, 0.0])))
    assert_allclose(sent.joint_pos, [0.9, 0.0])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"joint_pos": np.array([np.nan, 0.0])}, "joint_pos cannot be used"),
        ({"joint_pos": np.array([np.inf, 0.0])}, "joint_pos cannot be used"),
        ({"joint_pos": np.zeros(3)}, "joint_pos cannot be used"),
        ({"joint_pos": [0.0, 0.0]}, "joint_pos cannot be used"),
        ({"joint_pos": None}, "joint_pos cannot be used"),
        ({"stiffness": np.array([np.nan, 1.0])}, "stiffness cannot be used"),
        ({"stiffness": np.array([-1.0, 1.0])}, "stiffness is negative"),
        ({"damping": np.array([1.0, -1.0])}, "damping is negative"),
    ],
)
def test_a_bad_command_is_replaced_by_the_last_good_one_then_damped(
    safety: SafetyFilter, changes: dict[str, Any], text: str
) -> None:
    safety.filter(command(0.1, 0.2), state(0))
    for tick in range(1, 5):
        sent = safety.filter(command(**changes), state(tick))
        assert_array_equal(sent.joint_pos, [0.1, 0.2])
        assert safety.reaction is Reaction.LIMITED
    sent = safety.filter(command(**changes), state(5))
    assert_array_equal(sent.stiffness, [0.0, 0.0])
    assert safety.reaction is Reaction.DAMPED
    assert safety.tripped is not None
    assert safety.tripped.kind is Hazard.BAD_COMMAND
    assert safety.tripped.text == f"the command's {text}, 5 times in a row"


def test_a_good_command_in_between_starts_the_count_anew(safety: SafetyFilter) -> None:
    bad = command(np.nan, 0.0)
    safety.filter(command(), state(0))
    for tick in range(1, 40):
        safety.filter(command() if tick % 5 == 0 else bad, state(tick))
    assert safety.tripped is None


def test_a_bad_first_command_is_damped_at_once(safety: SafetyFilter) -> None:
    sent = safety.filter(command(np.nan, 0.0), state(0))
    assert_array_equal(sent.stiffness, [0.0, 0.0])
    assert safety.tripped is not None
    assert safety.tripped.text.endswith("and there is no earlier one to hold")


# --- damped --------------------------------------------------------------------------


def test_damping_is_limp_against_twice_the_robots_damping(safety: SafetyFilter) -> None:
    safety.trip(Hazard.OPERATOR, 1.0, "the operator let go of the button")
    sent = safety.filter(command(0.5, 0.5), state(joint_pos=np.array([0.3, 0.1])))
    assert_array_equal(sent.joint_pos, [0.3, 0.1])
    assert_array_equal(sent.stiffness, [0.0, 0.0])
    assert_array_equal(sent.damping, [6.0, 6.0])
    assert safety.reaction is Reaction.DAMPED


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"time": float("nan")}, "time"),
        ({"joint_pos": np.array([np.nan, 0.0])}, "joint_pos"),
        ({"joint_vel": np.array([0.0, np.inf])}, "joint_vel"),
        ({"joint_vel": np.zeros(3)}, "joint_vel"),
        ({"base_pos_w": np.full(3, np.nan)}, "base_pos_w"),
        ({"base_quat_wxyz": np.full(4, np.nan)}, "base_quat_wxyz"),
        ({"base_quat_wxyz": np.zeros(4)}, "base_quat_wxyz"),
        ({"base_ang_vel": np.full(3, np.nan)}, "base_ang_vel"),
    ],
)
def test_a_state_that_cannot_be_used_damps_and_the_command_stays_finite(
    safety: SafetyFilter, changes: dict[str, Any], part: str
) -> None:
    safety.filter(command(), state(0, joint_pos=np.array([0.3, 0.1])))
    sent = safety.filter(command(), state(1, **changes))
    assert np.isfinite(sent.joint_pos).all()
    assert_array_equal(sent.stiffness, [0.0, 0.0])
    assert safety.tripped is not None
    assert safety.tripped.kind is Hazard.BAD_STATE
    assert safety.tripped.text == f"the state's {part} cannot be used"
    assert np.isfinite(safety.tripped.time)


def test_unknown_joint_positions_are_replaced_by_the_last_known(
    safety: SafetyFilter,
) -> None:
    safety.filter(command(), state(0, joint_pos=np.array([0.3, 0.1])))
    sent = safety.filter(command(), state(1, joint_pos=np.full(2, np.nan)))
    assert_array_equal(sent.joint_pos, [0.3, 0.1])


def test_a_state_that_stops_coming_damps_after_three_ticks(
    safety: SafetyFilter,
) -> None:
    seen = []
    for _ in range(4):
        safety.filter(command(), state(7))
        seen.append(safety.reaction)
    assert seen == [Reaction.OK, Reaction.LIMITED, Reaction.LIMITED, Reaction.DAMPED]
    assert safety.tripped is not None
    assert safety.tripped.kind is Hazard.STALE_STATE
    assert safety.tripped.text == "no new state for 3 ticks, the last is of 0.14 s"


def test_time_that_runs_backwards_is_no_new_state(safety: SafetyFilter) -> None:
    for tick in (5, 4, 3, 2):
        safety.filter(command(), state(tick))
    assert safety.reaction is Reaction.DAMPED


@pytest.mark.parametrize("axis", ["roll", "pitch"])
@pytest.mark.parametrize(("degrees", "falls"), [(59.0, False), (61.0, True)])
def test_tilting_beyond_sixty_degrees_is_a_fall(
    safety: SafetyFilter, axis: str, degrees: float, falls: bool
) -> None:
    angle = np.array(degrees * pi / 180)
    turn = {"roll": np.zeros(()), "pitch": np.zeros(()), "yaw": np.array(1.0)}
    quat = wxyz_from_rpy(**{**turn, axis: angle})
    safety.filter(command(), state(base_quat_wxyz=quat))
    assert (safety.reaction is Reaction.DAMPED) == falls
    if falls:
        assert safety.tripped is not None
        assert safety.tripped.kind is Hazard.FALL
        assert safety.tripped.text == "the base tilts by 61 deg, the limit is 60 deg"


def test_a_low_base_is_a_fall(safety: SafetyFilter) -> None:
    safety.filter(command(), state(0, base_pos_w=np.array([0.0, 0.0, 0.36])))
    assert safety.tripped is None
    safety.filter(command(), state(1, base_pos_w=np.array([0.0, 0.0, 0.34])))
    assert safety.tripped is not None
    assert safety.tripped.text == "the base is 0.34 m high, the limit is 0.35 m"


def test_five_ticks_beyond_the_velocity_limit_trip(safety: SafetyFilter) -> None:
    fast = np.array([0.0, -11.0])
    for tick in range(4):
        safety.filter(command(), state(tick, joint_vel=fast))
    safety.filter(command(), state(4))  # slow again: the count starts anew
    for tick in range(5, 9):
        safety.filter(command(), state(tick, joint_vel=fast))
        assert safety.reaction is Reaction.OK
    safety.filter(command(), state(9, joint_vel=fast))
    assert safety.tripped is not None
    assert safety.tripped.kind is Hazard.OVERSPEED
    assert safety.tripped.text == (
        "left_hip_roll_joint moves at -11.0 rad/s, the limit is 10.0 rad/s"
    )


def test_a_trip_is_latched_until_reset(safety: SafetyFilter) -> None:
    safety.filter(command(), state(0, base_pos_w=np.zeros(3)))
    for tick in range(1, 4):
        sent = safety.filter(command(), state(tick))
        assert_array_equal(sent.stiffness, [0.0, 0.0])
    safety.trip(Hazard.OPERATOR, 1.0, "too late, the first reason is kept")
    assert safety.tripped is not None
    assert safety.tripped.kind is Hazard.FALL
    assert len(safety.events) == 1

    safety.reset()
    sent = safety.filter(command(0.1, 0.1), state(0))
    assert_array_equal(sent.joint_pos, [0.1, 0.1])
    assert safety.reaction is Reaction.OK
    assert safety.events == ()


def test_damping_goes_on_through_states_that_cannot_be_used(
    safety: SafetyFilter,
) -> None:
    safety.trip(Hazard.OPERATOR, 0.0, "the operator stopped the robot")
    broken: dict[str, Any] = {"time": None, "joint_pos": None, "base_quat_wxyz": None}
    sent = safety.filter(command(np.nan, np.nan), state(1, **broken))
    assert np.isfinite(sent.joint_pos).all()


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        SafetyConfig(target_rate_factor=0.0)
