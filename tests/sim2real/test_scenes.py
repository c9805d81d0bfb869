"""Scenes: ranges become numbers, and what cannot be is refused."""

from __future__ import annotations

from math import cos, hypot, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import ConfigError, load_scene, parse
from configs.schema import SceneConfig
from sim2real.scenes import Scene, SceneObject, draw_scene

TABLE = {"name": "table", "kind": "table", "size": [0.6, 1.2, 0.7]}
CUP = {
    "name": "cup",
    "kind": "cup",
    "stands_on": "table",
    "pos": [0.1, 0.2],
    "radius": 0.03,
    "height": 0.1,
    "mass": 0.2,
}
SHIPPED = ("kitchen", "tabletop", "empty", "workshop")


def draw(seed: int = 0, **scene: Any) -> Scene:
    config = parse(SceneConfig, {"name": "test", **scene}, "test.yaml")
    return draw_scene(config, np.random.default_rng(seed))


def named(scene: Scene, name: str) -> SceneObject:
    return next(thing for thing in scene.objects if thing.name == name)


def away(start_x: float, start_y: float, table: SceneObject) -> float:
    x, y = table.local(start_x, start_y)
    return hypot(
        max(abs(x) - table.half_size[0], 0), max(abs(y) - table.half_size[1], 0)
    )


def far_start(**start: Any) -> dict[str, Any]:
    return {"relative_to": "table", "distance": 1.0, **start}


def test_a_cup_is_measured_from_the_middle_of_the_front_edge():
    scene = draw(objects=[TABLE, CUP], robot_start=far_start())
    # The front edge lies at x = -0.6 / 2; the top at 0.7, the cup is 0.1 high.
    assert_allclose(named(scene, "cup").pos_w, [-0.3 + 0.1, 0.2, 0.7 + 0.05])
    assert_allclose(named(scene, "cup").half_size, [0.03, 0.03, 0.05])


def test_the_front_edge_turns_with_the_table():
    table = {**TABLE, "pos": [2.0, 1.0], "yaw": pi / 2}
    scene = draw(objects=[table, CUP], robot_start=far_start())
    # Turned a quarter to the left the front faces -y, and the table's left is -x.
    assert_allclose(named(scene, "cup").pos_w, [2.0 - 0.2, 1.0 - 0.2, 0.75])
    assert named(scene, "cup").yaw == pi / 2


def test_the_robot_starts_before_the_front_edge_and_faces_it():
    scene = draw(objects=[TABLE], robot_start=far_start(distance=1.5))
    assert_allclose([scene.start.x, scene.start.y], [-0.3 - 1.5, 0.0], atol=1e-12)
    assert scene.start.yaw == pytest.approx(0.0)


def test_a_start_beside_the_table_is_measured_from_its_side():
    scene = draw(objects=[TABLE], robot_start=far_start(bearing=pi / 2))
    # A quarter turn counter-clockwise from the front (-x) is -y.
    assert_allclose([scene.start.x, scene.start.y], [0.0, -0.6 - 1.0], atol=1e-12)


def test_a_start_near_a_corner_is_measured_from_the_corner():
    table = {**TABLE, "size": [2.0, 2.0, 0.7]}
    scene = draw(objects=[table], robot_start=far_start(bearing=-pi / 4))
    # From the corner (-1, 1), one metre along the diagonal.
    beyond = 1 + 1 / sqrt(2)
    assert_allclose([scene.start.x, scene.start.y], [-beyond, beyond])


def test_a_start_turns_with_the_table():
    table = {**TABLE, "yaw": pi / 2}
    scene = draw(objects=[table], robot_start=far_start(heading=0.1))
    assert_allclose([scene.start.x, scene.start.y], [0.0, -1.3], atol=1e-12)
    assert scene.start.yaw == pytest.approx(pi / 2 + 0.1)


