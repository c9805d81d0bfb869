"""The robot's USD: every number is MuJoCo's, and so are motion and contacts."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import degrees, pi, radians

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose
from pxr import Usd, UsdGeom, UsdPhysics, UsdShade

from configs.loader import ConfigError, load_robot
from sim2real.mujoco_model import robot_spec
from sim2real.usd.joints import frames_of
from sim2real.usd.robot_stage import robot_stage
from sim2real.usd.shapes import geom_name, spring_of

CLOSE = {"rtol": 1e-5, "atol": 1e-9}


def matrix(quat_wxyz):
    result = np.zeros(9)
    mujoco.mju_quat2Mat(result, np.asarray(quat_wxyz, dtype=float))
    return result.reshape(3, 3)


def wxyz(quat):
    return np.array([quat.GetReal(), *quat.GetImaginary()], dtype=float)


def at(stage, *names):
    prim = stage.GetPrimAtPath("/".join(["/g1_dex3", *names]))
    assert prim, names
    return prim


def value(prim, name):
    attribute = prim.GetAttribute(name)
    assert attribute.HasAuthoredValue(), f"{prim.GetPath()} lacks {name}"
    return attribute.Get()


def bodies(model):
    return [model.body(body).name for body in range(1, model.nbody)]


def inertia(diagonal, quat_wxyz):
    axes = matrix(quat_wxyz)
    return axes @ np.diag(np.asarray(diagonal, dtype=float)) @ axes.T


def build(tmp_path, body, extra="", **changes):
    """Return a robot made of a floating base with `body` on it."""
    joint = (
        load_robot()
        .joints[0]
        .model_copy(update={"name": "j", "default_pos": 0.0, "range": (-1.0, 1.0)})
    )
    path = tmp_path / "robot.xml"
    path.write_text(
        "<mujoco><compiler angle='radian'/><worldbody><body name='base'><freejoint/>"
        f"<geom size='0.1'/>{body}</body></worldbody>{extra}</mujoco>"
    )
    update = {"name": "small", "mjcf": path, "base_body": "base", "joints": (joint,)}
    return load_robot().model_copy(update={**update, **changes})


# --- numbers -----------------------------------------------------------------------


def test_units_and_axes_are_ours(stage):
    assert UsdGeom.GetStageUpAxis(stage) == "Z"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert UsdPhysics.GetStageKilogramsPerUnit(stage) == 1.0
    assert stage.GetDefaultPrim().GetName() == "g1_dex3"


def test_the_pelvis_is_the_only_root_and_floats(stage):
    roots = [
        prim.GetName()
        for prim in stage.Traverse()
        if prim.HasAPI(UsdPhysics.ArticulationRootAPI)
    ]
    assert roots == ["pelvis"]
    children = set()
    for prim in stage.Traverse():
        if prim.IsA(UsdPhysics.Joint):
            children |= set(UsdPhysics.Joint(prim).GetBody1Rel().GetTargets())
    assert at(stage, "pelvis").GetPath() not in children


def test_every_body_has_its_mass_and_inertia(stage, model):
    for name in bodies(model):
        body, prim = model.body(name), at(stage, name)
        assert prim.HasAPI(UsdPhysics.RigidBodyAPI)
        mass = UsdPhysics.MassAPI(prim)
        assert_allclose(mass.GetMassAttr().Get(), body.mass[0], **CLOSE)
        assert_allclose(mass.GetCenterOfMassAttr().Get(), body.ipos, atol=1e-7)
        got = inertia(
            mass.GetDiagonalInertiaAttr().Get(),
            wxyz(mass.GetPrincipalAxesAttr().Get()),
        )
        wanted = inertia(body.inertia, body.iquat)
        assert_allclose(got, wanted, atol=1e-5 * np.abs(wanted).max())


def test_every_joint_has_its_limits_gains_and_armature(stage, model, robot):
    assert [prim.GetName() for prim in at(stage, "joints").GetChildren()] == list(
        robot.joint_names
    )
    for joint in robot.joints:
        prim, ours = at(stage, "joints", joint.name), model.joint(joint.name)
        armature = model.dof_armature[ours.dofadr[0]]
        drive = "drive:angular:physics:"
        wanted = {
            "physics:lowerLimit": degrees(ours.range[0]),
            "physics:upperLimit": degrees(ours.range[1]),
            f"{drive}stiffness": joint.stiffness * pi / 180,  # [N m/degree]
            f"{drive}damping": joint.damping * pi / 180,
            f"{drive}maxForce": joint.effort,
            f"{drive}targetPosition": degrees(joint.default_pos),
            "physxJoint:maxJointVelocity": degrees(joint.velocity),
            "physxJoint:jointFriction": 0.0,
            "newton:friction": 0.0,
            "mjc:frictionloss": 0.0,
            "mjc:damping": 0.0,
        }
        wanted |= {
            f"{engine}:armature": armature for engine in ("physxJoint", "newton", "mjc")
        }
        got = {name: value(prim, name) for name in wanted}
        assert_allclose(list(got.values()), list(wanted.values()), **CLOSE)
        assert value(prim, f"{drive}type") == "force"


def test_gains_are_those_of_the_yaml(robot):
    knee = robot.joint_names.index("left_knee_joint")
    joints = list(robot.joints)
    joints[knee] = joints[knee].model_copy(update={"stiffness": 123.0, "effort": 77.0})
    changed = robot_stage(robot.model_copy(update={"joints": tuple(joints)}))
    prim = at(changed, "joints", "left_knee_joint")
    drive = "drive:angular:physics:"
    assert_allclose(value(prim, f"{drive}stiffness"), radians(123.0), rtol=1e-6)
    assert value(prim, f"{drive}maxForce") == 77.0


def test_a_soft_limit_is_written_as_stiffness_and_damping():
    # k = 1 / (0.02 * 1)^2 = 2500 1/s^2, b = 2 / 0.02 = 100 1/s
    assert_allclose(spring_of(np.array([0.02, 1.0])), (2500.0, 100.0))
    assert spring_of(np.array([-300.0, -4.0])) == (300.0, 4.0)


def test_joint_losses_reach_every_engine(tmp_path):
    body = (
        "<body name='arm'><geom size='0.1' pos='0 0 1'/><joint name='j' "
        "armature='0.5' frictionloss='0.25' damping='0.125'/></body>"
    )
    small = robot_stage(build(tmp_path, body))
    prim = small.GetPrimAtPath("/small/joints/j")
    assert value(prim, "mjc:damping") == 0.125
    for name in ("newton:friction", "mjc:frictionloss", "physxJoint:jointFriction"):
        assert value(prim, name) == 0.25
    assert not UsdPhysics.RevoluteJoint(prim).GetLowerLimitAttr().HasAuthoredValue()


def test_sites_lie_under_their_body(stage, model, robot):
    for name in (robot.sites.imu, robot.sites.left_foot, "right_index_tip"):
        site = model.site(name)
        prim = at(stage, model.body(site.bodyid[0]).name, name)
        local = UsdGeom.Xformable(prim).GetLocalTransformation()
        assert_allclose(local.ExtractTranslation(), site.pos, atol=1e-9)


# --- motion ------------------------------------------------------------------------


def poses_from_usd(stage, joint_pos):
    """Return position and rotation of every body, by the joint frames alone."""
    joints = {}
    for prim in stage.GetDefaultPrim().GetChild("joints").GetChildren():
        joint = UsdPhysics.RevoluteJoint(prim)
        child = joint.GetBody1Rel().GetTargets()[0].name
        joints[child] = (joint.GetBody0Rel().GetTargets()[0].name, joint)

    @cache
    def pose(name):
        if name not in joints:
            return np.zeros(3), np.eye(3)
        parent, joint = joints[name]
        pos, rot = pose(parent)
        axis = np.eye(3)["XYZ".index(joint.GetAxisAttr().Get())]
        angle = joint_pos[joint.GetPrim().GetName()]
        turn = matrix([np.cos(angle / 2), *(np.sin(angle / 2) * axis)])
        parent_rot = matrix(wxyz(joint.GetLocalRot0Attr().Get()))
        child_rot = matrix(wxyz(joint.GetLocalRot1Attr().Get()))
        new = rot @ parent_rot @ turn @ child_rot.T
        anchor = pos + rot @ np.array(joint.GetLocalPos0Attr().Get())
        return anchor - new @ np.array(joint.GetLocalPos1Attr().Get()), new

    return {name: pose(name) for name in joints}


def largest_differences(stage, model, joint_pos):
    """Return how far the poses of USD are from MuJoCo's [m], [rad]."""
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, 0, 1, 0, 0, 0]
    for name, angle in joint_pos.items():
        data.qpos[model.joint(name).qposadr[0]] = angle
    mujoco.mj_kinematics(model, data)
    metres, turns = [], []
    for name, (pos, rot) in poses_from_usd(stage, joint_pos).items():
        body = data.body(name)
        metres.append(np.linalg.norm(pos - body.xpos))
        between = rot.T @ body.xmat.reshape(3, 3)
        skew = [between[2, 1], between[0, 2], between[1, 0]] - between.T[
            [2, 0, 1], [1, 2, 0]
        ]
        turns.append(np.arctan2(np.linalg.norm(skew) / 2, (np.trace(between) - 1) / 2))
    return max(metres), max(turns)


