"""Each watchdog barks at the fault that is injected here, and not before."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.footing import Footing
from sim2real.hazards import Hazard, WatchdogConfig
from sim2real.health import Health
from sim2real.robot import JointCommand, RobotState
from sim2real.watchdog import Finding, Look, Watchdog
from sim2real.watchdogs import watchdogs
from sim2real.watchdogs_of_the_body import ContactLost, DeadMotor, Tilt, TorqueBudget
from sim2real.watchdogs_of_the_loop import (
    Authority,
    ClockJump,
    Heartbeat,
    OddMessages,
    Overrun,
    PolicyFault,
    StateAge,
)
from sim2real.watchdogs_of_the_sensors import FrozenImu, ImuJump, JointRange

DT = 0.02
CONFIG = WatchdogConfig()


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def standing(robot: RobotConfig) -> RobotState:
    n = len(robot.joint_names)
    return RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos.copy(),
        joint_vel=np.full(n, 0.1),
        joint_effort=np.zeros(n),
        base_pos_w=np.array([0.0, 0.0, 0.78]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def look(
    dog: Watchdog,
    state: RobotState,
    *,
    fresh: bool = True,
    sent: JointCommand | None = None,
    footing: Footing | None = None,
    **health: Any,
) -> Finding | None:
    seen = Look(
        state=state,
        fresh=fresh,
        health=Health(**health),
        sent=sent,
        footing=footing,
    )
    return dog.look(seen)


def at(state: RobotState, tick: int, **changes: Any) -> RobotState:
    return replace(state, time=tick * DT, **changes)


@pytest.mark.parametrize(
    ("age", "kind"),
    [
        (0.03, None),
        (0.04, Hazard.LATE_STATE),
        (0.05, Hazard.LATE_STATE),
        (0.06, Hazard.STALE_STATE),
    ],
)
def test_a_state_is_late_beyond_30_ms_and_stale_beyond_50(
    standing: RobotState, age: float, kind: Hazard | None
) -> None:
    found = look(StateAge(CONFIG), standing, state_age_s=age)
    assert (found and found.kind) == kind


def test_a_stale_state_says_why_the_newer_ones_were_refused(
    standing: RobotState,
) -> None:
    found = look(
        StateAge(CONFIG), standing, state_age_s=0.06, refusal="a joint is missing"
    )
    assert found is not None
    assert found.text == "the state is 60 ms old, limit 50; a joint is missing"


@pytest.mark.parametrize(
    ("field", "kind", "text"),
    [
        ("duplicates", Hazard.DUPLICATES, "5 states came twice within 1 s"),
        ("reordered", Hazard.REORDERED, "5 states came after a newer one within 1 s"),
    ],
)
def test_five_odd_messages_in_a_second_are_too_many(
    standing: RobotState, field: str, kind: Hazard, text: str
) -> None:
    dog = OddMessages(CONFIG)
    for tick in range(5):
        assert look(dog, at(standing, tick), **{field: tick}) is None
    found = look(dog, at(standing, 5), **{field: 5})
    assert found == Finding(kind, text)
    # A second later none has been added: all is well again.
    assert look(dog, at(standing, 60), **{field: 5}) is None


def test_each_jump_of_the_clock_is_told_once(standing: RobotState) -> None:
    dog = ClockJump()
    assert look(dog, standing) is None
    found = look(dog, standing, clock_jumps=1)
    assert found is not None
    assert found.text == "the clock of the states jumped back"
    assert look(dog, standing, clock_jumps=1) is None
    assert look(dog, standing, clock_jumps=2) is not None


def test_three_overruns_in_a_row_or_one_of_60_ms_mean_a_slow_policy(
    standing: RobotState,
) -> None:
    dog = Overrun(CONFIG, DT)
    assert look(dog, standing, compute_s=0.02) is None
    seen = [look(dog, standing, compute_s=0.025) for _ in range(3)]
    kinds = [found and found.kind for found in seen]
    assert kinds == [Hazard.OVERRUN, Hazard.OVERRUN, Hazard.POLICY_SLOW]
    found = look(Overrun(CONFIG, DT), standing, compute_s=0.1)
    assert found == Finding(Hazard.POLICY_SLOW, "the command took 100 ms, there are 20")


def test_a_tick_in_time_starts_the_count_of_overruns_anew(standing: RobotState) -> None:
    dog = Overrun(CONFIG, DT)
    for _ in range(4):
        for compute_s in (0.03, 0.03, 0.01):
            found = look(dog, standing, compute_s=compute_s)
            assert found is None or found.kind is Hazard.OVERRUN


def test_legs_without_a_policy_are_passed_on(standing: RobotState) -> None:
    assert look(PolicyFault(), standing) is None
    found = look(PolicyFault(), standing, policy_fault="balance failed in its step")
    assert found == Finding(Hazard.POLICY, "balance failed in its step")


def test_the_operator_may_be_silent_for_half_a_second(standing: RobotState) -> None:
    dog = Heartbeat(CONFIG)
    assert look(dog, standing, heartbeat_age_s=0.5) is None
    found = look(dog, standing, heartbeat_age_s=0.52)
    assert found == Finding(Hazard.HEARTBEAT, "no sign of the operator for 0.52 s")


def test_another_commander_is_named(standing: RobotState) -> None:
    assert look(Authority(), standing) is None
    found = look(Authority(), standing, other_commanders=("teleop",))
    assert found == Finding(Hazard.AUTHORITY, "teleop also commands the joints")


def test_a_joint_beyond_its_range_for_two_ticks(
    robot: RobotConfig, standing: RobotState
) -> None:
    knee = robot.joint_names.index("left_knee_joint")  # -0.09 to 2.88 rad
    wrong = standing.joint_pos.copy()
    wrong[knee] = 3.3
    dog = JointRange(robot, CONFIG)
    assert look(dog, at(standing, 0, joint_pos=wrong)) is None
    assert look(dog, at(standing, 0, joint_pos=wrong), fresh=False) is None
    found = look(dog, at(standing, 1, joint_pos=wrong))
    assert found is not None
    assert found.text == (
        "left_knee_joint is measured at 3.30 rad, its range is -0.09 to 2.88 rad"
    )


def test_a_joint_pressed_against_its_stop_is_no_fault(
    robot: RobotConfig, standing: RobotState
) -> None:
    pressed = robot.joint_range[:, 1] + 0.1
    dog = JointRange(robot, CONFIG)
    for tick in range(5):
        assert look(dog, at(standing, tick, joint_pos=pressed)) is None


def test_torque_near_the_limit_is_first_high_then_too_much(
    robot: RobotConfig, standing: RobotState
) -> None:
    # At the full limit the window of 2 s fills as 1 - exp(-t / 2 s): its root is 0.75
    # after 1.7 s and 0.9 after 3.3 s.
    dog = TorqueBudget(robot, CONFIG, DT)
    kinds: list[Hazard | None] = []
    for tick in range(200):
        found = look(dog, at(standing, tick, joint_effort=robot.effort_limit))
        kinds.append(found and found.kind)
    assert kinds.index(Hazard.TORQUE_HIGH) == pytest.approx(1.65 / DT, abs=3)
    assert kinds.index(Hazard.TORQUE_BUDGET) == pytest.approx(3.32 / DT, abs=3)


def test_an_imu_that_repeats_itself_while_legs_move(
    robot: RobotConfig, standing: RobotState
) -> None:
    dog = FrozenImu(robot, CONFIG)
    seen = [look(dog, at(standing, tick)) for tick in range(5)]
    assert [found is not None for found in seen] == [False] * 4 + [True]
    assert seen[4] is not None
    assert seen[4].text == "the IMU repeats itself for 4 ticks while the legs move"


def test_an_imu_may_repeat_itself_while_nothing_moves(
    robot: RobotConfig, standing: RobotState
) -> None:
    dog, still = FrozenImu(robot, CONFIG), np.zeros(len(robot.joint_names))
    for tick in range(10):
        assert look(dog, at(standing, tick, joint_vel=still)) is None


def test_an_orientation_that_jumps_without_a_turning_rate(
    standing: RobotState,
) -> None:
    turned = np.array([cos(radians(7.5)), 0.0, sin(radians(7.5)), 0.0])
    dog = ImuJump(CONFIG)
    assert look(dog, at(standing, 0)) is None
    found = look(dog, at(standing, 1, base_quat_wxyz=turned))
    assert found is not None
    assert found.text == (
        "the IMU turned by 15 deg in one tick, its gyroscope measured 0 deg"
    )


def test_a_turn_that_the_gyroscope_felt_is_no_jump(standing: RobotState) -> None:
    # 15 degrees in 20 ms are 13 rad/s.
    turned = np.array([cos(radians(7.5)), 0.0, sin(radians(7.5)), 0.0])
    rate = np.array([0.0, 13.0, 0.0])
    dog = ImuJump(CONFIG)
    look(dog, at(standing, 0, base_ang_vel=rate))
    assert look(dog, at(standing, 1, base_quat_wxyz=turned, base_ang_vel=rate)) is None


@pytest.mark.parametrize(("degrees", "barks"), [(25.0, False), (27.0, True)])
def test_a_base_that_leans_by_26_degrees(
    standing: RobotState, degrees: float, barks: bool
) -> None:
    half = radians(degrees / 2)
    leaning = at(standing, 0, base_quat_wxyz=np.array([cos(half), sin(half), 0, 0]))
    found = look(Tilt(CONFIG), leaning)
    assert (found is not None) == barks


def footing(height: float) -> Footing:
    return Footing(
        com_height=0.7,
        capture_point=np.zeros(2),
        speed=0.0,
        down=np.array([True, True]),
        height=np.array([height, height + 0.01]),
    )


def test_both_feet_in_the_air_for_200_ms(standing: RobotState) -> None:
    dog = ContactLost(CONFIG)
    assert look(dog, at(standing, 0), footing=footing(0.05)) is None
    seen = [look(dog, at(standing, t), footing=footing(0.1)) for t in range(1, 12)]
    assert [found is not None for found in seen] == [False] * 10 + [True]
    assert look(dog, at(standing, 12), footing=footing(0.05)) is None
    assert look(dog, at(standing, 13), footing=footing(0.1)) is None


def test_a_knee_that_gives_nothing_of_what_it_is_asked_for(
    robot: RobotConfig, standing: RobotState
) -> None:
    # 150 N m/rad x 0.5 rad less 4 N m s/rad x 0.1 rad/s: 74.6 of 139 N m.
    knee = robot.joint_names.index("left_knee_joint")
    target = robot.default_joint_pos.copy()
    target[knee] += 0.5
    sent = JointCommand(
        joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
    )
    effort = np.ones(len(robot.joint_names))
    effort[knee] = 74.6
    works, dead = DeadMotor(robot, CONFIG), DeadMotor(robot, CONFIG)
    for tick in range(10):
        assert look(works, at(standing, tick, joint_effort=effort), sent=sent) is None
    seen = [look(dead, at(standing, tick), sent=sent) for tick in range(5)]
    assert [found is not None for found in seen] == [False] * 4 + [True]
    assert seen[4] is not None
    assert seen[4].text == ("left_knee_joint was asked for 75 N m and gives 0.0 N m")


def test_a_limit_of_zero_switches_a_watchdog_off(
    robot: RobotConfig, standing: RobotState
) -> None:
    off = WatchdogConfig(
        state_late_s=0,
        state_age_s=0,
        odd_messages=0,
        overrun_share=0,
        joint_range_ticks=0,
        torque_high_share=0,
        torque_budget_share=0,
        frozen_imu_ticks=0,
        imu_jump=0,
        tilt=0,
        contact_lost_s=0,
        dead_motor_ticks=0,
        heartbeat_s=0,
    )
    sent = JointCommand(
        joint_pos=robot.joint_range[:, 1],
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    dogs = watchdogs(robot, DT, off)
    for tick in range(250):
        state = at(
            standing,
            tick,
            joint_pos=np.full(len(robot.joint_names), 9.0),
            joint_effort=robot.effort_limit,
            base_quat_wxyz=np.array([0.0, 1.0, 0.0, 0.0]),
        )
        for dog in dogs:
            found = look(
                dog,
                state,
                sent=sent,
                footing=footing(1.0),
                state_age_s=9.0,
                duplicates=9 * tick,
                compute_s=9.0,
                heartbeat_age_s=9.0,
            )
            assert found is None
