"""Where a walk ends: the stance beside a target from which the next skill can work."""

from __future__ import annotations

from math import hypot

import numpy as np
from numpy.typing import NDArray

from skills.contract import Goal, Snapshot, UnseenError
from skills.furniture import (
    Footprint,
    Pose2D,
    edge_stances,
    footprint,
    support_of,
)
from skills.predicates import pose_of

REACH_AHEAD = 0.27  # where a grasp wants the object, ahead of the pelvis [m]
REACH_ASIDE = 0.14  # and to the side of the hand that takes it [m]
CLOSEST, FARTHEST = 0.14, 0.27  # pelvis to the edge of the furniture [m]
PLACING = 0.17  # the same to put something down there [m]


def stance_beside(goal: Goal, snapshot: Snapshot) -> Pose2D:
    """Return where to stand for a goal with a target.

    Raises:
        UnseenError: if the target or what is to be reached is not seen.
    """
    target = snapshot.objects.get(str(goal.args.get("target", "")))
    if target is None:
        known = ", ".join(snapshot.objects) or "nothing"
        name = str(goal.args.get("target"))
        raise UnseenError(name, f"walk: there is no '{name}' here (seen: {known})")
    reach_name = goal.args.get("reach")
    reach = snapshot.objects.get(str(reach_name)) if reach_name else None
    if reach_name and reach is None:
        raise UnseenError(
            str(reach_name), f"walk: '{reach_name}', to be reached, is not seen"
        )
    if reach is None and target.movable:
        reach = target
    if target.movable:
        below = support_of(target, snapshot.objects)
        target = below if below is not None else target
    here = pose_of(snapshot.state)
    area = footprint(target)
    if reach is None or area.distance(*_xy(reach.pos_w)) > 0.0:
        return _beside(area, here, carrying="carrying" in goal.args)
    side = goal.args.get("side")
    sides = ("right", "left") if side is None else (str(side),)
    return _to_reach(area, _xy(reach.pos_w), here, sides)


def _to_reach(
    area: Footprint, point: tuple[float, float], here: Pose2D, sides: tuple[str, ...]
) -> Pose2D:
    """Stand at the edge nearest to the point, with it before the hand."""
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


def _beside(area: Footprint, here: Pose2D, *, carrying: bool) -> Pose2D:
    """Stand before the nearest edge; near enough to place what is carried."""
    x, y = area.local(here.x, here.y)
    # The nearest point of the outline, kept away from the corners.
    px = min(max(x, -max(area.half_x - 0.2, 0.0)), max(area.half_x - 0.2, 0.0))
    py = min(max(y, -max(area.half_y - 0.2, 0.0)), max(area.half_y - 0.2, 0.0))
    standoff = PLACING if carrying else FARTHEST
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


def _way(here: Pose2D, there: Pose2D) -> float:
    return hypot(there.x - here.x, there.y - here.y)


def _xy(pos: NDArray[np.float64]) -> tuple[float, float]:
    return float(pos[0]), float(pos[1])