def test_joint_frames_move_the_bodies_as_in_mujoco(stage, model, robot):
    rng = np.random.default_rng(1)
    low, high = robot.joint_range.T
    for _ in range(20):
        angles = rng.uniform(low, high)
        metres, turns = largest_differences(
            stage, model, dict(zip(robot.joint_names, angles, strict=True))
        )
        assert metres < 1e-5
        assert turns < 1e-5


@pytest.mark.parametrize("axis", ["0 0 1", "-1 0 0", "0 -1 0", "1 2 -0.5"])
def test_any_axis_anchor_and_zero_position_is_kept(tmp_path, axis):
    body = (
        "<body name='arm' pos='0.1 0.2 0.3' euler='0.4 -0.7 1.1'><geom size='0.1'/>"
        f"<joint name='j' axis='{axis}' pos='0.05 -0.02 0.3' ref='0.6'/></body>"
    )
    robot = build(tmp_path, body)
    model = mujoco.MjModel.from_xml_path(str(robot.mjcf))
    small = robot_stage(robot)
    for angle in (0.0, 0.6, -2.5, 3.0):
        metres, turns = largest_differences(small, model, {"j": angle})
        assert metres < 1e-6
        assert turns < 1e-6


def test_a_joint_about_z_needs_no_turn(model):
    frames = frames_of(model, model.joint("waist_yaw_joint").id)
    assert frames.axis == "Z"
    assert_allclose(frames.child_quat, [1, 0, 0, 0])
    assert_allclose(frames.child_pos, 0)


