"""What a walk can be asked: to stand beside something, or to move by a distance."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, degrees, hypot, isfinite, pi, sin

from skills.contract import Argument, Goal, GoalError, Predicate
from skills.furniture import Pose2D

SHIFT = ("forward", "left", "turn")
FARTHEST_WALK = 20.0  # without something to walk to [m]
LONGEST_TURN = 20 * pi  # ten times round [rad]
SPEEDS = (0.1, 1.0)  # that may be asked for [m/s]

ARGUMENTS: tuple[Argument, ...] = (
    Argument(name="target", kind="object", required=False, text="where to walk to"),
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
    Argument(
        name="forward",
        kind="number",
        required=False,
        text="instead of a target: how far ahead, negative is back [m]",
    ),
    Argument(
        name="left",
        kind="number",
        required=False,
        text="how far to the left, negative is right [m]",
    ),
    Argument(
        name="turn",
        kind="number",
        required=False,
        text="how far to turn there, to the left positive [rad]",
    ),
    Argument(
        name="speed", kind="number", required=False, text="fastest on the way [m/s]"
    ),
)


@dataclass(frozen=True, kw_only=True)
class Displacement:
    """A walk by a distance: moved without turning round, then turned."""

    forward: float = 0.0  # [m]
    left: float = 0.0  # [m]
    turn: float = 0.0  # to the left; may be more than a whole turn [rad]

    @property
    def distance(self) -> float:
        """How far it leads [m]."""
        return hypot(self.forward, self.left)

    def end(self, here: Pose2D) -> Pose2D:
        """Return where it ends; the heading counts whole turns."""
        c, s = cos(here.yaw), sin(here.yaw)
        return Pose2D(
            x=here.x + c * self.forward - s * self.left,
            y=here.y + s * self.forward + c * self.left,
            yaw=here.yaw + self.turn,
        )

    def __str__(self) -> str:
        """Return it as a person says it, such as `2 m forward, 90 degrees left`."""
        parts = [
            f"{abs(value):.3g} {unit} {more if value > 0 else less}"
            for value, unit, more, less in (
                (self.forward, "m", "forward", "back"),
                (self.left, "m", "left", "right"),
                (degrees(self.turn), "degrees", "left", "right"),
            )
            if value
        ]
        return ", ".join(parts)


def displacement(goal: Goal) -> Displacement | None:
    """Return the displacement that a walk asks for, or None if it has a target.

    Raises:
        GoalError: if the words of the goal make no sense together.
    """
    known = [argument.name for argument in ARGUMENTS]
    for name in goal.args:
        if name not in known:
            raise GoalError(
                f"walk: there is no argument '{name}' (known: {', '.join(known)})"
            )
    side = goal.args.get("side", "left")
    if side not in ("left", "right"):
        raise GoalError(f"walk: side is left or right, got '{side}'")
    given = [name for name in SHIFT if name in goal.args]
    if "target" in goal.args:
        if given:
            raise GoalError(
                f"walk takes a target or '{given[0]}', not both; walk twice"
            )
        return None
    if not given:
        raise GoalError(
            "walk needs the argument 'target', or one of 'forward', 'left' and 'turn'"
        )
    if "reach" in goal.args:
        raise GoalError("walk: 'reach' needs a target to reach it from")
    shift = Displacement(**{name: _number(goal, name) for name in given})
    if shift.distance < 1e-9 and abs(shift.turn) < 1e-9:
        raise GoalError(f"walk: {' and '.join(given)} of zero leads nowhere")
    if shift.distance > FARTHEST_WALK:
        raise GoalError(
            f"walk: {shift.distance:.3g} m is too far; at most {FARTHEST_WALK:g} m, "
            "or name a target"
        )
    if abs(shift.turn) > LONGEST_TURN + 1e-9:
        raise GoalError(
            f"walk: a turn of {shift.turn:.4g} rad is too far; at most ten times round"
        )
    return shift


def speed(goal: Goal) -> float | None:
    """Return the fastest speed that a walk asks for [m/s], or None.

    Raises:
        GoalError: if it is too slow or too fast.
    """
    if "speed" not in goal.args:
        return None
    value = _number(goal, "speed")
    slowest, fastest = SPEEDS
    if not slowest <= value <= fastest:
        raise GoalError(
            f"walk: a speed of {value:g} m/s is outside of {slowest:g} to "
            f"{fastest:g} m/s"
        )
    return value


def goal_for(predicate: Predicate) -> Goal | None:
    """Return the walk that makes a predicate true, or None if none does."""
    match (predicate.name, predicate.args):
        case ("at", (place,)):
            args = {"target": place}
        case ("in_reach", (name,)):
            args = {"target": name, "reach": name}
        case ("in_reach", (name, "left" | "right" as side)):
            args = {"target": name, "reach": name, "side": side}
        case ("spot_in_reach", (name, surface)):
            args = {"target": surface, "carrying": name}
        case _:
            return None
    return Goal(skill="walk", args=args)


def breaks(goal: Goal, predicate: Predicate) -> bool:
    """Whether a walk may make a predicate false: where the robot was, it is no more."""
    args = goal.args
    match (predicate.name, predicate.args):
        case ("at", (place,)):
            return args.get("target") != place
        case ("in_reach", (name, *side)):
            reached = args.get("reach", args.get("target"))
            return reached != name or (bool(side) and args.get("side") not in side)
        case ("spot_in_reach", (name, surface)):
            return (args.get("carrying"), args.get("target")) != (name, surface)
    return False


def _number(goal: Goal, name: str) -> float:
    value = goal.args[name]
    if isinstance(value, str) or not isfinite(value):
        raise GoalError(f"walk: {name} is a number, got '{value}'")
    return float(value)
