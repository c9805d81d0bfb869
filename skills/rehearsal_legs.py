"""Rehearsal of balance and walk: the base glides, legs keep the default pose."""

from __future__ import annotations

from math import cos, sin

from configs.schema import RobotConfig
from skills.contract import (
    Argument,
    Check,
    Condition,
    Contract,
    Goal,
    JointTargets,
    Snapshot,
)
from skills.furniture import (
    CLEARANCE,
    Pose2D,
    edge_stances,
    footprint,
    route,
    support_of,
)
from skills.predicates import Hands, at, carried, pose_of, upright
from skills.rehearsal_stage import Stage, default_targets, side_of, thing_of
from skills.steering import Steering, SteeringLimits

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

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Nothing to prepare."""

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Return the default pose."""
        return self._targets

    def stop(self) -> None:
        """Nothing to forget."""


class RehearsalWalk:
    """Glides around furniture to a stance before the target."""

    name = "walk"
    arguments: tuple[Argument, ...] = (
        Argument(name="target", kind="object", required=True, text="where to go"),
        Argument(
            name="reach", kind="object", required=False, text="what to reach from there"
        ),
        Argument(
            name="carrying", kind="object", required=False, text="what is in the hand"
        ),
        Argument(
            name="side", kind="side", required=False, text="the hand that is used"
        ),
    )

    def __init__(self, robot: RobotConfig, stage: Stage, hands: Hands) -> None:
        """Take the robot and the stage it glides on."""
        self._targets = default_targets(robot, robot.joints_of("legs", "waist"))
        self._stage = stage
        self._hands = hands
        self._steering: Steering | None = None
        self._time = 0.0

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Promise to stand before the target, and to drop nothing on the way."""
        target = thing_of(goal, "target", snapshot)
        always = [upright()]
        if "carrying" in goal.args:
            name = thing_of(goal, "carrying", snapshot).name
            always.append(carried(name, self._hands, None))
        stance = self._stance(goal, snapshot)
        return Contract(
            goal=goal,
            joints=self._targets.names,
            pre=tuple(always),
            hold=tuple(always),
            post=(at(stance, target.name, distance=0.1, turn=0.1), *always[1:]),
            timeout_s=60.0,
        )

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Plan the way."""
        stance = self._stance(goal, snapshot)
        away = CLEARANCE + 0.05
        before = (stance.x - away * cos(stance.yaw), stance.y - away * sin(stance.yaw))
        here = pose_of(snapshot.state)
        fixed = (thing for thing in snapshot.objects.values() if not thing.movable)
        obstacles = [footprint(thing).grown(CLEARANCE) for thing in fixed]
        way = [*route((here.x, here.y), before, obstacles), (stance.x, stance.y)]
        self._steering = Steering(SteeringLimits(), way, stance)
        self._time = snapshot.time

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Glide on."""
        assert self._steering is not None
        elapsed, self._time = snapshot.time - self._time, snapshot.time
        velocity = self._steering.step(pose_of(snapshot.state), elapsed)
        self._stage.move_base(*velocity)
        return self._targets

    def stop(self) -> None:
        """Stand still."""
        self._steering = None
        self._stage.move_base(0.0, 0.0, 0.0)

    def _stance(self, goal: Goal, snapshot: Snapshot) -> Pose2D:
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
