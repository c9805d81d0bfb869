"""What a training file says about its robots, in the one description of all engines."""

from __future__ import annotations

from configs.training_schema import HandRandomization, LegRandomization
from sim2real.joint_ranges import JointRanges
from sim2real.mujoco_model import PHYSICS_DT
from sim2real.randomization import Randomization, load_randomization
from skills.training.leg_models import FLOOR_FRICTION

PAYLOAD_SHARE = 0.5  # of the robots hold something
LIGHT_FINGERS = 0.05
"""Fingers are light: the share of an arm's viscous friction that they have."""


def ranges_of_legs(config: LegRandomization) -> Randomization:
    """Return from which robots a leg policy learns.

    They are those of the file that `ranges` names, else those of the other keys.

    Raises:
        ConfigError: if there is no such file, or it cannot be used.
    """
    if config.ranges is not None:
        return load_randomization(config.ranges)
    low, high = config.friction
    return Randomization(
        friction_scale=(low / FLOOR_FRICTION, high / FLOOR_FRICTION),
        link_mass_scale=config.mass_scale,
        base_mass_add=config.torso_mass,
        base_com_add=(-config.torso_com, config.torso_com),
        payload=config.payload,
        payload_share=PAYLOAD_SHARE,
        stiffness_scale=_every_joint(config.stiffness_scale),
        damping_gain_scale=_every_joint(config.damping_scale),
        effort_limit_scale=_every_joint(config.effort_scale),
        armature_scale=_every_joint(config.armature_scale),
        damping_add=_every_joint(config.joint_damping),
        command_delay_s=_whole_steps(config.latency_steps),
    )


def ranges_of_hands(config: HandRandomization) -> Randomization:
    """Return from which robots a hand policy learns; the cups are the config's.

    Raises:
        ConfigError: if `ranges` names a file that cannot be used.
    """
    if config.ranges is not None:
        return load_randomization(config.ranges)
    low, high = config.joint_damping
    light = (low * LIGHT_FINGERS, high * LIGHT_FINGERS)
    return Randomization(
        link_mass_scale=config.mass_scale,
        stiffness_scale=_every_joint(config.gain),
        damping_gain_scale=_every_joint(config.gain),
        damping_add=JointRanges(
            each="joint",
            ranges={
                "all": config.joint_damping,
                "left_hand": light,
                "right_hand": light,
            },
        ),
        command_delay_s=_whole_steps(config.latency_steps),
    )


def _every_joint(bounds: tuple[float, float]) -> JointRanges:
    return JointRanges(ranges={"all": bounds}, each="joint")


def _whole_steps(steps: tuple[int, int]) -> JointRanges:
    low, high = steps
    bounds = (low * PHYSICS_DT, high * PHYSICS_DT)
    return JointRanges(ranges={"all": bounds}, each="robot", multiple_of=PHYSICS_DT)
