"""Meshes have the right size and look outwards; drawings know where bodies are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from app.build import draw
from app.meshes import box, capsule, cylinder, ellipsoid
from configs.loader import load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.robot import BackendError
from skills.contract import Snapshot

MESHES = {
    "ellipsoid": (ellipsoid(1.0, 2.0, 3.0), (1.0, 2.0, 3.0), 4 / 3 * np.pi * 6),
    "capsule": (capsule(1.0, 2.0), (1.0, 1.0, 3.0), np.pi * 4 + 4 / 3 * np.pi),
    "cylinder": (cylinder(1.0, 2.0), (1.0, 1.0, 2.0), np.pi * 4),
    "box": (box(1.0, 2.0, 3.0), (1.0, 2.0, 3.0), 48.0),
}


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_fills_its_bounding_box(name):
    (vertices, _), half, _ = MESHES[name]
    assert_allclose(vertices.max(axis=0), half, rtol=0.02)
    assert_allclose(vertices.min(axis=0), np.negative(half), rtol=0.02)


@pytest.mark.parametrize("name", MESHES)
def test_triangles_look_outwards_and_enclose_the_volume(name):
    (vertices, faces), _, volume = MESHES[name]
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    # The signed volume of a closed surface is positive if its faces look outwards.
    signed = (a * np.cross(b, c)).sum() / 6
    assert signed == pytest.approx(volume, rel=0.05)


def test_a_sketch_shows_every_object_and_follows_the_base(assemble):
    assembly = assemble()
    state = assembly.backend.reset(0)
    drawing = draw(assembly, "fake")
    assert {shape.body for shape in drawing.shapes} == {
        "pelvis",
        "table",
        "shelf",
        "cup",
    }
    objects = assembly.backend.objects()
    poses = drawing.poses(Snapshot(state=state, objects=objects))
    assert_allclose(poses["pelvis"][0], state.base_pos_w)
    assert_allclose(poses["cup"][0], objects["cup"].pos_w)


def test_a_sketch_needs_an_episode(assemble):
    with pytest.raises(BackendError, match="call reset first"):
        draw(assemble(), "fake")


@pytest.fixture
def simulated(assemble):
    """The kitchen in MuJoCo, after a reset with seed 0."""
    pytest.importorskip("mujoco")
    backend = make_backend("mujoco", load_robot(), load_scene("kitchen"))
    backend.reset(0)
    return replace(assemble(), backend=backend)


def test_a_model_is_drawn_from_its_visible_primitives(simulated):
    drawing = draw(simulated, "mujoco")
    bodies = {shape.body for shape in drawing.shapes}
    assert {"pelvis", "torso_link", "left_hand_thumb_2_link", "table", "cup"} <= bodies
    assert "world" not in bodies  # the floor is the viewer's
    state = simulated.backend.true_state()
    poses = drawing.poses(Snapshot(state=state, objects={}))
    assert_allclose(poses["pelvis"][0], state.base_pos_w)
    assert_allclose(poses["pelvis"][1], state.base_quat_wxyz)
