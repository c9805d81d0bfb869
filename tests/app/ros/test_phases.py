"""Checks are made over and over before a robot is started."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.ros.phases import Phases
from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.hazards import Reaction
from sim2real.health import Health
from sim2real.life_cycle import Phase, Request
from sim2real.robot import RobotState
from sim2real.robot_checks import WATCHED_TICKS, Check

DT = 0.02
WELL = Health()


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def standing(robot: RobotConfig) -> RobotState:
    n = len(robot.joint_names)
    return RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos.copy(),
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.array([0.0, 0.0, robot.standing_height]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def watch(phases: Phases, state: RobotState, health: Health = WELL) -> RobotState:
    """Let as many states pass as a table of checks needs."""
    for _ in range(WATCHED_TICKS):
        phases.watch(state, health)
        state = replace(state, time=state.time + DT)
    return state


def start(phases: Phases, state: RobotState) -> str | None:
    return phases.ask(Request.START, state, phases.facts(WELL, Reaction.OK))


def test_nothing_is_commanded_before_the_start(
    robot: RobotConfig, standing: RobotState
) -> None:
    phases = Phases(robot, DT)
    assert start(phases, standing) == (
        "the checks are not over yet; call start in a moment"
    )
    state = watch(phases, standing)
    assert phases.phase is Phase.CHECKED
    assert not phases.commanded
    assert start(phases, state) is None
    assert phases.commanded


def test_a_clock_that_stands_still_fails_but_in_lockstep(
    robot: RobotConfig, standing: RobotState
) -> None:
    phases, waiting = Phases(robot, DT), Phases(robot, DT, clocked=False)
    for _ in range(WATCHED_TICKS):
        phases.watch(standing, WELL)
        waiting.watch(standing, WELL)
    assert start(phases, standing) == (
        "check of state rate failed: one every 0.0 ms, expected 20.0 (and 1 more)"
    )
    assert start(waiting, standing) is None


def test_an_emergency_stop_is_reported_or_the_operator_answers_for_it(
    robot: RobotConfig, standing: RobotState
) -> None:
    phases = Phases(robot, DT, emergency_stop=lambda: None)
    state = watch(phases, standing)
    assert start(phases, state) == (
        "check of emergency stop failed: is not reported; connect it"
    )
    by_hand = Phases(robot, DT, emergency_stop=lambda: None, stop_by_hand=True)
    state = watch(by_hand, standing)
    assert start(by_hand, state) is None
    pressed = Phases(robot, DT, emergency_stop=lambda: False, stop_by_hand=True)
    state = watch(pressed, standing)
    assert start(pressed, state) is not None


def test_the_operator_may_be_silent_for_as_long_as_was_agreed(
    robot: RobotConfig, standing: RobotState
) -> None:
    silent = replace(WELL, heartbeat_age_s=0.7)
    strict, patient = Phases(robot, DT), Phases(robot, DT, heartbeat_s=1.0)
    watch(strict, standing, silent)
    watch(patient, standing, silent)
    assert strict.failed == "check of operator failed: last sign of life 0.70 s ago"
    assert patient.failed is None


def test_a_check_that_fails_is_said_once_and_policies_are_loaded_once(
    robot: RobotConfig, standing: RobotState
) -> None:
    said: list[str] = []
    loaded: list[int] = []

    def policies() -> list[Check]:
        loaded.append(1)
        return [Check(name="policy walk", passed=False, reason="another robot's")]

    phases = Phases(robot, DT, more_checks=policies, say=said.append)
    watch(phases, watch(phases, standing))
    assert said == ["check of policy walk failed: another robot's"]
    assert len(loaded) == 1
