"""Manipulate: put a held object down, let go and back off; or hold it at a point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import ObjectState
from skills.contract import (
    Argument,
    Condition,
    Contract,
    Goal,
    GoalError,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.furniture import footprint, top_of
from skills.grasp import HandRun, seen
from skills.policy import Policy
from skills.predicates import (
    Hands,
    hand_away,
    holding,
    on_hand_side,
    pose_of,
    resting_on,
    upright,
)

Array = NDArray[np.float64]

MARGIN = 0.075  # of the spot to the rim of the surface [m]
APART = 0.13  # of the spot to other things on the surface [m]
AHEAD, ASIDE = 0.31, 0.14  # where an arm puts things down best, from the pelvis [m]
PLACED_WITHIN = 0.05  # of the target [m]


class Manipulate:
    """Goal: the held object stands upright on a surface, and the hand is away."""

    name = "manipulate"
    arguments: tuple[Argument, ...] = (
        Argument(name="object", kind="object", required=True, text="what is held"),
        Argument(
            name="target", kind="object", required=True, text="surface to put it on"
        ),
        Argument(name="side", kind="side", required=False, text="hand that holds it"),
    )

    def __init__(self, policies: dict[str, Policy], hands: Hands) -> None:
        """Take the policy of each hand (the left one mirrored) and the hands."""
        self._policies = policies
        self._hands = hands
        self._run: HandRun | None = None
        self._spot: Array | None = None

    @property
    def policies(self) -> dict[str, Policy]:
        """Its networks, by name."""
        return {f"manipulate.{side}": hand for side, hand in self._policies.items()}

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`."""
        name, surface = str(goal.args.get("object", "")), str(goal.args.get("target"))
        thing = seen(name, snapshot, "manipulate")
        if not thing.movable:
            raise GoalError(f"manipulate: {name} is a {thing.kind} and cannot be held")
        support = seen(surface, snapshot, "manipulate")
        if support.movable:
            raise GoalError(
                f"manipulate: {surface} is a {support.kind}, nothing is put down on "
                "it; name a piece of furniture"
            )
        side = self._side(goal, snapshot, thing)
        spot = self._spot
        if spot is None:
            spot = self.free_spot(side, thing, support, snapshot)
        # What stands there already may stand anywhere; what is held goes to the spot.
        in_hand = self._hands.holder(snapshot.state, thing) is not None
        point = spot if in_hand or self._run is not None else None
        return Contract(
            goal=goal,
            joints=self._policies[side].joints,
            pre=(
                upright(),
                holding(name, self._hands, None, lifted=0.01),
                _spot_in_reach(name, surface, spot, side),
            ),
            hold=(upright(),),
            post=(
                resting_on(name, surface, point=point, radius=PLACED_WITHIN),
                hand_away(name, self._hands),
            ),
            timeout_s=15.0,
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return manipulate_for(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return manipulate_breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        thing = snapshot.objects[str(goal.args["object"])]
        support = snapshot.objects[str(goal.args["target"])]
        side = self._side(goal, snapshot, thing)
        self._spot = self.free_spot(side, thing, support, snapshot)
        self._run = HandRun(
            policy=self._policies[side],
            hands=self._hands,
            side=side,
            name=thing.name,
            goal_w=self._spot,
            support_w=top_of(support),
        )
        self._run.policy.reset(snapshot.state, snapshot.commanded)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        assert self._run is not None
        return self._run.step(snapshot)

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._run = None
        self._spot = None

    def free_spot(
        self, side: str, thing: ObjectState, support: ObjectState, snapshot: Snapshot
    ) -> Array:
        """Return where the object's centre should go: near the arm's best place, free.

        The spot nearest to that place, inside the rim and apart from other things.
        """
        here = pose_of(snapshot.state)
        aside = ASIDE if side == "left" else -ASIDE
        c, s = np.cos(here.yaw), np.sin(here.yaw)
        best = (here.x + c * AHEAD - s * aside, here.y + s * AHEAD + c * aside)
        area = footprint(support)
        x, y = area.local(*best)
        half_x = max(area.half_x - MARGIN, 0.0)
        half_y = max(area.half_y - MARGIN, 0.0)
        others = [
            area.local(float(o.pos_w[0]), float(o.pos_w[1]))
            for o in snapshot.objects.values()
            if o.movable and o.name != thing.name and footprint_below(o, support)
        ]
        steps = np.linspace(-0.2, 0.2, 17)
        candidates = [
            (
                float(np.clip(x + dx, -half_x, half_x)),
                float(np.clip(y + dy, -half_y, half_y)),
            )
            for dx in steps
            for dy in steps
        ]
        free = [
            p
            for p in candidates
            if all(np.hypot(p[0] - ox, p[1] - oy) > APART for ox, oy in others)
        ]
        spot = min(free or candidates, key=lambda p: np.hypot(p[0] - x, p[1] - y))
        wx, wy = area.world(*spot)
        return np.array([wx, wy, top_of(support) + float(thing.half_size[2])])

    def _side(self, goal: Goal, snapshot: Snapshot, thing: ObjectState) -> str:
        if self._run is not None:
            return self._run.side
        asked = goal.args.get("side", "right")
        if asked not in self._policies:
            raise GoalError(
                f"manipulate: there is no '{asked}' hand (known: "
                f"{', '.join(self._policies)})"
            )
        return self._hands.holder(snapshot.state, thing) or str(asked)


def footprint_below(thing: ObjectState, support: ObjectState) -> bool:
    """Whether an object is above a piece of furniture."""
    x, y = float(thing.pos_w[0]), float(thing.pos_w[1])
    return footprint(support).distance(x, y) == 0.0


def manipulate_for(predicate: Predicate) -> Goal | None:
    """Return the placing that makes a predicate true, or None."""
    if predicate.name == "on" and len(predicate.args) == 2:
        name, surface = predicate.args
        return Goal(skill="manipulate", args={"object": name, "target": surface})
    return None


def manipulate_breaks(goal: Goal, predicate: Predicate) -> bool:
    """Whether placing may make a predicate false: what is put down is not held."""
    held = predicate.name in ("holding", "carried")
    return held and predicate.args[:1] == (goal.args.get("object"),)


def _spot_in_reach(name: str, surface: str, spot: Array, side: str) -> Condition:
    asks = Predicate("spot_in_reach", (name, surface))
    return on_hand_side(f"spot on {surface}", spot, side, predicate=asks)
