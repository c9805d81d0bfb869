"""Signals from which nothing can be learnt are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim2real.robot_log import LogError, LogFault, check_signals, read_robot_log

KNEE = 3  # left_knee_joint: range -0.087 to 2.88 rad, 139 N m, stiffness 150 N m/rad


@pytest.fixture
def log(g1, write_log):
    """Four seconds in which every joint follows its target closely."""
    log = read_robot_log(write_log(200, control_dt=0.02), g1)
    wave = 0.1 * np.sin(0.3 * np.arange(200))[:, None]
    pos = g1.default_joint_pos + wave
    return replace(log, command_pos=pos, joint_pos=pos + 0.001 * wave)


def refusal(log, robot, fault, joints=None) -> str:
    with pytest.raises(LogError) as caught:
        check_signals(log, robot, joints)
    assert caught.value.fault is fault
    return str(caught.value)


def column(values, joint, new):
    """Return a copy with one joint replaced."""
    changed = values.copy()
    changed[:, joint] = new
    return changed


def test_good_signals_pass(log, g1):
    check_signals(log, g1)


def test_a_joint_that_never_moves(log, g1):
    bad = replace(log, joint_pos=column(log.joint_pos, KNEE, 0.25))
    line = refusal(bad, g1, LogFault.CONSTANT_SIGNAL)
    assert "the position of left_knee_joint is 0.25 throughout" in line


def test_a_velocity_that_is_always_zero(log, g1):
    bad = replace(log, joint_vel=column(log.joint_vel, KNEE, 0.0))
    line = refusal(bad, g1, LogFault.CONSTANT_SIGNAL)
    assert "the velocity of left_knee_joint is 0 throughout" in line


def test_only_the_joints_that_matter_are_looked_at(log, g1):
    bad = replace(log, joint_pos=column(log.joint_pos, KNEE, 0.25))
    check_signals(bad, g1, ["left_elbow_joint"])


def test_an_encoder_that_freezes_while_its_target_moves(log, g1):
    frozen = log.joint_pos[:, KNEE].copy()
    frozen[50:100] = frozen[50]  # a second of 50 ticks
    bad = replace(log, joint_pos=column(log.joint_pos, KNEE, frozen))
    line = refusal(bad, g1, LogFault.CONSTANT_SIGNAL)
    assert "the position of left_knee_joint stays at" in line
    assert "from 1.00 s to 1.98 s, while its target moves by 0.20 rad" in line


def test_a_joint_that_rests_with_its_target_is_well(log, g1):
    still = log.joint_pos[:, KNEE].copy()
    still[50:100] = still[50]
    target = log.command_pos[:, KNEE].copy()
    target[50:100] = target[50]
    calm = replace(
        log,
        joint_pos=column(log.joint_pos, KNEE, still),
        command_pos=column(log.command_pos, KNEE, target),
    )
    check_signals(calm, g1)


def test_an_imu_that_says_nothing(log, g1):
    bad = replace(log, base_ang_vel=np.zeros_like(log.base_ang_vel))
    line = refusal(bad, g1, LogFault.CONSTANT_SIGNAL)
    assert "the angular velocity of the IMU is 0 throughout" in line


def test_targets_that_were_clipped_to_the_range(log, g1):
    low = g1.joint_range[KNEE, 0]
    target = np.maximum(log.command_pos[:, KNEE] - 0.35, low)
    share = 100 * np.mean(target == low)
    assert share > 10
    bad = replace(
        log,
        command_pos=column(log.command_pos, KNEE, target),
        joint_pos=column(log.joint_pos, KNEE, target + 0.001 * np.arange(200)),
    )
    line = refusal(bad, g1, LogFault.CLIPPED_COMMAND)
    assert f"{share:.0f} % of the targets of left_knee_joint lie at a limit" in line
    assert "(-0.0873 to 2.88 rad)" in line


def test_torques_beyond_the_motor(log, g1):
    # 150 N m/rad * 1 rad is more than 139 N m.
    bad = replace(
        log, joint_pos=column(log.joint_pos, KNEE, log.command_pos[:, KNEE] - 1)
    )
    line = refusal(bad, g1, LogFault.CLIPPED_COMMAND)
    assert "100 % of the commands of left_knee_joint ask for more than its 139 N m" in (
        line
    )


def test_without_commands_there_is_nothing_to_check(log, g1):
    bare = replace(log, streams=frozenset({"imu"}))
    refusal(bare, g1, LogFault.MISSING_STREAM)