def test_without_an_object_the_start_is_seen_from_the_origin():
    scene = draw(robot_start={"distance": 2.0, "heading": 3 * pi})
    assert_allclose([scene.start.x, scene.start.y], [-2.0, 0.0], atol=1e-12)
    assert scene.start.yaw == pytest.approx(-pi)


def test_a_box_on_a_box_on_the_floor_adds_up():
    low = {"name": "low", "kind": "box", "size": [0.4, 0.4, 0.2], "pos": [3, 0]}
    high = {"name": "high", "kind": "box", "size": [0.1, 0.2, 0.3], "mass": 1.0}
    scene = draw(objects=[low, {**high, "stands_on": "low", "pos": [0.2, 0.0]}])
    assert named(scene, "low").top == pytest.approx(0.2)
    assert_allclose(named(scene, "high").pos_w, [3.0, 0.0, 0.2 + 0.15])
    assert not named(scene, "low").movable  # it has no mass: fixed to the world
    assert named(scene, "high").movable


def test_a_ball_is_as_high_as_it_is_wide():
    ball = {"name": "ball", "kind": "ball", "radius": 0.05, "mass": 0.1, "pos": [1, 0]}
    assert_allclose(draw(objects=[ball]).objects[0].half_size, [0.05, 0.05, 0.05])
    assert_allclose(draw(objects=[ball]).objects[0].pos_w, [1.0, 0.0, 0.05])


def test_the_same_seed_draws_the_same_scene_and_another_does_not():
    config = load_scene("kitchen")
    first, same, other = (
        draw_scene(config, np.random.default_rng(seed)) for seed in (4, 4, 5)
    )
    assert first.start == same.start != other.start
    assert first.floor_friction == same.floor_friction != other.floor_friction
    for a, b in zip(first.objects, same.objects, strict=True):
        assert (a.pos_w == b.pos_w).all() and (a.half_size == b.half_size).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scene_can_be_drawn_with_every_seed(name):
    config = load_scene(name)
    for seed in range(300):
        draw_scene(config, np.random.default_rng(seed))


def test_the_kitchen_keeps_what_its_file_promises():
    config = load_scene("kitchen")
    for seed in range(300):
        scene = draw_scene(config, np.random.default_rng(seed))
        table, shelf, cup = (named(scene, name) for name in ("table", "shelf", "cup"))
        assert 0.65 <= table.top <= 0.80
        assert 0.70 <= shelf.top <= 0.85
        x, y = table.local(cup.pos_w[0], cup.pos_w[1])
        assert 0.05 <= x + table.half_size[0] <= 0.20
        assert abs(y) <= 0.20
        start_x, _ = table.local(scene.start.x, scene.start.y)
        assert start_x < -table.half_size[0]
        assert 1.0 - 1e-9 <= away(scene.start.x, scene.start.y, table) <= 3.0 + 1e-9


def test_the_way_from_the_start_to_the_kitchen_table_is_free_of_the_shelf():
    config = load_scene("kitchen")
    for seed in range(300):
        scene = draw_scene(config, np.random.default_rng(seed))
        table, shelf = named(scene, "table"), named(scene, "shelf")
        goal_x, goal_y = table.world(-table.half_size[0] - 0.25, 0.0)
        for part in np.linspace(0.0, 1.0, 21):
            x = scene.start.x + part * (goal_x - scene.start.x)
            y = scene.start.y + part * (goal_y - scene.start.y)
            assert away(x, y, shelf) > 0.35


def test_an_object_at_rest_is_reported_with_its_pose():
    box = {"name": "crate", "kind": "box", "size": [0.2, 0.4, 0.6], "yaw": 1.0}
    thing = draw(objects=[{**box, "pos": [2.0, 0.0]}]).objects[0].at_rest()
    assert (thing.name, thing.kind, thing.movable) == ("crate", "box", False)
    assert_allclose(thing.pos_w, [2.0, 0.0, 0.3])
    assert_allclose(thing.quat_wxyz, [cos(0.5), 0.0, 0.0, sin(0.5)])
    assert_allclose(thing.half_size, [0.1, 0.2, 0.3])
    assert_allclose(thing.lin_vel_w, [0.0, 0.0, 0.0])


