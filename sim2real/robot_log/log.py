"""A log in memory: arrays in robot order, one row for each message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import JointCommand, ObjectState, RobotState
from sim2real.robot_log.log_error import LogError, LogFault
from sim2real.robot_log.records import PolicyStep, SkillEvent

Array = NDArray[np.float64]

STREAMS = ("imu", "odometry", "velocity", "effort", "commands", "policy_steps")


@dataclass(frozen=True, kw_only=True)
class RobotLog:
    """What was measured and commanded; n joints in robot order.

    T is the number of joint states, U of commands. A stream that was not recorded has
    NaN in every row (or no rows, for commands); `need` refuses it by name.
    """

    path: Path
    robot: str  # name
    revision: str
    joint_names: tuple[str, ...]
    metadata: Mapping[str, str]  # empty for a bag that Praxis did not write
    control_dt: float | None  # [s], if the log tells
    streams: frozenset[str]  # which of STREAMS were recorded

    time: Array  # robot time [s]; of a foreign bag since its first joint state, (T,)
    joint_pos: Array  # [rad], (T, n)
    joint_vel: Array  # [rad/s], (T, n)
    joint_effort: Array  # [N m], (T, n)
    base_pos_w: Array  # [m], (T, 3)
    base_quat_wxyz: Array  # (T, 4)
    base_lin_vel_w: Array  # [m/s], (T, 3)
    base_ang_vel: Array  # base frame [rad/s], (T, 3)

    command_time: Array  # [s], (U,)
    command_pos: Array  # [rad], (U, n)
    command_stiffness: Array  # [N m/rad], (U, n)
    command_damping: Array  # [N m s/rad], (U, n)

    objects: tuple[tuple[float, Mapping[str, ObjectState]], ...] = ()
    policy_steps: tuple[PolicyStep, ...] = ()
    events: tuple[SkillEvent, ...] = ()
    task: str | None = None
    dropped: int = 0  # messages that the writer could not keep
    truncated: str | None = None  # how much was read of a file that breaks off

    @property
    def duration_s(self) -> float:
        """From the first joint state to the last [s]."""
        return float(self.time[-1] - self.time[0])

    def need(self, *streams: str) -> RobotLog:
        """Return the log, if it holds these streams.

        Args:
            streams: of `STREAMS`.

        Raises:
            LogError: naming those that are missing.
        """
        missing = [name for name in streams if name not in self.streams]
        if missing:
            raise LogError(
                LogFault.MISSING_STREAM,
                self.path,
                f"holds no {' and no '.join(missing)} "
                f"(it has: {', '.join(sorted(self.streams)) or 'joint positions'}). "
                "Record these too.",
            )
        return self

    def state(self, row: int) -> RobotState:
        """Return one of the T states."""
        return RobotState(
            time=float(self.time[row]),
            joint_pos=self.joint_pos[row],
            joint_vel=self.joint_vel[row],
            joint_effort=self.joint_effort[row],
            base_pos_w=self.base_pos_w[row],
            base_quat_wxyz=self.base_quat_wxyz[row],
            base_lin_vel_w=self.base_lin_vel_w[row],
            base_ang_vel=self.base_ang_vel[row],
        )

    def command(self, row: int) -> JointCommand:
        """Return one of the U commands."""
        return JointCommand(
            joint_pos=self.command_pos[row],
            stiffness=self.command_stiffness[row],
            damping=self.command_damping[row],
        )

    def command_rows_at(self, time: Array) -> NDArray[np.intp]:
        """Return for each time the row of the command that is in force then.

        A command acts from its own stamp on; before the first one the row is -1.
        """
        return np.searchsorted(self.command_time, time + 1e-9, side="right") - 1
