"""The bytes of unitree_hg messages, as the CRC is taken over them.

They are those of the C structures on a little-endian machine: every member at a
multiple of its size, gaps filled with zeros (unitree_sdk2, include/unitree/idl/hg).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim2real.unitree.joints import MOTOR_SLOTS


def _structure(size: int, *members: tuple[str, Any, int]) -> np.dtype[Any]:
    """Return a structure of members, each with its name, type and offset [bytes]."""
    names, formats, offsets = zip(*members, strict=True)
    fields: Any = {
        "names": list(names),
        "formats": list(formats),
        "offsets": list(offsets),
        "itemsize": size,
    }
    structure: np.dtype[Any] = np.dtype(fields)
    return structure


MOTOR_CMD = _structure(
    28,
    ("mode", "u1", 0),
    ("q", "<f4", 4),
    ("dq", "<f4", 8),
    ("tau", "<f4", 12),
    ("kp", "<f4", 16),
    ("kd", "<f4", 20),
    ("reserve", "<u4", 24),
)

LOW_CMD = _structure(
    1004,
    ("mode_pr", "u1", 0),
    ("mode_machine", "u1", 1),
    ("motor", (MOTOR_CMD, MOTOR_SLOTS), 4),
    ("reserve", ("<u4", 4), 984),
    ("crc", "<u4", 1000),
)

MOTOR_STATE = _structure(
    56,
    ("mode", "u1", 0),
    ("q", "<f4", 4),
    ("dq", "<f4", 8),
    ("ddq", "<f4", 12),
    ("tau_est", "<f4", 16),
    ("temperature", ("<i2", 2), 20),
    ("vol", "<f4", 24),
    ("sensor", ("<u4", 2), 28),
    ("motorstate", "<u4", 36),
    ("reserve", ("<u4", 4), 40),
)

IMU = _structure(
    56,
    ("quaternion", ("<f4", 4), 0),
    ("gyroscope", ("<f4", 3), 16),
    ("accelerometer", ("<f4", 3), 28),
    ("rpy", ("<f4", 3), 40),
    ("temperature", "<i2", 52),
)

LOW_STATE = _structure(
    2092,
    ("version", ("<u4", 2), 0),
    ("mode_pr", "u1", 8),
    ("mode_machine", "u1", 9),
    ("tick", "<u4", 12),
    ("imu", IMU, 16),
    ("motor", (MOTOR_STATE, MOTOR_SLOTS), 72),
    ("wireless_remote", ("u1", 40), 2032),
    ("reserve", ("<u4", 4), 2072),
    ("crc", "<u4", 2088),
)
