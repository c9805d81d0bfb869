"""Rehearsal of grasp and manipulate: an arm moves, the stage holds the object."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import ObjectState
from skills.contract import (
    Argument,
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.furniture import footprint, top_of
from skills.grasp import grasp_breaks, grasp_for
from skills.manipulate import manipulate_breaks, manipulate_for
from skills.predicates import (
    OFF_SURFACE,
    Hands,
    holding,
    in_base,
    in_reach,
    pose_of,
    resting_on,
    upright,
    visible,
)
from skills.rehearsal_stage import (
    Stage,
    default_targets,
    movable_thing,
    side_of,
    thing_of,
)

Array = NDArray[np.float64]

NEAR = 0.45  # from the pelvis to a surface that something can be put on [m]
INSIDE = 0.13  # from the edge of a surface to what is put on it [m]
MOVE_S = 1.0  # time in which an arm reaches out or brings an object somewhere [s]
ARM = {"shoulder_pitch": -0.8, "elbow": 0.3}
"""A hand raised before the chest, well above any table [rad]."""


class RehearsalGrasp:
    """Reaches out and has the object in its hand."""

    name = "grasp"
    arguments: tuple[Argument, ...] = (
        Argument(name="object", kind="object", required=True, text="what to grasp"),
        Argument(name="side", kind="side", required=False, text="which hand"),
    )

    def __init__(self, robot: RobotConfig, stage: Stage, hands: Hands) -> None:
        """Take the robot and the stage that holds things."""
        self._robot = robot
        self._stage = stage
        self._hands = hands
        self._name, self._side = "", "right"
        self._started = 0.0
        self._from_b: Array | None = None  # where the object was when it was grasped

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Promise to hold the object clear of what it stands on."""
        name = movable_thing(goal, snapshot).name
        side = self._side_for(goal, snapshot)
        return Contract(
            goal=goal,
            joints=_arm_joints(self._robot, side),
            pre=(
                upright(),
                visible(name),
                in_reach(name, self._hands, side, asked="side" in goal.args),
            ),
            hold=(upright(), visible(name)),
            post=(holding(name, self._hands, side, lifted=0.05, duration=0.5),),
            timeout_s=10.0,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return grasp_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return grasp_breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin to reach out."""
        self._name = movable_thing(goal, snapshot).name
        self._side = self._side_for(goal, snapshot)
        self._started = snapshot.time
        self._from_b = None

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Raise the hand, then bring the object into it."""
        elapsed = snapshot.time - self._started
        if elapsed >= MOVE_S and self._name in snapshot.objects:
            if self._from_b is None:
                thing = snapshot.objects[self._name]
                self._from_b = in_base(snapshot.state, thing.pos_w)
            site, _ = self._hands.frame(self._side, snapshot.state)
            share = min((elapsed - MOVE_S) / MOVE_S, 1.0)
            pos_b = (1.0 - share) * self._from_b + share * site
            self._stage.attach(self._name, self._side, pos_b)
        closed = (elapsed - MOVE_S) / MOVE_S
        return _arm_targets(self._robot, self._side, closed)

    def stop(self) -> None:
        """Keep what is in the hand."""

    def _side_for(self, goal: Goal, snapshot: Snapshot) -> str:
        if not self._hands.sides:
            raise GoalError(f"robot {self._robot.name} has no hands to grasp with")
        side = side_of(goal)
        if side is not None:
            return side
        thing = movable_thing(goal, snapshot)
        return "left" if in_base(snapshot.state, thing.pos_w)[1] > 0.0 else "right"


class RehearsalManipulate:
    """Brings what is in the hand onto a surface and lets go."""

    name = "manipulate"
    arguments: tuple[Argument, ...] = (
        Argument(name="object", kind="object", required=True, text="what to place"),
        Argument(name="target", kind="object", required=True, text="where to put it"),
    )

    def __init__(self, robot: RobotConfig, stage: Stage, hands: Hands) -> None:
        """Take the robot and the stage that holds things."""
        self._robot = robot
        self._stage = stage
        self._hands = hands
        self._name, self._side = "", "right"
        self._started = 0.0
        self._from_b: Array = np.zeros(3)
        self._to_b: Array = np.zeros(3)
        self._released = False

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Promise that the object stands on the target."""
        thing, target = (
            movable_thing(goal, snapshot),
            thing_of(goal, "target", snapshot),
        )
        if not self._hands.sides:
            raise GoalError(f"robot {self._robot.name} has no hands to place with")
        if target.movable:
            raise GoalError(
                f"manipulate: {target.name} is a {target.kind}, nothing is put down "
                "on it; name a piece of furniture"
            )
        held = holding(thing.name, self._hands, None, lifted=OFF_SURFACE)
        on = resting_on(thing.name, target.name, point=None, radius=inf)
        return Contract(
            goal=goal,
            joints=_arm_joints(self._robot, self._holder(thing, snapshot)),
            pre=(upright(), held, _beside(thing.name, target)),
            hold=(upright(), visible(thing.name)),
            post=(on,),
            timeout_s=10.0,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return manipulate_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return manipulate_breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Choose the nearest place that is well inside the surface."""
        thing, target = (
            movable_thing(goal, snapshot),
            thing_of(goal, "target", snapshot),
        )
        area, here = footprint(target), pose_of(snapshot.state)
        x, y = area.local(here.x, here.y)
        x, y = area.world(_inside(x, area.half_x), _inside(y, area.half_y))
        place = np.array([x, y, top_of(target) + thing.half_size[2]])
        self._name, self._side = thing.name, self._holder(thing, snapshot)
        self._started, self._released = snapshot.time, False
        self._from_b = in_base(snapshot.state, thing.pos_w)
        self._to_b = in_base(snapshot.state, place)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Bring the object there, then let go once."""
        share = min((snapshot.time - self._started) / MOVE_S, 1.0)
        if not self._released:
            pos_b = (1.0 - share) * self._from_b + share * self._to_b
            self._stage.attach(self._name, self._side, pos_b)
        # A tick later it has arrived there.
        if not self._released and snapshot.time - self._started > MOVE_S + 0.1:
            self._stage.detach(self._name)
            self._released = True
        return _arm_targets(
            self._robot, self._side, closed=0.0 if self._released else 1.0
        )

    def stop(self) -> None:
        """Keep what is in the hand, if anything still is."""

    def _holder(self, thing: ObjectState, snapshot: Snapshot) -> str:
        return self._hands.holder(snapshot.state, thing) or self._hands.sides[-1]


def _beside(name: str, surface: ObjectState) -> Condition:
    """The robot stands near enough to a surface to put something on it."""

    def check(snapshot: Snapshot) -> Check:
        here = pose_of(snapshot.state)
        away = footprint(surface).distance(here.x, here.y)
        return Check(
            holds=away < NEAR,
            reason=f"the robot is {away:.2f} m from {surface.name}, near is {NEAR} m",
        )

    return Condition(
        name=f"in_reach(spot on {surface.name})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("spot_in_reach", (name, surface.name)),
    )


def _inside(along: float, half: float) -> float:
    room = max(half - INSIDE, 0.0)
    return float(np.clip(along, -room, room))


def _arm_joints(robot: RobotConfig, side: str) -> tuple[str, ...]:
    return robot.joints_of(f"{side}_arm", f"{side}_hand")


def _arm_targets(robot: RobotConfig, side: str, closed: float) -> JointTargets:
    """Return the raised arm; a closed hand (1, open is 0) has its fingers half-way."""
    targets = default_targets(robot, _arm_joints(robot, side))
    raised = {f"{side}_{joint}_joint": angle for joint, angle in ARM.items()}
    half_way: Mapping[str, float] = {
        joint.name: sum(joint.range) / 2 for joint in robot.joints
    }
    joint_pos = targets.joint_pos.copy()
    for i, name in enumerate(targets.names):
        if name in raised:
            joint_pos[i] = raised[name]
        elif "_hand_" in name:
            share = min(max(closed, 0.0), 1.0)
            joint_pos[i] += share * (half_way[name] - joint_pos[i])
    return JointTargets(
        names=targets.names,
        joint_pos=joint_pos,
        stiffness=targets.stiffness,
        damping=targets.damping,
    )
