"""Questions about the world that skills' contracts are made of, with measurements."""

from __future__ import annotations

from collections.abc import Callable
from math import acos, degrees, hypot

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.kinematics import Chain
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import heading_of, project_gravity, rotate, seen_from
from skills.contract import Check, Condition, Failure, Predicate, Snapshot
from skills.furniture import Pose2D, footprint, support_height, top_of, turn_between

Array = NDArray[np.float64]

IN_HAND = 0.085  # from the grasp site to the centre of what it holds [m]
LIFTED = 0.11  # bottom above the surface that makes a grasp a success, 1 cm spare [m]
CLEARLY_LIFTED = 0.05  # bottom above the surface of what a hand has got [m]
OFF_SURFACE = 0.01  # bottom above the surface that makes it carried [m]
STALL_S, STALL_LEFT = 5.0, 0.25  # a walk is blocked after [s], with [m] left to go
HANDS_REACH = (-0.30, 0.40)  # height of what a hand can take, from the pelvis [m]
UPRIGHT = 0.91  # cosine of the tilt of an upright object, 24 degrees


class Hands:
    """Where the hands are, from joint positions and the base pose."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read the arms' kinematics. A robot without grasp sites has no hands."""
        self._chains: dict[str, tuple[Chain, NDArray[np.intp]]] = {}
        for side in ("left", "right"):
            site = getattr(robot.sites, f"{side}_grasp")
            if site is None:
                continue
            chain = Chain(robot.mjcf, robot.base_body, site)
            if not set(chain.joint_names) <= set(robot.joint_names):
                continue  # an arm that nobody moves takes nothing
            index = [robot.joint_names.index(name) for name in chain.joint_names]
            self._chains[side] = (chain, np.array(index))
        self._frames: dict[str, tuple[RobotState, tuple[Array, Array]]] = {}

    @property
    def sides(self) -> tuple[str, ...]:
        """The hands there are."""
        return tuple(self._chains)

    def frame(self, side: str, state: RobotState) -> tuple[Array, Array]:
        """Return a hand's grasp site and rotation in the pelvis frame."""
        # Many ask of the same tick; the state they mean is the same object.
        asked = self._frames.get(side)
        if asked is not None and asked[0] is state:
            return asked[1]
        chain, index = self._chains[side]
        position, rotation = chain.forward(state.joint_pos[index])
        frame = np.asarray(position), np.asarray(rotation)
        self._frames[side] = state, frame
        return frame

    def distance(self, side: str, state: RobotState, thing: ObjectState) -> float:
        """Return how far a hand's grasp site is from an object's centre [m]."""
        site, _ = self.frame(side, state)
        return float(np.linalg.norm(in_base(state, thing.pos_w) - site))

    def held(self, snapshot: Snapshot) -> str | None:
        """Return the object that a hand holds clear of every surface, or None."""
        for name, thing in snapshot.objects.items():
            if (
                thing.movable
                and self.holder(snapshot.state, thing) is not None
                and height_above_support(thing, snapshot) > OFF_SURFACE
            ):
                return name
        return None

    def holder(self, state: RobotState, thing: ObjectState) -> str | None:
        """Return the hand that an object lies in, or None."""
        near = {side: self.distance(side, state, thing) for side in self.sides}
        side = min(near, key=lambda s: near[s], default=None)
        return side if side is not None and near[side] < IN_HAND else None


def in_base(state: RobotState, pos_w: Array) -> Array:
    """Return a world position in the pelvis frame [m], (3,)."""
    return seen_from(state.base_quat_wxyz, pos_w - state.base_pos_w)


def pose_of(state: RobotState) -> Pose2D:
    """Return where the robot stands and looks."""
    return Pose2D(
        x=float(state.base_pos_w[0]),
        y=float(state.base_pos_w[1]),
        yaw=heading_of(state.base_quat_wxyz),
    )


def tilt_of(state: RobotState) -> float:
    """Return the angle between the pelvis' z axis and the vertical [rad]."""
    return acos(float(np.clip(-project_gravity(state.base_quat_wxyz)[2], -1.0, 1.0)))


