"""Whether a standing robot is about to need a step, from its IMU alone."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

Array = Any  # numpy array or torch tensor, (*B, ...)

# Chosen by trial with pushes and swinging arms (docs/training_log.md, Balance 6 to 8).
# Balance also steps for less if it lasts (`TIPPING`).
FASTEST = 0.7  # roll or pitch rate of the pelvis [rad/s]
FARTHEST = 0.25  # sine of its tilt


def unsteady(base_gravity: Array, base_ang_vel: Array) -> Array:
    """Return whether standing on the spot is not enough, (*B,).

    Args:
        base_gravity: gravity's direction in the pelvis frame, (*B, 3).
        base_ang_vel: of the pelvis [rad/s], (*B, 3).
    """
    xp = array_namespace(base_gravity)
    tilt = xp.sqrt(xp.sum(base_gravity[..., :2] ** 2, axis=-1))
    rate = xp.max(xp.abs(base_ang_vel[..., :2]), axis=-1)
    return (rate > FASTEST) | (tilt > FARTHEST)
