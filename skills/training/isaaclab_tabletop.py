"""Set Isaac Lab's stage for hands: a fixed pelvis, one arm that collides, table, cup.

All of it is written into the first environment before the others are cloned from it.
"""

from __future__ import annotations

import mujoco
from isaaclab.sim.utils.stage import get_current_stage
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from configs.schema import RobotConfig
from sim2real.isaaclab.robot_view import RobotView
from sim2real.usd.bodies import make_kinematic, make_rigid, write_body
from sim2real.usd.prims import new_stage, set_plain
from sim2real.usd.shapes import ShapeWriter
from skills.training.hand_models import (
    ARM_GEOM_BODIES,
    Tabletop,
    add_cup,
    add_table,
)

FIRST = "/World/envs/env_0"
ROBOT, TABLETOP = f"{FIRST}/Robot", f"{FIRST}/Tabletop"


def fix_pelvis(robot: RobotConfig) -> None:
    """Fix the base of the first robot in space; `move_pelvises` says where.

    Isaac Lab's own switch, `fix_root_link`, needs Isaac Sim to write this joint.
    """
    stage = get_current_stage()
    root = stage.GetPrimAtPath(ROBOT)
    base = root.GetChild(robot.base_body)
    joint = UsdPhysics.FixedJoint.Define(stage, f"{ROBOT}/fixed_base")
    joint.CreateBody1Rel().SetTargets([base.GetPath()])
    place = UsdGeom.XformCache().GetLocalToWorldTransform(base)
    joint.CreateLocalPos0Attr(Gf.Vec3f(place.ExtractTranslation()))
    joint.CreateLocalRot0Attr(Gf.Quatf(place.ExtractRotationQuat()))
    # PhysX calls a base fixed only if the articulation begins above it.
    base.RemoveAPI(UsdPhysics.ArticulationRootAPI)
    UsdPhysics.ArticulationRootAPI.Apply(root)
    for schema, name in (
        ("PhysxArticulationAPI", "physxArticulation:enabledSelfCollisions"),
        ("NewtonArticulationRootAPI", "newton:selfCollisionEnabled"),
    ):
        base.RemoveAppliedSchema(schema)
        set_plain(root, schema, {name: True})


def move_pelvises(view: RobotView) -> None:
    """Make the solver take over where the fixed pelvises were put."""
    if type(view.asset).__module__.startswith("isaaclab_newton"):
        from isaaclab_newton.physics import NewtonManager
        from newton.solvers import SolverNotifyFlags

        NewtonManager.add_model_change(SolverNotifyFlags.JOINT_PROPERTIES)


def keep_arm_colliders(side: str) -> None:
    """Let only the forearm and hand of one side collide, as on batched MuJoCo."""
    root = get_current_stage().GetPrimAtPath(ROBOT)
    for prim in Usd.PrimRange(root):
        if not prim.HasAPI(UsdPhysics.CollisionAPI):
            continue
        body = prim.GetPath().MakeRelativePath(root.GetPath()).GetPrefixes()[0].name
        near = body.startswith(side) and any(p in body for p in ARM_GEOM_BODIES)
        if not near:
            UsdPhysics.CollisionAPI(prim).CreateCollisionEnabledAttr(False)


def spawn_tabletop(top: Tabletop) -> None:
    """Add the table, which only moves where it is put, and the cup upon it."""
    spec = mujoco.MjSpec()
    table = spec.worldbody.add_body(name="table", pos=top.table_pos)
    add_table(table, [0.0, 0.0, 0.0])
    add_cup(spec, top)
    on_table = top.table_height + top.cup_height / 2
    spec.body("cup").pos = [top.table_edge + 0.1, 0.0, on_table]
    model = spec.compile()
    drawn = new_stage("tabletop", "")
    shapes = ShapeWriter(drawn, model)
    for name in ("table", "cup"):
        body = model.body(name).id
        prim = write_body(
            drawn, model, body, model.body_pos[body], model.body_quat[body]
        )
        shapes.write_body(prim, body)
        make_rigid(prim, model, body)
        if name == "table":
            make_kinematic(prim)
        else:
            shapes.write_stands(prim, body)
    shapes.keep_apart()
    here = get_current_stage().GetEditTarget().GetLayer()
    source = drawn.GetRootLayer(), drawn.GetDefaultPrim().GetPath()
    Sdf.CreatePrimInLayer(here, TABLETOP)
    Sdf.CopySpec(*source, here, Sdf.Path(TABLETOP))
