"""Write a robot as a USD articulation, every number from MuJoCo's compiled model."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from pxr import UsdGeom, UsdPhysics

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.mujoco_model import robot_spec
from sim2real.usd.bodies import make_rigid, write_body
from sim2real.usd.joints import write_hinge
from sim2real.usd.prims import child_path, new_stage, set_plain
from sim2real.usd.shapes import ShapeWriter

FREE, HINGE = int(mujoco.mjtJoint.mjJNT_FREE), int(mujoco.mjtJoint.mjJNT_HINGE)


def robot_stage(robot: RobotConfig) -> Any:
    """Return a stage with the robot as its default prim, all joints at zero.

    The pelvis, or whatever `base_body` names, is the root of the articulation and lies
    at the origin, free to move.

    Raises:
        ConfigError: if its MJCF holds something that has no like in USD.
    """
    model = robot_spec(robot).compile()
    _check(robot, model)
    stage = new_stage(
        robot.name,
        f"{robot.name}, {robot.revision}. Written by `praxis export usd`; change the "
        "robot's YAML or MJCF instead of this file.",
    )
    data = mujoco.MjData(model)
    data.qpos[:] = 0.0
    data.qpos[3] = 1.0
    mujoco.mj_kinematics(model, data)
    shapes = ShapeWriter(stage, model)
    prims: dict[int, Any] = {}
    for body in range(1, model.nbody):
        prim = write_body(stage, model, body, data.xpos[body], data.xquat[body])
        make_rigid(prim, model, body)
        shapes.write_body(prim, body)
        prims[body] = prim
    shapes.keep_apart()
    _write_root(prims[model.body(robot.base_body).id])
    _write_joints(stage, robot, model, prims)
    return stage


def _write_root(prim: Any) -> None:
    UsdPhysics.ArticulationRootAPI.Apply(prim)
    # Which shapes touch is said pair by pair.
    physx = {"physxArticulation:enabledSelfCollisions": True}
    set_plain(prim, "PhysxArticulationAPI", physx)
    newton = {"newton:selfCollisionEnabled": True}
    set_plain(prim, "NewtonArticulationRootAPI", newton)


def _write_joints(
    stage: Any, robot: RobotConfig, model: mujoco.MjModel, prims: dict[int, Any]
) -> None:
    configs = {joint.name: joint for joint in robot.joints}
    root = stage.GetDefaultPrim()
    scope = UsdGeom.Scope.Define(stage, child_path(root, "joints")).GetPrim()
    hinges = [model.joint(joint).name for joint in range(1, model.njnt)]
    for name in [*configs, *(name for name in hinges if name not in configs)]:
        joint = model.joint(name).id
        body = int(model.jnt_bodyid[joint])
        write_hinge(
            stage,
            model,
            joint,
            configs.get(name),
            scope=scope,
            parent=prims[int(model.body_parentid[body])],
            child=prims[body],
        )


def _check(robot: RobotConfig, model: mujoco.MjModel) -> None:
    """Refuse what would be lost.

    Raises:
        ConfigError: naming it.
    """
    free = model.body(robot.base_body).id
    faults = {
        "equality constraints": model.neq > 0,
        "tendons": model.ntendon > 0,
        "contact pairs": model.npair > 0,
        "actuators beside those of the robot YAML": model.nu != len(robot.joints),
        "joint springs": bool(np.any(model.jnt_stiffness)),
        "a base without a free joint": model.jnt_type[0] != FREE
        or model.jnt_bodyid[0] != free,
        "joints that are no hinges": bool(np.any(model.jnt_type[1:] != HINGE)),
        "bodies with no joint, or several": bool(np.any(model.body_jntnum[1:] != 1)),
    }
    found = [name for name, is_there in faults.items() if is_there]
    if found:
        raise ConfigError(
            f"{robot.mjcf.name} cannot be written as USD: it has {', '.join(found)}. "
            "Remove that from the MJCF, or load the MJCF itself."
        )