def test_cups_whose_circles_are_apart_do_not_overlap():
    # Centres 0.05 * sqrt(2) = 0.0707 apart, radii 0.03 each: 0.0107 m between them.
    other = {**CUP, "name": "other", "pos": [0.15, 0.25]}
    assert len(draw(objects=[TABLE, CUP, other], robot_start=far_start()).objects) == 3


def test_overlapping_cups_are_refused():
    other = {**CUP, "name": "other", "pos": [0.14, 0.24]}  # 0.0566 apart
    with pytest.raises(ConfigError, match="cup and other overlap at the start"):
        draw(objects=[TABLE, CUP, other])


def test_a_turned_box_may_stand_where_a_straight_one_may_not():
    crate = {"kind": "box", "size": [1.0, 0.1, 0.5]}
    first = {**crate, "name": "first", "pos": [3.0, 0.0]}
    second = {**crate, "name": "second", "pos": [3.0, 0.2]}
    assert len(draw(objects=[first, second]).objects) == 2
    with pytest.raises(ConfigError, match="first and second overlap"):
        draw(objects=[first, {**second, "yaw": pi / 2}])


def test_a_cup_over_the_edge_is_refused():
    with pytest.raises(
        ConfigError, match=r"cup stands 0\.020 m over the edge of table"
    ):
        draw(objects=[TABLE, {**CUP, "pos": [0.01, 0.0]}])


def test_a_cup_larger_than_its_support_is_refused():
    saucer = {"name": "saucer", "kind": "box", "size": [0.05, 0.05, 0.01]}
    cup = {**CUP, "stands_on": "saucer", "pos": [0.025, 0.0]}
    with pytest.raises(
        ConfigError, match=r"over the edge of saucer, whose top is 0\.05 x 0\.05 m"
    ):
        draw(objects=[saucer, cup])


def test_a_start_inside_an_object_is_refused():
    with pytest.raises(ConfigError, match=r"would start 0\.10 m from table, it needs"):
        draw(objects=[TABLE], robot_start=far_start(distance=0.1))


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([TABLE, TABLE], "two objects are named 'table'"),
        (
            [CUP],
            r"cup stands on 'table', which is not listed before it \(known .* none",
        ),
        (
            [TABLE, CUP, {**CUP, "name": "top", "stands_on": "cup"}],
            "top stands on 'cup', a cup; only a table, shelf, box has a flat top",
        ),
        ([TABLE, {**CUP, "mass": None}], "a cup needs .*; mass is missing"),
        ([{"name": "t", "kind": "table"}], "t: a table needs size; size is missing"),
        ([{**TABLE, "mass": 3.0}], r"a table has no mass \(it has size\); remove it"),
        ([{**TABLE, "size": [0.6, -1.2, 0.7]}], "expected a number greater than 0"),
        ([{**TABLE, "pos": [[1.0, 0.5], 0.0]}], r"\[low, high\] with low <= high"),
        ([{**TABLE, "yaw": float("nan")}], "expected a finite number"),
        ([{**TABLE, "color": [255, 0, 0]}], "less than or equal to 1, got 255"),
        ([{**TABLE, "name": "My Table"}], "String should match pattern"),
    ],
)
def test_a_scene_that_makes_no_sense_is_refused_in_one_line(objects, message):
    with pytest.raises(ConfigError, match=message) as caught:
        draw(objects=objects)
    assert str(caught.value).startswith("test.yaml: objects") or "(file)" in str(
        caught.value
    )
    assert "\n" not in str(caught.value)


def test_a_start_relative_to_nothing_is_refused():
    with pytest.raises(
        ConfigError, match=r"relative to 'sofa', which is not in .*known: table"
    ):
        draw(objects=[TABLE], robot_start={"relative_to": "sofa"})
