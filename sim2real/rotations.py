"""Rotations on arrays of any batch shape; quaternions are wxyz.

Every function takes numpy arrays or torch tensors, whichever it is given; only the two
at the end take one numpy array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

Array = Any  # numpy array or torch tensor


def conjugate(quat_wxyz: Array) -> Array:
    """Return the inverse of a unit quaternion (..., 4)."""
    xp = array_namespace(quat_wxyz)
    return xp.concat([quat_wxyz[..., :1], -quat_wxyz[..., 1:]], axis=-1)


def multiply(a: Array, b: Array) -> Array:
    """Return the Hamilton product a * b, (..., 4)."""
    xp = array_namespace(a, b)
    aw, ax, ay, az = (a[..., i] for i in range(4))
    bw, bx, by, bz = (b[..., i] for i in range(4))
    return xp.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def rotate(quat_wxyz: Array, vector: Array) -> Array:
    """Turn a vector (..., 3) by a unit quaternion (..., 4)."""
    return _turn(quat_wxyz, vector, 1.0)


def rotate_inverse(quat_wxyz: Array, vector: Array) -> Array:
    """Turn a vector (..., 3) by the inverse of a unit quaternion (..., 4)."""
    return _turn(quat_wxyz, vector, -1.0)


def _turn(quat_wxyz: Array, vector: Array, sign: float) -> Array:
    """Return v + w t + u x t with t = 2 u x v; of the inverse, w has the other sign."""
    # Written out: every policy and every question of the planner comes through here.
    xp = array_namespace(quat_wxyz, vector)
    w, x, y, z = (quat_wxyz[..., i] for i in range(4))
    a, b, c = (vector[..., i] for i in range(3))
    p, q, r = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    w = sign * w
    return xp.stack(
        [
            a + w * p + (y * r - z * q),
            b + w * q + (z * p - x * r),
            c + w * r + (x * q - y * p),
        ],
        axis=-1,
    )


def project_gravity(quat_wxyz: Array) -> Array:
    """Return gravity's direction in the base frame, a unit vector (..., 3)."""
    xp = array_namespace(quat_wxyz)
    w, x, y, z = (quat_wxyz[..., i] for i in range(4))
    return xp.stack(
        [
            2.0 * (w * y - x * z),
            -2.0 * (w * x + y * z),
            -(1.0 - 2.0 * (x * x + y * y)),
        ],
        axis=-1,
    )


def yaw_of(quat_wxyz: Array) -> Array:
    """Return the heading about world z [rad], (...)."""
    xp = array_namespace(quat_wxyz)
    w, x, y, z = (quat_wxyz[..., i] for i in range(4))
    return xp.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def wxyz_from_yaw(yaw: Array) -> Array:
    """Return the quaternion (..., 4) of a turn about z by `yaw` [rad]."""
    xp = array_namespace(yaw)
    zero = xp.zeros_like(yaw)
    return xp.stack([xp.cos(yaw / 2), zero, zero, xp.sin(yaw / 2)], axis=-1)


def wxyz_from_rpy(roll: Array, pitch: Array, yaw: Array) -> Array:
    """Return the quaternion (..., 4) of roll, then pitch, then yaw about fixed axes."""
    xp = array_namespace(roll, pitch, yaw)
    cr, sr = xp.cos(roll / 2), xp.sin(roll / 2)
    cp, sp = xp.cos(pitch / 2), xp.sin(pitch / 2)
    cy, sy = xp.cos(yaw / 2), xp.sin(yaw / 2)
    return xp.stack(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ],
        axis=-1,
    )


def wrap_angle(angle: Array) -> Array:
    """Return the same angle in [-pi, pi) [rad]."""
    xp = array_namespace(angle)
    return xp.remainder(angle + xp.pi, 2 * xp.pi) - xp.pi


# --- one at a time: many questions are asked of one pose in every tick ----------------


def heading_of(quat_wxyz: NDArray[np.float64]) -> float:
    """Return `yaw_of` one quaternion (4,), many times faster [rad]."""
    w, x, y, z = quat_wxyz.tolist()
    return float(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def seen_from(quat_wxyz: NDArray[np.float64], vector: Array) -> NDArray[np.float64]:
    """Return `rotate_inverse` of one vector (3,), many times faster."""
    w, x, y, z = quat_wxyz.tolist()
    a, b, c = vector.tolist()
    p, q, r = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return np.array(
        [
            a - w * p + (y * r - z * q),
            b - w * q + (z * p - x * r),
            c - w * r + (x * q - y * p),
        ]
    )
