"""The MuJoCo model of a robot with candidate parameters, cut down to what moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_parameters import add_payload, change_motors, change_robot
from sim2real.robot_parameters import JOINT_KINDS, TRUNK, RobotParameters
from sim2real.rotations import multiply

Array = NDArray[np.float64]

SPECK = 1e-9  # [kg]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """In what circumstances a robot moved, as far as the model must know them."""

    robot: RobotConfig
    joints: tuple[str, ...]  # that move; the others are welded
    pose: Array  # of the welded joints [rad], (n,)
    stiffness: Array  # commanded [N m/rad], (n,)
    damping: Array  # commanded [N m s/rad], (n,)


class Candidates:
    """Makes models of one robot in one setting, each with other parameters."""

    def __init__(self, setting: Setting) -> None:
        """Cut the nominal robot down; that takes longer than changing it later."""
        robot = setting.robot
        self.setting = setting
        self._rows = np.array([robot.joint_names.index(j) for j in setting.joints])
        kept = tuple(robot.joints[row] for row in self._rows)
        self._robot = robot.model_copy(update={"joints": kept})
        # Both are remembered by the model that was copied.
        for name in ("joint_names", "_groups", "effort_limit", "stiffness", "damping"):
            self._robot.__dict__.pop(name, None)
        self._spec = _cut_down(setting)
        self._bodies = {body.name for body in self._spec.bodies}

    def spec(self, parameters: RobotParameters) -> mujoco.MjSpec:
        """Return the model of a robot with some parameters, not yet compiled."""
        spec, own = self._spec.copy(), self._own(parameters)
        change_robot(spec, self._robot, own)
        change_motors(spec, self._robot, own)
        sites = {
            "left": self._robot.sites.left_grasp,
            "right": self._robot.sites.right_grasp,
        }
        # Candidates share their data, so that all must have the same bodies: an empty
        # hand holds a speck.
        held = {
            site: max(own.payload.get(side, 0.0), SPECK)
            for side, site in sites.items()
            if site is not None and spec.site(site) is not None
        }
        add_payload(spec, held, "held")
        return spec

    def _own(self, parameters: RobotParameters) -> RobotParameters:
        """Return the parameters of the joints and bodies that are left."""
        cut: dict[str, Any] = {
            name: getattr(parameters, name)[self._rows] for name in JOINT_KINDS
        }
        cut["link_mass_scale"] = {
            body: scale
            for body, scale in parameters.link_mass_scale.items()
            if body in self._bodies
        }
        if TRUNK not in self._bodies:
            cut["base_mass_add"], cut["base_com_add"] = 0.0, np.zeros(3)
        return replace(parameters, joint_names=self.setting.joints, **cut)


def _cut_down(setting: Setting) -> mujoco.MjSpec:
    robot = setting.robot
    spec = robot_spec(robot)
    for index, name in enumerate(robot.joint_names):
        actuator = spec.actuator(name)
        actuator.gainprm[0] = setting.stiffness[index]
        actuator.biasprm[1] = -setting.stiffness[index]
        actuator.biasprm[2] = -setting.damping[index]
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    _solve_to_the_end(spec.option)
    # On a stand the base is part of the world.
    spec.delete(spec.body(robot.base_body).joints[0])
    for name in robot.joint_names:
        if name not in setting.joints:
            spec.delete(spec.actuator(name))
    for limb in list(spec.body(robot.base_body).bodies):
        if not set(_joints_below(limb)) & set(setting.joints):
            spec.delete(limb)  # it stands still on what stands still
    for index, name in enumerate(robot.joint_names):
        if name not in setting.joints and spec.joint(name) is not None:
            _weld(spec, name, float(setting.pose[index]))
    for name in setting.joints:
        spec.add_sensor(
            name=name,
            type=mujoco.mjtSensor.mjSENS_ACTUATORFRC,
            objtype=mujoco.mjtObj.mjOBJ_ACTUATOR,
            objname=name,
        )
    return spec


def _solve_to_the_end(option: mujoco.MjOption) -> None:
    """Leave nothing of a step unsolved.

    The solver of a run stops when it is near enough. Two candidates that hardly differ
    then differ by when it stopped: microradians, but divided by a small step they look
    like knowledge that is not in the data.
    """
    option.tolerance, option.noslip_tolerance = 1e-14, 0.0
    option.iterations, option.ls_iterations = 20, 50


def _joints_below(body: mujoco.MjsBody) -> Iterator[str]:
    for joint in body.joints:
        yield joint.name
    for child in body.bodies:
        yield from _joints_below(child)


def _weld(spec: mujoco.MjSpec, name: str, angle: float) -> None:
    """Turn the body by the angle of its joint, and take the joint away."""
    joint = spec.joint(name)
    body = joint.parent
    half = angle / 2.0
    axis = np.array(joint.axis, dtype=float)
    axis = np.sin(half) * axis / np.linalg.norm(axis)
    body.quat = multiply(np.array(body.quat), np.array([np.cos(half), *axis]))
    spec.delete(joint)


def rest_state(model: mujoco.MjModel, setting: Setting, joint_pos: Array) -> Array:
    """Return the full physics state of the robot at rest.

    Args:
        model: compiled from `candidate_spec`.
        setting: of the model.
        joint_pos: true positions of its joints [rad], (k,).
    """
    data = mujoco.MjData(model)
    data.qpos[joint_columns(model, setting.joints)] = joint_pos
    size = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_FULLPHYSICS)
    state = np.empty(size)
    mujoco.mj_getState(model, data, state, mujoco.mjtState.mjSTATE_FULLPHYSICS)
    return state


def joint_columns(model: mujoco.MjModel, joints: Sequence[str]) -> NDArray[np.intp]:
    """Return where in `qpos` the joints are, (k,)."""
    return np.array([model.joint(name).qposadr[0] for name in joints])


def velocity_columns(model: mujoco.MjModel, joints: Sequence[str]) -> NDArray[np.intp]:
    """Return where in `qvel` the joints are, (k,)."""
    return np.array([model.joint(name).dofadr[0] for name in joints])
