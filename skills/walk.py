"""Walk: steer a velocity policy to a stance beside something, or by a distance."""

from __future__ import annotations

from collections.abc import Callable
from math import radians

import numpy as np

from skills.contract import (
    Argument,
    Condition,
    Contract,
    Goal,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.errand import Errand, promise
from skills.furniture import Pose2D
from skills.grasp import HandRun
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED
from skills.policy import Policy
from skills.predicates import Hands, advancing, carried, upright
from skills.steering import SteeringLimits
from skills.velocity_tracking import VelocityTracking
from skills.walk_goal import ARGUMENTS, breaks, goal_for
from skills.walk_stance import stance_beside

CARRY_POINT = np.array([0.28, 0.14, 0.14])  # of what the left hand carries, pelvis [m]
ARRIVAL_DISTANCE, ARRIVAL_TURN = 0.10, radians(6.0)


class Walk:
    """Goal: a stance beside an object, such that `reach` can be grasped or placed.

    Or a displacement: so far forward, to the left, and turned.
    """

    name = "walk"
    arguments: tuple[Argument, ...] = ARGUMENTS

    def __init__(
        self,
        policy: Policy,
        hands: Hands,
        limits: SteeringLimits | None = None,
        *,
        carriers: dict[str, Policy] | None = None,
    ) -> None:
        """Take the velocity policy, the robot's hands, and what carries with them.

        Args:
            policy: of the legs.
            hands: of the robot.
            limits: of the steering.
            carriers: manipulate policies by side; they keep what is carried steady.
        """
        self._policy = policy
        self._hands = hands
        self._carriers = carriers or {}
        self._carry: HandRun | None = None
        self._limits = limits or SteeringLimits()
        self._tracking = VelocityTracking(policy.contract.control_dt)
        self._errand: Errand | None = None
        self.chosen_stance: Pose2D | None = None  # where the last walk led to
        self._started = 0.0

    @property
    def policies(self) -> dict[str, Policy]:
        """Its networks, by name."""
        arms = {f"walk.carry.{side}": arm for side, arm in self._carriers.items()}
        return {"walk": self._policy, **arms}

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`."""
        errand = self._errand_for(goal, snapshot)
        hold: tuple[Condition, ...] = (upright(), advancing(self._left_of(errand)))
        carrying = self._carried(goal, snapshot)
        if carrying is not None:
            side = _text(goal, "side") if "carrying" in goal.args else None
            hold += (carried(carrying, self._hands, side),)
        carrier = self._carrier(goal, snapshot)
        there = promise(
            errand,
            lambda: self._errand,
            distance=ARRIVAL_DISTANCE,
            turn=ARRIVAL_TURN,
        )
        return Contract(
            goal=goal,
            joints=self._policy.joints + (carrier.policy.joints if carrier else ()),
            pre=(upright(), *hold[2:]),
            hold=hold,
            post=(there,),
            timeout_s=errand.timeout_s,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return goal_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        self._errand = self._errand_for(goal, snapshot)
        self._errand.start(snapshot)
        self.chosen_stance = self._errand.stance
        self._policy.reset(snapshot.state)
        self._carry = self._carrier(goal, snapshot)
        if self._carry is not None:
            self._carry.policy.reset(snapshot.state, snapshot.commanded)
        self._started = snapshot.time

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        assert self._errand is not None
        command = self._errand.step(snapshot)
        if snapshot.speed_share != 1.0:
            vx, vy, wz = (snapshot.speed_share * value for value in command)
            command = vx, vy, wz
        command = self._tracking.correct(command, snapshot)
        self.chosen_stance = self._errand.stance
        legs = velocity_targets(
            self._policy, snapshot, command, snapshot.time - self._started
        )
        return legs if self._carry is None else joined(legs, self._carry.step(snapshot))

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._errand = None
        self._carry = None

    def stance(self, goal: Goal, snapshot: Snapshot) -> Pose2D:
        """Return where a goal leads from here.

        Raises:
            GoalError: if it makes no sense here.
        """
        return self._errand_for(goal, snapshot).stance

    def _errand_for(self, goal: Goal, snapshot: Snapshot) -> Errand:
        return Errand(
            goal,
            snapshot,
            choose=stance_beside,
            hands=self._hands,
            limits=self._limits,
        )

    def _left_of(self, errand: Errand) -> Callable[[Pose2D], tuple[float, float]]:
        def left(here: Pose2D) -> tuple[float, float]:
            return (self._errand or errand).left(here)

        return left

    def _carried(self, goal: Goal, snapshot: Snapshot) -> str | None:
        """Return what is carried: what the goal says, else what a hand holds."""
        named = _text(goal, "carrying")
        if named is not None or not self._carriers:
            return named
        return self._hands.held(snapshot)

    def _carrier(self, goal: Goal, snapshot: Snapshot) -> HandRun | None:
        """Return the arm that holds what is carried, or None."""
        thing = snapshot.objects.get(str(self._carried(goal, snapshot)))
        if thing is None:
            return None
        side = self._hands.holder(snapshot.state, thing) or _text(goal, "side")
        if side not in self._carriers:
            return None
        return HandRun(
            policy=self._carriers[side],
            hands=self._hands,
            side=side,
            name=thing.name,
            goal_b=CARRY_POINT * (1.0 if side == "left" else np.array([1, -1, 1])),
        )


def velocity_targets(
    policy: Policy,
    snapshot: Snapshot,
    command: tuple[float, float, float],
    elapsed: float,
) -> JointTargets:
    """Run a leg policy for one tick.

    Args:
        policy: walk or balance.
        snapshot: of this tick.
        command: vx, vy [m/s] and wz [rad/s] in the heading frame.
        elapsed: time since the skill began, which drives the gait clock [s].
    """
    moving = max(abs(v) for v in command) > MOVING_SPEED
    targets = policy.act(
        snapshot.state,
        {
            "velocity_command": np.array(command),
            "gait_phase": (elapsed / GAIT_PERIOD_S) % 1.0,
            "moving": float(moving),
        },
    )
    return JointTargets(
        names=policy.joints,
        joint_pos=targets,
        stiffness=policy.stiffness,
        damping=policy.damping,
    )


def joined(a: JointTargets, b: JointTargets) -> JointTargets:
    """Return the targets of two sets of joints as one."""
    return JointTargets(
        names=a.names + b.names,
        joint_pos=np.concatenate([a.joint_pos, b.joint_pos]),
        stiffness=np.concatenate([a.stiffness, b.stiffness]),
        damping=np.concatenate([a.damping, b.damping]),
    )


def _text(goal: Goal, key: str) -> str | None:
    value = goal.args.get(key)
    return None if value is None else str(value)
