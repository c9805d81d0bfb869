"""What a finished task claims about the world, and how to see that it is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import acos, cos, degrees, hypot, sin

import numpy as np
from numpy.typing import NDArray

from app.truth import HANDS, ROBOT, Truth
from planners.task import Achieve, Step
from sim2real.robot import ObjectState
from sim2real.rotations import project_gravity, rotate, yaw_of
from skills.furniture import Pose2D, footprint, support_of, top_of
from skills.walk_goal import displacement

Array = NDArray[np.float64]

HELD_S = 2.0  # a grasp must last this long [s]
SETTLED_S = 1.0  # anything else must [s]
LIFTED = 0.10  # bottom of a grasped object above what it stood on [m]
TILT = 30.0  # largest tilt of an upright object, or robot [degrees]
NEAR = 0.45  # from the pelvis to the outline of where the robot was to walk [m]
GAP = 0.01  # between an object's bottom and the surface that carries it [m]
MOVED_WITHIN = 0.15  # of the end of a walk by a distance, for each walk [m]
OFF_TARGET = 0.05  # of a placed object from the point it was to stand on [m]
AT_REST = 0.05  # speed of an object that lies still [m/s]
STANDING_STILL = 0.12  # speed of a robot that stands and sways [m/s]
STANDING = 0.75  # height of the pelvis, as a share of its height at the start


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Something that must be true, without a break, until the end."""

    text: str  # what is true then
    lasting_s: float
    shortfall: Callable[[Truth], str | None]  # what is wrong now, or None


def claims_of(done: Sequence[Step | Achieve], start: Truth) -> tuple[Claim, ...]:
    """Return what is claimed once these steps are done, given the world before them.

    That is the last step, and for each object where the last step about it left it.
    """
    steps = [step for step in map(_as_step, done) if step is not None]
    claims = [_standing(start)]
    if not steps:
        return tuple(claims)
    last = steps[-1]
    left = {
        str(step.args["object"]): step
        for step in steps
        if step.skill in ("grasp", "manipulate")
    }
    for name, step in left.items():
        claims.append(_about(name, step, start, last=step is last))
    if last.skill == "walk" and "target" in last.args:
        claims += _walked(last)
    elif last.skill == "walk":
        claims.append(_moved(steps, start))
    if last.skill == "balance" and float(last.args.get("duration_s", 0.0)) > 0.0:
        claims.append(_stood(float(last.args["duration_s"]), claims[0]))
    return tuple(claims)


def _as_step(item: Step | Achieve) -> Step | None:
    """Return the step that claims as much as a goal does, if the judge knows one."""
    if isinstance(item, Step):
        return item
    match (item.predicate.name, item.predicate.args):
        case ("on", (name, surface)):
            return Step(skill="manipulate", args={"object": name, "target": surface})
        case ("holding", (name,)):
            return Step(skill="grasp", args={"object": name})
        case ("at", (place,)):
            return Step(skill="walk", args={"target": place})
    return None


def _about(name: str, step: Step, start: Truth, *, last: bool) -> Claim:
    if step.skill == "manipulate":
        return _placed(name, step)
    return _held(name, start, lifted=last)


def _standing(start: Truth) -> Claim:
    lowest = STANDING * float(start.state.base_pos_w[2])

    def shortfall(now: Truth) -> str | None:
        down = float(project_gravity(now.state.base_quat_wxyz)[2])
        tilt, height = _angle(-down), float(now.state.base_pos_w[2])
        if tilt > TILT or height < lowest:
            return f"the robot leans {tilt:.0f} degrees, pelvis {height:.2f} m up"
        return None

    return Claim(text="the robot stands", lasting_s=SETTLED_S, shortfall=shortfall)


def _stood(duration: float, standing: Claim) -> Claim:
    return Claim(
        text=f"it stood for {duration:g} s",
        lasting_s=duration,
        shortfall=standing.shortfall,
    )


def _walked(step: Step) -> Iterator[Claim]:
    target = str(step.args["target"])

    def shortfall(now: Truth) -> str | None:
        thing = now.objects[target]
        place = (support_of(thing, now.objects) or thing) if thing.movable else thing
        x, y = (float(value) for value in now.state.base_pos_w[:2])
        away = footprint(place).distance(x, y)
        if away > NEAR:
            return f"the robot is {away:.2f} m from {target}, {NEAR} m is near"
        speed = hypot(*(float(value) for value in now.state.base_lin_vel_w[:2]))
        if speed > STANDING_STILL:
            return f"the robot still moves at {speed:.2f} m/s"
        return None

    yield Claim(
        text=f"it stands within {NEAR} m of {target}",
        lasting_s=SETTLED_S,
        shortfall=shortfall,
    )


