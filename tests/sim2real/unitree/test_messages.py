"""Every byte of a message lies where the robot's own structures have it."""

from __future__ import annotations

import struct
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sim2real.unitree.messages import (
    LowCmd,
    crc_of,
    hand_mode,
    is_whole,
    no_motors,
    pack_low_cmd,
    pack_low_state,
    unpack_low_cmd,
    unpack_low_state,
)


@pytest.fixture
def command() -> LowCmd:
    """29 motors at i/10 rad, gains 100 and 2, as a G1 takes them."""
    ramp = (np.arange(35) / 10).astype(np.float32)
    return LowCmd(
        mode_machine=5,
        enabled=np.arange(35) < 29,
        q=ramp,
        dq=no_motors(),
        tau=-ramp,
        kp=np.full(35, 100, np.float32),
        kd=np.full(35, 2, np.float32),
    )


def number(data: bytes, at: int, kind: str = "f") -> float:
    return struct.unpack_from(f"<{kind}", data, at)[0]


def test_the_bytes_of_a_command(command):
    data = pack_low_cmd(command)
    # 4 bytes of modes, 35 motors of 28 bytes, 4 reserved words, the CRC.
    assert len(data) == 4 + 35 * 28 + 4 * 4 + 4 == 1004
    assert (data[0], data[1]) == (0, 5)  # mode_pr, mode_machine
    assert data[2:4] == bytes(2)  # a gap
    knee = 4 + 3 * 28  # left_knee_joint is motor 3
    assert data[knee] == 1
    assert data[knee + 1 : knee + 4] == bytes(3)  # a gap
    assert number(data, knee + 4) == np.float32(0.3)  # q
    assert number(data, knee + 8) == 0.0  # dq
    assert number(data, knee + 12) == np.float32(-0.3)  # tau
    assert number(data, knee + 16) == 100.0  # kp
    assert number(data, knee + 20) == 2.0  # kd
    assert data[4 + 28 * 28] == 1  # motor 28, the last of the body
    assert data[4 + 29 * 28] == 0  # motor 29, which a G1 has not
    assert data[984:1000] == bytes(16)
    assert is_whole(data)


def test_the_crc_of_a_command(command):
    # Computed by the library of unitree_sdk2_python over these 250 words.
    command = replace(command, tau=no_motors())
    assert crc_of(pack_low_cmd(command)) == 0x013C7F02


def test_a_changed_bit_is_noticed(command):
    data = bytearray(pack_low_cmd(command))
    data[100] ^= 1
    assert not is_whole(bytes(data))


def test_a_command_comes_back(command):
    got = unpack_low_cmd(pack_low_cmd(command))
    for field in fields(command):
        expected = getattr(command, field.name)
        assert_array_equal(getattr(got, field.name), expected, field.name)


def test_the_bytes_of_a_state(body):
    temperature = np.zeros((35, 2), np.int16)
    temperature[3] = (40, -3)
    state = body(
        tick=77,
        version=(1, 2),
        temperature=temperature,
        motorstate=np.arange(35, dtype=np.uint32),
        gyroscope=np.array([0.1, 0.2, 0.3], np.float32),
        imu_temperature=51,
        wireless_remote=bytes(range(40)),
        reserve=(9, 8, 7, 6),
    )
    data = pack_low_state(state)
    # 16 bytes of head, 56 of IMU, 35 motors of 56, remote, reserve, the CRC.
    assert len(data) == 16 + 56 + 35 * 56 + 40 + 16 + 4 == 2092
    assert struct.unpack_from("<2I", data, 0) == (1, 2)
    assert (data[8], data[9]) == (0, 5)
    assert number(data, 12, "I") == 77
    assert number(data, 16) == 1.0  # quaternion w
    assert number(data, 16 + 16 + 8) == np.float32(0.3)  # gyroscope z
    assert number(data, 16 + 52, "h") == 51
    knee = 72 + 3 * 56
    assert number(data, knee + 4) == np.float32(0.03)  # q
    assert struct.unpack_from("<2h", data, knee + 20) == (40, -3)
    assert number(data, knee + 36, "I") == 3  # motorstate
    assert data[2032:2072] == bytes(range(40))
    assert struct.unpack_from("<4I", data, 2072) == (9, 8, 7, 6)
    assert is_whole(data)


def test_a_state_comes_back_whole(body):
    rng = np.random.default_rng(1)
    state = body(
        ddq=rng.normal(size=35).astype(np.float32),
        vol=rng.normal(size=35).astype(np.float32),
        sensor=rng.integers(0, 99, (35, 2), dtype=np.uint32),
        motor_reserve=rng.integers(0, 99, (35, 4), dtype=np.uint32),
        mode=np.ones(35, np.uint8),
        rpy=np.array([0.1, 0.2, 0.3], np.float32),
        accelerometer=np.array([0, 0, 9.81], np.float32),
        version=(3, 4),
        wireless_remote=bytes(range(40)),
    )
    got = unpack_low_state(pack_low_state(state))
    for field in fields(state):
        expected = getattr(state, field.name)
        assert_array_equal(
            np.asarray(getattr(got, field.name)), np.asarray(expected), field.name
        )


@pytest.mark.parametrize(
    ("motor", "timeout", "byte"),
    [
        (0, False, 0b0_001_0000),
        (6, False, 0b0_001_0110),
        (6, True, 0b1_001_0110),
    ],
)
def test_the_mode_byte_of_a_hand(motor, timeout, byte):
    assert hand_mode(motor, timeout=timeout) == byte
