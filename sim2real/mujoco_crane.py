"""A crane for a simulated robot: it hangs, is lowered once it is stiff, and let go."""

from __future__ import annotations

import mujoco
import numpy as np

from configs.schema import RobotConfig
from sim2real.mujoco_hoist import HOLD
from sim2real.robot import JointCommand

LIFT = 0.12  # of the base, above where it stands [m]
SPEED = 0.2  # downward [m/s]
STIFF_S = 0.2  # it holds its pose for so long before it is lowered [s]
NEAR = 0.02  # of the commanded pose to the default pose [rad]


class Crane:
    """Holds the base of a robot that was just put on its feet.

    Attributes:
        slack: whether the robot stands on its own.
    """

    def __init__(
        self, model: mujoco.MjModel, data: mujoco.MjData, robot: RobotConfig
    ) -> None:
        """Lift it.

        Args:
            model: of the robot in its scene.
            data: the robot stands on its feet.
            robot: whose base this is.
        """
        joint = model.body(robot.base_body).jntadr[0]
        self._model, self._data, self._robot = model, data, robot
        self._place = int(model.jnt_qposadr[joint])
        dof = int(model.jnt_dofadr[joint])
        self._dofs = slice(dof, dof + 6)
        self._legs = [
            robot.joint_names.index(n) for n in robot.joints_of("legs", "waist")
        ]
        self._light = model.dof_armature[self._dofs].copy()
        model.dof_armature[self._dofs] = HOLD
        self._base = data.qpos[self._place : self._place + 7].copy()
        self._lift, self._stiff_s = LIFT, 0.0
        self.slack = False
        self._hold()

    def move(self, command: JointCommand, dt: float) -> None:
        """Go on by one step.

        Args:
            command: what the robot is to do in it.
            dt: its length [s].
        """
        if self.slack:
            return
        self._stiff_s = self._stiff_s + dt if self._is_stiff(command) else 0.0
        if self._stiff_s >= STIFF_S or self._lift < LIFT:
            self._lift = max(self._lift - SPEED * dt, 0.0)
        self._hold()
        if self._lift == 0.0:
            self._model.dof_armature[self._dofs] = self._light
            self.slack = True

    def _is_stiff(self, command: JointCommand) -> bool:
        legs, robot = self._legs, self._robot
        away = np.abs(command.joint_pos - robot.default_joint_pos)[legs]
        strong = command.stiffness[legs] >= robot.stiffness[legs] - 1e-6
        return bool(strong.all() and away.max() <= NEAR)

    def _hold(self) -> None:
        end = self._place + 7
        self._data.qpos[self._place : end] = self._base
        self._data.qpos[self._place + 2] += self._lift
        self._data.qvel[self._dofs] = 0.0
