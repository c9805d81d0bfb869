"""Refuse logs from which nothing, or nothing right, could be identified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.schema import RobotConfig
from sim2real.identification.log_faults import ExcitationError
from sim2real.identification.phases import KEY, Phase, phases_from_text
from sim2real.robot_log import RobotLog, check_signals, read_robot_log

LEAST_SWING = 0.03  # of a joint that is to be identified [rad]
LEAST_SHARE_OF_NOISE = 8.0  # of the swing to the noise of its readings
LATE_S = 0.1  # a phase may be cut by this much at its end [s]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A log and what was done in it."""

    log: RobotLog
    phases: tuple[Phase, ...]

    @property
    def sweeps(self) -> tuple[Phase, ...]:
        """The phases on a stand."""
        return tuple(phase for phase in self.phases if phase.on == "stand")

    @property
    def on_the_ground(self) -> tuple[Phase, ...]:
        """The phases on its own feet; they judge a fit, and are no part of it."""
        return tuple(phase for phase in self.phases if phase.on == "ground")


def read_source(path: Path, robot: RobotConfig) -> Source:
    """Read a log with its excitation.

    Raises:
        LogError: if it cannot be trusted.
        ConfigError: if it does not tell of an excitation.
    """
    log = read_robot_log(path, robot)
    return Source(log=log, phases=phases_from_text(log.metadata.get(KEY), str(path)))


def check_sources(
    robot: RobotConfig, sources: Sequence[Source], *, efforts: bool = False
) -> None:
    """Check everything that a fit takes for granted.

    Raises:
        ExcitationError: for a log that breaks off, an excitation too short or too
            weak, or none on a stand.
        LogError: for signals that are constant or clipped, or were not recorded.
    """
    for source in sources:
        needs_efforts = efforts or bool(source.on_the_ground)
        source.log.need(
            "commands", "velocity", "imu", *(("effort",) if needs_efforts else ())
        )
        _check_whole(source)
        for phase in source.phases:
            _check_joints(robot, source.log, phase)
        if not source.sweeps:
            continue
        moved = {joint for phase in source.sweeps for joint in phase.joints}
        check_signals(source.log, robot, [j for j in robot.joint_names if j in moved])
        for phase in source.sweeps:
            _check_strength(robot, source.log, phase)
    phases = [phase for source in sources for phase in source.sweeps]
    where = ", ".join(str(source.log.path) for source in sources) or "no log"
    if all(phase.held_out for phase in phases):
        raise ExcitationError(
            f"{where}: holds no sweep that a fit may see. Record it anew."
        )
    if not any(phase.held_out for phase in phases):
        raise ExcitationError(
            f"{where}: keeps no sweep apart to judge the fit by. Record it anew."
        )


def _check_whole(source: Source) -> None:
    log, last = source.log, source.phases[-1]
    if log.dropped:
        raise ExcitationError(
            f"{log.path}: {log.dropped} messages were dropped while it was written. "
            "Record it again, on a faster disk."
        )
    first, end = float(log.time[0]), float(log.time[-1])
    if end < last.end_s - LATE_S:
        broken = next(phase for phase in source.phases if end < phase.end_s - LATE_S)
        raise ExcitationError(
            f"{log.path}: is too short: it ends at {end:.1f} s, before the phase "
            f"'{broken.name}' does at {broken.end_s:.1f} s. Record it again."
        )
    if first > source.phases[0].start_s:
        raise ExcitationError(
            f"{log.path}: begins at {first:.1f} s, within the phase "
            f"'{source.phases[0].name}'. Record it again."
        )


def _check_joints(robot: RobotConfig, log: RobotLog, phase: Phase) -> None:
    unknown = [joint for joint in phase.joints if joint not in robot.joint_names]
    if unknown:
        raise ExcitationError(
            f"{log.path}: its phase '{phase.name}' moves {unknown[0]}, which "
            f"{robot.name} lacks. Use the robot of the log (--robot)."
        )


def _check_strength(robot: RobotConfig, log: RobotLog, phase: Phase) -> None:
    rows = (log.time >= phase.start_s) & (log.time <= phase.end_s)
    still = (log.time < phase.start_s) & (log.time > phase.start_s - 1.0)
    for name in phase.joints:
        joint = robot.joint_names.index(name)
        swing = float(np.ptp(log.joint_pos[rows, joint]))
        noise = 0.0
        if still.sum() > 2:
            differences = np.diff(log.joint_pos[still, joint])
            noise = float(differences.std() / np.sqrt(2.0))
        least = max(LEAST_SWING, LEAST_SHARE_OF_NOISE * noise)
        if swing < least:
            raise ExcitationError(
                f"{log.path}: {name} moves by {swing:.3f} rad in the phase "
                f"'{phase.name}', too little to tell anything from (expected more than "
                f"{least:.3f} rad). Excite it more."
            )
