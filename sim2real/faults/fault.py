"""What can go wrong, tick by tick; a fault changes one of these and leaves the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]

OURS = "praxis"  # the name of our own commander


class World(Protocol):
    """A simulated robot that lets itself be meddled with."""

    def push(self, delta_velocity_w: Array) -> None:
        """Add a velocity to the base at once [m/s], (3,)."""

    def hide_object(self, name: str) -> None:
        """Let perception report an object no more."""


class Fault:
    """Nothing goes wrong; each fault overrides what it needs.

    Attributes:
        stalled_s: how long policies have been late so far, together [s].
    """

    def __init__(self) -> None:
        """It has not begun."""
        self.stalled_s = 0.0

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Return the messages that come in this tick."""
        return [state]

    def commands(self, command: JointCommand) -> Sequence[tuple[str, JointCommand]]:
        """Return the commands that reach the robot in this tick, and from whom."""
        return [(OURS, command)]

    def world(self, world: World) -> None:
        """Do something to the world."""

    def motors(self, command: JointCommand) -> JointCommand:
        """Return what the motors make of a command."""
        return command

    def effort(self, state: RobotState) -> RobotState:
        """Return the truth with what the motors measure."""
        return state

    def operator_is_there(self) -> bool:
        """Whether the operator gives a sign of life in this tick."""
        return True

    def targets(self, joint_pos: Array, gains: Array) -> tuple[Array, Array]:
        """Return what a policy makes of its targets and stiffness, (k,) each."""
        return joint_pos, gains
