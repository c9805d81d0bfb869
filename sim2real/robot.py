"""The words in which everything above speaks to a robot, simulated or real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig

Array = NDArray[np.float64]


class BackendError(RuntimeError):
    """The robot, or its simulation, cannot go on; one line for a person."""


@dataclass(frozen=True, kw_only=True)
class RobotState:
    """What the robot measured at one instant; joints in robot order, (n,)."""

    time: float  # since reset [s]
    joint_pos: Array  # [rad], (n,)
    joint_vel: Array  # [rad/s], (n,)
    joint_effort: Array  # [N m], (n,)
    base_pos_w: Array  # from odometry or localisation [m], (3,)
    base_quat_wxyz: Array  # IMU orientation, (4,)
    base_lin_vel_w: Array  # estimated; never a policy observation [m/s], (3,)
    base_ang_vel: Array  # IMU gyroscope, base frame [rad/s], (3,)


@dataclass(frozen=True, kw_only=True)
class ObjectState:
    """One thing in the world, as perception reports it."""

    name: str
    kind: str  # table, shelf, cup, box, ball
    pos_w: Array  # centre of its bounding box [m], (3,)
    quat_wxyz: Array  # (4,)
    lin_vel_w: Array  # [m/s], (3,)
    half_size: Array  # of the bounding box in its own axes [m], (3,)
    movable: bool  # false: furniture, fixed to the world


@dataclass(frozen=True, kw_only=True)
class JointCommand:
    """One control period of PD targets, in robot joint order, (n,)."""

    joint_pos: Array  # [rad], (n,)
    stiffness: Array  # [N m/rad], (n,)
    damping: Array  # [N m s/rad], (n,)


class RobotBackend(Protocol):
    """A robot that takes one command and returns the next state.

    The backend owns the pace: `step` returns when the next control tick is due.
    """

    robot: RobotConfig
    control_dt: float  # [s]

    def reset(self, seed: int) -> RobotState:
        """Begin anew; the same seed gives the same run."""

    def step(self, command: JointCommand) -> RobotState:
        """Apply `command` for one control period."""

    def objects(self) -> Mapping[str, ObjectState]:
        """Return what perception knows now, by name."""

    def close(self) -> None:
        """Release what is held; the robot is left damped."""
