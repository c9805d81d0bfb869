"""Motors become joints by name and back; other robots are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import ConfigError
from sim2real.robot import JointCommand
from sim2real.unitree.bridge import Base, G1Bridge
from sim2real.unitree.hardware import Hardware, HardwareMismatch, check_hardware
from sim2real.unitree.joints import (
    BODY_JOINTS,
    INDEX_FIRST,
    finger_order,
    hand_joints,
)


@pytest.fixture
def hands(hand):
    return {"left": hand(1.0), "right": hand(2.0)}


def at(robot, values, joint):
    return values[robot.joint_names.index(joint)]


def test_the_body_has_29_joints_of_the_robot(g1):
    assert len(BODY_JOINTS) == 29
    assert set(BODY_JOINTS) < set(g1.joint_names)
    assert BODY_JOINTS[3] == "left_knee_joint"
    assert BODY_JOINTS[12:15] == (
        *("waist_yaw_joint", "waist_roll_joint", "waist_pitch_joint"),
    )
    assert BODY_JOINTS[22] == "right_shoulder_pitch_joint"
    assert BODY_JOINTS[28] == "right_wrist_yaw_joint"


def test_every_motor_becomes_its_joint(g1, body, hands):
    state = G1Bridge(g1).state(0.5, body(), hands)
    assert state.time == 0.5
    assert at(g1, state.joint_pos, "left_knee_joint") == pytest.approx(0.03)
    assert at(g1, state.joint_pos, "right_wrist_yaw_joint") == pytest.approx(0.28)
    assert at(g1, state.joint_pos, "left_hand_thumb_2_joint") == pytest.approx(1.02)
    assert at(g1, state.joint_pos, "right_hand_middle_0_joint") == pytest.approx(2.03)
    assert at(g1, state.joint_pos, "right_hand_index_1_joint") == pytest.approx(2.06)
    assert_array_equal(state.base_quat_wxyz, [1, 0, 0, 0])
    assert_array_equal(state.base_pos_w, np.zeros(3))


def test_the_imu_is_that_of_the_pelvis(g1, body, hands):
    quat = np.array([0.8, 0.0, 0.6, 0.0], np.float32)
    spin = np.array([0.1, 0.2, 0.3], np.float32)
    base = Base(pos_w=np.array([1.0, 2.0, 0.8]), lin_vel_w=np.array([0.5, 0, 0]))
    message = body(quaternion=quat, gyroscope=spin)
    state = G1Bridge(g1).state(0.0, message, hands, base)
    assert_allclose(state.base_quat_wxyz, quat)
    assert_allclose(state.base_ang_vel, spin)
    assert_array_equal(state.base_pos_w, [1.0, 2.0, 0.8])
    assert_array_equal(state.base_lin_vel_w, [0.5, 0, 0])


def test_the_fingers_may_have_another_order(g1, body, hands):
    assert hand_joints("right", INDEX_FIRST)[3] == "right_hand_index_0_joint"
    bridge = G1Bridge(g1, right_order=INDEX_FIRST)
    state = bridge.state(0.0, body(), hands)
    assert at(g1, state.joint_pos, "right_hand_index_0_joint") == pytest.approx(2.03)
    assert at(g1, state.joint_pos, "left_hand_index_0_joint") == pytest.approx(1.05)


def test_an_order_of_fingers_has_a_name():
    assert finger_order("index_first") == INDEX_FIRST
    with pytest.raises(ConfigError, match="there is no order of fingers 'thumb_last'"):
        finger_order("thumb_last")


def test_a_command_reaches_every_motor(g1):
    n = len(g1.joint_names)
    command = JointCommand(
        joint_pos=np.arange(n) / 100, stiffness=np.arange(n) + 1.0, damping=np.ones(n)
    )
    orders = G1Bridge(g1).orders(command, mode_machine=5)
    body = orders.body
    assert body.mode_machine == 5
    assert body.mode_pr == 0
    assert body.enabled.sum() == 29
    assert not body.enabled[29:].any()
    # The robot's YAML has the body's joints in the order of the motors.
    assert_allclose(body.q[:29], np.arange(29) / 100, rtol=1e-6)
    assert_array_equal(body.kp[:29], np.arange(29) + 1)
    assert_array_equal(body.q[29:], np.zeros(6))
    assert_array_equal(body.kd[29:], np.zeros(6))
    right = orders.hands["right"]
    first = g1.joint_names.index("right_hand_thumb_0_joint")
    assert_allclose(right.q, np.arange(first, first + 7) / 100, rtol=1e-6)
    assert right.mode.tolist() == [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16]


def test_a_command_comes_back_as_the_state_it_asks_for(g1, body, hand):
    rng = np.random.default_rng(2)
    pos = rng.normal(size=len(g1.joint_names)).astype(np.float32).astype(np.float64)
    command = JointCommand(joint_pos=pos, stiffness=g1.stiffness, damping=g1.damping)
    bridge = G1Bridge(g1, right_order=INDEX_FIRST)
    orders = bridge.orders(command, mode_machine=5)
    hands = {side: replace(hand(), q=one.q) for side, one in orders.hands.items()}
    assert_array_equal(bridge.state(0.0, body(q=orders.body.q), hands).joint_pos, pos)


def test_a_robot_without_hands_needs_none(g1, body):
    joints = tuple(joint for joint in g1.joints if joint.name in BODY_JOINTS)
    bare = g1.model_copy(update={"joints": joints})
    bare = type(g1).model_validate(bare.model_dump())
    bridge = G1Bridge(bare)
    assert len(bridge.state(0.0, body()).joint_pos) == 29
    command = JointCommand(
        joint_pos=bare.default_joint_pos, stiffness=bare.stiffness, damping=bare.damping
    )
    assert bridge.orders(command, mode_machine=5).hands == {}


def test_a_robot_with_a_joint_that_no_motor_moves(g1):
    joints = [joint.model_dump() for joint in g1.joints]
    joints[0]["name"] = "left_antenna_joint"
    odd = type(g1).model_validate({**g1.model_dump(), "joints": joints})
    with pytest.raises(ConfigError, match="is no G1 with 29 joints in its body"):
        G1Bridge(odd)


# --- hardware -------------------------------------------------------------------------


def test_the_g1_that_the_policies_know(g1, body, hands):
    hardware = Hardware.of(body(), tuple(hands.values()))
    assert hardware.revision == g1.revision == "g1_29dof_rev_1_0+dex3_1"
    check_hardware(hardware, g1)


@pytest.mark.parametrize(
    ("mode", "reports"),
    [
        (2, "g1_29dof+dex3_1"),
        (6, "g1_29dof_lock_waist_rev_1_0+dex3_1"),
        (13, "g1_29dof_mode_13+dex3_1"),
        (77, "unknown (mode_machine 77)+dex3_1"),
    ],
)
def test_another_body_is_refused(g1, body, hands, mode, reports):
    hardware = Hardware.of(body(mode_machine=mode), tuple(hands.values()))
    with pytest.raises(HardwareMismatch, match="the robot reports") as error:
        check_hardware(hardware, g1)
    assert f"the robot reports revision {reports} (mode_machine" in str(error.value)
    assert "are for g1_29dof_rev_1_0+dex3_1" in str(error.value)
    assert "\n" not in str(error.value)


def test_other_hands_are_refused(g1, body, hand):
    hardware = Hardware.of(body(), (hand(), hand(motors=6)))
    with pytest.raises(HardwareMismatch, match=r"\+hands of 7 and 6 motors"):
        check_hardware(hardware, g1)


def test_a_robot_without_its_hands_is_refused(g1, body):
    with pytest.raises(HardwareMismatch, match="reports revision g1_29dof_rev_1_0 "):
        check_hardware(Hardware.of(body()), g1)


def test_motors_that_are_driven_one_by_one_are_refused(g1, body, hands):
    hardware = Hardware.of(body(mode_pr=1), tuple(hands.values()))
    with pytest.raises(HardwareMismatch, match=r"in mode_pr 1 .*policies want 0"):
        check_hardware(hardware, g1)
