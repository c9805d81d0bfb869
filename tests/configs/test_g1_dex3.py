"""The robot model and the robot YAML agree with Unitree's figures, every one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose

from configs.loader import load_robot

FACTS = yaml.safe_load(
    (Path(__file__).parent / "g1_dex3_facts.yaml").read_text(encoding="utf-8")
)
BODIES = FACTS["bodies"]
JOINTS = [body["joint"] for body in BODIES if body["joint"] != "free"]
FEET = [body for body in BODIES if body["name"].endswith("ankle_roll_link")]

ROUNDING = 1e-9  # the model repeats every digit of the figures

LEG = ["hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll"]
WAIST = ["waist_yaw", "waist_roll", "waist_pitch"]
ARM = [
    *("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow"),
    *("wrist_roll", "wrist_pitch", "wrist_yaw"),
]
HAND = [
    *("hand_thumb_0", "hand_thumb_1", "hand_thumb_2"),
    *("hand_middle_0", "hand_middle_1", "hand_index_0", "hand_index_1"),
]


def name_of(part: dict[str, Any]) -> str:
    return str(part["name"])


every_body = pytest.mark.parametrize("body", BODIES, ids=name_of)
every_joint = pytest.mark.parametrize("joint", JOINTS, ids=name_of)


@pytest.fixture(scope="module")
def model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_path(str(load_robot().mjcf))


def unit(quat_wxyz: Any) -> Any:
    """Return a quaternion of length 1 whose first part that is not 0 is positive."""
    quat = np.array(quat_wxyz, dtype=float)
    return quat / np.linalg.norm(quat) * np.sign(quat[np.nonzero(quat)[0][0]])


def inertia(principal: Any, quat_wxyz: Any) -> Any:
    """Return the inertia tensor in the body's axes, (3, 3) [kg m^2].

    MuJoCo may name the principal axes in another order, the tensor stays the same.
    """
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, unit(quat_wxyz))
    axes = matrix.reshape(3, 3)
    return axes @ np.diag(principal) @ axes.T


def test_it_has_the_bodies_of_the_figures_and_no_other(model: mujoco.MjModel) -> None:
    names = [model.body(i).name for i in range(1, model.nbody)]
    assert sorted(names) == sorted(name_of(body) for body in BODIES)
    assert len(names) == 44


@every_body
def test_body_hangs_where_the_figures_say(
    model: mujoco.MjModel, body: dict[str, Any]
) -> None:
    found = model.body(body["name"])
    assert model.body(int(found.parentid[0])).name == body["parent"]
    assert_allclose(found.pos, body["pos"], atol=ROUNDING)
    quat = body.get("quat", [1.0, 0.0, 0.0, 0.0])
    assert_allclose(unit(found.quat), unit(quat), atol=ROUNDING)


@every_body
def test_body_weighs_what_the_figures_say(
    model: mujoco.MjModel, body: dict[str, Any]
) -> None:
    found = model.body(body["name"])
    assert_allclose(found.mass, body["mass"], rtol=ROUNDING)
    assert_allclose(found.ipos, body["com"], atol=ROUNDING)
    assert_allclose(
        inertia(found.inertia, found.iquat),
        inertia(body["inertia_diag"], body["inertia_quat"]),
        atol=ROUNDING * max(body["inertia_diag"]),
    )


def test_the_whole_robot_weighs_34_kg(model: mujoco.MjModel) -> None:
    # The figure is rounded to a tenth of a gram.
    assert sum(model.body_mass) == pytest.approx(FACTS["total_mass"], abs=5e-5)


def test_it_floats_and_has_the_joints_of_the_figures(model: mujoco.MjModel) -> None:
    names = {model.joint(i).name for i in range(model.njnt)}
    assert names == {"floating_base", *(name_of(joint) for joint in JOINTS)}
    assert model.joint("floating_base").type == mujoco.mjtJoint.mjJNT_FREE
    assert model.body(int(model.joint("floating_base").bodyid[0])).name == "pelvis"


@pytest.mark.parametrize(
    "body", [body for body in BODIES if body["joint"] != "free"], ids=name_of
)
def test_joint_turns_as_the_figures_say(
    model: mujoco.MjModel, body: dict[str, Any]
) -> None:
    joint = body["joint"]
    found = model.joint(joint["name"])
    assert model.body(int(found.bodyid[0])).name == body["name"]
    assert found.type == mujoco.mjtJoint.mjJNT_HINGE
    assert_allclose(found.pos, 0.0, atol=0)
    assert_allclose(found.axis, joint["axis"], atol=ROUNDING)
    assert_allclose(found.range, joint["range"], atol=ROUNDING)
    assert model.jnt_limited[found.id]
    effort = joint["effort_limit"]
    assert model.jnt_actfrclimited[found.id]
    assert_allclose(model.jnt_actfrcrange[found.id], [-effort, effort], atol=ROUNDING)
    if "armature" in joint:
        assert_allclose(found.armature, joint["armature"], atol=ROUNDING)


@pytest.mark.parametrize("site", FACTS["sites"], ids=name_of)
def test_sensor_sits_where_the_figures_say(
    model: mujoco.MjModel, site: dict[str, Any]
) -> None:
    found = model.site(site["name"])
    assert model.body(int(found.bodyid[0])).name == site["body"]
    assert_allclose(found.pos, site["pos"], atol=ROUNDING)
    assert_allclose(unit(found.quat), [1.0, 0.0, 0.0, 0.0], atol=ROUNDING)


@pytest.mark.parametrize("body", FEET, ids=name_of)
def test_a_foot_touches_the_ground_with_four_spheres_only(
    model: mujoco.MjModel, body: dict[str, Any]
) -> None:
    spheres = [shape for shape in body["shapes"] if shape.get("type") == "sphere"]
    on_foot = np.flatnonzero(model.geom_bodyid == model.body(body["name"]).id)
    touching = [g for g in on_foot if model.geom_contype[g] | model.geom_conaffinity[g]]
    assert len(touching) == len(spheres) == 4
    for geom, sphere in zip(touching, spheres, strict=True):
        assert model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_SPHERE
        assert_allclose(model.geom_pos[geom], sphere["pos"], atol=ROUNDING)
        assert_allclose(model.geom_size[geom], sphere["size"], atol=ROUNDING)


def test_the_geometry_is_primitive(model: mujoco.MjModel) -> None:
    assert model.nmesh == model.nhfield == model.ntex == 0
    kinds = mujoco.mjtGeom
    primitive = {
        *(kinds.mjGEOM_SPHERE, kinds.mjGEOM_CAPSULE, kinds.mjGEOM_ELLIPSOID),
        *(kinds.mjGEOM_CYLINDER, kinds.mjGEOM_BOX),
    }
    assert {kinds(kind) for kind in model.geom_type} <= primitive


@every_body
def test_the_geometry_stays_near_the_boxes_of_the_parts(
    model: mujoco.MjModel, body: dict[str, Any]
) -> None:
    boxes = [shape for shape in body["shapes"] if "part" in shape]
    centers = np.array([box["box_center"] for box in boxes])
    half_sizes = np.array([box["box_half_size"] for box in boxes])
    low, high = (centers - half_sizes).min(axis=0), (centers + half_sizes).max(axis=0)
    geoms = np.flatnonzero(model.geom_bodyid == model.body(body["name"]).id)
    assert len(geoms) > 0
    for geom in geoms:
        matrix = np.zeros(9)
        mujoco.mju_quat2Mat(matrix, model.geom_quat[geom])
        axes = matrix.reshape(3, 3)
        center = model.geom_pos[geom] + axes @ model.geom_aabb[geom, :3]
        half_size = np.abs(axes) @ model.geom_aabb[geom, 3:]
        assert (center - half_size >= low - 0.031).all()  # [m]
        assert (center + half_size <= high + 0.031).all()


def test_the_yaml_lists_legs_waist_arms_and_hands_in_order() -> None:
    order = [
        *(f"left_{part}_joint" for part in LEG),
        *(f"right_{part}_joint" for part in LEG),
        *(f"{part}_joint" for part in WAIST),
        *(f"left_{part}_joint" for part in ARM),
        *(f"right_{part}_joint" for part in ARM),
        *(f"left_{part}_joint" for part in HAND),
        *(f"right_{part}_joint" for part in HAND),
    ]
    assert len(order) == 29 + 2 * 7
    assert list(load_robot().joint_names) == order


@every_joint
def test_the_yaml_repeats_range_and_effort(joint: dict[str, Any]) -> None:
    robot = load_robot()
    i = robot.joint_names.index(joint["name"])
    assert_allclose(robot.joint_range[i], joint["range"], atol=0)
    assert robot.effort_limit[i] == joint["effort_limit"]


def test_the_yaml_names_bodies_and_sites_of_the_model(model: mujoco.MjModel) -> None:
    robot = load_robot()
    assert model.body(robot.base_body).name == "pelvis"
    for site in robot.sites.model_dump().values():
        assert model.site(site).name == site


def test_the_soles_touch_the_ground_in_the_default_pose(model: mujoco.MjModel) -> None:
    robot = load_robot()
    data = mujoco.MjData(model)
    data.qpos[2] = robot.standing_height
    for name, pos in zip(robot.joint_names, robot.default_joint_pos, strict=True):
        data.qpos[model.joint(name).qposadr[0]] = pos
    mujoco.mj_kinematics(model, data)
    soles = [
        data.geom_xpos[model.geom(f"{side}_foot_{i}").id][2] - 0.005
        for side in ("left", "right")
        for i in range(4)
    ]
    assert_allclose(soles, 0.0, atol=0.005)  # [m]
