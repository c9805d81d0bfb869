"""Grasp: reach for an object on a surface, close the hand, lift it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import rotate, rotate_inverse
from skills.contract import (
    Argument,
    Contract,
    Goal,
    GoalError,
    JointTargets,
    Predicate,
    Snapshot,
    UnseenError,
)
from skills.furniture import support_height
from skills.manipulation import hand_signals
from skills.policy import Policy
from skills.predicates import (
    LIFTED,
    Hands,
    hand_free,
    holding,
    in_base,
    in_reach,
    not_dropped,
    reachable,
    upright,
    visible,
)

Array = NDArray[np.float64]

LIFT = 0.14  # where the object is taken, above where it stood [m]
HOLD_S = 2.0  # a grasp has worked when the object stays up this long [s]
GRASPABLE = ("cup",)


class Grasp:
    """Goal: an object in the hand, its bottom 10 cm above the surface, for 2 s."""

    name = "grasp"
    arguments: tuple[Argument, ...] = (
        Argument(name="object", kind="object", required=True, text="what to grasp"),
        Argument(
            name="side",
            kind="side",
            required=False,
            text="which hand; without it the nearer one",
        ),
    )

    def __init__(self, policies: dict[str, Policy], hands: Hands) -> None:
        """Take the policy of each hand (the left one mirrored) and the hands."""
        self._policies = policies
        self._hands = hands
        self._run: HandRun | None = None

    @property
    def policies(self) -> dict[str, Policy]:
        """Its networks, by name."""
        return {f"grasp.{side}": hand for side, hand in self._policies.items()}

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`."""
        name = str(goal.args.get("object", ""))
        thing = seen(name, snapshot, "grasp")
        if not thing.movable:
            raise GoalError(f"grasp: {name} is a {thing.kind} and cannot be lifted")
        side, asked = self._side(goal, snapshot, thing), "side" in goal.args
        return Contract(
            goal=goal,
            joints=self._policies[side].joints,
            pre=(
                visible(name),
                upright(),
                hand_free(self._hands, side, but=name, asked=asked),
                reachable(name),
                in_reach(name, self._hands, side, asked=asked),
            ),
            hold=(visible(name), upright(), not_dropped(name, self._hands, side)),
            post=(holding(name, self._hands, side, lifted=LIFTED, duration=HOLD_S),),
            timeout_s=15.0,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return grasp_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return grasp_breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        thing = snapshot.objects[str(goal.args["object"])]
        side = self._side(goal, snapshot, thing)
        self._run = HandRun(
            policy=self._policies[side],
            hands=self._hands,
            side=side,
            name=thing.name,
            goal_w=thing.pos_w + np.array([0.0, 0.0, LIFT]),
            support_w=support_height(thing, snapshot.objects),
        )
        self._run.policy.reset(snapshot.state, snapshot.commanded)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        assert self._run is not None
        return self._run.step(snapshot)

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._run = None

    def _side(self, goal: Goal, snapshot: Snapshot, thing: ObjectState) -> str:
        asked = goal.args.get("side")
        if self._run is not None and self._run.name == thing.name and asked is None:
            return self._run.side
        if asked is None:
            held = self._hands.holder(snapshot.state, thing)
            aside = float(in_base(snapshot.state, thing.pos_w)[1])
            return held or ("left" if aside > 0.0 else "right")
        if asked not in self._policies:
            raise GoalError(
                f"grasp: there is no '{asked}' hand (known: "
                f"{', '.join(self._policies)})"
            )
        return str(asked)


@dataclass(kw_only=True)
class HandRun:
    """One hand policy at work on one object."""

    policy: Policy
    hands: Hands
    side: str
    name: str
    goal_w: Array | None = None  # where the object's centre should go [m]
    goal_b: Array | None = None  # the same in the pelvis frame, instead of `goal_w`
    support_w: float = 0.0  # height of the surface under it [m]
    last_seen: ObjectState | None = None

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Run the policy for one tick; a hidden object is where it was last seen."""
        thing = snapshot.objects.get(self.name) or self.last_seen
        assert thing is not None
        self.last_seen = thing
        targets = self.policy.act(snapshot.state, self.signals(snapshot.state, thing))
        return JointTargets(
            names=self.policy.joints,
            joint_pos=targets,
            stiffness=self.policy.stiffness,
            damping=self.policy.damping,
        )

    def signals(self, state: RobotState, thing: ObjectState) -> dict[str, Array]:
        """Return what the policy is told, as a right hand would see it."""
        site, rotation = self.hands.frame(self.side, state)
        z = np.array([0.0, 0.0, 1.0])
        base = state.base_quat_wxyz
        up = rotate_inverse(base, z)
        object_up = rotate_inverse(base, rotate(thing.quat_wxyz, z))
        position = in_base(state, thing.pos_w)
        goal = self.goal_b
        if goal is None:
            assert self.goal_w is not None
            goal = in_base(state, self.goal_w)
        if self.side == "left":  # the mirror image across the x-z plane
            flip = np.array([1.0, -1.0, 1.0])
            site, up, object_up = site * flip, up * flip, object_up * flip
            position, goal = position * flip, goal * flip
            rotation = rotation * np.outer(flip, flip)
        return hand_signals(
            site=site,
            rotation=rotation,
            up=up,
            object_pos_b=position,
            object_up_b=object_up,
            object_size=np.array([thing.half_size[0], thing.half_size[2]]),
            goal_pos_b=goal,
            support_height_b=np.float64(self.support_w - state.base_pos_w[2]),
            joint_target=self.policy.target,
            joint_pos=self.policy.measured(state),
        )


def grasp_for(predicate: Predicate) -> Goal | None:
    """Return the grasp that makes a predicate true, or None."""
    if predicate.name in ("holding", "carried") and len(predicate.args) == 1:
        return Goal(skill="grasp", args={"object": predicate.args[0]})
    return None


def grasp_breaks(goal: Goal, predicate: Predicate) -> bool:
    """Whether a grasp may make a predicate false: what is taken stands nowhere."""
    if predicate.name == "free":
        return True
    return predicate.name == "on" and predicate.args[:1] == (goal.args.get("object"),)


def seen(name: str, snapshot: Snapshot, skill: str) -> ObjectState:
    """Return an object that perception reports.

    Raises:
        UnseenError: listing what is there.
    """
    thing = snapshot.objects.get(name)
    if thing is None:
        known = ", ".join(snapshot.objects) or "nothing"
        raise UnseenError(name, f"{skill}: there is no '{name}' here (seen: {known})")
    return thing
