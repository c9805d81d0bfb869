"""Fields of unitree_hg messages are read and filled without ROS."""

from __future__ import annotations

import json
from types import SimpleNamespace as Message

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sim2real.robot import JointCommand
from sim2real.unitree.bridge import G1Bridge
from sim2real.unitree.messages import crc_of, pack_low_cmd
from sim2real.unitree.motion_switcher import CHECK, RELEASE, MotionSwitcher
from sim2real.unitree.ros2_fields import (
    fill_hand_cmd,
    fill_low_cmd,
    hand_state_of,
    low_state_of,
)


def motor_state(i):
    return Message(
        mode=1,
        q=i / 100,
        dq=i / 10,
        ddq=0.5,
        tau_est=-i,
        temperature=[30 + i, 40],
        vol=48.0,
        sensor=[1, 2],
        motorstate=0,
        reserve=[1, 2, 3, 4],
    )


def motor_cmd():
    return Message(mode=0, q=0.0, dq=0.0, tau=0.0, kp=0.0, kd=0.0, reserve=0)


def test_a_state_of_the_body():
    message = Message(
        version=[1, 2],
        mode_pr=0,
        mode_machine=5,
        tick=99,
        imu_state=Message(
            quaternion=[0.8, 0.0, 0.6, 0.0],
            gyroscope=[0.1, 0.2, 0.3],
            accelerometer=[0.0, 0.0, 9.81],
            rpy=[0.0, 1.287, 0.0],
            temperature=45,
        ),
        motor_state=[motor_state(i) for i in range(35)],
        wireless_remote=list(range(40)),
        reserve=[0, 0, 0, 7],
    )
    state = low_state_of(message)
    assert (state.mode_machine, state.tick, state.version) == (5, 99, (1, 2))
    assert_allclose(state.q, np.arange(35) / 100, rtol=1e-6)
    assert_allclose(state.tau_est, -np.arange(35))
    assert state.temperature.shape == (35, 2)
    assert state.temperature[3].tolist() == [33, 40]
    assert state.motor_reserve.shape == (35, 4)
    assert_allclose(state.quaternion, [0.8, 0.0, 0.6, 0.0])
    assert state.wireless_remote == bytes(range(40))
    assert state.reserve == (0, 0, 0, 7)


def test_a_state_of_a_hand():
    message = Message(
        motor_state=[motor_state(i) for i in range(7)], press_sensor_state=[None] * 9
    )
    state = hand_state_of(message)
    assert_allclose(state.q, np.arange(7) / 100, rtol=1e-6)
    assert state.pressure_sensors == 9


def test_a_command_is_filled_with_its_crc(g1):
    command = JointCommand(
        joint_pos=g1.default_joint_pos, stiffness=g1.stiffness, damping=g1.damping
    )
    orders = G1Bridge(g1).orders(command, mode_machine=5)
    message = fill_low_cmd(
        Message(motor_cmd=[motor_cmd() for _ in range(35)]), orders.body
    )
    assert message.mode_machine == 5
    assert message.motor_cmd[3].kp == 150.0
    assert message.motor_cmd[3].mode == 1
    assert message.motor_cmd[34].mode == 0
    assert message.crc == crc_of(pack_low_cmd(orders.body))
    hand = Message(motor_cmd=[])
    for _ in range(2):  # the second time its motors are there
        fill_hand_cmd(hand, orders.hands["left"], motor_cmd)
    assert [m.mode for m in hand.motor_cmd] == [0x10 + i for i in range(7)]
    assert_array_equal([m.kp for m in hand.motor_cmd][:2], [2.0, 1.5])


# --- the motion switcher --------------------------------------------------------------


def request():
    return Message(header=Message(identity=Message(id=0, api_id=0)), parameter="")


def response(number, data, api_id=CHECK, code=0):
    identity = Message(id=number, api_id=api_id)
    status = Message(code=code)
    return Message(header=Message(identity=identity, status=status), data=data)


def test_the_switcher_is_asked_by_number():
    switcher = MotionSwitcher()
    first = switcher.ask(request(), CHECK)
    second = switcher.ask(request(), RELEASE)
    assert (first.header.identity.id, first.header.identity.api_id) == (1, 1001)
    assert (second.header.identity.id, second.header.identity.api_id) == (2, 1003)
    assert first.parameter == "{}"


def test_its_answer_names_who_drives():
    switcher = MotionSwitcher()
    switcher.ask(request(), CHECK)
    assert switcher.service is None
    switcher.hear(response(1, json.dumps({"form": "0", "name": "ai"})))
    assert switcher.service == "ai"
    switcher.hear(response(1, json.dumps({"form": "0", "name": ""})))
    assert switcher.service == ""


def test_what_is_no_answer_to_us_changes_nothing():
    switcher = MotionSwitcher()
    switcher.ask(request(), CHECK)
    name = json.dumps({"name": "ai"})
    for odd in (
        response(5, name),
        response(1, name, api_id=RELEASE),
        response(1, name, code=3),
        response(1, "not json"),
        response(1, "[]"),
        response(1, "{}"),
    ):
        switcher.hear(odd)
    assert switcher.service is None
