"""What rehearsal skills share: the stage they act on, and how they read a goal."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.joint_map import JointMap
from sim2real.robot import ObjectState
from skills.contract import Goal, GoalError, JointTargets, Snapshot, UnseenError

Array = NDArray[np.float64]


class Stage(Protocol):
    """What rehearsal skills do to the robot that pretends."""

    def move_base(self, vx: float, vy: float, wz: float) -> None:
        """Glide with this velocity, base frame [m/s, m/s, rad/s], until told anew."""

    def attach(self, name: str, side: str, pos_b: Array | None = None) -> None:
        """Hold an object at a place in the base frame [m], (3,)."""

    def detach(self, name: str) -> None:
        """Let go of an object."""


def thing_of(goal: Goal, key: str, snapshot: Snapshot) -> ObjectState:
    """Return the object that an argument names.

    Raises:
        GoalError: if the argument is missing.
        UnseenError: if there is no such object.
    """
    name = goal.args.get(key)
    if name is None:
        raise GoalError(f"{goal.skill} needs the argument '{key}'")
    if name not in snapshot.objects:
        known = ", ".join(snapshot.objects) or "nothing"
        text = f"{goal.skill}: there is no '{name}' here (known: {known})"
        raise UnseenError(str(name), text)
    return snapshot.objects[str(name)]


def movable_thing(goal: Goal, snapshot: Snapshot) -> ObjectState:
    """Return the loose object that the argument `object` names.

    Raises:
        GoalError: if there is none, or it is fixed to the world.
    """
    thing = thing_of(goal, "object", snapshot)
    if not thing.movable:
        raise GoalError(f"{goal.skill}: '{thing.name}' is fixed to the world")
    return thing


def side_of(goal: Goal) -> str | None:
    """Return the hand that the argument `side` names, or None if it is left open.

    Raises:
        GoalError: if it is no hand.
    """
    side = goal.args.get("side")
    if side not in (None, "left", "right"):
        raise GoalError(f"{goal.skill}: side is left or right, got '{side}'")
    return None if side is None else str(side)


def default_targets(robot: RobotConfig, joints: tuple[str, ...]) -> JointTargets:
    """Return the default pose of some joints, with the robot's gains."""
    part = JointMap(joints, robot.joint_names)
    return JointTargets(
        names=joints,
        joint_pos=part.take(robot.default_joint_pos),
        stiffness=part.take(robot.stiffness),
        damping=part.take(robot.damping),
    )
