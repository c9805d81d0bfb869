"""Read and fill unitree_hg messages of ROS 2, field by field.

A message is any object with the fields of its type, so that nothing here needs ROS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.unitree.messages import (
    DISABLED,
    ENABLED,
    HandCmd,
    HandState,
    LowCmd,
    LowState,
    crc_of,
    pack_low_cmd,
)


def low_state_of(message: Any) -> LowState:
    """Return a unitree_hg/LowState as plain data."""
    motors, imu = message.motor_state, message.imu_state
    return LowState(
        mode_pr=int(message.mode_pr),
        mode_machine=int(message.mode_machine),
        tick=int(message.tick),
        version=_ints(message.version),
        wireless_remote=bytes(bytearray(message.wireless_remote)),
        reserve=_ints(message.reserve),
        quaternion=_floats(imu.quaternion),
        gyroscope=_floats(imu.gyroscope),
        accelerometer=_floats(imu.accelerometer),
        rpy=_floats(imu.rpy),
        imu_temperature=int(imu.temperature),
        mode=np.array([m.mode for m in motors], np.uint8),
        q=_floats(m.q for m in motors),
        dq=_floats(m.dq for m in motors),
        ddq=_floats(m.ddq for m in motors),
        tau_est=_floats(m.tau_est for m in motors),
        temperature=np.array([m.temperature for m in motors], np.int16),
        vol=_floats(m.vol for m in motors),
        sensor=np.array([m.sensor for m in motors], np.uint32),
        motorstate=np.array([m.motorstate for m in motors], np.uint32),
        motor_reserve=np.array([m.reserve for m in motors], np.uint32),
    )


def hand_state_of(message: Any) -> HandState:
    """Return a unitree_hg/HandState as plain data."""
    motors = message.motor_state
    return HandState(
        q=_floats(m.q for m in motors),
        dq=_floats(m.dq for m in motors),
        tau_est=_floats(m.tau_est for m in motors),
        temperature=np.array([m.temperature for m in motors], np.int16),
        motorstate=np.array([m.motorstate for m in motors], np.uint32),
        pressure_sensors=len(message.press_sensor_state),
    )


def fill_low_cmd(message: Any, command: LowCmd) -> Any:
    """Write a command and its CRC into a unitree_hg/LowCmd, and return it."""
    message.mode_pr = command.mode_pr
    message.mode_machine = command.mode_machine
    for motor, enabled in zip(message.motor_cmd, command.enabled, strict=True):
        motor.mode = ENABLED if enabled else DISABLED
    _fill_motors(message.motor_cmd, command)
    message.crc = crc_of(pack_low_cmd(command))
    return message


def fill_hand_cmd(message: Any, command: HandCmd, empty_motor: Any) -> Any:
    """Write a command into a unitree_hg/HandCmd, and return it.

    Args:
        message: which has no motors when it is new.
        command: what they are told.
        empty_motor: makes a unitree_hg/MotorCmd.
    """
    if len(message.motor_cmd) != len(command.q):
        message.motor_cmd = [empty_motor() for _ in command.q]
    for motor, mode in zip(message.motor_cmd, command.mode.tolist(), strict=True):
        motor.mode = mode
    _fill_motors(message.motor_cmd, command)
    return message


def _fill_motors(motors: Sequence[Any], command: LowCmd | HandCmd) -> None:
    for key in ("q", "dq", "tau", "kp", "kd"):
        values = getattr(command, key).tolist()
        for motor, value in zip(motors, values, strict=True):
            setattr(motor, key, value)


def _floats(values: Iterable[float]) -> NDArray[np.float32]:
    return np.array(list(values), np.float32)


def _ints(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(map(int, values))
