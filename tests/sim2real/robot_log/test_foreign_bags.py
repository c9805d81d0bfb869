"""Bags that `ros2 bag record` made: other orders and rates, standard messages."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sim2real.robot_log import LogError, LogFault, read_robot_log
from tests.sim2real.robot_log.conftest import imu, joint_state

MS = 1_000_000  # [ns]


def states(names, count=40, period=20 * MS, start=0):
    """Joint i of the names as given is at i/100 + k."""
    for k in range(count):
        at = start + k * period
        values = np.arange(len(names)) / 100 + k
        yield "/joint_states", at, joint_state(at, names, values)


def test_joints_are_found_by_name_among_others(g1, write_bag):
    names = ("head_joint", *reversed(g1.joint_names))
    log = read_robot_log(write_bag(states(names)), g1)
    # left_hip_pitch_joint is the last of 44 names, at 0.43.
    assert log.joint_pos[0, 0] == pytest.approx(0.43)
    assert log.joint_pos[1, -1] == pytest.approx(1.01)
    assert log.robot == "g1_dex3"
    assert log.metadata == {}
    assert log.control_dt is None


def test_what_was_not_recorded_is_nan_and_can_be_asked_for(g1, write_bag):
    log = read_robot_log(write_bag(states(g1.joint_names)), g1)
    assert log.streams == frozenset()
    assert np.isnan(log.joint_vel).all()
    assert np.isnan(log.base_quat_wxyz).all()
    assert log.command_time.shape == (0,)
    assert log.command_pos.shape == (0, 43)
    with pytest.raises(LogError, match="holds no imu and no commands") as caught:
        log.need("imu", "commands")
    assert caught.value.fault is LogFault.MISSING_STREAM


def test_a_state_sees_the_newest_imu_reading_of_its_time(g1, write_bag):
    readings = [("/imu/data", k * 5 * MS, imu(k * 5 * MS, wz=k)) for k in range(161)]
    records = sorted([*states(g1.joint_names), *readings], key=lambda r: r[1])
    log = read_robot_log(write_bag(records), g1)
    # Four readings for each joint state.
    assert_array_equal(log.base_ang_vel[:, 2], 4.0 * np.arange(40))
    assert_array_equal(log.base_quat_wxyz[7], [1.0, 0.0, 0.0, 0.0])


def test_time_begins_with_the_first_joint_state(g1, write_bag):
    day = 1_700_000_000 * 1000 * MS
    log = read_robot_log(write_bag(states(g1.joint_names, start=day)), g1)
    assert_allclose(log.time, 0.02 * np.arange(40), atol=1e-9)


def test_without_stamps_the_recorders_clock_counts(g1, write_bag):
    records = [
        ("/joint_states", at, joint_state(0, g1.joint_names, message["position"]))
        for _, at, message in states(g1.joint_names)
    ]
    log = read_robot_log(write_bag(records), g1)
    assert_allclose(log.time, 0.02 * np.arange(40), atol=1e-9)


def test_a_topic_may_have_another_name(g1, write_bag):
    kind = {"/g1/joint_states": "sensor_msgs/msg/JointState"}
    records = [("/g1/joint_states", at, m) for _, at, m in states(g1.joint_names)]
    assert len(read_robot_log(write_bag(records, kind), g1).time) == 40


def test_two_topics_of_one_type_are_not_guessed_between(g1, write_bag):
    names = ("/a/joint_states", "/b/joint_states")
    kinds = dict.fromkeys(names, "sensor_msgs/msg/JointState")
    some = list(states(g1.joint_names, 3))
    records = [(name, at, message) for name in names for _, at, message in some]
    with pytest.raises(LogError, match="more than one: /a/joint_states, /b/joint_st"):
        read_robot_log(write_bag(records, kinds), g1)


def test_a_bag_may_be_given_as_its_folder(g1, write_bag):
    path = write_bag(states(g1.joint_names))
    assert len(read_robot_log(path.parent, g1).time) == 40
    (path.parent / "second.mcap").write_bytes(path.read_bytes())
    with pytest.raises(LogError, match="holds 2 MCAP files; give the path of one"):
        read_robot_log(path.parent, g1)


def test_topics_that_only_share_a_name_with_ours_are_left_alone(g1, write_bag):
    kinds = {"/objects": "std_msgs/msg/String", "/skill_event": "std_msgs/msg/String"}
    records = [
        *states(g1.joint_names, 3),
        ("/objects", 0, {"data": "a cup"}),
        ("/skill_event", 0, {"data": "not ours"}),
    ]
    log = read_robot_log(write_bag(records, kinds), g1)
    assert (log.objects, log.events, log.task) == ((), (), None)