def upright(limit: float = 0.6) -> Condition:
    """The robot stands: tilted by less than `limit` [rad]."""

    def check(snapshot: Snapshot) -> Check:
        tilt = tilt_of(snapshot.state)
        reason = f"the robot leans {degrees(tilt):.0f} degrees"
        return Check(holds=tilt < limit, reason=reason)

    return Condition(
        name="upright(robot)",
        check=check,
        failure=Failure.UNSTABLE,
        predicate=Predicate("upright"),
    )


def visible(name: str) -> Condition:
    """Perception reports the object."""

    def check(snapshot: Snapshot) -> Check:
        seen = name in snapshot.objects
        return Check(holds=seen, reason=f"{name} is {'' if seen else 'not '}seen")

    return Condition(
        name=f"visible({name})",
        check=check,
        failure=Failure.OBJECT_LOST,
        predicate=Predicate("visible", (name,)),
    )


class Lasting:
    """A predicate that must hold without a break for some robot time."""

    def __init__(self, check: Callable[[Snapshot], Check], duration: float) -> None:
        """Hold `check` to a duration [s]."""
        self.at_once = check  # without regard to how long
        self._duration = duration
        self._since: float | None = None
        self._last = float("-inf")

    def __call__(self, snapshot: Snapshot) -> Check:
        """Ask once more; a gap of half a second in the asking begins anew."""
        now = snapshot.time
        answer = self.at_once(snapshot)
        broken = now - self._last > 0.5 or now < self._last
        self._last = now
        if not answer.holds:
            self._since = None
            return answer
        if self._since is None or broken:
            self._since = now
        lasted = now - self._since
        return Check(
            holds=lasted >= self._duration - 1e-9,
            reason=f"{answer.reason}, for {lasted:.1f} of {self._duration:.1f} s",
        )


def at(goal: Pose2D, name: str, *, distance: float, turn: float) -> Condition:
    """The robot stands at a stance, settled for half a second.

    Args:
        goal: the stance.
        name: what the stance is beside, for the condition's name.
        distance: allowed [m].
        turn: allowed [rad].
    """

    def left(here: Pose2D) -> tuple[float, float]:
        off = hypot(goal.x - here.x, goal.y - here.y)
        return off, turn_between(here.yaw, goal.yaw)

    return arrived(
        left,
        f"at({name})",
        f"the stance beside {name}",
        distance=distance,
        turn=turn,
        predicate=Predicate("at", (name,)),
    )


def arrived(
    left: Callable[[Pose2D], tuple[float, float]],
    name: str,
    place: str,
    *,
    distance: float,
    turn: float,
    predicate: Predicate | None = None,
) -> Condition:
    """The robot has nothing left to walk or turn, settled for half a second.

    Args:
        left: how far it still has to walk [m] and to turn [rad] from a pose.
        name: of the condition.
        place: where it is to be, in words.
        distance: allowed [m].
        turn: allowed [rad].
        predicate: what the condition asks.
    """

    def check(snapshot: Snapshot) -> Check:
        off, turned = left(pose_of(snapshot.state))
        speed = float(np.linalg.norm(snapshot.state.base_lin_vel_w[:2]))
        settled = speed < 0.1
        return Check(
            holds=off < distance and abs(turned) < turn and settled,
            reason=(
                f"{off * 100:.0f} cm and {degrees(abs(turned)):.0f} degrees from "
                f"{place}, moving at {speed:.2f} m/s"
            ),
        )

    return Condition(
        name=name,
        check=Lasting(check, 0.5),
        failure=Failure.OUT_OF_REACH,
        predicate=predicate,
    )


def advancing(left: Callable[[Pose2D], tuple[float, float]]) -> Condition:
    """A robot with a way to go gets on: by 15 cm or 17 degrees every 5 s.

    Args:
        left: how far it still has to walk [m] and to turn [rad] from a pose.
    """
    anchor: tuple[float, Pose2D] | None = None

    def check(snapshot: Snapshot) -> Check:
        nonlocal anchor
        here, now = pose_of(snapshot.state), snapshot.time
        if anchor is None or left(here)[0] < STALL_LEFT or _got_on(anchor[1], here):
            anchor = (now, here)
        stuck = now - anchor[0]
        return Check(
            holds=stuck < STALL_S,
            reason=f"the robot has not got on for {stuck:.1f} s",
        )

    return Condition(name="advancing(robot)", check=check, failure=Failure.BLOCKED)


