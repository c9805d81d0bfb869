"""Walk: steer a velocity policy to a stance beside something."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, radians

import numpy as np
from numpy.typing import NDArray

from skills.contract import (
    Argument,
    Condition,
    Contract,
    Goal,
    GoalError,
    JointTargets,
    Snapshot,
)
from skills.furniture import (
    CLEARANCE,
    Footprint,
    Pose2D,
    edge_stances,
    footprint,
    route,
    support_of,
)
from skills.grasp import HandRun
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED
from skills.policy import Policy
from skills.predicates import Hands, at, carried, pose_of, upright
from skills.steering import Steering, SteeringLimits

REACH_AHEAD = 0.30  # where a grasp wants the object, ahead of the pelvis [m]
REACH_ASIDE = 0.14  # and to the side of the hand that takes it [m]
CARRY_POINT = np.array([0.28, 0.14, 0.14])  # of what the left hand carries, pelvis [m]
CLOSEST, FARTHEST = 0.17, 0.30  # pelvis to the edge of the furniture [m]
ARRIVAL_DISTANCE, ARRIVAL_TURN = 0.10, radians(6.0)


class Walk:
    """Goal: a stance beside an object, such that `reach` can be grasped or placed."""

    name = "walk"
    arguments: tuple[Argument, ...] = (
        Argument(name="target", kind="object", required=True, text="where to walk to"),
        Argument(
            name="reach",
            kind="object",
            required=False,
            text="what the next skill must reach from there",
        ),
        Argument(
            name="carrying", kind="object", required=False, text="what is in the hand"
        ),
        Argument(name="side", kind="side", required=False, text="hand to be used next"),
    )

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
        self._steering: Steering | None = None
        self.chosen_stance: Pose2D | None = None
        self._started = 0.0
        self._last = 0.0

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`."""
        stance = self.stance(goal, snapshot)
        target = str(goal.args["target"])
        here = pose_of(snapshot.state)
        away = _way(here, stance)
        hold: tuple[Condition, ...] = (upright(),)
        carrying = goal.args.get("carrying")
        if carrying is not None:
            side = _text(goal, "side")
            hold += (carried(str(carrying), self._hands, side),)
        carrier = self._carrier(goal, snapshot)
        return Contract(
            goal=goal,
            joints=self._policy.joints + (carrier.policy.joints if carrier else ()),
            pre=(upright(), *hold[1:]),
            hold=hold,
            post=(
                at(
                    stance,
                    target,
                    distance=ARRIVAL_DISTANCE,
                    turn=ARRIVAL_TURN,
                ),
            ),
            timeout_s=25.0 + 6.0 * away,
        )

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        stance = self.chosen_stance = self.stance(goal, snapshot)
        here = pose_of(snapshot.state)
        obstacles = [
            footprint(thing).grown(CLEARANCE)
            for thing in snapshot.objects.values()
            if not thing.movable
        ]
        gate = _gate(stance, obstacles)
        way = route((here.x, here.y), gate, obstacles)
        self._steering = Steering(self._limits, [*way, (stance.x, stance.y)], stance)
        self._policy.reset(snapshot.state)
        self._carry = self._carrier(goal, snapshot)
        if self._carry is not None:
            self._carry.policy.reset(snapshot.state, snapshot.commanded)
        self._started = self._last = snapshot.time

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        assert self._steering is not None
        dt = snapshot.time - self._last
        self._last = snapshot.time
        command = self._steering.step(pose_of(snapshot.state), dt)
        legs = velocity_targets(
            self._policy, snapshot, command, snapshot.time - self._started
        )
        return legs if self._carry is None else joined(legs, self._carry.step(snapshot))

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._steering = None
        self._carry = None

    def _carrier(self, goal: Goal, snapshot: Snapshot) -> HandRun | None:
        """Return the arm that holds what is carried, or None."""
        thing = snapshot.objects.get(str(goal.args.get("carrying")))
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

    def stance(self, goal: Goal, snapshot: Snapshot) -> Pose2D:
        """Return where to stand.

        Raises:
            GoalError: if the target or what is to be reached is not there.
        """
        target = snapshot.objects.get(str(goal.args.get("target", "")))
        if target is None:
            known = ", ".join(snapshot.objects) or "nothing"
            raise GoalError(
                f"walk: there is no '{goal.args.get('target')}' here (seen: {known})"
            )
        reach_name = goal.args.get("reach")
        reach = snapshot.objects.get(str(reach_name)) if reach_name else None
        if reach_name and reach is None:
            raise GoalError(f"walk: '{reach_name}', to be reached, is not seen")
        if reach is None and target.movable:
            reach = target
        if target.movable:
            below = support_of(target, snapshot.objects)
            target = below if below is not None else target
        here = pose_of(snapshot.state)
        area = footprint(target)
        if reach is None or area.distance(*_xy(reach.pos_w)) > 0.0:
            return self._beside(area, here, goal)
        return self._to_reach(area, _xy(reach.pos_w), here, goal)

    def _to_reach(
        self, area: Footprint, point: tuple[float, float], here: Pose2D, goal: Goal
    ) -> Pose2D:
        """Stand at the edge nearest to the point, with it before the hand."""
        sides = [_text(goal, "side")] if "side" in goal.args else ["right", "left"]
        options = [
            (8.0 * max(0.0, depth - 0.1) + 0.3 * _way(here, stance), number, stance)
            for number, side in enumerate(sides)
            for depth, stance in edge_stances(
                area,
                point,
                lambda depth: min(max(REACH_AHEAD - depth, CLOSEST), FARTHEST),
                REACH_ASIDE if side == "left" else -REACH_ASIDE,
            )
        ]
        return min(options, key=lambda option: option[:2])[2]

    def _beside(self, area: Footprint, here: Pose2D, goal: Goal) -> Pose2D:
        """Stand before the nearest edge; near enough to place what is carried."""
        carrying = "carrying" in goal.args
        x, y = area.local(here.x, here.y)
        # The nearest point of the outline, kept away from the corners.
        px = min(max(x, -max(area.half_x - 0.2, 0.0)), max(area.half_x - 0.2, 0.0))
        py = min(max(y, -max(area.half_y - 0.2, 0.0)), max(area.half_y - 0.2, 0.0))
        standoff = 0.2 if carrying else FARTHEST
        stances = [
            stance
            for _, stance in edge_stances(
                area, area.world(px, py), lambda depth: standoff, 0.0
            )
        ]
        if carrying:  # only a long side gives room to put something down
            long_x = area.half_x > area.half_y
            stances = [stances[1], stances[2]] if long_x else [stances[0], stances[3]]
        return min(stances, key=lambda stance: _way(here, stance))


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


def _way(here: Pose2D, there: Pose2D) -> float:
    return hypot(there.x - here.x, there.y - here.y)


def _gate(stance: Pose2D, obstacles: Sequence[Footprint]) -> tuple[float, float]:
    """Return the point on the stance's axis where the way leaves every obstacle."""
    back = 0.0
    while back < 2.0:
        x = stance.x - back * np.cos(stance.yaw)
        y = stance.y - back * np.sin(stance.yaw)
        if all(o.distance(x, y) > 0.0 for o in obstacles):
            break
        back += 0.05
    return float(x), float(y)


def _xy(pos: NDArray[np.float64]) -> tuple[float, float]:
    return float(pos[0]), float(pos[1])


def _text(goal: Goal, key: str) -> str | None:
    value = goal.args.get(key)
    return None if value is None else str(value)