def _moved(steps: Sequence[Step], start: Truth) -> Claim:
    """Where a robot is that has only walked by displacements; else that it stands."""
    shifts = [
        displacement(step.goal) if step.skill == "walk" else None
        for step in steps
        if step.skill != "balance"
    ]
    x, y = (float(value) for value in start.state.base_pos_w[:2])
    end = Pose2D(x=x, y=y, yaw=float(yaw_of(start.state.base_quat_wxyz)))
    known = all(shift is not None for shift in shifts)
    for shift in shifts:
        end = shift.end(end) if shift is not None else end
    allowed = MOVED_WITHIN * len(shifts)

    def shortfall(now: Truth) -> str | None:
        here = now.state.base_pos_w
        away = hypot(float(here[0]) - end.x, float(here[1]) - end.y)
        if known and away > allowed:
            return f"the robot is {away:.2f} m from where it was to go"
        speed = hypot(*(float(value) for value in now.state.base_lin_vel_w[:2]))
        if speed > STANDING_STILL:
            return f"the robot still moves at {speed:.2f} m/s"
        return None

    ways = ", then ".join(str(shift) for shift in shifts if shift is not None)
    return Claim(
        text=f"it has moved {ways}" if known else "it stands still",
        lasting_s=SETTLED_S,
        shortfall=shortfall,
    )


def _held(name: str, start: Truth, *, lifted: bool) -> Claim:
    before = _bottom(start.objects[name])

    def shortfall(now: Truth) -> str | None:
        thing = now.objects[name]
        others = now.touching[name] - HANDS
        if others:
            return f"{name} touches {', '.join(sorted(others))}"
        height = _bottom(thing) - before
        if lifted and height < LIFTED:
            up = f"{name} is {height * 100:.1f} cm up"
            return f"{up}, {LIFTED * 100:.0f} cm is lifted"
        return _tilted(thing)

    up = f", {LIFTED * 100:.0f} cm up" if lifted else ""
    return Claim(
        text=f"{name} is held upright{up}, touched by nothing but a hand",
        lasting_s=HELD_S,
        shortfall=shortfall,
    )


def _placed(name: str, step: Step) -> Claim:
    target = str(step.args["target"])

    def shortfall(now: Truth) -> str | None:
        thing, surface = now.objects[name], now.objects[target]
        touching = now.touching[name] & (HANDS | {ROBOT})
        if touching:
            return f"{name} still touches {', '.join(sorted(touching))}"
        x, y = float(thing.pos_w[0]), float(thing.pos_w[1])
        beside = footprint(surface).distance(x, y)
        if beside > 0.0:
            return f"{name} is not on {target}, but {beside * 100:.1f} cm beside it"
        gap = _bottom(thing) - top_of(surface)
        if abs(gap) > GAP:
            return f"{name} is not on {target}, but {gap * 100:.1f} cm above its top"
        speed = float(np.linalg.norm(thing.lin_vel_w))
        if speed > AT_REST:
            return f"{name} moves at {speed:.2f} m/s"
        return _tilted(thing) or _off_target(thing, surface, step)

    return Claim(
        text=f"{name} stands on {target}, upright, still and let go",
        lasting_s=SETTLED_S,
        shortfall=shortfall,
    )


def _off_target(thing: ObjectState, surface: ObjectState, step: Step) -> str | None:
    """Compare with the arguments `x` and `y`, if they are given.

    As in a scene file they are measured from the middle of the front edge of the
    surface, x inwards and y to the left [m].
    """
    if "x" not in step.args or "y" not in step.args:
        return None
    area = footprint(surface)
    x, y = area.world(float(step.args["x"]) - area.half_x, float(step.args["y"]))
    away = hypot(float(thing.pos_w[0]) - x, float(thing.pos_w[1]) - y)
    if away > OFF_TARGET:
        return f"{thing.name} is {away * 100:.0f} cm from the place it was meant for"
    return None


def _tilted(thing: ObjectState) -> str | None:
    tilt = _angle(_up(thing))
    if thing.kind != "ball" and tilt > TILT:
        return f"{thing.name} is tilted by {tilt:.0f} degrees"
    return None


def _bottom(thing: ObjectState) -> float:
    """Return the height of the lowest point of an object [m].

    Tilted, a cup's edge and a box's corner reach below the middle of their bottom.
    """
    if thing.kind == "ball":
        return float(thing.pos_w[2] - thing.half_size[2])
    if thing.kind == "cup":
        tilt = acos(min(1.0, abs(_up(thing))))
        radius, _, half = (float(value) for value in thing.half_size)
        return float(thing.pos_w[2]) - half * cos(tilt) - radius * sin(tilt)
    axes = np.diag(thing.half_size)
    reach = sum(abs(float(rotate(thing.quat_wxyz, axis)[2])) for axis in axes)
    return float(thing.pos_w[2]) - reach


def _up(thing: ObjectState) -> float:
    return float(rotate(thing.quat_wxyz, np.array([0.0, 0.0, 1.0]))[2])


def _angle(cosine: float) -> float:
    return degrees(acos(max(-1.0, min(1.0, cosine))))