def _got_on(before: Pose2D, here: Pose2D) -> bool:
    moved = hypot(here.x - before.x, here.y - before.y)
    return moved > 0.15 or abs(turn_between(before.yaw, here.yaw)) > 0.3


def height_above_support(thing: ObjectState, snapshot: Snapshot) -> float:
    """Return how far an object's bottom is above the surface below it [m]."""
    bottom = float(thing.pos_w[2] - thing.half_size[2])
    return bottom - support_height(thing, snapshot.objects)


def holding(
    name: str, hands: Hands, side: str | None, *, lifted: float, duration: float = 0.0
) -> Condition:
    """A hand holds the object clear of every surface and upright.

    Args:
        name: of the object.
        hands: of the robot.
        side: which hand, or None for either.
        lifted: least height of its bottom above the surface below [m].
        duration: for how long without a break [s].
    """

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=False, reason=f"{name} is not seen")
        sides = (side,) if side else hands.sides
        if not sides:
            return Check(holds=False, reason=f"the robot has no hand for {name}")
        near = min(hands.distance(s, snapshot.state, thing) for s in sides)
        height = height_above_support(thing, snapshot)
        level = float(rotate(thing.quat_wxyz, np.array([0.0, 0.0, 1.0]))[2])
        return Check(
            holds=near < IN_HAND and height > lifted and level > UPRIGHT,
            reason=(
                f"{name} is {near * 100:.0f} cm from the hand's grip, "
                f"{height * 100:.0f} cm above the surface, "
                f"tilted {degrees(acos(min(1.0, max(-1.0, level)))):.0f} degrees"
            ),
        )

    return Condition(
        name=f"holding({name})",
        check=Lasting(check, duration) if duration else check,
        failure=Failure.DROPPED,
        predicate=Predicate("holding", (name,)),
    )


def carried(name: str, hands: Hands, side: str | None) -> Condition:
    """A hand still has the object; it may swing and lean while the robot walks."""

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=False, reason=f"{name} is not seen")
        sides = (side,) if side else hands.sides
        near = min(
            (hands.distance(s, snapshot.state, thing) for s in sides),
            default=float("inf"),
        )
        return Check(
            holds=near < IN_HAND + 0.03,
            reason=f"{name} is {near * 100:.0f} cm from the hand's grip",
        )

    return Condition(
        name=f"carried({name})",
        check=check,
        failure=Failure.DROPPED,
        predicate=Predicate("carried", (name,)),
    )


def not_dropped(name: str, hands: Hands, side: str) -> Condition:
    """Once the hand has lifted the object, it does not lose it again."""
    lifted = False

    def check(snapshot: Snapshot) -> Check:
        nonlocal lifted
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=True, reason=f"{name} is not seen")
        near = hands.distance(side, snapshot.state, thing)
        height = height_above_support(thing, snapshot)
        lifted = lifted or (near < IN_HAND and height > CLEARLY_LIFTED)
        return Check(
            holds=not lifted or near < IN_HAND + 0.03,
            reason=f"{name} was lifted and is {near * 100:.0f} cm from the hand's grip",
        )

    return Condition(
        name=f"not_dropped({name})",
        check=check,
        failure=Failure.DROPPED,
        predicate=Predicate("holding", (name,)),
    )


def resting_on(
    name: str,
    surface: str,
    *,
    point: Array | None,
    radius: float,
    duration: float = 0.3,
) -> Condition:
    """The object stands upright and still on a surface, near a point if given.

    Args:
        name: of the object.
        surface: what it stands on.
        point: where, in the world [m]; None for anywhere.
        radius: allowed distance from the point [m].
        duration: for how long without a break [s].
    """

    def check(snapshot: Snapshot) -> Check:
        thing, support = snapshot.objects.get(name), snapshot.objects.get(surface)
        if thing is None or support is None:
            missing = name if thing is None else surface
            return Check(holds=False, reason=f"{missing} is not seen")
        x, y = float(thing.pos_w[0]), float(thing.pos_w[1])
        gap = float(thing.pos_w[2] - thing.half_size[2]) - top_of(support)
        above = footprint(support).distance(x, y) == 0.0 and abs(gap) < 0.015
        speed = float(np.linalg.norm(thing.lin_vel_w))
        level = float(rotate(thing.quat_wxyz, np.array([0.0, 0.0, 1.0]))[2])
        off = 0.0 if point is None else float(np.hypot(x - point[0], y - point[1]))
        return Check(
            holds=above and speed < 0.05 and level > 0.97 and off < radius,
            reason=(
                f"{name} is {gap * 100:.0f} cm above {surface}"
                f"{'' if point is None else f', {off * 100:.0f} cm from the target'}, "
                f"moving at {speed:.2f} m/s"
            ),
        )

    return Condition(
        name=f"on({name}, {surface})",
        check=Lasting(check, duration) if duration else check,
        failure=Failure.DROPPED,
        predicate=Predicate("on", (name, surface)),
    )