def test_bodies_lie_where_joint_position_zero_puts_them(stage, model, robot):
    poses = poses_from_usd(stage, dict.fromkeys(robot.joint_names, 0.0))
    for name, (pos, rot) in poses.items():
        local = UsdGeom.Xformable(at(stage, name)).GetLocalTransformation()
        assert_allclose(local.ExtractTranslation(), pos, atol=1e-6)
        turned = np.array(local.ExtractRotationMatrix()).T  # USD turns row vectors
        assert_allclose(turned, rot, atol=1e-6)


# --- shapes ------------------------------------------------------------------------


def colliders(stage):
    """Return every collider by body and name."""
    return {
        (prim.GetParent().GetParent().GetName(), prim.GetName()): prim
        for prim in stage.Traverse()
        if prim.HasAPI(UsdPhysics.CollisionAPI)
    }


def key_of(model, geom):
    return model.body(model.geom_bodyid[geom]).name, geom_name(model, geom)


def test_what_touches_in_mujoco_touches_in_usd_and_nothing_else(stage, model, robot):
    spec = robot_spec(robot)
    for geom in spec.geoms:  # so large that every pair it considers is a contact
        geom.type = mujoco.mjtGeom.mjGEOM_SPHERE
        geom.fromto = [np.nan] * 6
        geom.size = [3.0, 0.0, 0.0]
    balls = spec.compile()
    data = mujoco.MjData(balls)
    mujoco.mj_forward(balls, data)
    wanted = {
        frozenset((key_of(model, c.geom1), key_of(model, c.geom2)))
        for c in data.contact
    }
    prims = colliders(stage)
    paths = {prim.GetPath(): key for key, prim in prims.items()}
    apart = {
        frozenset((key, paths[target]))
        for key, prim in prims.items()
        if prim.HasAPI(UsdPhysics.FilteredPairsAPI)
        for target in UsdPhysics.FilteredPairsAPI(prim)
        .GetFilteredPairsRel()
        .GetTargets()
    }
    got = {frozenset((a, b)) for a, b in combinations(prims, 2) if a[0] != b[0]} - apart
    assert len(wanted) == 236
    assert got == wanted


