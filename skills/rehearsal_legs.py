"""Rehearsal of balance and walk: the base glides, legs keep the default pose."""

from __future__ import annotations

from configs.schema import RobotConfig
from skills.contract import (
    Argument,
    Check,
    Condition,
    Contract,
    Goal,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.errand import Errand, promise
from skills.furniture import Pose2D, edge_stances, footprint, support_of
from skills.predicates import Hands, carried, upright
from skills.rehearsal_stage import Stage, default_targets, side_of, thing_of
from skills.steering import SteeringLimits
from skills.walk_goal import ARGUMENTS, breaks, goal_for

STANDOFF = 0.2  # from the edge of furniture to the pelvis [m]
ASIDE = 0.12  # of the object, towards the hand that is to grasp it [m]


class RehearsalBalance:
    """Stands in the default pose."""

    name = "balance"
    arguments: tuple[Argument, ...] = (
        Argument(
            name="duration_s", kind="number", required=False, text="how long to stand"
        ),
    )

    def __init__(self, robot: RobotConfig) -> None:
        """Take the robot whose legs and waist these are."""
        self._targets = default_targets(robot, robot.joints_of("legs", "waist"))

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Promise to stand for `duration_s`, counted from now."""
        duration = float(goal.args.get("duration_s", 0.0))
        until = snapshot.time + duration

        def check(now: Snapshot) -> Check:
            left = max(until - now.time, 0.0)
            return Check(holds=left < 1e-9, reason=f"{left:.1f} s to go")

        stood = Condition(name=f"stood({duration:g} s)", check=check)
        return Contract(
            goal=goal,
            joints=self._targets.names,
            pre=(upright(),),
            hold=(upright(),),
            post=(stood,),
            timeout_s=duration + 5.0,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return None: standing brings nothing about."""
        return None

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Return False: standing undoes nothing."""
        return False

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Nothing to prepare."""

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Return the default pose."""
        return self._targets

    def stop(self) -> None:
        """Nothing to forget."""


class RehearsalWalk:
    """Glides around furniture to a stance before the target, or by a distance."""

    name = "walk"
    arguments: tuple[Argument, ...] = ARGUMENTS

    def __init__(self, robot: RobotConfig, stage: Stage, hands: Hands) -> None:
        """Take the robot and the stage it glides on."""
        self._targets = default_targets(robot, robot.joints_of("legs", "waist"))
        self._stage = stage
        self._hands = hands
        self._errand: Errand | None = None

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Promise to stand before the target, and to drop nothing on the way."""
        errand = self._errand_for(goal, snapshot)
        always = [upright()]
        if "carrying" in goal.args:
            name = thing_of(goal, "carrying", snapshot).name
            always.append(carried(name, self._hands, None))
        there = promise(errand, lambda: self._errand, distance=0.1, turn=0.1)
        return Contract(
            goal=goal,
            joints=self._targets.names,
            pre=tuple(always),
            hold=tuple(always),
            post=(there, *always[1:]),
            timeout_s=max(60.0, errand.timeout_s),
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return the walk to a place, or to where something can be reached."""
        return goal_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Whether it leaves a place that must be kept."""
        return breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Plan the way."""
        self._errand = self._errand_for(goal, snapshot)
        self._errand.start(snapshot)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Glide on."""
        assert self._errand is not None
        self._stage.move_base(*self._errand.step(snapshot))
        return self._targets

    def stop(self) -> None:
        """Stand still."""
        self._errand = None
        self._stage.move_base(0.0, 0.0, 0.0)

    def _errand_for(self, goal: Goal, snapshot: Snapshot) -> Errand:
        return Errand(
            goal,
            snapshot,
            choose=_stance,
            hands=self._hands,
            limits=SteeringLimits(),
        )


def _stance(goal: Goal, snapshot: Snapshot) -> Pose2D:
    target = thing_of(goal, "target", snapshot)
    reach = thing_of(goal, "reach", snapshot) if "reach" in goal.args else target
    place = support_of(target, snapshot.objects) if target.movable else target
    area = footprint(place or target)
    point = (float(reach.pos_w[0]), float(reach.pos_w[1]))
    aside = ASIDE if side_of(goal) == "left" else -ASIDE
    if not reach.movable:  # its front, and no hand that wants it on its side
        return edge_stances(area, point, lambda depth: STANDOFF, 0.0)[0][1]
    stances = edge_stances(area, point, lambda depth: STANDOFF, aside)
    return min(stances, key=lambda found: found[0])[1]
