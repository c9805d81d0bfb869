"""Faults of commanders, policies, motors and the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim2real.faults.fault import OURS, Array, Fault
from sim2real.robot import JointCommand, RobotState


class Silent(Fault):
    """Our commands reach the robot no more, as after a SIGKILL."""

    def commands(self, command: JointCommand) -> Sequence[tuple[str, JointCommand]]:
        """Lose them."""
        return []


class Hijacked(Fault):
    """Somebody else sends commands as well: every joint to zero."""

    def commands(self, command: JointCommand) -> Sequence[tuple[str, JointCommand]]:
        """Add theirs after ours."""
        theirs = replace(command, joint_pos=np.zeros_like(command.joint_pos))
        return [(OURS, command), ("hijacker", theirs)]


class PolicyNotANumber(Fault):
    """The policy's targets are not numbers."""

    def targets(self, joint_pos: Array, gains: Array) -> tuple[Array, Array]:
        """Spoil them."""
        return joint_pos * np.nan, gains


class PolicySlow(Fault):
    """The policy takes long, every time."""

    def __init__(self, takes_s: float) -> None:
        """Take how long [s]."""
        super().__init__()
        self._takes = takes_s

    def targets(self, joint_pos: Array, gains: Array) -> tuple[Array, Array]:
        """Let time pass."""
        self.stalled_s += self._takes
        return joint_pos, gains


class GainsZeroed(Fault):
    """The policy's stiffness is zero."""

    def targets(self, joint_pos: Array, gains: Array) -> tuple[Array, Array]:
        """Drop it."""
        return joint_pos, 0.0 * gains


class MotorDead(Fault):
    """One motor gives no torque, and says so."""

    def __init__(self, index: int) -> None:
        """Take its place in robot order."""
        super().__init__()
        self._index = index

    def motors(self, command: JointCommand) -> JointCommand:
        """Take its gains away; a dead motor still has some friction."""
        stiffness, damping = command.stiffness.copy(), command.damping.copy()
        stiffness[self._index] = 0.0
        damping[self._index] = 0.1
        return replace(command, stiffness=stiffness, damping=damping)

    def effort(self, state: RobotState) -> RobotState:
        """Measure nothing there."""
        effort = state.joint_effort.copy()
        effort[self._index] = 0.0
        return replace(state, joint_effort=effort)


class OperatorGone(Fault):
    """The operator gives no sign of life."""

    def operator_is_there(self) -> bool:
        """Nobody."""
        return False
