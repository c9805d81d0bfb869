"""Turn the ROS 2 messages of a log back into arrays in the robot's order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim2real.joint_map import JointMap
from sim2real.robot import ObjectState
from sim2real.robot_log.bulk_decoding import Table, tables_of
from sim2real.robot_log.file_contents import Topic
from sim2real.robot_log.records import PolicyStep, SkillEvent
from sim2real.rotations import rotate

Array = NDArray[np.float64]
Stamps = NDArray[np.int64]

WXYZ = np.array([3, 0, 1, 2])  # index of each in xyzw


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One topic: a stamp and some columns for each message."""

    topic: str
    stamp_ns: Stamps  # (T,)
    log_ns: Stamps  # when the recorder got it, (T,)
    columns: Mapping[str, Array]  # each (T, k)


@dataclass(frozen=True, kw_only=True)
class JointStream(Stream):
    """A topic with joints, in robot order."""

    absent: frozenset[str] = frozenset()  # columns that the messages leave empty


def joint_stream(
    topic: Topic, joints: Sequence[str], columns: Sequence[str]
) -> JointStream | tuple[str, ...]:
    """Read messages that name their joints.

    Args:
        topic: of sensor_msgs/JointState or praxis_msgs/JointCommand.
        joints: of the robot, in its order.
        columns: fields of the message; one that is always empty is absent.

    Returns:
        The stream, or the joints that some message lacks.
    """
    count = len(topic.data)
    values = {column: np.full((count, len(joints)), np.nan) for column in columns}
    absent = set(columns)
    tables = tables_of(topic)
    for table in tables:
        names = tuple(table.example.name)
        missing = tuple(joint for joint in joints if joint not in names)
        if missing:
            return missing
        order = JointMap(joints, names)
        for column in columns:
            numbers = table.numbers.get(column)
            if numbers is not None and numbers.shape[1] == len(names):
                values[column][table.rows] = order.take(numbers)
                absent.discard(column)
    return JointStream(
        topic=topic.name,
        **_stamps(topic, tables),
        columns=values,
        absent=frozenset(absent),
    )


def imu_stream(topic: Topic) -> Stream:
    """Read sensor_msgs/Imu: `quat_wxyz` (T, 4) and `ang_vel` (T, 3)."""
    tables = tables_of(topic)
    return Stream(
        topic=topic.name,
        **_stamps(topic, tables),
        columns={
            "quat_wxyz": _numbers(topic, tables, "orientation", "wxyz"),
            "ang_vel": _numbers(topic, tables, "angular_velocity", "xyz"),
        },
    )


def odometry_stream(topic: Topic) -> Stream:
    """Read nav_msgs/Odometry: `pos_w` and `lin_vel_w`, both (T, 3)."""
    tables = tables_of(topic)
    quat_wxyz = _numbers(topic, tables, "pose.pose.orientation", "wxyz")
    linear = _numbers(topic, tables, "twist.twist.linear", "xyz")
    return Stream(
        topic=topic.name,
        **_stamps(topic, tables),
        columns={
            "pos_w": _numbers(topic, tables, "pose.pose.position", "xyz"),
            "lin_vel_w": rotate(quat_wxyz, linear),
        },
    )


def objects_of(topic: Topic) -> list[tuple[int, dict[str, ObjectState]]]:
    """Read praxis_msgs/ObjectStates: stamps [ns] and what was seen."""
    seen: dict[int, tuple[int, dict[str, ObjectState]]] = {}
    for table in tables_of(topic):
        for i, row in enumerate(table.rows.tolist()):
            seen[row] = int(table.stamp_ns[i]), _objects(table, i)
    return [seen[row] for row in sorted(seen)]


def policy_steps_of(topic: Topic) -> list[tuple[int, PolicyStep]]:
    """Read praxis_msgs/PolicyStep: stamps [ns] and steps, whose own time is 0."""
    steps: dict[int, tuple[int, PolicyStep]] = {}
    for table in tables_of(topic):
        said = table.example
        terms, joints = tuple(said.terms), tuple(said.joints)
        nothing = np.zeros((len(table.rows), 0))
        observations = table.numbers.get("obs", nothing).astype(np.float32)
        actions = table.numbers.get("actions", nothing).astype(np.float32)
        for i, row in enumerate(table.rows.tolist()):
            step = PolicyStep(
                time=0.0,
                policy=said.skill,
                terms=terms,
                observation=observations[i],
                joints=joints,
                action=actions[i],
            )
            steps[row] = int(table.stamp_ns[i]), step
    return [steps[row] for row in sorted(steps)]


def events_of(topic: Topic) -> list[tuple[int, SkillEvent]]:
    """Read the starts and stops of skills: stamps [ns] and events of time 0."""
    events = []
    for stamp_ns, message in zip(topic.log_ns, topic.messages(), strict=True):
        said = json.loads(message.data)
        event = SkillEvent(
            time=0.0, kind=said["event"], skill=said["skill"], args=said["args"]
        )
        events.append((stamp_ns, event))
    return events


def _objects(table: Table, row: int) -> dict[str, ObjectState]:
    said = table.example
    if not said.name:
        return {}
    count = len(said.name)
    pose = table.numbers["pose"][row].reshape(count, 7)
    velocity = table.numbers["linear_velocity"][row].reshape(count, 3)
    half = table.numbers["size"][row].reshape(count, 3) / 2.0
    return {
        name: ObjectState(
            name=name,
            kind=said.kind[i],
            pos_w=pose[i, :3],
            quat_wxyz=pose[i, 3:][WXYZ],
            lin_vel_w=velocity[i],
            half_size=half[i],
            movable=bool(said.movable[i]),
        )
        for i, name in enumerate(said.name)
    }


def _numbers(topic: Topic, tables: Sequence[Table], path: str, parts: str) -> Array:
    """Return members of a vector of all messages, (T, len(parts))."""
    values = np.zeros((len(topic.data), len(parts)))
    for table in tables:
        values[table.rows] = table.column(*(f"{path}.{part}" for part in parts))
    return values


def _stamps(topic: Topic, tables: Sequence[Table]) -> dict[str, Stamps]:
    log_ns = np.array(topic.log_ns, dtype=np.int64)
    stamp_ns = np.zeros_like(log_ns)
    for table in tables:
        stamp_ns[table.rows] = table.stamp_ns
    # Some publishers leave the header empty; then the recorder's clock must do.
    unstamped = len(stamp_ns) > 1 and not stamp_ns.any()
    return {"stamp_ns": log_ns if unstamped else stamp_ns, "log_ns": log_ns}
