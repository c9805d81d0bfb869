"""A scene's USD: furniture stays, objects have the mass that was drawn."""

from __future__ import annotations

from itertools import combinations

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose
from pxr import UsdGeom, UsdPhysics, UsdShade

from configs.loader import load_scene
from sim2real.mujoco_scene import scene_model
from sim2real.scenes import draw_scene
from sim2real.usd.collisions import may_touch
from sim2real.usd.scene_stage import scene_stage


def drawn(name, seed=0):
    return draw_scene(load_scene(name), np.random.default_rng(seed))


@pytest.mark.parametrize("name", ["kitchen", "tabletop", "workshop"])
def test_every_object_is_a_prim_and_only_loose_ones_move(name):
    scene = drawn(name, seed=5)
    stage = scene_stage(scene)
    root = stage.GetDefaultPrim()
    assert root.GetName() == name
    model = scene_model(scene)
    for thing in scene.objects:
        prim = root.GetChild(thing.name)
        body = UsdPhysics.RigidBodyAPI(prim)
        assert body.GetKinematicEnabledAttr().Get() is not thing.movable
        local = UsdGeom.Xformable(prim).GetLocalTransformation()
        assert_allclose(local.ExtractTranslation(), thing.pos_w, atol=1e-9)
        if thing.movable:
            mass = UsdPhysics.MassAPI(prim)
            assert_allclose(mass.GetMassAttr().Get(), thing.mass, rtol=1e-6)
            wanted = model.body(thing.name).inertia
            assert_allclose(mass.GetDiagonalInertiaAttr().Get(), wanted, rtol=1e-5)


def test_a_cup_is_a_cylinder_with_its_own_friction():
    scene = drawn("kitchen", seed=2)
    stage = scene_stage(scene)
    cup = next(thing for thing in scene.objects if thing.name == "cup")
    shapes = stage.GetPrimAtPath("/kitchen/cup/collisions").GetChildren()
    assert [(prim.GetName(), prim.GetTypeName()) for prim in shapes] == [
        ("cup", "Cylinder"),
        ("cup_stand", "Cube"),
    ]
    assert_allclose(UsdGeom.Cylinder(shapes[0]).GetRadiusAttr().Get(), cup.half_size[0])
    height = UsdGeom.Cylinder(shapes[0]).GetHeightAttr().Get()
    assert_allclose(height, 2 * cup.half_size[2])
    material, _ = UsdShade.MaterialBindingAPI(shapes[0]).ComputeBoundMaterial("physics")
    friction = UsdPhysics.MaterialAPI(material.GetPrim()).GetDynamicFrictionAttr().Get()
    assert_allclose(friction, cup.friction, rtol=1e-6)
    looks = stage.GetPrimAtPath("/kitchen/cup/visuals").GetChildren()
    assert len(looks) == 3  # the cup, its rim and the drink


def test_a_cup_stands_on_a_box_that_does_not_stick_out():
    stage = scene_stage(drawn("kitchen", seed=2))
    cup = UsdGeom.Cylinder.Get(stage, "/kitchen/cup/collisions/cup")
    foot = UsdGeom.Xformable.Get(stage, "/kitchen/cup/collisions/cup_stand")
    local = foot.GetLocalTransformation()
    corners = [
        np.array(local.Transform((0.5 * x, 0.5 * y, 0.5 * z)))
        for x in (-1, 1)
        for y in (-1, 1)
        for z in (-1, 1)
    ]
    bottom = -0.5 * cup.GetHeightAttr().Get()
    assert_allclose(min(corner[2] for corner in corners), bottom, atol=1e-9)
    filtered = UsdPhysics.FilteredPairsAPI(cup).GetFilteredPairsRel().GetTargets()
    assert {str(path).split("/")[2] for path in filtered} == {"table", "shelf"}
    for corner in corners:
        assert np.hypot(*corner[:2]) < cup.GetRadiusAttr().Get()


def test_a_turned_object_is_turned():
    scene = drawn("kitchen")
    stage = scene_stage(scene)
    shelf = next(thing for thing in scene.objects if thing.name == "shelf")
    prim = stage.GetPrimAtPath("/kitchen/shelf")
    turned = UsdGeom.Xformable(prim).GetLocalTransformation()
    front = turned.TransformDir((1.0, 0.0, 0.0))
    assert_allclose(front, [np.cos(shelf.yaw), np.sin(shelf.yaw), 0.0], atol=1e-9)


def test_the_floor_and_the_light_are_left_to_the_engine():
    stage = scene_stage(drawn("empty"))
    assert stage.GetDefaultPrim().GetChildren() == []


def test_only_cylinders_are_kept_from_anything():
    scene = drawn("workshop")
    stage, model = scene_stage(scene), scene_model(scene)
    for prim in stage.Traverse():
        if prim.HasAPI(UsdPhysics.FilteredPairsAPI):
            assert prim.IsA(UsdGeom.Cylinder)
    names = [thing.name for thing in scene.objects if thing.movable]
    geoms = [model.geom(name).id for name in names]
    assert all(may_touch(model, a, b) for a, b in combinations(geoms, 2))


# --- the rule of contacts ----------------------------------------------------------


def test_excluded_and_welded_bodies_and_parents_do_not_touch():
    ball = "<geom name='{0}' size='1'/>"
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><geom name='ground' type='plane' size='1 1 1'/>"
        f"<body name='a'><freejoint/>{ball.format('a')}"
        f"<body name='welded'>{ball.format('welded')}</body>"
        f"<body name='b'><joint/>{ball.format('b')}"
        f"<body name='c'><joint/>{ball.format('c')}</body></body></body>"
        f"<body name='d'><joint/>{ball.format('d')}</body>"
        "</worldbody><contact><exclude body1='d' body2='c'/></contact></mujoco>"
    )
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    wanted = {frozenset((c.geom1, c.geom2)) for c in data.contact}
    got = {
        frozenset(pair)
        for pair in combinations(range(model.ngeom), 2)
        if may_touch(model, *pair)
    }
    assert got == wanted
    name = {model.geom(geom).name: geom for geom in range(model.ngeom)}
    assert frozenset((name["ground"], name["a"])) in got
    assert frozenset((name["welded"], name["b"])) not in got
    assert frozenset((name["c"], name["d"])) not in got
