"""Which parts of a robot are fitted one after the other, and what of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from configs.schema import RobotConfig
from sim2real.identification.unknowns import Unknown, unknown
from sim2real.robot_parameters import TRUNK

Each = Literal["limb", "joint"]

LIMB_FIELDS = (
    "armature_scale",
    "damping_add",
    "friction_loss_add",
    "strength",
    "command_delay_s",
)
BY_MOTOR = ("damping_add", "friction_loss_add")
"""Fields with units of their own, which small motors do not share with big ones."""
SMALL = 0.25  # of the strongest motor of a limb: a motor of another kind
TIMING_FIELDS = ("observation_delay_s", "jitter_s")
GAIN_FIELDS = ("stiffness_scale", "damping_gain_scale")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Joints that move together while the rest of a hoisted robot stands still."""

    name: str
    groups: tuple[str, ...]  # limbs
    trunk: bool = False  # whether its sweeps move the trunk and what hands hold
    carries: tuple[str, ...] = ()  # limbs at its ends, which it moves as a whole
    gives: str = ""  # joints with this in their name give way, but are known by then

    def joints(self, robot: RobotConfig) -> tuple[str, ...]:
        """Return the joints that are free in its model, in robot order."""
        sought = robot.joints_of(*self.groups)
        return tuple(
            joint
            for joint in robot.joint_names
            if joint in sought or (self.gives and self.gives in joint)
        )


PARTS = (
    Part(name="left leg", groups=("left_leg",)),
    Part(name="right leg", groups=("right_leg",)),
    Part(
        name="waist and arms",
        groups=("waist", "left_arm", "right_arm"),
        trunk=True,
        carries=("left_hand", "right_hand"),
    ),
    # Fingers shake the wrist that carries them.
    Part(name="left hand", groups=("left_hand",), gives="left_wrist_"),
    Part(name="right hand", groups=("right_hand",), gives="right_wrist_"),
)


def unknowns_of(
    robot: RobotConfig, part: Part, *, each: Each = "limb", gains: bool = False
) -> list[Unknown]:
    """Return what is sought of a part.

    Args:
        robot: the robot.
        part: of it.
        each: whether the joints of a limb share armature, friction and strength. The
            delay is always shared: it is that of the bus of the limb.
        gains: whether the gains of the drives may be wrong, too. That takes efforts.
    """
    sought = []
    for field in (*LIMB_FIELDS, *(GAIN_FIELDS if gains else ())):
        for group in part.groups:
            if field == "command_delay_s" or (each == "limb" and field not in BY_MOTOR):
                keys: Sequence[str] = (group,)
            elif each == "limb":
                keys = _motors(robot, group)
            else:
                keys = robot.joints_of(group)
            sought += [unknown(robot, field, key) for key in keys]
    sought += [unknown(robot, field) for field in TIMING_FIELDS]
    joints = robot.joints_of(*part.groups)
    sought += [unknown(robot, "encoder_bias", joint) for joint in joints]
    # Every mass that moves is sought. One that was taken for certain, however light,
    # would be what all others, motors and friction are weighed with.
    masses = [*_links(robot, joints)]
    for group in part.carries:
        links = _links(robot, robot.joints_of(group))
        masses += ["+".join(links)] if links else []
    sought += [unknown(robot, "link_mass_scale", links) for links in masses]
    if part.trunk:
        sought.append(unknown(robot, "base_mass_add"))
        sought += [unknown(robot, "base_com_add", axis) for axis in "012"]
        sides = ("left", "right") if robot.sites.left_grasp else ()
        sought += [unknown(robot, "payload", side) for side in sides]
    return sought


def _motors(robot: RobotConfig, group: str) -> list[str]:
    """Return keys for the big and the small motors of a limb, such as of wrists."""
    joints = robot.joints_of(group)
    limit = dict(zip(robot.joint_names, robot.effort_limit, strict=True))
    least = SMALL * max(limit[joint] for joint in joints)
    small = [joint for joint in joints if limit[joint] < least]
    if not small:
        return [group]
    big = [joint for joint in joints if joint not in small]
    return ["+".join(big), "+".join(small)]


def _links(robot: RobotConfig, joints: Sequence[str]) -> list[str]:
    """Return the links that these joints carry directly.

    The trunk's own mass is sought as what was added to it.
    """
    return [
        name
        for name, _, moved_by in _bodies(robot)
        if moved_by & set(joints) and name != TRUNK
    ]


def link_mass(robot: RobotConfig, link: str) -> float:
    """Return the nominal mass of a link [kg]."""
    return next(mass for name, mass, _ in _bodies(robot) if name == link)


def _bodies(robot: RobotConfig) -> Iterator[tuple[str, float, set[str | None]]]:
    """Yield name, mass and joints of every body that has a mass."""
    for body in ElementTree.parse(robot.mjcf).getroot().iter("body"):
        inertial = body.find("inertial")
        if inertial is not None:
            mass = float(inertial.get("mass", "0"))
            moved_by = {joint.get("name") for joint in body.findall("joint")}
            yield body.get("name", ""), mass, moved_by
