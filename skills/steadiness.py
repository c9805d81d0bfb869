"""Whether a standing robot can stay where it stands, or needs a step.

The capture point is where the centre of mass would come to rest if the robot behaved
as an inverted pendulum on its feet: inside the feet's outline the ankles can stop it,
outside only a step can (Pratt et al., Capture Point, Humanoids 2006).
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

Array = Any  # numpy array or torch tensor, (*B, ...)

GRAVITY = 9.81  # [m/s^2]

# How far from the middle between the soles the capture point may be [m]; the soles of
# the G1 reach 0.085 ahead and behind, swinging arms move it by up to 0.1, a push of
# 0.8 m/s by 0.16 and more (docs/training_log.md, Balance 9).
AHEAD = 0.13
BEHIND = 0.11
ASIDE = 0.13
FARTHEST = 0.3  # sine of the pelvis' tilt


def capture_point(com: Array, com_vel: Array) -> Array:
    """Return where a pendulum with its foot at the origin would come to rest.

    Args:
        com: centre of mass over the middle between the soles [m], (*B, 3).
        com_vel: its velocity against the soles [m/s], (*B, 3).

    Returns:
        the point on the ground, x ahead and y to the left if the arguments are in
        the heading frame of the feet [m], (*B, 2).
    """
    xp = array_namespace(com)
    height = xp.clip(com[..., 2:], 0.1, 2.0)
    return com[..., :2] + com_vel[..., :2] * xp.sqrt(height / GRAVITY)


def needs_a_step(point: Array, base_gravity: Array) -> Array:
    """Return whether standing on the spot is not enough, (*B,).

    Args:
        point: the capture point in the heading frame of the feet [m], (*B, 2).
        base_gravity: gravity's direction in the pelvis frame, (*B, 3).
    """
    xp = array_namespace(point)
    x, y = point[..., 0], point[..., 1]
    reach = xp.where(x > 0.0, AHEAD * xp.ones_like(x), BEHIND * xp.ones_like(x))
    tilt = xp.sqrt(xp.sum(base_gravity[..., :2] ** 2, axis=-1))
    return ((x / reach) ** 2 + (y / ASIDE) ** 2 > 1.0) | (tilt > FARTHEST)
