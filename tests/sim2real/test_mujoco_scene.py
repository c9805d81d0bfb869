"""Scenes in MuJoCo: bodies, contacts and names."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import ConfigError, load_robot, load_scene, parse
from configs.schema import SceneConfig
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_scene import add_scene
from sim2real.scenes import Scene, draw_scene


def compile_scene(scene: Scene) -> Any:
    spec = robot_spec(load_robot())
    add_scene(spec, scene)
    return spec.compile()


def drawn(name: str, seed: int = 0) -> Scene:
    return draw_scene(load_scene(name), np.random.default_rng(seed))


def test_loose_objects_hang_on_free_joints_and_have_their_mass():
    scene = drawn("workshop")
    model = compile_scene(scene)
    for thing in scene.objects:
        assert model.body(thing.name).dofnum[0] == (6 if thing.movable else 0)
        if thing.movable:
            assert_allclose(model.body(thing.name).mass[0], thing.mass)


def test_a_cup_touches_with_four_friction_numbers_and_its_own_coefficient():
    scene = drawn("tabletop")
    model = compile_scene(scene)
    data = mujoco.MjData(model)
    for _ in range(20):  # it settles by its own weight
        mujoco.mj_step(model, data)
    cup = model.geom("cup").id
    contacts = [c for c in data.contact if cup in (c.geom1, c.geom2)]
    friction = next(thing.friction for thing in scene.objects if thing.name == "cup")
    assert contacts
    for contact in contacts:
        assert contact.dim == 4
        assert_allclose(contact.friction[:3], [friction, friction, 0.02])


def test_a_foot_feels_the_friction_of_the_floor():
    scene = drawn("kitchen")
    model = compile_scene(scene)
    data = mujoco.MjData(model)
    data.qpos[:3] = [-2.0, 0.0, 0.70]
    mujoco.mj_forward(model, data)
    floor = model.geom("floor").id
    contacts = [c for c in data.contact if floor in (c.geom1, c.geom2)]
    assert contacts
    for contact in contacts:
        assert_allclose(contact.friction[:2], [scene.floor_friction] * 2)


def test_contact_bits_tell_surroundings_from_loose_objects():
    model = compile_scene(drawn("workshop"))
    for name, bits in {"floor": (1, 0), "cup": (2, 3), "box": (2, 3)}.items():
        geom = model.geom(name)
        assert (geom.contype[0], geom.conaffinity[0]) == bits
    table = model.geom_bodyid == model.body("table").id
    assert set(model.geom_contype[table]) == {1}
    assert set(model.geom_conaffinity[table]) == {0}


@pytest.mark.parametrize("name", ["tabletop", "kitchen", "workshop"])
def test_furniture_fills_its_bounding_box(name):
    scene = drawn(name)
    model = compile_scene(scene)
    for thing in scene.objects:
        geoms = np.flatnonzero(
            (model.geom_bodyid == model.body(thing.name).id)
            & (model.geom_type == mujoco.mjtGeom.mjGEOM_BOX)
        )
        if len(geoms):
            reach = np.abs(model.geom_pos[geoms]) + model.geom_size[geoms]
            assert_allclose(reach.max(axis=0), thing.half_size)


@pytest.mark.parametrize("name", ["left_knee_link", "left_palm", "floor", "world"])
def test_an_object_named_like_a_part_of_the_robot_is_refused(name):
    ball = {"name": name, "kind": "ball", "radius": 0.1, "mass": 1.0, "pos": [1, 0]}
    config = parse(SceneConfig, {"name": "test", "objects": [ball]}, "test.yaml")
    scene = draw_scene(config, np.random.default_rng(0))
    with pytest.raises(ConfigError, match=f"the name '{name}' belongs to the robot"):
        compile_scene(scene)


def test_what_stands_on_a_table_stays_there():
    scene = drawn("workshop")
    model = compile_scene(scene)
    data = mujoco.MjData(model)
    data.qpos[2] = 5.0  # the robot is left to fall elsewhere
    data.qpos[0] = 20.0
    for _ in range(400):  # 2 s
        mujoco.mj_step(model, data)
    for thing in scene.objects:
        if thing.movable:
            assert_allclose(data.body(thing.name).xpos, thing.pos_w, atol=1e-3)
