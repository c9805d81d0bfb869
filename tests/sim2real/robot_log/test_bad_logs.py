"""A log that cannot be trusted is refused with one line that says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim2real.robot_log import LogError, LogFault, RobotLogWriter, read_robot_log
from sim2real.robot_log.file_contents import read_metadata
from tests.sim2real.robot_log.conftest import imu, joint_state

MS = 1_000_000  # [ns]


def refusal(path, robot, fault) -> str:
    """Read a log that must be refused for this fault; return the line."""
    with pytest.raises(LogError) as caught:
        read_robot_log(path, robot)
    assert caught.value.fault is fault
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def test_no_such_file(g1, tmp_path):
    line = refusal(tmp_path / "no.mcap", g1, LogFault.UNREADABLE)
    assert "cannot be read (No such file or directory)" in line


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_what_is_no_mcap_file(g1, tmp_path, content):
    path = tmp_path / "no.mcap"
    path.write_bytes(content)
    assert "is no MCAP file" in refusal(path, g1, LogFault.UNREADABLE)
    with pytest.raises(LogError, match="is no MCAP file"):
        read_metadata(path)


def test_a_truncated_file_says_how_much_could_be_read(g1, write_log):
    path = write_log(600, control_dt=0.02)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    line = refusal(path, g1, LogFault.TRUNCATED)
    assert "is truncated (it breaks off)" in line
    log = read_robot_log(path, g1, tolerate=[LogFault.TRUNCATED])
    assert 50 < len(log.time) < 600
    assert f"{len(log.time)} joint states over {log.duration_s:.2f} s" in line
    assert log.truncated is not None
    assert read_metadata(path)["robot"] == "g1_dex3"


@pytest.mark.parametrize("kept", [0.05, 0.3, 0.9, 0.99])
def test_wherever_a_file_ends_it_is_called_truncated(g1, write_log, kept):
    path = write_log(600)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    refusal(path, g1, LogFault.TRUNCATED)


def test_a_changed_byte_is_found_by_its_checksum(g1, write_log):
    path = write_log(600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    refusal(path, g1, LogFault.TRUNCATED)


def test_another_robot(g1, write_log):
    path = write_log(2)
    other = g1.model_copy(update={"name": "h1"})
    line = refusal(path, other, LogFault.WRONG_ROBOT)
    assert "is of robot g1_dex3" in line
    assert "expected h1" in line
    assert "--robot g1_dex3" in line


def test_another_revision(g1, write_log):
    other = g1.model_copy(update={"revision": "g1_29dof_rev_2_0"})
    line = refusal(write_log(2), other, LogFault.WRONG_ROBOT)
    assert "revision g1_29dof_rev_1_0+dex3_1" in line
    assert "revision g1_29dof_rev_2_0" in line


def test_a_log_of_a_later_version(g1, tmp_path):
    path = tmp_path / "log.mcap"
    with RobotLogWriter(path, g1, {"format": 99}):
        pass
    line = refusal(path, g1, LogFault.UNREADABLE)
    assert "is written in log format 99, this version of Praxis reads 1" in line


def test_missing_joints_are_named(g1, write_bag):
    names = g1.joint_names[:29]  # the body without its hands
    path = write_bag([("/joint_states", 0, joint_state(0, names, range(29)))])
    line = refusal(path, g1, LogFault.MISSING_JOINTS)
    assert "/joint_states lacks 14 of the 43 joints of g1_dex3" in line
    assert "left_hand_thumb_0_joint, left_hand_thumb_1_joint" in line


def test_a_bag_without_joint_states(g1, write_bag):
    path = write_bag([("/imu/data", 0, imu(0, 1.0))])
    line = refusal(path, g1, LogFault.MISSING_STREAM)
    assert "holds no sensor_msgs/msg/JointState (it has: /imu/data)" in line


def test_nan_names_joint_and_time(g1, write_log):
    def change(k, state):
        pos = state.joint_pos.copy()
        pos[3] = np.nan if k == 7 else pos[3]
        return replace(state, joint_pos=pos)

    path = write_log(10, change)
    line = refusal(path, g1, LogFault.NOT_FINITE)
    assert "the position of left_knee_joint in /joint_states is nan at 0.140 s" in line
    log = read_robot_log(path, g1, tolerate=[LogFault.NOT_FINITE])
    assert np.isnan(log.joint_pos[7, 3])


def test_an_imu_that_gives_infinity(g1, write_log):
    def change(k, state):
        return replace(state, base_ang_vel=np.array([0.0, np.inf, 0.0]))

    line = refusal(write_log(3, change), g1, LogFault.NOT_FINITE)
    assert "the ang_vel in /imu/data is inf at 0.000 s, message 1" in line


def test_stamps_that_go_back(g1, write_log):
    def change(k, state):
        return replace(state, time=state.time - (0.5 if k >= 30 else 0.0))

    line = refusal(write_log(50, change), g1, LogFault.BAD_STAMPS)
    assert "the stamps of /joint_states do not increase" in line
    assert "0.100000 s follows 0.580000 s at message 31" in line


def test_a_message_that_came_twice(g1, write_log):
    def change(k, state):
        return replace(state, time=0.02 * min(k, 4))

    line = refusal(write_log(10, change), g1, LogFault.BAD_STAMPS)
    assert "0.080000 s follows 0.080000 s at message 6" in line


def test_two_rates_in_one_stream(g1, write_log):
    def change(k, state):
        time = 0.02 * k if k < 50 else 1.0 + 0.005 * (k - 50)
        return replace(state, time=time)

    line = refusal(write_log(100, change), g1, LogFault.MIXED_CLOCKS)
    assert "/joint_states comes at 50.0 Hz in one part and at 200.0 Hz in" in line


def readings(names, joint_ns, imu_ns, count=400):
    """Joint states and IMU at 50 Hz of the recorder, with stamps of their own."""
    for k in range(count):
        at = k * 20 * MS
        values = np.arange(len(names)) + k
        yield "/joint_states", at, joint_state(joint_ns(at), names, values)
        yield "/imu/data", at, imu(imu_ns(at), k)


def test_two_clocks_that_begin_apart(g1, write_bag):
    day = 1_700_000_000_000 * MS
    records = readings(g1.joint_names, lambda t: t + 1, lambda t: t + day)
    line = refusal(write_bag(records), g1, LogFault.MIXED_CLOCKS)
    assert "/joint_states begins at 0.000 s, /imu/data at 1700000000.000 s" in line
    assert "no time in common" in line


def test_a_clock_that_runs_fast(g1, write_bag):
    records = readings(g1.joint_names, lambda t: t + 1, lambda t: int(1.05 * t) + 1)
    path = write_bag(records)
    line = refusal(path, g1, LogFault.MIXED_CLOCKS)
    assert "the clock of /imu/data runs 1.050 times as fast as that of" in line
    log = read_robot_log(path, g1, tolerate=[LogFault.MIXED_CLOCKS])
    assert len(log.time) == 400


def test_a_clock_that_runs_true_enough(g1, write_bag):
    records = readings(g1.joint_names, lambda t: t + 1, lambda t: int(1.002 * t) + 1)
    read_robot_log(write_bag(records), g1)


def test_a_folder_without_a_bag(g1, tmp_path):
    line = refusal(tmp_path, g1, LogFault.UNREADABLE)
    assert "holds 0 MCAP files" in line


def test_the_path_may_be_text(g1, write_log):
    assert len(read_robot_log(str(write_log(2)), g1).time) == 2
    assert isinstance(read_robot_log(str(write_log(2)), g1).path, Path)