def hand_away(name: str, hands: Hands) -> Condition:
    """No hand is within 10 cm of the object's centre."""

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=False, reason=f"{name} is not seen")
        near = min(hands.distance(s, snapshot.state, thing) for s in hands.sides)
        return Check(
            holds=near > 0.10, reason=f"the hand is {near * 100:.0f} cm from {name}"
        )

    return Condition(name=f"let_go({name})", check=check, failure=Failure.TIMEOUT)


def on_hand_side(
    name: str, pos_w: Array, side: str, *, predicate: Predicate | None = None
) -> Condition:
    """A point is where an arm can work from here.

    Args:
        name: of the point.
        pos_w: the point [m], (3,).
        side: of the arm.
        predicate: what this asks, such as `spot_in_reach(cup, shelf)`.
    """
    sign = 1.0 if side == "left" else -1.0

    def check(snapshot: Snapshot) -> Check:
        x, y, _ = (float(v) for v in in_base(snapshot.state, pos_w))
        return Check(
            holds=0.14 < x < 0.46 and -0.12 < sign * y < 0.38,
            reason=f"the {name} is {x:.2f} m ahead and {y:+.2f} m to the left",
        )

    return Condition(
        name=f"in_reach({name})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=predicate,
    )


def in_reach(name: str, hands: Hands, side: str, *, asked: bool = False) -> Condition:
    """The object stands where an arm can grasp it from here.

    Args:
        name: of the object.
        hands: of the robot.
        side: of the arm.
        asked: whether it must be this arm; else another may do as well.
    """
    sign = 1.0 if side == "left" else -1.0

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=False, reason=f"{name} is not seen")
        x, y, _ = (float(v) for v in in_base(snapshot.state, thing.pos_w))
        good = 0.14 < x < 0.44 and -0.08 < sign * y < 0.34
        return Check(
            holds=good,
            reason=f"{name} is {x:.2f} m ahead and {y:+.2f} m to the left",
        )

    asks = (name, side) if asked else (name,)
    return Condition(
        name=f"in_reach({name})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("in_reach", asks),
    )


def reachable(name: str) -> Condition:
    """The object is at a height where an arm can grasp it; not on the floor."""

    def check(snapshot: Snapshot) -> Check:
        thing = snapshot.objects.get(name)
        if thing is None:
            return Check(holds=False, reason=f"{name} is not seen")
        up = float(thing.pos_w[2] - snapshot.state.base_pos_w[2])
        low, high = HANDS_REACH
        word = "below" if up < 0 else "above"
        return Check(
            holds=low < up < high,
            reason=(
                f"{name} is {abs(up):.2f} m {word} the pelvis, hands reach from "
                f"{-low:.2f} m below to {high:.2f} m above"
            ),
        )

    return Condition(
        name=f"reachable({name})",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("reachable", (name,)),
    )


def hand_free(hands: Hands, side: str, but: str, *, asked: bool = False) -> Condition:
    """The hand holds nothing other than the named object.

    Args:
        hands: of the robot.
        side: of the hand.
        but: the object that it may hold.
        asked: whether it must be this hand; else another may do as well.
    """

    def check(snapshot: Snapshot) -> Check:
        for name, thing in snapshot.objects.items():
            if name == but or not thing.movable:
                continue
            carried = height_above_support(thing, snapshot) > OFF_SURFACE
            if carried and hands.holder(snapshot.state, thing) == side:
                return Check(holds=False, reason=f"the {side} hand holds {name}")
        return Check(holds=True, reason=f"the {side} hand is free")

    return Condition(
        name=f"free({side}_hand)",
        check=check,
        failure=Failure.OUT_OF_REACH,
        predicate=Predicate("free", (side,) if asked else ()),
    )
