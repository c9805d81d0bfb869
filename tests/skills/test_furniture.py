"""Stances face their edge, and the way to them leads around the furniture."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.robot import ObjectState
from skills.furniture import (
    Footprint,
    Point,
    Pose2D,
    edge_stances,
    footprint,
    in_the_way,
    leave,
    route,
    support_height,
    support_of,
    top_of,
    turn_between,
)

SQUARE = Footprint(x=0.0, y=0.0, yaw=0.0, half_x=1.0, half_y=1.0)
TURNED = Footprint(x=2.0, y=1.0, yaw=pi / 2, half_x=1.0, half_y=0.5)


def thing(
    name: str,
    pos: tuple[float, float, float],
    half: tuple[float, float, float],
    *,
    movable: bool = False,
) -> ObjectState:
    return ObjectState(
        name=name,
        kind="cup" if movable else "table",
        pos_w=np.array(pos),
        quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        lin_vel_w=np.zeros(3),
        half_size=np.array(half),
        movable=movable,
    )


def test_a_rectangle_has_axes_of_its_own() -> None:
    # Turned by 90 degrees: its x axis is the world's y axis.
    assert_allclose(TURNED.local(2.0, 1.7), (0.7, 0.0), atol=1e-12)
    assert_allclose(TURNED.world(0.7, 0.1), (1.9, 1.7), atol=1e-12)


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0.5, -0.9), 0.0), ((1.5, 0.0), 0.5), ((-1.3, -1.4), 0.5), ((0.0, 3.0), 2.0)],
)
def test_distance_to_a_rectangle(point: Point, expected: float) -> None:
    assert SQUARE.distance(*point) == pytest.approx(expected)


def test_a_grown_rectangle_is_wider_by_the_margin_on_every_side() -> None:
    grown = TURNED.grown(0.25)
    assert (grown.half_x, grown.half_y) == (1.25, 0.75)
    assert sorted((round(x, 9), round(y, 9)) for x, y in grown.corners()) == [
        (1.25, -0.25),
        (1.25, 2.25),
        (2.75, -0.25),
        (2.75, 2.25),
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((-2.0, 0.0), (2.0, 0.0), True),
        ((-2.0, 0.0), (-1.2, 0.0), False),
        ((-2.0, 0.0), (0.0, 0.0), True),
        ((-2.0, 0.5), (0.5, 3.0), False),
        ((-2.0, 1.0), (2.0, 1.0), False),  # along the edge
        ((0.0, -2.0), (0.0, 2.0), True),
    ],
)
def test_a_line_is_blocked_by_what_it_crosses(
    start: Point, end: Point, expected: bool
) -> None:
    assert SQUARE.blocks(start, end) is expected


def test_support_is_the_highest_furniture_below() -> None:
    table = thing("table", (0.0, 0.0, 0.35), (0.4, 0.6, 0.35))
    crate = thing("crate", (0.0, 0.0, 0.8), (0.1, 0.1, 0.1))
    lamp = thing("lamp", (0.0, 0.0, 1.5), (0.1, 0.1, 0.1))
    cup = thing("cup", (0.05, 0.0, 0.95), (0.03, 0.03, 0.05), movable=True)
    beside = thing("beside", (0.3, 0.0, 0.75), (0.03, 0.03, 0.05), movable=True)
    away = thing("away", (3.0, 0.0, 0.05), (0.03, 0.03, 0.05), movable=True)
    world = {t.name: t for t in (table, crate, lamp, cup, beside, away)}
    assert support_of(cup, world) is crate
    assert support_of(beside, world) is table
    assert support_of(away, world) is None
    assert top_of(crate) == pytest.approx(0.9)
    assert support_height(beside, world) == pytest.approx(0.7)
    assert support_height(away, world) == 0.0


def test_a_footprint_is_the_outline_on_the_floor() -> None:
    area = footprint(thing("table", (1.0, 2.0, 0.35), (0.4, 0.6, 0.35)))
    assert area == Footprint(x=1.0, y=2.0, yaw=0.0, half_x=0.4, half_y=0.6)


def test_stances_by_hand() -> None:
    table = Footprint(x=0.0, y=0.0, yaw=0.0, half_x=0.4, half_y=0.6)
    stances = edge_stances(table, (-0.3, 0.1), lambda depth: 0.25, aside=-0.14)
    depths = [depth for depth, _ in stances]
    assert_allclose(depths, [0.1, 0.7, 0.5, 0.7])  # front, right, left, back
    expected = [
        # 0.25 m before each edge; the point lies 0.14 m to the right.
        (-0.65, 0.24, 0.0),
        (-0.44, -0.85, pi / 2),
        (-0.16, 0.85, -pi / 2),
        (0.65, -0.04, pi),
    ]
    for (_, stance), (x, y, yaw) in zip(stances, expected, strict=True):
        assert_allclose((stance.x, stance.y), (x, y), atol=1e-12)
        assert turn_between(stance.yaw, yaw) == pytest.approx(0.0, abs=1e-12)


def test_a_stance_sees_the_point_ahead_and_aside_however_the_table_is_turned() -> None:
    table = Footprint(x=1.0, y=-2.0, yaw=0.7, half_x=0.3, half_y=0.5)
    point = table.world(0.1, -0.1)
    for depth, stance in edge_stances(table, point, lambda d: 0.2 + d / 2, 0.14):
        ahead, left = seen_from(stance, point)
        assert ahead == pytest.approx(depth + 0.2 + depth / 2)
        assert left == pytest.approx(0.14)
        assert table.distance(stance.x, stance.y) == pytest.approx(0.2 + depth / 2)


def seen_from(stance: Pose2D, point: Point) -> Point:
    dx, dy = point[0] - stance.x, point[1] - stance.y
    c, s = cos(stance.yaw), sin(stance.yaw)
    return c * dx + s * dy, c * dy - s * dx


def length(start: Point, way: list[Point]) -> float:
    legs = zip([start, *way[:-1]], way, strict=True)
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in legs)


def test_a_free_way_is_straight() -> None:
    assert route((-2.0, 1.5), (2.0, 1.5), [SQUARE]) == [(2.0, 1.5)]


def test_the_way_around_a_square_passes_two_of_its_corners() -> None:
    way = route((-3.0, 0.1), (3.0, 0.1), [SQUARE])
    assert_allclose(way, [(-1.02, 1.02), (1.02, 1.02), (3.0, 0.1)])
    # The two slopes are 1.98 m long and 0.92 m high, the middle is 2.04 m.
    expected = 2 * hypot(1.98, 0.92) + 2.04
    assert length((-3.0, 0.1), way) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(12))
def test_a_route_never_enters_what_it_goes_around(seed: int) -> None:
    rng = np.random.default_rng(seed)
    obstacles = [
        Footprint(
            x=rng.uniform(-2, 2),
            y=rng.uniform(-2, 2),
            yaw=rng.uniform(-pi, pi),
            half_x=rng.uniform(0.3, 1.0),
            half_y=rng.uniform(0.3, 1.0),
        )
        for _ in range(3)
    ]
    start, end = (-4.0, rng.uniform(-2, 2)), (4.0, rng.uniform(-2, 2))
    way = route(start, end, obstacles)
    assert way[-1] == end
    assert length(start, way) >= hypot(end[0] - start[0], end[1] - start[1]) - 1e-9
    for a, b in zip([start, *way[:-1]], way, strict=True):
        for t in np.linspace(0.0, 1.0, 50):
            x, y = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
            assert all(o.distance(x, y) > 0.0 for o in obstacles), (seed, x, y)


def test_a_start_or_an_end_inside_an_obstacle_is_left_and_entered_straight() -> None:
    assert route((0.5, 0.0), (3.0, 0.0), [SQUARE]) == [(3.0, 0.0)]
    assert route((3.0, 0.0), (0.5, 0.0), [SQUARE]) == [(0.5, 0.0)]


def test_without_a_way_the_end_is_approached_straight() -> None:
    ring = [
        Footprint(x=x, y=y, yaw=0.0, half_x=hx, half_y=hy)
        for x, y, hx, hy in (
            (2.0, 0.0, 0.2, 2.5),
            (-2.0, 0.0, 0.2, 2.5),
            (0.0, 2.0, 2.5, 0.2),
            (0.0, -2.0, 2.5, 0.2),
        )
    ]
    assert route((0.0, 0.0), (5.0, 0.0), ring) == [(5.0, 0.0)]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(0.0, 1.0, 1.0), (3.0, -3.0, 2 * pi - 6.0), (0.0, pi, -pi), (1.0, 1.0, 0.0)],
)
def test_a_turn_takes_the_short_way(a: float, b: float, expected: float) -> None:
    assert turn_between(a, b) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("start", "end", "blocked"),
    [
        ((-3.0, 0.0), (-1.26, 0.0), False),  # ends 26 cm before it
        ((-3.0, 0.0), (-1.24, 0.0), True),
        ((-3.0, 1.26), (3.0, 1.26), False),  # past it
        ((-3.0, 1.24), (3.0, 1.24), True),
        ((-1.2, 0.0), (-2.0, 0.0), False),  # begins near and leads away
        ((-1.2, 0.0), (-1.2, 3.0), False),  # or along
        ((-1.2, 0.0), (-1.16, 0.0), False),  # a sway of the body
        ((-1.2, 0.0), (-1.14, 0.0), True),  # nearer still
    ],
)
def test_furniture_in_the_way(start: Point, end: Point, blocked: bool) -> None:
    table = thing("table", (0.0, 0.0, 0.4), (1.0, 1.0, 0.4))
    assert in_the_way(start, end, [table], 0.25) is (table if blocked else None)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ((-0.9, 0.3), (-1.02, 0.3)),
        ((0.3, 0.8), (0.3, 1.02)),
        ((0.2, -0.95), (0.2, -1.02)),
        ((1.1, 0.0), (1.1, 0.0)),  # it is outside already
    ],
)
def test_an_obstacle_is_left_across_its_nearest_edge(
    start: Point, expected: Point
) -> None:
    assert leave(start, [SQUARE]) == pytest.approx(expected)


def test_two_obstacles_are_left_one_after_the_other() -> None:
    # Out of the square at x = -1.02, that is in the wall; out of that at its left.
    wall = Footprint(x=-1.5, y=0.0, yaw=0.0, half_x=0.7, half_y=0.5)
    assert leave((-0.95, 0.4), [SQUARE, wall]) == pytest.approx((-1.02, 0.52))
