"""ROS 2's own types take the bytes of a log for what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim2real.robot_log import PolicyStep, RobotLogWriter
from sim2real.robot_log.definitions import TYPES
from sim2real.robot_log.file_contents import read_file

pytest.importorskip("rclpy", reason="needs a sourced ROS 2")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs (docs/ros2.md)")


@pytest.fixture
def topics(g1, state_at, command_at, cup, tmp_path: Path):
    """A log with a message of each kind, as raw bytes."""
    step = PolicyStep(
        time=0.02,
        policy="walk",
        terms=("up.x", "up.y"),
        observation=np.array([0.25, -2.5], np.float32),
        joints=("left_elbow_joint",),
        action=np.array([0.75], np.float32),
    )
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1) as writer:
        writer.write_task(0.0, "grasp the cup")
        writer.write_state(state_at(1))
        writer.write_objects(state_at(1), {"cup": cup})
        writer.write_command(0.02, command_at(1))
        writer.write_policy_step(step)
    return read_file(path).topics


def as_ros_2(topic):
    """Return the first message of a topic, read by rclpy."""
    from rclpy.serialization import deserialize_message
    from rosidl_runtime_py.utilities import get_message

    return deserialize_message(topic.data[0], get_message(topic.type_name))


def test_every_message_has_the_type_that_it_says(topics):
    from rclpy.serialization import serialize_message

    for name, topic in topics.items():
        assert topic.type_name == TYPES[name]
        message = as_ros_2(topic)
        # Written by ROS 2 again, the same bytes come out: nothing was left over.
        assert len(serialize_message(message)) == len(topic.data[0]), name


def test_numbers_and_names_are_those_that_were_written(topics, g1, state_at):
    joints = as_ros_2(topics["/joint_states"])
    assert list(joints.name) == list(g1.joint_names)
    assert list(joints.position) == state_at(1).joint_pos.tolist()
    assert joints.header.stamp.nanosec == 20_000_000
    imu = as_ros_2(topics["/imu/data"])
    assert imu.orientation.w == pytest.approx(np.cos(0.5))
    odometry = as_ros_2(topics["/odom"])
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "pelvis")
    seen = as_ros_2(topics["/objects"])
    assert (seen.name, seen.movable) == (["cup"], [True])
    assert list(seen.size) == [0.06, 0.06, 0.1]
    step = as_ros_2(topics["/policy_step"])
    assert (step.skill, list(step.obs), list(step.actions)) == (
        *("walk", [0.25, -2.5], [0.75]),
    )
    assert as_ros_2(topics["/task"]).data == "grasp the cup"
