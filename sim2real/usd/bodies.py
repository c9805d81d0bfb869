"""Write a body of a MuJoCo model as a USD rigid body: pose, mass and sites."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from pxr import UsdGeom, UsdPhysics

from sim2real.usd.prims import Array, child_path, place, quatf, vec3f


def write_body(
    stage: Any, model: mujoco.MjModel, body: int, pos: Array, quat_wxyz: Array
) -> Any:
    """Return the prim of a body, below the default prim of `stage`.

    Bodies lie side by side: a rigid body below another would move with it twice.

    Args:
        stage: to write to.
        model: the body is one of its.
        body: its number.
        pos: of the body in the axes of the default prim [m], (3,).
        quat_wxyz: its orientation there, (4,).
    """
    path = child_path(stage.GetDefaultPrim(), model.body(body).name)
    prim = UsdGeom.Xform.Define(stage, path).GetPrim()
    place(prim, pos, quat_wxyz)
    for site in np.flatnonzero(model.site_bodyid == body).tolist():
        mark = UsdGeom.Xform.Define(stage, child_path(prim, model.site(site).name))
        place(mark.GetPrim(), model.site_pos[site], model.site_quat[site])
    return prim


def make_rigid(prim: Any, model: mujoco.MjModel, body: int) -> None:
    """Give a prim the mass, centre of mass and inertia of a body."""
    UsdPhysics.RigidBodyAPI.Apply(prim)
    mass = UsdPhysics.MassAPI.Apply(prim)
    mass.CreateMassAttr(float(model.body_mass[body]))
    mass.CreateCenterOfMassAttr(vec3f(model.body_ipos[body]))
    mass.CreateDiagonalInertiaAttr(vec3f(model.body_inertia[body]))
    mass.CreatePrincipalAxesAttr(quatf(model.body_iquat[body]))


def make_kinematic(prim: Any) -> None:
    """Make a prim a body that nothing moves."""
    UsdPhysics.RigidBodyAPI.Apply(prim).CreateKinematicEnabledAttr(True)
