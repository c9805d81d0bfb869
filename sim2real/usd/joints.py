"""Write a hinge of a MuJoCo model as a USD joint: frames, limits, drive, losses."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, degrees, radians, sin
from typing import Any

import mujoco
import numpy as np
from pxr import UsdPhysics

from configs.schema import JointConfig
from sim2real.usd.prims import Array, child_path, quatf, set_plain, vec3f
from sim2real.usd.shapes import spring_of


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Where a joint sits in its two bodies; at joint position zero they coincide."""

    axis: str  # X, Y or Z of both frames
    parent_pos: Array  # [m], (3,)
    parent_quat: Array  # wxyz, (4,)
    child_pos: Array  # [m], (3,)
    child_quat: Array  # wxyz, (4,)


def frames_of(model: mujoco.MjModel, joint: int) -> Frames:
    """Return the frames of a hinge, whatever its axis, anchor and zero position.

    MuJoCo turns the child by (position - qpos0) about the axis through the anchor, both
    in the axes of the child; USD turns by the position about an axis of the frame.
    """
    body = int(model.jnt_bodyid[joint])
    anchor, axis = np.array(model.jnt_pos[joint]), np.array(model.jnt_axis[joint])
    quat = np.array(model.body_quat[body])
    nearest = int(np.argmax(np.abs(axis)))
    unit = np.eye(3)[nearest]
    turn = _turn_between(unit, axis)
    zero = float(model.qpos0[model.jnt_qposadr[joint]])
    back = np.array([cos(zero / 2), *(-sin(zero / 2) * unit)])
    shifted = np.zeros(3)
    mujoco.mju_rotVecQuat(shifted, anchor, quat)
    return Frames(
        axis="XYZ"[nearest],
        parent_pos=np.array(model.body_pos[body]) + shifted,
        parent_quat=_product(quat, turn, back),
        child_pos=anchor,
        child_quat=turn,
    )


def write_hinge(
    stage: Any,
    model: mujoco.MjModel,
    joint: int,
    config: JointConfig | None,
    *,
    scope: Any,
    parent: Any,
    child: Any,
) -> None:
    """Write a revolute joint between two bodies, with its name.

    Args:
        stage: to write to.
        model: the joint is one of its.
        joint: its number.
        config: gains, effort, speed and default position; None for a passive joint.
        scope: prim that holds the joints.
        parent: prim of the parent body.
        child: prim of the child body.
    """
    path = child_path(scope, model.joint(joint).name)
    revolute = UsdPhysics.RevoluteJoint.Define(stage, path)
    _connect(revolute, frames_of(model, joint), parent, child)
    if model.jnt_limited[joint]:
        low, high = (float(value) for value in model.jnt_range[joint])
        revolute.CreateLowerLimitAttr(degrees(low))
        revolute.CreateUpperLimitAttr(degrees(high))
    if config is not None:
        _write_drive(revolute.GetPrim(), config)
    _write_losses(revolute.GetPrim(), model, joint)


def _connect(joint: Any, frames: Frames, parent: Any, child: Any) -> None:
    joint.CreateAxisAttr(frames.axis)
    joint.CreateBody0Rel().SetTargets([parent.GetPath()])
    joint.CreateBody1Rel().SetTargets([child.GetPath()])
    joint.CreateLocalPos0Attr(vec3f(frames.parent_pos))
    joint.CreateLocalRot0Attr(quatf(frames.parent_quat))
    joint.CreateLocalPos1Attr(vec3f(frames.child_pos))
    joint.CreateLocalRot1Attr(quatf(frames.child_quat))


def _write_drive(prim: Any, config: JointConfig) -> None:
    """Write the PD actuator; USD counts angles in degrees, so gains are per degree."""
    drive = UsdPhysics.DriveAPI.Apply(prim, "angular")
    drive.CreateTypeAttr(UsdPhysics.Tokens.force)
    drive.CreateStiffnessAttr(radians(config.stiffness))
    drive.CreateDampingAttr(radians(config.damping))
    drive.CreateMaxForceAttr(config.effort)
    drive.CreateTargetPositionAttr(degrees(config.default_pos))
    speed = {"physxJoint:maxJointVelocity": degrees(config.velocity)}
    set_plain(prim, "PhysxJointAPI", speed)


def _write_losses(prim: Any, model: mujoco.MjModel, joint: int) -> None:
    """Write what USD has no word for, in the words of each engine."""
    dof = int(model.jnt_dofadr[joint])
    armature = float(model.dof_armature[dof])
    friction = float(model.dof_frictionloss[dof])
    solref = model.jnt_solref[joint]
    stiffness, damping = spring_of(solref)
    physx = {"physxJoint:armature": armature, "physxJoint:jointFriction": friction}
    newton = {
        "newton:armature": armature,
        "newton:friction": friction,
        "newton:angular:limitStiffness": radians(stiffness),
        "newton:angular:limitDamping": radians(damping),
    }
    mjc = {
        "mjc:armature": armature,
        "mjc:frictionloss": friction,
        "mjc:damping": float(model.dof_damping[dof]),
        "mjc:solreflimit": solref.tolist(),
        "mjc:solimplimit": model.jnt_solimp[joint].tolist(),
    }
    set_plain(prim, "PhysxJointAPI", physx)
    set_plain(prim, "NewtonJointAPI", newton)
    set_plain(prim, "MjcJointAPI", mjc)


def _turn_between(start: Array, end: Array) -> Array:
    """Return the shortest turn from one unit vector to another, wxyz."""
    quat = np.array([1.0 + start @ end, *np.cross(start, end)])
    if quat[0] < 1e-9:  # opposite: half a turn about any axis across
        quat = np.array([0.0, *np.roll(start, 1)])
    return np.asarray(quat / np.linalg.norm(quat))


def _product(*quats: Array) -> Array:
    """Return the Hamilton product of quaternions, wxyz."""
    result = np.array([1.0, 0.0, 0.0, 0.0])
    for quat in quats:
        mujoco.mju_mulQuat(result, result.copy(), quat)
    return result
