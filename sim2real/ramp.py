"""Bring a limp robot into its default pose: slowly, and ever stiffer."""

from __future__ import annotations

import numpy as np

from configs.schema import RobotConfig
from sim2real.blind_stand import BlindGains, stiff_gains
from sim2real.robot import JointCommand, RobotState

SPEED = 0.5  # of the joint that has farthest to go [rad/s]
LEAST_S = 2.0  # from limp to stiff, however near the pose is [s]


class Ramp:
    """From the measured joint positions to the default pose, all joints in step.

    The targets move no faster than `SPEED`. The stiffness grows from nothing to that of
    a stand which carries the robot once its feet are on the ground, without feedback;
    the damping is there from the start.
    """

    def __init__(self, robot: RobotConfig, control_dt: float) -> None:
        """Take the robot and the time between two steps [s]."""
        self._robot = robot
        self._dt = control_dt
        self._stiffness, self._damping = stiff_gains(robot, BlindGains())
        self._from = robot.default_joint_pos
        self._takes = LEAST_S
        self._share = 1.0

    def start(self, state: RobotState) -> None:
        """Begin where the joints are."""
        self._from = state.joint_pos.copy()
        farthest = float(np.abs(self._robot.default_joint_pos - self._from).max())
        self._takes = max(farthest / SPEED, LEAST_S)
        self._share = 0.0

    @property
    def done(self) -> bool:
        """Whether the pose is commanded with full stiffness."""
        return self._share >= 1.0

    def step(self) -> JointCommand:
        """Return the command of this tick."""
        robot, share = self._robot, self._share
        self._share = min(share + self._dt / self._takes, 1.0)
        way = robot.default_joint_pos - self._from
        return JointCommand(
            joint_pos=self._from + share * way,
            stiffness=share * self._stiffness,
            damping=self._damping.copy(),
        )
