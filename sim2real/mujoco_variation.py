"""Change a compiled MuJoCo model into that of another robot, again and again."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot_parameters import TRUNK, RobotParameters

Array = NDArray[np.float64]

_CHANGED = (
    *("body_mass", "body_inertia", "body_ipos", "geom_friction"),
    *("dof_armature", "dof_damping", "dof_frictionloss"),
    *("actuator_gainprm", "actuator_biasprm", "actuator_forcerange"),
)


class Variation:
    """One compiled model that becomes one concrete robot after the other.

    For trainers, whose models are too many to be compiled anew: the same as
    `change_robot` and `change_motors` do before compiling. Links that were merged into
    another count as that one; payload has to be there when the model is compiled.
    """

    def __init__(self, model: mujoco.MjModel, robot: RobotConfig) -> None:
        """Remember the nominal values.

        Args:
            model: of the robot, or of a part of it, with PD actuators on its joints.
            robot: the robot.
        """
        self.model = model
        self._nominal = {name: getattr(model, name).copy() for name in _CHANGED}
        names = {model.joint(i).name for i in range(model.njnt)}
        here = [name for name in robot.joint_names if name in names]
        self._joints = np.array([robot.joint_names.index(name) for name in here])
        self._dof = np.array([int(model.joint(name).dofadr[0]) for name in here])
        self._motors = np.array([model.actuator(name).id for name in here])
        self._speed_limit = robot.velocity_limit[self._joints]
        self._bodies = {model.body(i).name: i for i in range(model.nbody)}
        self._limits = self._nominal["actuator_forcerange"][self._motors]
        self._corner = np.ones(len(here))

    def become(self, parameters: RobotParameters) -> None:
        """Make the model that of a concrete robot."""
        for name, values in self._nominal.items():
            getattr(self.model, name)[:] = values
        self._change_bodies(parameters)
        self._change_joints(parameters)
        self._change_motors(parameters)
        self.model.geom_friction[:, 0] *= parameters.friction_scale

    def limit_by_speed(self, joint_vel: Array) -> None:
        """Let the torque limits follow the torque-speed curve.

        Args:
            joint_vel: of the joints that the model has, in robot order [rad/s], (m,).
        """
        room = np.maximum(1.0 - self._corner, 1e-9)
        share = joint_vel / self._speed_limit
        upper = np.clip((1.0 - share) / room, 0.0, 1.0)
        lower = np.clip((1.0 + share) / room, 0.0, 1.0)
        limits = np.stack([lower, upper], -1) * self._limits
        self.model.actuator_forcerange[self._motors] = limits

    def _change_bodies(self, parameters: RobotParameters) -> None:
        model = self.model
        for name, scale in parameters.link_mass_scale.items():
            body = self._bodies.get(name)
            if body is not None:
                model.body_mass[body] *= scale
                model.body_inertia[body] *= scale
        trunk = self._bodies.get(TRUNK)
        if trunk is None:
            return
        mass = model.body_mass[trunk]
        model.body_mass[trunk] = mass + parameters.base_mass_add
        model.body_inertia[trunk] *= (mass + parameters.base_mass_add) / mass
        model.body_ipos[trunk] += parameters.base_com_add

    def _change_joints(self, parameters: RobotParameters) -> None:
        model, joints, dof = self.model, self._joints, self._dof
        model.dof_armature[dof] *= parameters.armature_scale[joints]
        model.dof_damping[dof] += parameters.damping_add[joints]
        model.dof_frictionloss[dof] += parameters.friction_loss_add[joints]

    def _change_motors(self, parameters: RobotParameters) -> None:
        model, joints, at = self.model, self._joints, self._motors
        strength = parameters.strength[joints]
        stiffness = strength * parameters.stiffness_scale[joints]
        model.actuator_gainprm[at, 0] *= stiffness
        model.actuator_biasprm[at, 1] *= stiffness
        damping = strength * parameters.damping_gain_scale[joints]
        model.actuator_biasprm[at, 2] *= damping
        limit = strength * parameters.effort_limit_scale[joints]
        model.actuator_forcerange[at] *= limit[:, None]
        self._limits = model.actuator_forcerange[at]
        self._corner = parameters.corner_speed_share[joints]