def test_colliders_have_the_size_and_place_of_their_geoms(stage, model):
    prims = colliders(stage)
    kinds = {"Sphere", "Capsule", "Cube"}
    assert {str(prim.GetTypeName()) for prim in prims.values()} == kinds
    for geom in range(model.ngeom):
        if not (model.geom_contype[geom] or model.geom_conaffinity[geom]):
            continue
        prim = prims.pop(key_of(model, geom))
        local = UsdGeom.Xformable(prim).GetLocalTransformation()
        assert_allclose(local.ExtractTranslation(), model.geom_pos[geom], atol=1e-9)
        size, kind = model.geom_size[geom], prim.GetTypeName()
        if kind == "Sphere":
            assert_allclose(value(prim, "radius"), size[0])
        elif kind == "Cube":
            scale = value(prim, "xformOp:scale")
            assert_allclose(scale, 2 * size / value(prim, "size"))
        elif model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:
            assert_allclose(
                (value(prim, "radius"), value(prim, "height") / 2), size[:2]
            )
    assert not prims


def test_friction_and_stiffness_of_contacts_are_written(stage):
    tip = colliders(stage)["left_hand_index_1_link", "left_index_1"]
    material, _ = UsdShade.MaterialBindingAPI(tip).ComputeBoundMaterial("physics")
    surface = material.GetPrim()
    assert value(surface, "physics:staticFriction") == 1.0
    assert value(surface, "physics:dynamicFriction") == 1.0
    assert_allclose(value(surface, "newton:torsionalFriction"), 0.02, rtol=1e-6)
    assert_allclose(value(surface, "mjc:rollingfriction"), 0.001, rtol=1e-6)
    assert value(tip, "mjc:condim") == 4
    assert_allclose(value(tip, "mjc:solref"), [0.015, 1.0])
    # 1 / 0.015^2 = 4444.4, 2 / 0.015 = 133.3
    assert_allclose(value(tip, "newton:contact_ke"), 4444.444, rtol=1e-6)
    assert_allclose(value(tip, "newton:contact_kd"), 133.3333, rtol=1e-6)


def test_an_ellipsoid_collides_as_a_capsule_of_its_length(stage):
    # The head has half axes 0.072, 0.076 and 0.092 m, the longest along z.
    head = colliders(stage)["torso_link", "ellipsoid_6"]
    assert head.GetTypeName() == "Capsule"
    assert_allclose(value(head, "radius"), 0.074)
    assert_allclose(value(head, "height"), 2 * (0.092 - 0.074))


@pytest.mark.parametrize("longest", [0, 1, 2])
def test_that_capsule_lies_along_the_longest_axis(tmp_path, longest):
    size = ["0.1"] * 3
    size[longest] = "0.3"
    body = (
        f"<body name='arm'><geom name='g' type='ellipsoid' size='{' '.join(size)}'/>"
        "<joint name='j'/></body>"
    )
    small = robot_stage(build(tmp_path, body))
    prim = small.GetPrimAtPath("/small/arm/collisions/g")
    extent = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["guide"]).ComputeRelativeBound(
        prim, small.GetPrimAtPath("/small/arm")
    )
    half = np.array(extent.ComputeAlignedRange().GetSize()) / 2
    assert_allclose(half, [float(value) for value in size], atol=1e-6)


