"""The one description of a policy that trainer, exporter and run time share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skills.mirror import Mirror, joint_mirror
from skills.observations import Term, observation_mirror

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ActionLayout:
    """How a network's output becomes joint position targets.

    `offset`: target = default pose + scale * action.
    `increment`: target = previous target + scale * action, kept within the limits.
    """

    kind: str  # "offset" or "increment"
    joints: tuple[str, ...]
    scale: tuple[float, ...]  # [rad] for an action of 1
    clip: float  # actions are limited to +-clip first


@dataclass(frozen=True, kw_only=True)
class PolicyDescription:
    """What goes in, what comes out, and what the robot is assumed to be."""

    skill: str
    observations: tuple[Term, ...]
    action: ActionLayout
    sensed_joints: tuple[str, ...]  # joints that the observation may look at
    control_dt: float  # [s]

    @property
    def observation_size(self) -> int:
        """Length of the observation vector."""
        return sum(term.size for term in self.observations)

    def observation_mirror(self) -> Mirror:
        """Return the left-right mirror of the observation."""
        return observation_mirror(self.observations, self.action.joints)

    def action_mirror(self) -> Mirror:
        """Return the left-right mirror of the action."""
        return joint_mirror(self.action.joints)


def legs_description(
    skill: str,
    legs: tuple[str, ...],
    arms: tuple[str, ...],
    *,
    action_scale: float,
    action_clip: float,
    control_dt: float,
    arm_velocity: bool,
) -> PolicyDescription:
    """Describe walk and balance: legs and waist act, the arms are watched."""
    watched_vel = legs + arms if arm_velocity else legs
    return PolicyDescription(
        skill=skill,
        observations=(
            Term(name="base_ang_vel", size=3, scale=0.25, noise=0.1),
            Term(name="projected_gravity", size=3, noise=0.03),
            Term(name="velocity_command", size=3, scale=2.0),
            Term(name="gait_phase", size=2),
            Term(
                name="joint_pos_rel",
                size=len(legs + arms),
                joints=legs + arms,
                noise=0.01,
            ),
            Term(
                name="joint_vel",
                size=len(watched_vel),
                scale=0.05,
                joints=watched_vel,
                noise=0.5,
            ),
            Term(name="last_action", size=len(legs)),
        ),
        action=ActionLayout(
            kind="offset",
            joints=legs,
            scale=(action_scale,) * len(legs),
            clip=action_clip,
        ),
        sensed_joints=legs + arms,
        control_dt=control_dt,
    )


def hand_description(
    skill: str,
    joints: tuple[str, ...],
    *,
    arm_scale: float,
    hand_scale: float,
    action_clip: float,
    control_dt: float,
) -> PolicyDescription:
    """Describe grasp and manipulate: one arm and hand act on one object."""
    arm = sum(1 for name in joints if "_hand_" not in name)
    k = len(joints)
    return PolicyDescription(
        skill=skill,
        observations=(
            Term(name="joint_pos_rel", size=k, joints=joints),
            Term(name="joint_vel", size=k, scale=0.1, joints=joints, noise=0.3),
            Term(name="joint_target_error", size=k, scale=2.0),
            Term(name="object_pos_hand", size=3, scale=5.0),
            Term(name="object_up_hand", size=3),
            Term(name="object_size", size=2, scale=20.0),
            Term(name="object_to_goal_hand", size=3, scale=5.0),
            Term(name="up_hand", size=3),
            Term(name="hand_pos_base", size=3, scale=3.0),
            Term(name="hand_clearance", size=1, scale=5.0),
            Term(name="last_action", size=k),
        ),
        action=ActionLayout(
            kind="increment",
            joints=joints,
            scale=(arm_scale,) * arm + (hand_scale,) * (k - arm),
            clip=action_clip,
        ),
        sensed_joints=joints,
        control_dt=control_dt,
    )
