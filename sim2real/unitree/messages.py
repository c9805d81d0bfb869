"""unitree_hg messages as plain data: body state and command, hand state and command.

Motors are rows of arrays in motor order; `bridge.py` knows which joint is which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.unitree.crc import message_crc
from sim2real.unitree.joints import MOTOR_SLOTS
from sim2real.unitree.layout import LOW_CMD, LOW_STATE

Floats = NDArray[np.float32]

PITCH_ROLL = 0  # mode_pr: ankles and waist by pitch and roll, as policies know them
ENABLED, DISABLED = 1, 0  # mode of a motor of the body
CRC_BYTES = 4


def _zeros(kind: Any, *columns: int) -> Callable[[], NDArray[Any]]:
    """Return what makes a row of zeros for each motor of the body."""
    return lambda: np.zeros((MOTOR_SLOTS, *columns), kind)


@dataclass(frozen=True, kw_only=True)
class LowCmd:
    """What the motors of the body are told; arrays of 35, unused ones disabled."""

    mode_machine: int  # must be what the state says
    enabled: NDArray[np.bool_]
    q: Floats  # [rad]
    dq: Floats  # [rad/s]
    tau: Floats  # feed-forward [N m]
    kp: Floats  # [N m/rad]
    kd: Floats  # [N m s/rad]
    mode_pr: int = PITCH_ROLL


@dataclass(frozen=True, kw_only=True)
class LowState:
    """What the body measures; arrays of 35. What nobody here reads is for the CRC."""

    mode_machine: int
    q: Floats  # [rad]
    dq: Floats  # [rad/s]
    tau_est: Floats  # [N m]
    quaternion: Floats  # of the pelvis, wxyz, (4,)
    gyroscope: Floats  # [rad/s], (3,)
    mode_pr: int = PITCH_ROLL
    tick: int = 0  # of the robot's own clock
    temperature: NDArray[np.int16] = field(default_factory=_zeros(np.int16, 2))
    """Surface and winding [deg C], (35, 2)."""
    motorstate: NDArray[np.uint32] = field(default_factory=_zeros(np.uint32))
    """0: well."""
    accelerometer: Floats = field(default_factory=lambda: np.zeros(3, np.float32))
    rpy: Floats = field(default_factory=lambda: np.zeros(3, np.float32))
    imu_temperature: int = 0
    mode: NDArray[np.uint8] = field(default_factory=_zeros(np.uint8))
    ddq: Floats = field(default_factory=_zeros(np.float32))
    vol: Floats = field(default_factory=_zeros(np.float32))
    sensor: NDArray[np.uint32] = field(default_factory=_zeros(np.uint32, 2))
    motor_reserve: NDArray[np.uint32] = field(default_factory=_zeros(np.uint32, 4))
    version: tuple[int, ...] = (0, 0)
    wireless_remote: bytes = bytes(40)
    reserve: tuple[int, ...] = (0, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class HandCmd:
    """What the motors of one hand are told; arrays of 7."""

    mode: NDArray[np.uint8]  # see `hand_mode`
    q: Floats  # [rad]
    dq: Floats  # [rad/s]
    tau: Floats  # [N m]
    kp: Floats  # [N m/rad]
    kd: Floats  # [N m s/rad]


@dataclass(frozen=True, kw_only=True)
class HandState:
    """What one hand measures; arrays of as many as it has motors."""

    q: Floats  # [rad]
    dq: Floats  # [rad/s]
    tau_est: Floats  # [N m]
    temperature: NDArray[np.int16]  # [deg C], (7, 2)
    motorstate: NDArray[np.uint32]  # 0: well
    pressure_sensors: int  # how many it reports


def hand_mode(motor: int, *, status: int = 1, timeout: bool = False) -> int:
    """Return the mode byte of a hand's motor.

    Args:
        motor: its number, bits 0 to 3.
        status: 1 to drive it, bits 4 to 6.
        timeout: whether it lets go by itself when commands stop, bit 7.
    """
    return (motor & 0xF) | (status & 0x7) << 4 | int(timeout) << 7


def pack_low_cmd(command: LowCmd) -> bytes:
    """Return the message as the CRC sees it, with its CRC, 1004 bytes."""
    packed = np.zeros((), LOW_CMD)
    packed["mode_pr"] = command.mode_pr
    packed["mode_machine"] = command.mode_machine
    motor = packed["motor"]
    motor["mode"] = np.where(command.enabled, ENABLED, DISABLED)
    for key in ("q", "dq", "tau", "kp", "kd"):
        motor[key] = getattr(command, key)
    return _with_crc(packed.tobytes())


def unpack_low_cmd(data: bytes) -> LowCmd:
    """Return the message in these bytes; its CRC is not looked at."""
    packed = np.frombuffer(data, LOW_CMD)[0]
    motor = packed["motor"]
    return LowCmd(
        mode_machine=int(packed["mode_machine"]),
        mode_pr=int(packed["mode_pr"]),
        enabled=motor["mode"] == ENABLED,
        **{key: motor[key].copy() for key in ("q", "dq", "tau", "kp", "kd")},
    )


_HEAD = ("mode_pr", "mode_machine", "tick", "version", "reserve")
_MOTOR = (
    *("mode", "q", "dq", "ddq", "tau_est"),
    *("temperature", "vol", "sensor", "motorstate"),
)
_IMU = ("quaternion", "gyroscope", "accelerometer", "rpy")


def pack_low_state(state: LowState) -> bytes:
    """Return the message as the CRC sees it, with its CRC, 2092 bytes."""
    packed = np.zeros((), LOW_STATE)
    motor, imu = packed["motor"], packed["imu"]
    for key in _HEAD:
        packed[key] = getattr(state, key)
    for key in _MOTOR:
        motor[key] = getattr(state, key)
    for key in _IMU:
        imu[key] = getattr(state, key)
    motor["reserve"] = state.motor_reserve
    imu["temperature"] = state.imu_temperature
    packed["wireless_remote"] = np.frombuffer(state.wireless_remote, np.uint8)
    return _with_crc(packed.tobytes())


def unpack_low_state(data: bytes) -> LowState:
    """Return the message in these bytes; its CRC is not looked at."""
    packed = np.frombuffer(data, LOW_STATE)[0]
    motor, imu = packed["motor"], packed["imu"]
    fields: dict[str, Any] = {key: packed[key].tolist() for key in _HEAD}
    fields.update({key: motor[key].copy() for key in _MOTOR})
    fields.update({key: imu[key].copy() for key in _IMU})
    return LowState(
        **{**fields, **{key: tuple(fields[key]) for key in ("version", "reserve")}},
        motor_reserve=motor["reserve"].copy(),
        imu_temperature=int(imu["temperature"]),
        wireless_remote=packed["wireless_remote"].tobytes(),
    )


def crc_of(packed: bytes) -> int:
    """Return the CRC that a packed message carries."""
    return int.from_bytes(packed[-CRC_BYTES:], "little")


def is_whole(packed: bytes) -> bool:
    """Whether a packed message carries the CRC of its content."""
    return crc_of(packed) == message_crc(packed)


def no_motors() -> Floats:
    """Return a zero for each of the 35 motors."""
    return np.zeros(MOTOR_SLOTS, np.float32)


def _with_crc(packed: bytes) -> bytes:
    return packed[:-CRC_BYTES] + message_crc(packed).to_bytes(CRC_BYTES, "little")
