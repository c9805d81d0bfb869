"""Give a MuJoCo model the bodies, joints and payload of a concrete robot."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.robot_parameters import TRUNK, RobotParameters


def change_robot(
    spec: mujoco.MjSpec, robot: RobotConfig, parameters: RobotParameters
) -> None:
    """Change masses, centres of mass, armature and friction of the robot's joints.

    Everything that is neutral is left as it is, to the bit. Motors are not changed
    here (`change_motors` for a model that is stepped without `WornMotors`).

    Args:
        spec: that holds the whole robot, before links are merged.
        robot: the robot.
        parameters: what differs.

    Raises:
        ConfigError: if a body does not exist, or would have no mass left.
    """
    for name, scale in parameters.link_mass_scale.items():
        body = _body(spec, robot, "link_mass_scale", name)
        body.mass *= scale
        body.inertia = np.array(body.inertia) * scale
    if parameters.base_mass_add != 0.0 or parameters.base_com_add.any():
        _load_trunk(spec, robot, parameters)
    for index, name in enumerate(robot.joint_names):
        joint = spec.joint(name)
        if parameters.armature_scale[index] != 1.0:
            joint.armature *= parameters.armature_scale[index]
        if parameters.damping_add[index] != 0.0:
            _add_damping(joint, float(parameters.damping_add[index]))
        if parameters.friction_loss_add[index] != 0.0:
            joint.frictionloss += parameters.friction_loss_add[index]


def _body(
    spec: mujoco.MjSpec, robot: RobotConfig, field: str, name: str
) -> mujoco.MjsBody:
    body = spec.body(name)
    if body is None or not body.explicitinertial:
        known = [one.name for one in spec.bodies if one.explicitinertial]
        raise ConfigError(
            f"{field}: {robot.name} has no link '{name}'. Known: {', '.join(known)}."
        )
    return body


def _load_trunk(
    spec: mujoco.MjSpec, robot: RobotConfig, parameters: RobotParameters
) -> None:
    body = _body(spec, robot, "base_mass_add", TRUNK)
    mass = body.mass + parameters.base_mass_add
    if mass <= 0:
        raise ConfigError(
            f"base_mass_add: {parameters.base_mass_add:g} kg would leave {mass:.2f} kg "
            f"of {TRUNK}; expected more than {-body.mass:.2f} kg."
        )
    body.inertia = np.array(body.inertia) * (mass / body.mass)
    body.mass = mass
    body.ipos = np.array(body.ipos) + parameters.base_com_add


def _add_damping(joint: mujoco.MjsJoint, damping: float) -> None:
    # Later versions of MuJoCo hold a polynomial in the speed here.
    if np.ndim(joint.damping) == 0:
        joint.damping += damping
    else:
        joint.damping[0] += damping


def change_motors(
    spec: mujoco.MjSpec, robot: RobotConfig, parameters: RobotParameters
) -> None:
    """Change gains and torque limits of the PD actuators that `robot_spec` added.

    For models that are stepped in one go (training, identification): encoder bias,
    delays and the torque-speed curve act on the targets and limits of each step.
    """
    strength = parameters.strength
    for index, name in enumerate(robot.joint_names):
        actuator = spec.actuator(name)
        stiffness = strength[index] * parameters.stiffness_scale[index]
        if stiffness != 1.0:
            actuator.gainprm[0] *= stiffness
            actuator.biasprm[1] *= stiffness
        damping = strength[index] * parameters.damping_gain_scale[index]
        if damping != 1.0:
            actuator.biasprm[2] *= damping
        limit = strength[index] * parameters.effort_limit_scale[index]
        if limit != 1.0:
            actuator.forcerange = np.array(actuator.forcerange) * limit


def add_payload(
    spec: mujoco.MjSpec, masses: Mapping[str, float], word: str = "payload"
) -> None:
    """Weld a ball of a mass [kg] to grasp sites, by the site's name.

    Args:
        spec: that holds the robot.
        masses: [kg], by the name of the site.
        word: by which the bodies are called, `SITE_WORD`.
    """
    for name, mass in masses.items():
        site = spec.site(name)
        # Welded to the hand: a body without joints.
        body = site.parent.add_body(name=f"{name}_{word}", pos=site.pos)
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=[0.025, 0, 0],
            mass=mass,
            rgba=[0.35, 0.30, 0.55, 1],
            contype=0,
            conaffinity=0,
        )