def test_looks_have_colours_and_do_not_collide(stage):
    looks = [
        prim
        for prim in stage.Traverse()
        if prim.IsA(UsdGeom.Gprim) and prim.GetParent().GetName() == "visuals"
    ]
    assert len(looks) > 40
    assert not any(prim.HasAPI(UsdPhysics.CollisionAPI) for prim in looks)
    colours = [UsdGeom.Gprim(prim).GetDisplayColorAttr().Get()[0] for prim in looks]
    assert any(np.allclose(colour, (0.92, 0.55, 0.20)) for colour in colours)  # a tip
    # The boxes that only collide are invisible, and so are the foot's spheres.
    assert not at(stage, "pelvis", "visuals").GetChild("box_3")
    assert not at(stage, "left_ankle_roll_link", "visuals").GetChild("left_foot_0")


def test_an_ellipsoid_looks_like_one(stage):
    prim = at(stage, "pelvis", "visuals", "ellipsoid_0")
    points = np.array(UsdGeom.Mesh(prim).GetPointsAttr().Get())
    assert_allclose(points.max(axis=0), [0.0598, 0.0678, 0.0621], rtol=2e-2)
    on_it = np.sum((points / [0.0598, 0.0678, 0.0621]) ** 2, axis=1)
    assert_allclose(on_it, 1.0, rtol=1e-5)
    counts = UsdGeom.Mesh(prim).GetFaceVertexCountsAttr().Get()
    indices = list(UsdGeom.Mesh(prim).GetFaceVertexIndicesAttr().Get())
    for count in counts:  # every face looks outwards
        face, indices = points[indices[:count]], indices[count:]
        assert np.cross(face[1] - face[0], face[2] - face[0]) @ face.mean(axis=0) > 0


# --- what cannot be written --------------------------------------------------------

ARM = "<body name='arm'><geom name='g' size='0.1'/><joint name='j'/></body>"


@pytest.mark.parametrize(
    ("body", "extra", "fault"),
    [
        (
            ARM,
            "<equality><joint joint1='j'/></equality>",
            "robot.xml cannot be written as USD: it has equality constraints.",
        ),
        (
            ARM.replace("name='j'", "name='j' stiffness='3'"),
            "<tendon><fixed><joint joint='j' coef='1'/></fixed></tendon>",
            "it has tendons, joint springs.",
        ),
        (
            ARM,
            "<actuator><motor joint='j'/></actuator>",
            "it has actuators beside those of the robot YAML.",
        ),
        (
            ARM.replace("/><joint", "/><joint name='k' axis='1 0 0'/><joint"),
            "",
            "it has bodies with no joint, or several.",
        ),
        (
            ARM.replace("<joint", "<joint type='slide'"),
            "",
            "it has joints that are no hinges.",
        ),
        (
            ARM.replace("size='0.1'", "type='ellipsoid' size='0.1 0.2 0.3'"),
            "",
            "geom 'g' is an ellipsoid with half axes 0.100, 0.200, 0.300 m; only one "
            "that is round about its longest axis can collide in USD. Use a capsule "
            "or a box.",
        ),
        (
            ARM.replace("name='arm'", "name='my arm'"),
            "",
            "USD allows letters, digits and _ in a name, and no digit in front; got "
            "'my arm'. Rename it.",
        ),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path, body, extra, fault):
    with pytest.raises(ConfigError) as caught:
        robot_stage(build(tmp_path, body, extra))
    assert fault in str(caught.value)


def test_a_mesh_is_refused(tmp_path):
    vertices = "0 0 0 1 0 0 0 1 0 0 0 1"
    extra = f"<asset><mesh name='m' vertex='{vertices}'/></asset>"
    body = ARM.replace("size='0.1'", "type='mesh' mesh='m'")
    with pytest.raises(ConfigError, match="geom 'g' cannot be written as USD"):
        robot_stage(build(tmp_path, body, extra))


def test_a_base_that_is_fixed_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="it has a base without a free joint"):
        robot_stage(build(tmp_path, ARM, base_body="arm"))
