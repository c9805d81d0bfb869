"""What the control loop asks of an adapter, and the one that does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sim2real.robot import JointCommand, RobotState


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number that was estimated, and how sure of it one may be."""

    value: float
    std: float  # one standard deviation, in the unit of the value

    def __str__(self) -> str:
        """Return value and two standard deviations."""
        return f"{self.value:.2f} +- {2 * self.std:.2f}"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """In what the robot at work differs from the one in its model.

    What was never observed keeps its prior: its nominal value and a wide deviation.
    """

    payload: Mapping[str, Quantity] = field(default_factory=dict)  # by side [kg]
    strength: Mapping[str, Quantity] = field(default_factory=dict)  # share, by group
    friction: Quantity | None = None  # of soles on the ground
    # By leg odometry since the reset, along the robot's heading: ahead [m], to the
    # left [m], turned to the left [rad].
    travelled: tuple[float, float, float] | None = None
    residual_updates: int = 0  # that were accepted
    residual_refusals: int = 0  # that were refused or rolled back


class Adapter(Protocol):
    """Sees every state with the command that led to it, and may change commands."""

    def reset(self, state: RobotState) -> None:
        """Begin an episode: forget the robot of before."""

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """Learn from a state and the command that was sent before it."""

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """Return what to send, so that this robot does what the model would."""

    def estimate(self) -> Estimate | None:
        """Return what is known now; None if nothing is estimated."""


class NoAdapter:
    """Takes the robot for what its model says."""

    def reset(self, state: RobotState) -> None:
        """See `Adapter.reset`."""

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """See `Adapter.observe`."""

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """Return the command itself."""
        return command

    def estimate(self) -> Estimate | None:
        """Return None."""
        return None
