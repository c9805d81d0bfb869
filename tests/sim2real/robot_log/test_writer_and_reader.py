"""What was written comes back, to the bit and by name; ROS 2's own reader agrees."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import CONFIG_DIR, ConfigError
from sim2real.robot_log import (
    LogError,
    PolicyStep,
    RobotLogWriter,
    SkillEvent,
    read_robot_log,
)
from sim2real.robot_log.definitions import OWN
from sim2real.robot_log.file_contents import read_metadata

DT = 0.02


def decoded(path: Path, topic: str) -> list:
    """Read a topic with the library alone."""
    from mcap.reader import make_reader
    from mcap_ros2.decoder import DecoderFactory

    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        return [message for *_, message in reader.iter_decoded_messages([topic])]


def test_states_come_back_to_the_bit(g1, write_log, state_at):
    log = read_robot_log(write_log(20, control_dt=DT), g1)
    for k in range(20):
        expected, got = state_at(k), log.state(k)
        for field in fields(expected):
            name = field.name
            if name != "base_lin_vel_w":  # in the axes of the base on the way
                assert_array_equal(getattr(got, name), getattr(expected, name), name)
        assert_allclose(got.base_lin_vel_w, [0.5, 0.0, 0.1], atol=1e-15)


def test_time_is_the_very_number_that_the_loop_had(g1, write_log):
    # 35 * 0.02 is 0.7000000000000001, and 700000000 ns are 0.7 s.
    log = read_robot_log(write_log(100, control_dt=DT), g1)
    assert log.time.tolist() == [k * DT for k in range(100)]
    assert log.time[35] != 0.7


def test_commands_come_back(g1, write_log, command_at):
    log = read_robot_log(write_log(5), g1)
    assert_array_equal(log.command(3).joint_pos, command_at(3).joint_pos)
    assert_array_equal(log.command_stiffness[4], g1.stiffness)
    assert_array_equal(log.command_damping[4], g1.damping)
    assert_array_equal(log.command_rows_at(np.array([-1.0, 0.0, 0.03])), [-1, 0, 1])


def test_a_log_says_whose_it_is(g1, write_log):
    path = write_log(2, control_dt=DT)
    log = read_robot_log(path, g1)
    assert (log.robot, log.revision) == ("g1_dex3", "g1_29dof_rev_1_0+dex3_1")
    assert log.metadata["task"] == "test"
    assert log.control_dt == DT
    assert log.joint_names == g1.joint_names
    assert read_metadata(path)["robot"] == "g1_dex3"
    assert log.streams == {"imu", "odometry", "velocity", "effort", "commands"}
    assert log.dropped == 0
    assert log.truncated is None
    assert log.duration_s == DT


def test_objects_policies_events_and_the_task_come_back(
    g1, state_at, cup, tmp_path: Path
):
    step = PolicyStep(
        time=DT,
        policy="grasp.left",
        terms=("up.x", "up.y"),
        observation=np.array([0.1, -2.5], np.float32),
        joints=("left_elbow_joint",),
        action=np.array([0.7], np.float32),
    )
    event = SkillEvent(time=DT, kind="start", skill="walk", args={"x": 0.5, "to": "é"})
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1, control_dt=DT) as writer:
        writer.write_task(0.0, "grasp the cup")
        writer.write_state(state_at(0))
        writer.write_objects(state_at(0), {"cup": cup})
        writer.write_state(state_at(1))
        writer.write_objects(state_at(1), {})  # hidden now
        writer.write_event(event)
        writer.write_policy_step(step)
    log = read_robot_log(path, g1)
    assert log.task == "grasp the cup"
    assert log.events == (event,)
    assert log.objects[1] == (DT, {})
    when, seen = log.objects[0]
    assert when == 0.0
    for field in fields(cup):
        expected, got = (getattr(thing, field.name) for thing in (cup, seen["cup"]))
        assert_array_equal(got, expected, field.name)
    (got,) = log.policy_steps
    assert (got.time, got.policy, got.terms) == (DT, "grasp.left", ("up.x", "up.y"))
    assert_array_equal(got.observation, step.observation)
    assert_array_equal(got.action, step.action)


def test_ros_2_reads_the_messages_as_it_means_them(g1, write_log, state_at):
    path = write_log(3)
    joints = decoded(path, "/joint_states")[2]
    assert joints.name == list(g1.joint_names)
    assert joints.position[3] == state_at(2).joint_pos[3]
    assert joints.effort[3] == pytest.approx(0.3 + 2)
    assert (joints.header.stamp.sec, joints.header.stamp.nanosec) == (0, 40_000_000)
    imu = decoded(path, "/imu/data")[2]
    # A yaw of 1 rad: w = cos 0.5, z = sin 0.5; the halves differ.
    assert imu.orientation.w == pytest.approx(np.cos(0.5))
    assert imu.orientation.z == pytest.approx(np.sin(0.5))
    assert imu.angular_velocity.z == pytest.approx(0.32)
    assert imu.linear_acceleration_covariance[0] == -1.0  # not measured
    assert imu.header.frame_id == "pelvis"
    odometry = decoded(path, "/odom")[2]
    assert odometry.pose.pose.position.x == 3.0
    # 0.5 m/s along the world's x, seen by a robot that has turned left by 1 rad.
    assert odometry.twist.twist.linear.x == pytest.approx(0.5 * np.cos(1.0))
    assert odometry.twist.twist.linear.y == pytest.approx(-0.5 * np.sin(1.0))
    command = decoded(path, "/joint_command")[0]
    assert command.stiffness[3] == 150.0
    assert set(command.velocity) == set(command.effort) == {0.0}


def test_transforms_hold_the_base_and_the_objects(g1, state_at, cup, tmp_path: Path):
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1) as writer:
        writer.write_objects(state_at(5), {"cup": cup})
    (message,) = decoded(path, "/tf")
    base, thing = message.transforms
    assert (base.header.frame_id, base.child_frame_id) == ("odom", "pelvis")
    assert base.transform.translation.x == 6.0
    assert thing.child_frame_id == "cup"
    assert thing.transform.rotation.z == pytest.approx(np.sin(0.5))
    stamps = {t.header.stamp.nanosec for t in (base, thing)}
    assert stamps == {100_000_000}


def test_stamps_may_count_from_another_clock(g1, write_log):
    start = 1_700_000_000_123_456_789
    path = write_log(3, control_dt=DT, start_time_ns=start)
    header = decoded(path, "/joint_states")[1].header
    assert (header.stamp.sec, header.stamp.nanosec) == (1_700_000_000, 143_456_789)
    assert read_robot_log(path, g1).time.tolist() == [0.0, DT, 2 * DT]


def test_our_messages_are_those_of_the_interface_package():
    folder = CONFIG_DIR.parent / "interfaces" / "praxis_msgs" / "msg"
    for name, definition in OWN.items():
        text = (folder / f"{name.partition('/')[2]}.msg").read_text(encoding="utf-8")
        lines = (re.sub(r"\s*#.*", "", line).strip() for line in text.splitlines())
        assert [line for line in lines if line] == definition.splitlines(), name


# --- nothing stops the robot --------------------------------------------------------


def test_a_file_that_cannot_be_written_is_refused_at_once(g1, tmp_path: Path):
    with pytest.raises(LogError, match="the log cannot be written there") as caught:
        RobotLogWriter(tmp_path / "no" / "log.mcap", g1)
    assert "Choose another place." in str(caught.value)


def test_a_missing_library_is_named_with_its_extra(g1, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcap", None)
    with pytest.raises(ConfigError, match=r"robot logs need mcap.*'praxis\[log\]'"):
        RobotLogWriter(tmp_path / "log.mcap", g1)
    with pytest.raises(ConfigError, match=r"robot logs need mcap.*'praxis\[log\]'"):
        read_robot_log(tmp_path / "log.mcap", g1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_once_and_the_robot_goes_on(g1, state_at):
    said: list[str] = []
    writer = RobotLogWriter(Path("/dev/full"), g1, warn=said.append)
    for k in range(200):
        writer.write_state(state_at(k))
    writer.close()
    assert said == ["the log /dev/full ends here (No space left on device)"]
    assert writer.broken == "No space left on device"


def test_what_does_not_fit_into_the_buffer_is_counted(g1, state_at, tmp_path: Path):
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1, buffer_size=0) as writer:
        writer.write_state(state_at(0))
        assert writer.dropped == 3
    assert read_metadata(path)["format"] == "1"


def test_a_reader_learns_how_much_was_dropped(g1, state_at, tmp_path: Path):
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1) as writer:
        writer.write_state(state_at(0))
        writer.write_state(state_at(1, joint_pos=np.zeros(3)))  # a broken sensor
    assert read_robot_log(path, g1).dropped == 1


def test_closing_twice_is_closing_once(g1, tmp_path: Path):
    writer = RobotLogWriter(tmp_path / "log.mcap", g1)
    writer.close()
    writer.close()
    assert writer.broken is None


def test_a_time_that_is_no_number_is_noted_as_zero(g1, state_at, tmp_path: Path):
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1) as writer:
        writer.write_state(state_at(0, time=float("nan")))
    assert read_robot_log(path, g1).time.tolist() == [0.0]
