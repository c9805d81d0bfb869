"""Where the joints of a hoisted robot are in the middle of their sweeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.identification.chirps import MOST_SWING, RANGE_SHARE

Array = NDArray[np.float64]

HOISTED = {
    "hip_roll_joint": 0.35,  # legs apart, so that feet cannot meet
    "knee_joint": 0.6,
    "shoulder_pitch_joint": 0.2,
    "shoulder_roll_joint": 1.0,  # arms away from trunk and thighs
    "elbow_joint": -0.4,  # hands above the thighs
}
"""Angles of left joints [rad]; the right ones mirror roll and yaw.

Joints that are not named stay near their default angle.
"""
SWINGS = {
    "hip_roll_joint": 0.3,
    "shoulder_roll_joint": 0.4,
    "roll_joint": 0.3,  # of the waist, which sags towards its stops
    "pitch_joint": 0.3,
}
"""Joints that may swing less than others [rad]."""


def hoisted_pose(robot: RobotConfig) -> Array:
    """Return the joint positions about which a hoisted robot moves [rad], (n,).

    Every joint keeps as much room to its end stops as a full sweep needs, or stands in
    the middle of its range.
    """
    pose = robot.default_joint_pos.copy()
    for index, name in enumerate(robot.joint_names):
        side, _, part = name.partition("_")
        if part in HOISTED and side in ("left", "right"):
            mirrored = side == "right" and ("roll" in part or "yaw" in part)
            pose[index] = -HOISTED[part] if mirrored else HOISTED[part]
    low, high = robot.joint_range.T
    need = np.minimum(MOST_SWING / RANGE_SHARE, (high - low) / 2.0)
    return np.clip(pose, low + need, high - need)


def most_swing(joint: str) -> float:
    """Return how far a hoisted joint may swing for the sake of what is around [rad]."""
    part = joint.partition("_")[2]
    return SWINGS.get(part, MOST_SWING)
