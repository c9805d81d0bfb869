"""Cut out of a log what one rollout starts from, is driven by and is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.identification.excitation import REST_S
from sim2real.identification.log_faults import ExcitationError
from sim2real.identification.phases import Phase
from sim2real.robot_log import RobotLog

Array = NDArray[np.float64]

STILL_S = 0.6  # before a rollout begins, whose readings are averaged [s]
HEAD_START_S = 0.5  # of a rollout on the signals it is judged by [s]
OLDEST_COMMAND_S = 0.2  # that may still act when a rollout begins


@dataclass(frozen=True, kw_only=True)
class Window:
    """One phase of a log as arrays; k joints, in robot order."""

    phase: Phase
    joints: tuple[str, ...]
    start_s: float  # of the rollout, in log time [s]
    joint_pos: Array  # readings at rest before it [rad], (n,) of the whole robot
    stiffness: Array  # as commanded throughout [N m/rad], (n,)
    damping: Array  # [N m s/rad], (n,)
    command_time: Array  # [s], (U,)
    command_pos: Array  # [rad], (U, k)
    time: Array  # of the readings that count [s], (T,)
    pos: Array  # [rad], (T, k)
    vel: Array  # [rad/s], (T, k)
    effort: Array | None  # [N m], (T, k); None where it was not recorded
    noise: Array  # of the positions at rest, standard deviation [rad], (k,)

    @property
    def moved(self) -> list[int]:
        """Columns of the joints that were moved on purpose."""
        moved = set(self.phase.joints)
        return [i for i, joint in enumerate(self.joints) if joint in moved]

    @property
    def length_s(self) -> float:
        """Of the rollout [s]."""
        return float(self.time[-1] - self.start_s)


def cut(
    log: RobotLog, robot: RobotConfig, phase: Phase, joints: Sequence[str]
) -> Window:
    """Return the window of a phase.

    Raises:
        ExcitationError: if the log ends before, or gains change within it.
    """
    rows = np.flatnonzero((log.time >= phase.start_s) & (log.time <= phase.end_s))
    start = phase.start_s - HEAD_START_S
    still = (log.time > start - STILL_S) & (log.time <= start + 1e-9)
    if len(rows) < 10 or not still.any():
        raise ExcitationError(
            f"{log.path}: ends before the phase '{phase.name}' has begun in earnest "
            f"({len(rows)} readings in it). Record it again."
        )
    sent = (log.command_time >= start - OLDEST_COMMAND_S - REST_S) & (
        log.command_time <= phase.end_s
    )
    _check_gains(log, phase, sent)
    columns = np.array([robot.joint_names.index(joint) for joint in joints])
    first = int(np.flatnonzero(sent)[0])
    effort = log.joint_effort[np.ix_(rows, columns)]
    return Window(
        phase=phase,
        joints=tuple(joints),
        start_s=float(log.time[still][-1]),
        joint_pos=log.joint_pos[still].mean(axis=0),
        stiffness=log.command_stiffness[first],
        damping=log.command_damping[first],
        command_time=log.command_time[sent],
        command_pos=log.command_pos[np.ix_(np.flatnonzero(sent), columns)],
        time=log.time[rows],
        pos=log.joint_pos[np.ix_(rows, columns)],
        vel=log.joint_vel[np.ix_(rows, columns)],
        effort=effort if np.isfinite(effort).all() else None,
        noise=_noise(log.joint_pos[np.ix_(np.flatnonzero(still), columns)]),
    )


def _check_gains(log: RobotLog, phase: Phase, sent: NDArray[np.bool_]) -> None:
    for word in ("stiffness", "damping"):
        gains = getattr(log, f"command_{word}")[sent]
        if len(gains) == 0:
            raise ExcitationError(
                f"{log.path}: no command was logged before the phase '{phase.name}'. "
                "Record it again, with /joint_command."
            )
        changed = np.ptp(gains, axis=0) > 1e-9 * np.abs(gains).max(axis=0)
        if changed.any():
            joint = log.joint_names[int(np.argmax(changed))]
            raise ExcitationError(
                f"{log.path}: the {word} of {joint} changes within the phase "
                f"'{phase.name}'; a fit needs the same gains throughout. "
                "Record it again."
            )


def _noise(pos: Array) -> Array:
    """Return the standard deviation from differences, which slow drifts leave alone."""
    if len(pos) < 3:
        return np.zeros(pos.shape[1])
    return np.asarray(np.diff(pos, axis=0).std(axis=0) / np.sqrt(2.0))
