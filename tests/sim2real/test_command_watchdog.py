"""The robot's side: one commander, and a stand for its silence."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.command_watchdog import CommandWatchdog
from sim2real.guard import GuardConfig
from sim2real.hazards import Reaction
from sim2real.robot import JointCommand, RobotState

DT = 0.02


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def gate(robot: RobotConfig) -> CommandWatchdog:
    return CommandWatchdog(robot, DT, GuardConfig(lost_point=inf, lost_tilt=inf))


@pytest.fixture
def command(robot: RobotConfig) -> JointCommand:
    return JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )


def standing(robot: RobotConfig, time: float) -> RobotState:
    n = len(robot.joint_names)
    return RobotState(
        time=time,
        joint_pos=robot.default_joint_pos.copy(),
        joint_vel=np.zeros(n),
        joint_effort=np.zeros(n),
        base_pos_w=np.array([0.0, 0.0, robot.standing_height]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def test_a_robot_that_nobody_commands_is_limp(
    gate: CommandWatchdog, robot: RobotConfig
) -> None:
    assert_array_equal(gate.command(standing(robot, 0.0), 0.0).stiffness, 0.0)


def test_a_second_commander_is_refused_and_named(
    gate: CommandWatchdog, robot: RobotConfig, command: JointCommand
) -> None:
    other = replace(command, joint_pos=np.zeros(43))
    assert gate.accept(command, "praxis", 0.0)
    assert not gate.accept(other, "teleop", 0.0)
    assert gate.owner == "praxis"
    assert gate.refused["teleop"] == 1
    assert gate.others(0.5) == ("teleop",)
    assert gate.others(1.5) == ()
    assert gate.command(standing(robot, 0.0), 0.0) is command


def test_silence_is_held_for_100_ms_and_then_stood(
    gate: CommandWatchdog, robot: RobotConfig, command: JointCommand
) -> None:
    gate.accept(command, "praxis", 0.0)
    seen = []
    for tick in range(7):
        gate.command(standing(robot, tick * DT), tick * DT)
        seen.append(gate.reaction)
    assert seen == [Reaction.OK] * 6 + [Reaction.STAND]


def test_a_commander_that_comes_back_late_has_to_claim_the_joints(
    gate: CommandWatchdog, robot: RobotConfig, command: JointCommand
) -> None:
    gate.accept(command, "praxis", 0.0)
    for tick in range(10):
        gate.command(standing(robot, tick * DT), tick * DT)
    assert not gate.accept(command, "praxis", 0.2)
    assert not gate.claim("other", 0.2)
    assert gate.claim("praxis", 0.2)
    assert gate.accept(command, "praxis", 0.2)
    assert gate.command(standing(robot, 0.2), 0.2) is command
    assert gate.reaction is Reaction.OK


def test_after_a_second_of_silence_another_may_claim_the_joints(
    gate: CommandWatchdog, command: JointCommand
) -> None:
    gate.accept(command, "praxis", 0.0)
    assert not gate.claim("other", 0.9)
    assert gate.claim("other", 1.0)
    assert gate.owner == "other"


def test_a_robot_that_was_moving_folds_and_goes_limp(
    robot: RobotConfig, command: JointCommand
) -> None:
    gate = CommandWatchdog(robot, DT)
    gate.accept(command, "praxis", 0.0)
    toppling = replace(standing(robot, 0.0), base_ang_vel=np.array([0.0, 1.5, 0.0]))
    for tick in range(60):
        time = tick * DT
        sent = gate.command(replace(toppling, time=time), time)
    assert gate.reaction is Reaction.DAMPED
    assert_array_equal(sent.stiffness, 0.0)


def test_a_robot_that_was_told_to_be_limp_is_not_stood_up(
    gate: CommandWatchdog, robot: RobotConfig, command: JointCommand
) -> None:
    limp = replace(command, stiffness=np.zeros_like(command.stiffness))
    gate.accept(limp, "praxis", 0.0)
    for tick in range(10):
        sent = gate.command(standing(robot, tick * DT), tick * DT)
        assert_array_equal(sent.stiffness, 0.0)
    assert gate.reaction is Reaction.OK
    assert gate.accept(command, "praxis", 0.2)  # it may stand up again
