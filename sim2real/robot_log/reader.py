"""Read a log, and refuse what cannot be trusted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import ObjectState
from sim2real.robot_log import definitions as topic
from sim2real.robot_log.file_contents import (
    ENDING,
    METADATA,
    FileContents,
    Topic,
    read_file,
)
from sim2real.robot_log.log import RobotLog
from sim2real.robot_log.log_error import LogError, LogFault
from sim2real.robot_log.records import FORMAT, PolicyStep, SkillEvent
from sim2real.robot_log.stream_checks import check_clocks, check_finite, check_stamps
from sim2real.robot_log.streams import (
    JointStream,
    Stream,
    events_of,
    imu_stream,
    joint_stream,
    objects_of,
    odometry_stream,
    policy_steps_of,
)

Array = NDArray[np.float64]

SAME_TICK_S = 1e-6  # a stamp this near to a whole control period is that period


def read_robot_log(
    path: Path | str,
    robot: RobotConfig,
    *,
    tolerate: Collection[LogFault] = (),
) -> RobotLog:
    """Read a log of Praxis, or a bag of `ros2 bag record` with standard messages.

    Args:
        path: of the file, or of the folder that `ros2 bag record` made.
        robot: whose log it should be; joints are matched with it by name.
        tolerate: faults that are not refused, of TRUNCATED, NOT_FINITE, BAD_STAMPS
            and MIXED_CLOCKS. What could be read is returned as it is.

    Raises:
        ConfigError: if `mcap` is not installed.
        LogError: saying what is wrong; its `fault` names the kind.
    """
    contents = read_file(Path(path))
    metadata = contents.metadata.get(METADATA, {})
    _check_robot(contents.path, metadata, robot)
    states = _joints(contents, topic.JOINT_STATES, robot)
    if states is None:
        raise _no_states(contents)
    commands = _joints(contents, topic.JOINT_COMMAND, robot)
    imu = _found(contents, topic.IMU)
    odometry = _found(contents, topic.ODOMETRY)
    log = _Assembled(
        contents=contents,
        robot=robot,
        metadata=metadata,
        states=states,
        commands=commands,
        imu=imu_stream(imu) if imu else None,
        odometry=odometry_stream(odometry) if odometry else None,
    )
    result = log.result()
    if result.truncated is not None and LogFault.TRUNCATED not in tolerate:
        raise LogError(LogFault.TRUNCATED, contents.path, result.truncated)
    for stream in log.streams():
        if LogFault.BAD_STAMPS not in tolerate:
            check_stamps(contents.path, stream)
        if LogFault.NOT_FINITE not in tolerate:
            check_finite(contents.path, stream, robot.joint_names, log.start_ns)
    if LogFault.MIXED_CLOCKS not in tolerate:
        check_clocks(contents.path, log.streams())
    return result


class _Assembled:
    """The streams of one file on one time axis."""

    def __init__(
        self,
        *,
        contents: FileContents,
        robot: RobotConfig,
        metadata: Mapping[str, str],
        states: JointStream,
        commands: JointStream | None,
        imu: Stream | None,
        odometry: Stream | None,
    ) -> None:
        self._contents, self._robot, self._metadata = contents, robot, metadata
        self._states, self._commands = states, commands
        self._imu, self._odometry = imu, odometry
        own = metadata.get("start_time_ns")
        self.start_ns = int(states.stamp_ns[0]) if own is None else int(own)
        period = metadata.get("control_dt")
        self._control_dt = None if period is None else float(period)

    def streams(self) -> list[Stream]:
        """Return those that were recorded, joint states first."""
        all_four = (self._states, self._commands, self._imu, self._odometry)
        return [stream for stream in all_four if stream is not None]

    def result(self) -> RobotLog:
        """Return everything as arrays."""
        contents, states, commands = self._contents, self._states, self._commands
        nothing = np.zeros((0, len(self._robot.joint_names)))
        time = self._time(states.stamp_ns)
        task = _own(contents, topic.TASK)
        return RobotLog(
            path=contents.path,
            robot=self._robot.name,
            revision=self._robot.revision,
            joint_names=self._robot.joint_names,
            metadata=self._metadata,
            control_dt=self._control_dt,
            streams=self._recorded(),
            time=time,
            joint_pos=states.columns["position"],
            joint_vel=states.columns["velocity"],
            joint_effort=states.columns["effort"],
            base_pos_w=self._at_states(self._odometry, "pos_w", 3),
            base_quat_wxyz=self._at_states(self._imu, "quat_wxyz", 4),
            base_lin_vel_w=self._at_states(self._odometry, "lin_vel_w", 3),
            base_ang_vel=self._at_states(self._imu, "ang_vel", 3),
            command_time=self._time(commands.stamp_ns) if commands else np.zeros(0),
            command_pos=commands.columns["position"] if commands else nothing,
            command_stiffness=commands.columns["stiffness"] if commands else nothing,
            command_damping=commands.columns["damping"] if commands else nothing,
            objects=self._objects(),
            policy_steps=self._policy_steps(),
            events=self._events(),
            task=task.messages()[0].data if task else None,
            dropped=int(contents.metadata.get(ENDING, {}).get("dropped", 0)),
            truncated=self._truncated(time),
        )

    def _objects(self) -> tuple[tuple[float, Mapping[str, ObjectState]], ...]:
        found = _own(self._contents, topic.OBJECTS)
        seen = objects_of(found) if found else []
        return tuple((self._one(stamp), things) for stamp, things in seen)

    def _policy_steps(self) -> tuple[PolicyStep, ...]:
        found = _own(self._contents, topic.POLICY_STEP)
        steps = policy_steps_of(found) if found else []
        return tuple(replace(step, time=self._one(stamp)) for stamp, step in steps)

    def _events(self) -> tuple[SkillEvent, ...]:
        found = _own(self._contents, topic.SKILL_EVENT)
        if not self._metadata:
            found = None  # whatever that is, it is not from us
        events = events_of(found) if found else []
        return tuple(replace(event, time=self._one(stamp)) for stamp, event in events)

    def _recorded(self) -> frozenset[str]:
        absent = self._states.absent
        return frozenset(
            name
            for name, there in {
                "imu": self._imu is not None,
                "odometry": self._odometry is not None,
                "velocity": "velocity" not in absent,
                "effort": "effort" not in absent,
                "commands": self._commands is not None,
                "policy_steps": _own(self._contents, topic.POLICY_STEP) is not None,
            }.items()
            if there
        )

    def _time(self, stamp_ns: NDArray[np.int64]) -> Array:
        """Return robot time; a whole number of periods is the very number it was."""
        time = (stamp_ns - self.start_ns) / 1e9
        if self._control_dt is None:
            return time
        ticks = np.rint(time / self._control_dt) * self._control_dt
        return np.where(np.abs(ticks - time) < SAME_TICK_S, ticks, time)

    def _one(self, stamp_ns: int) -> float:
        return float(self._time(np.array([stamp_ns], dtype=np.int64))[0])

    def _at_states(self, stream: Stream | None, column: str, width: int) -> Array:
        """Return, for each joint state, the newest value that was known then."""
        times = self._states.stamp_ns
        if stream is None:
            return np.full((len(times), width), np.nan)
        row = np.searchsorted(stream.stamp_ns, times, side="right") - 1
        return stream.columns[column][np.maximum(row, 0)]

    def _truncated(self, time: Array) -> str | None:
        if self._contents.broken is None:
            return None
        return (
            f"is truncated ({self._contents.broken}): {len(time)} joint states over "
            f"{time[-1] - time[0]:.2f} s could be read. Allow that (--partial), or "
            "record again."
        )


def _check_robot(path: Path, metadata: Mapping[str, str], robot: RobotConfig) -> None:
    if not metadata:
        return  # a bag that knows nothing of Praxis
    if metadata.get("format") != str(FORMAT):
        raise LogError(
            LogFault.UNREADABLE,
            path,
            f"is written in log format {metadata.get('format')}, this version of "
            f"Praxis reads {FORMAT}.",
        )
    came = metadata.get("robot"), metadata.get("revision")
    if came != (robot.name, robot.revision):
        raise LogError(
            LogFault.WRONG_ROBOT,
            path,
            f"is of robot {came[0]} (revision {came[1]}), expected {robot.name} "
            f"(revision {robot.revision}). Use another log, or --robot {came[0]}.",
        )


def _joints(
    contents: FileContents, name: str, robot: RobotConfig
) -> JointStream | None:
    found = _found(contents, name)
    if found is None:
        return None
    columns = ["position", "velocity", "effort"]
    if name == topic.JOINT_COMMAND:
        columns = ["position", "stiffness", "damping"]
    stream = joint_stream(found, robot.joint_names, columns)
    if isinstance(stream, JointStream):
        return stream
    shown = ", ".join(stream[:3]) + (", ..." if len(stream) > 3 else "")
    raise LogError(
        LogFault.MISSING_JOINTS,
        contents.path,
        f"{found.name} lacks {len(stream)} of the {len(robot.joint_names)} joints of "
        f"{robot.name}: {shown}. Every message must have all of them.",
    )


def _found(contents: FileContents, name: str) -> Topic | None:
    """Return the topic of this name, else the only one of its type."""
    kind = topic.TYPES[name]
    if name in contents.topics:
        return _own(contents, name)
    alike = [t for t in contents.topics.values() if t.type_name == kind and t.data]
    if len(alike) > 1:
        raise LogError(
            LogFault.MISSING_STREAM,
            contents.path,
            f"has no {name}, and of its type {kind} more than one: "
            f"{', '.join(t.name for t in alike)}. Record the one that is meant.",
        )
    return alike[0] if alike else None


def _own(contents: FileContents, name: str) -> Topic | None:
    """Return the topic of this name if it has our type, and messages."""
    found = contents.topics.get(name)
    fits = found is not None and found.type_name == topic.TYPES[name] and found.data
    return found if fits else None


def _no_states(contents: FileContents) -> LogError:
    there = ", ".join(contents.topics) or "no topic of ROS 2"
    broken = f", and the file is truncated ({contents.broken})"
    return LogError(
        LogFault.TRUNCATED if contents.broken else LogFault.MISSING_STREAM,
        contents.path,
        f"holds no {topic.TYPES[topic.JOINT_STATES]} (it has: {there})"
        f"{broken if contents.broken else ''}. Record {topic.JOINT_STATES}.",
    )
