"""Whether a log's signals can teach anything: none constant, no command clipped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot_log.log import RobotLog
from sim2real.robot_log.log_error import LogError, LogFault

Array = NDArray[np.float64]

FROZEN_FOR_S = 0.5  # an encoder that repeats one number this long, to the bit,
MOVED_BY = 0.05  # while its target moves by this much [rad]
CLIPPED_SHARE = 0.01  # of the commands at a limit
AT_LIMIT = 1e-6  # [rad]
SATURATED_SHARE = 0.05  # of the commands that ask for more torque than there is


def check_signals(
    log: RobotLog, robot: RobotConfig, joints: Sequence[str] | None = None
) -> None:
    """Refuse signals from which nothing can be learnt.

    Args:
        log: with commands.
        robot: for its limits.
        joints: those that are to be learnt from; all if None.

    Raises:
        LogError: CONSTANT_SIGNAL for a joint or an IMU that does not change, or that
            freezes while its target moves; CLIPPED_COMMAND for targets at a limit
            and for torques beyond what the motor has. Names the first such joint.
    """
    log.need("commands")
    names = log.joint_names if joints is None else tuple(joints)
    targets = _targets_at_states(log)
    for name in names:
        joint = log.joint_names.index(name)
        _check_changes(log, name, log.joint_pos[:, joint], "position")
        if "velocity" in log.streams:
            _check_changes(log, name, log.joint_vel[:, joint], "velocity")
        _check_not_frozen(log, name, log.joint_pos[:, joint], targets[:, joint])
        _check_not_clipped(log, robot, joint)
        _check_not_saturated(log, robot, joint, targets[:, joint])
    if "imu" in log.streams:
        _check_changes(log, "the IMU", log.base_ang_vel.ravel(), "angular velocity")


def _targets_at_states(log: RobotLog) -> Array:
    row = log.command_rows_at(log.time)
    targets = log.command_pos[np.maximum(row, 0)].copy()
    targets[row < 0] = np.nan
    return targets


def _check_changes(log: RobotLog, name: str, values: Array, word: str) -> None:
    if np.ptp(values) == 0.0:
        raise LogError(
            LogFault.CONSTANT_SIGNAL,
            log.path,
            f"the {word} of {name} is {values[0]:.6g} throughout. Does its sensor "
            "work, and was it moved?",
        )


def _check_not_frozen(log: RobotLog, name: str, values: Array, target: Array) -> None:
    changed = np.flatnonzero(np.diff(values)) + 1
    edges = np.concatenate([[0], changed, [len(values)]])
    for first, last in zip(edges[:-1], edges[1:] - 1, strict=True):
        lasted = log.time[last] - log.time[first]
        if lasted < FROZEN_FOR_S:
            continue
        wanted = target[first : last + 1]
        moved = np.nanmax(wanted) - np.nanmin(wanted) if len(wanted) else 0.0
        if moved > MOVED_BY:
            raise LogError(
                LogFault.CONSTANT_SIGNAL,
                log.path,
                f"the position of {name} stays at {values[first]:.6g} rad from "
                f"{log.time[first]:.2f} s to {log.time[last]:.2f} s, while its target "
                f"moves by {moved:.2f} rad. Look at its encoder.",
            )


def _check_not_clipped(log: RobotLog, robot: RobotConfig, joint: int) -> None:
    commands = log.command_pos[:, joint]
    low, high = robot.joint_range[joint]
    at_limit = np.minimum(abs(commands - low), abs(commands - high)) < AT_LIMIT
    share = float(at_limit.mean())
    if share > CLIPPED_SHARE and np.ptp(commands) > AT_LIMIT:
        raise LogError(
            LogFault.CLIPPED_COMMAND,
            log.path,
            f"{100 * share:.0f} % of the targets of {robot.joint_names[joint]} lie at "
            f"a limit of its range ({low:.3g} to {high:.3g} rad): they were clipped. "
            "Excite it less.",
        )


def _check_not_saturated(
    log: RobotLog, robot: RobotConfig, joint: int, target: Array
) -> None:
    row = np.maximum(log.command_rows_at(log.time), 0)
    speed = log.joint_vel[:, joint] if "velocity" in log.streams else 0.0
    wanted = (
        log.command_stiffness[row, joint] * (target - log.joint_pos[:, joint])
        - log.command_damping[row, joint] * speed
    )
    limit = float(robot.effort_limit[joint])
    # Not a number before the first command, which compares as false.
    share = float((abs(wanted) > limit).mean())
    if share > SATURATED_SHARE:
        raise LogError(
            LogFault.CLIPPED_COMMAND,
            log.path,
            f"{100 * share:.0f} % of the commands of {robot.joint_names[joint]} ask "
            f"for more than its {limit:.3g} N m: its torque was clipped. Excite it "
            "less.",
        )
