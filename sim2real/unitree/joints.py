"""Which motor of a G1 and of its hands moves which joint.

Body: `G1JointIndex` of unitree_sdk2, 29 joints. Hands: the vendor's page "Joint Motor
Sequence" gives one order for both; the vendor's teleoperation code has the fingers of
the right hand the other way round. So the order is an argument wherever it matters,
and the start ritual has a person look.
"""

from __future__ import annotations

from configs.loader import ConfigError

MOTOR_SLOTS = 35  # in unitree_hg/LowCmd and LowState; the G1 uses the first 29
HAND_MOTORS = 7
SIDES = ("left", "right")


def _leg(side: str) -> tuple[str, ...]:
    parts = ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll")
    return tuple(f"{side}_{part}_joint" for part in parts)


def _arm(side: str) -> tuple[str, ...]:
    parts = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow")
    wrist = ("wrist_roll", "wrist_pitch", "wrist_yaw")
    return tuple(f"{side}_{part}_joint" for part in parts + wrist)


WAIST = ("waist_yaw_joint", "waist_roll_joint", "waist_pitch_joint")
BODY_JOINTS = (*_leg("left"), *_leg("right"), *WAIST, *_arm("left"), *_arm("right"))
"""The joint of each of the first 29 motors, in `mode_pr` 0."""

_THUMB, _MIDDLE = ("thumb_0", "thumb_1", "thumb_2"), ("middle_0", "middle_1")
_INDEX = ("index_0", "index_1")
MIDDLE_FIRST = _THUMB + _MIDDLE + _INDEX
INDEX_FIRST = _THUMB + _INDEX + _MIDDLE


ORDERS = {"middle_first": MIDDLE_FIRST, "index_first": INDEX_FIRST}


def finger_order(name: str) -> tuple[str, ...]:
    """Return an order of a hand's motors by its name.

    Raises:
        ConfigError: if there is no such order.
    """
    if name not in ORDERS:
        raise ConfigError(
            f"there is no order of fingers '{name}'. Known: {', '.join(ORDERS)}."
        )
    return ORDERS[name]


def hand_joints(side: str, order: tuple[str, ...] = MIDDLE_FIRST) -> tuple[str, ...]:
    """Return the joint of each motor of a hand."""
    return tuple(f"{side}_hand_{part}_joint" for part in order)
