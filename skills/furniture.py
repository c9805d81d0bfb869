"""Footprints of furniture: where to stand before it, how to walk around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import atan2, copysign, cos, hypot, pi, sin

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import ObjectState
from sim2real.rotations import heading_of

Array = NDArray[np.float64]
Point = tuple[float, float]

CLEARANCE = 0.42  # from a footprint to the pelvis while walking past it [m]
ROOM = 0.25  # from a footprint to the pelvis on a way that was asked for [m]


@dataclass(frozen=True, kw_only=True)
class Pose2D:
    """A place to stand: position [m] and heading [rad] in the world."""

    x: float
    y: float
    yaw: float


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """A rectangle on the floor."""

    x: float
    y: float
    yaw: float
    half_x: float
    half_y: float

    def local(self, x: float, y: float) -> Point:
        """Return a world point in the rectangle's axes, from its centre [m]."""
        dx, dy = x - self.x, y - self.y
        c, s = cos(self.yaw), sin(self.yaw)
        return c * dx + s * dy, c * dy - s * dx

    def world(self, x: float, y: float) -> Point:
        """Return the world coordinates of a point in the rectangle's axes [m]."""
        c, s = cos(self.yaw), sin(self.yaw)
        return self.x + c * x - s * y, self.y + s * x + c * y

    def distance(self, x: float, y: float) -> float:
        """Return how far a point is outside; zero inside [m]."""
        px, py = self.local(x, y)
        return hypot(max(abs(px) - self.half_x, 0.0), max(abs(py) - self.half_y, 0.0))

    def grown(self, margin: float) -> Footprint:
        """Return the rectangle with `margin` added on every side [m]."""
        return Footprint(
            x=self.x,
            y=self.y,
            yaw=self.yaw,
            half_x=self.half_x + margin,
            half_y=self.half_y + margin,
        )

    def corners(self) -> list[Point]:
        """Return the four corners in the world."""
        signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        return [self.world(a * self.half_x, b * self.half_y) for a, b in signs]

    def blocks(self, start: Point, end: Point) -> bool:
        """Whether the straight line between two points crosses the inside."""
        (ax, ay), (bx, by) = self.local(*start), self.local(*end)
        low, high = 0.0, 1.0
        for a, b, half in ((ax, bx, self.half_x), (ay, by, self.half_y)):
            step = b - a
            if abs(step) < 1e-12:
                if abs(a) >= half:
                    return False
                continue
            t0, t1 = sorted(((-half - a) / step, (half - a) / step))
            low, high = max(low, t0), min(high, t1)
        return high - low > 1e-9


def footprint(thing: ObjectState) -> Footprint:
    """Return the rectangle that an object covers on the floor."""
    return Footprint(
        x=float(thing.pos_w[0]),
        y=float(thing.pos_w[1]),
        yaw=heading_of(thing.quat_wxyz),
        half_x=float(thing.half_size[0]),
        half_y=float(thing.half_size[1]),
    )


def top_of(thing: ObjectState) -> float:
    """Return the height of an object's upper face [m]."""
    return float(thing.pos_w[2] + thing.half_size[2])


def support_of(
    thing: ObjectState, objects: Mapping[str, ObjectState]
) -> ObjectState | None:
    """Return the highest furniture below an object's centre, or None."""
    x, y, z = (float(v) for v in thing.pos_w)
    below = [
        other
        for other in objects.values()
        if not other.movable
        and top_of(other) < z
        and footprint(other).distance(x, y) == 0.0
    ]
    return max(below, key=top_of, default=None)


def support_height(thing: ObjectState, objects: Mapping[str, ObjectState]) -> float:
    """Return the height of the surface below an object; 0 for the floor [m]."""
    support = support_of(thing, objects)
    return top_of(support) if support is not None else 0.0


def edge_stances(
    area: Footprint, point: Point, standoff: Callable[[float], float], aside: float
) -> list[tuple[float, Pose2D]]:
    """Return stances that face each edge of a footprint with a point before the robot.

    Args:
        area: of the furniture.
        point: to be reached, in the world.
        standoff: distance from the edge to the pelvis [m], given how deep the point
            lies behind it [m].
        aside: where the point should lie on the robot's y axis [m].

    Returns:
        For each edge: how deep the point lies behind it [m], and the stance.
    """
    px, py = area.local(*point)
    result = []
    for nx, ny in ((-1, 0), (0, -1), (0, 1), (1, 0)):  # the front comes first
        half = area.half_x if nx else area.half_y
        depth = half - (nx * px + ny * py)
        along = half + standoff(depth)
        # The robot faces (-nx, -ny); its left is (ny, -nx).
        x = nx * along + (px if ny else 0.0) - aside * ny
        y = ny * along + (py if nx else 0.0) + aside * nx
        wx, wy = area.world(x, y)
        result.append((depth, Pose2D(x=wx, y=wy, yaw=area.yaw + atan2(-ny, -nx))))
    return result


def route(start: Point, end: Point, obstacles: Sequence[Footprint]) -> list[Point]:
    """Return the shortest way around obstacles as way points, the end included.

    Obstacles are already grown by the clearance. A start inside one leaves it
    straight away; an end inside one is approached straight.
    """
    active = [o for o in obstacles if o.distance(*start) > 0 and o.distance(*end) > 0]
    corners = [c for o in active for c in o.grown(0.02).corners()]
    corners = [c for c in corners if all(o.distance(*c) > 0 for o in active)]
    nodes = [start, *corners, end]
    best = {0: 0.0}
    before: dict[int, int] = {}
    queue = [(0.0, 0)]
    last = len(nodes) - 1
    while queue:
        cost, here = heappop(queue)
        if here == last:
            break
        if cost > best[here]:
            continue
        for there in range(1, len(nodes)):
            if there == here or any(
                o.blocks(nodes[here], nodes[there]) for o in active
            ):
                continue
            a, b = nodes[here], nodes[there]
            total = cost + hypot(b[0] - a[0], b[1] - a[1])
            if total < best.get(there, float("inf")):
                best[there] = total
                before[there] = here
                heappush(queue, (total, there))
    if last not in before:
        return [end]
    way = [last]
    while before[way[-1]] != 0:
        way.append(before[way[-1]])
    return [nodes[i] for i in reversed(way)]


def leave(start: Point, obstacles: Sequence[Footprint]) -> Point:
    """Return the point just outside of the obstacles that a start is in, or itself.

    It is left across its nearest edge. Where obstacles overlap, the last one's counts.
    """
    for obstacle in obstacles:
        if obstacle.distance(*start) > 0.0:
            continue
        x, y = obstacle.local(*start)
        half_x, half_y = obstacle.half_x + 0.02, obstacle.half_y + 0.02
        if half_x - abs(x) < half_y - abs(y):
            start = obstacle.world(copysign(half_x, x), y)
        else:
            start = obstacle.world(x, copysign(half_y, y))
    return start


def in_the_way(
    start: Point, end: Point, furniture: Sequence[ObjectState], room: float = ROOM
) -> ObjectState | None:
    """Return the furniture that a straight way comes too near to, or None.

    A way that begins nearer than `room` may lead along or away, not nearer still.
    """
    for thing in furniture:
        area = footprint(thing)
        margin = min(room, max(area.distance(*start) - 0.05, 0.0))
        if area.grown(margin).blocks(start, end):
            return thing
    return None


def turn_between(a: float, b: float) -> float:
    """Return the angle from heading a to heading b, in [-pi, pi) [rad]."""
    return (b - a + pi) % (2 * pi) - pi
