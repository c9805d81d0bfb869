"""What a hand sees and what good grasping is: signals and rewards, any batch shape.

Everything takes numpy arrays or torch tensors, whichever it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

Array = Any  # numpy array or torch tensor, (*B, ...)


def hand_signals(
    *,
    site: Array,
    rotation: Array,
    up: Array,
    object_pos_b: Array,
    object_up_b: Array,
    object_size: Array,
    goal_pos_b: Array,
    support_height_b: Array,
    joint_target: Array,
    joint_pos: Array,
) -> dict[str, Array]:
    """Return the signals of the hand policies, seen from the hand.

    Args:
        site: of the grasp site in the pelvis frame [m], (*B, 3).
        rotation: of the hand in the pelvis frame, (*B, 3, 3).
        up: world z in the pelvis frame, (*B, 3).
        object_pos_b: of the object's centre, pelvis frame [m], (*B, 3).
        object_up_b: the object's z axis, pelvis frame, (*B, 3).
        object_size: radius and half height [m], (*B, 2).
        goal_pos_b: where the object's centre should go [m], (*B, 3).
        support_height_b: of the surface under the object, along world z, from the
            pelvis [m], (*B,).
        joint_target: present targets of the policy's joints [rad], (*B, k).
        joint_pos: measured [rad], (*B, k).
    """
    # Methods that numpy and torch share: this runs in every tick of the control loop.
    from_base = rotation.swapaxes(-1, -2)

    def into_hand(vector: Array) -> Array:
        return (from_base @ vector[..., None])[..., 0]

    clearance = (site * up).sum(-1) - support_height_b
    return {
        "object_pos_hand": into_hand(object_pos_b - site),
        "object_up_hand": into_hand(object_up_b),
        "object_size": object_size,
        "object_to_goal_hand": into_hand(goal_pos_b - object_pos_b),
        "up_hand": into_hand(up),
        "hand_pos_base": site,
        "hand_clearance": clearance[..., None].clip(-0.1, 0.25),
        "joint_target_error": joint_target - joint_pos,
    }


@dataclass(frozen=True, kw_only=True)
class HandState:
    """What the rewards of grasping look at; positions in the pelvis frame."""

    site_to_object: Array  # [m], (*B, 3)
    hand_up: Array  # the hand's z axis, (*B, 3)
    up: Array  # world z, (*B, 3)
    tips_to_object: Array  # thumb, index, middle; world axes [m], (*B, 3, 3)
    object_radius: Array  # (*B,)
    object_height: Array  # (*B,)
    lifted: Array  # above its start [m], (*B,)
    moved: Array  # sideways from its start [m], (*B,)
    object_up_w: Array  # (*B, 3)
    object_vel_w: Array  # [m/s], (*B, 3)
    goal_distance: Array  # [m], (*B,)
    success: Array  # 1 where the success predicate holds, (*B,)
    joint_vel: Array  # [rad/s], (*B, k)
    action: Array  # (*B, k)
    action_rate: Array  # (*B, k)
    target_error: Array  # [rad], (*B, k)


def _norm(vector: Array) -> Array:
    xp = array_namespace(vector)
    return xp.sqrt(xp.sum(vector**2, axis=-1))


def _decay(distance: Array, length: float) -> Array:
    """Return 1 at zero, 1/e at `length`."""
    xp = array_namespace(distance)
    return xp.exp(-distance / length)


def reach(s: HandState) -> Array:
    """Bring the grasp centre to the object, 0 to 1."""
    return _decay(_norm(s.site_to_object), 0.1)


def enclose(s: HandState) -> Array:
    """Bring the three fingertips around the object, 0 to 1."""
    gap = _norm(s.tips_to_object[..., :2]) - s.object_radius[..., None]
    return _decay(abs(gap), 0.03).mean(-1)


def lift(s: HandState) -> Array:
    """Raise the object, 0 to 1 at 10 cm."""
    return (s.lifted / 0.1).clip(0.0, 1.0)


def at_goal(s: HandState) -> Array:
    """Bring the object to its goal, 0 to 1; it must have left where it stood."""
    return _decay(s.goal_distance, 0.04) * ((s.lifted > 0.02) | (s.moved > 0.02))


def near_goal(s: HandState) -> Array:
    """Bring the object near its goal, 0 to 1, from afar."""
    return _decay(s.goal_distance, 0.15)


def success(s: HandState) -> Array:
    """The success predicate of the skill."""
    return s.success


def upright(s: HandState) -> Array:
    """Tilt of the object, squared."""
    return (s.object_up_w[..., :2] ** 2).sum(-1)


def pushed(s: HandState) -> Array:
    """How far the object was pushed before it was lifted [m]."""
    return (s.moved - 0.02).clip(0.0, 0.2) * (s.lifted < 0.02)


def object_speed(s: HandState) -> Array:
    """Speed of the object, squared, capped at 1."""
    return (s.object_vel_w**2).sum(-1).clip(0.0, 1.0)


def hand_tilt(s: HandState) -> Array:
    """One less the cosine of the hand's tilt."""
    return 1.0 - (s.hand_up * s.up).sum(-1)


def action_size(s: HandState) -> Array:
    """Actions, squared."""
    return (s.action**2).sum(-1)


def action_rate(s: HandState) -> Array:
    """Change of the action from tick to tick, squared."""
    return (s.action_rate**2).sum(-1)


def joint_speed(s: HandState) -> Array:
    """Joint velocities, squared."""
    return (s.joint_vel**2).sum(-1)


def strain(s: HandState) -> Array:
    """Arm targets that run ahead of the joints, squared."""
    return (s.target_error[..., :7] ** 2).sum(-1)


HAND_REWARDS: dict[str, Callable[[HandState], Array]] = {
    f.__name__: f
    for f in (
        reach,
        enclose,
        lift,
        at_goal,
        near_goal,
        success,
        upright,
        pushed,
        object_speed,
        hand_tilt,
        action_size,
        action_rate,
        joint_speed,
        strain,
    )
}
