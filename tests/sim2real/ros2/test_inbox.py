"""Messages land in slots; the loop takes a whole state out."""

from __future__ import annotations

from math import nan, pi, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.ros2.inbox import Inbox, InboxConfig
from sim2real.ros2.slot import Arrival
from sim2real.ros2.states import wxyz_from_matrix
from sim2real.rotations import wxyz_from_rpy, yaw_of
from tests.sim2real.ros2.plain_messages import (
    imu,
    joint_state,
    odometry,
    tf,
    transform,
    xyz,
    xyzw,
)

HALF = sqrt(0.5)
S = 1_000_000_000


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


def inbox_for(robot: RobotConfig, config: InboxConfig | None = None) -> Inbox:
    return Inbox(robot, load_scene("kitchen"), config, clock=lambda: 0)


def hear_joints(inbox: Inbox, robot: RobotConfig, stamp_ns: int = S) -> None:
    n = len(robot.joint_names)
    names = list(robot.joint_names)
    inbox.on_joint_state(joint_state(names, [0.1] * n, [0.0] * n, [], stamp_ns))


def test_it_says_what_never_came(robot: RobotConfig) -> None:
    inbox = inbox_for(robot)
    assert inbox.lacks() == "no joint_states came"
    some = joint_state(["left_knee_joint"], [0.0], [0.0])
    inbox.on_joint_state(some)
    assert inbox.lacks() == "joint_states never named left_hip_pitch_joint"
    hear_joints(inbox, robot)
    assert inbox.lacks() == "no imu/data came"
    inbox.on_imu(imu(orientation=xyzw(w=nan)))
    assert "has not length 1" in str(inbox.lacks())
    inbox.on_imu(imu(S))
    assert inbox.lacks() == "no odom came"
    assert inbox.state(0.0) is None
    inbox.on_odometry(odometry(S))
    assert inbox.lacks() is None


def test_speed_is_turned_into_the_world(robot: RobotConfig) -> None:
    inbox = inbox_for(robot)
    hear_joints(inbox, robot)
    left = xyzw(z=HALF, w=HALF)
    inbox.on_imu(imu(S, left))
    inbox.on_odometry(odometry(S, xyz(1.0, 2.0, 0.8), left, xyz(0.5)))
    state = inbox.state(3.0)
    assert state is not None
    assert state.time == 3.0
    assert_array_equal(state.base_pos_w, [1.0, 2.0, 0.8])
    assert_allclose(state.base_lin_vel_w, [0.0, 0.5, 0.0], atol=1e-12)


def test_tilt_comes_from_the_imu_and_heading_from_odometry(robot: RobotConfig) -> None:
    inbox = inbox_for(robot)
    hear_joints(inbox, robot)
    w, x, y, z = wxyz_from_rpy(np.array(0.1), np.array(0.2), np.array(-2.0))
    inbox.on_imu(imu(S, xyzw(x, y, z, w)))
    inbox.on_odometry(odometry(S, None, xyzw(z=HALF, w=HALF)))
    state = inbox.state(0.0)
    assert state is not None
    wanted = wxyz_from_rpy(np.array(0.1), np.array(0.2), np.array(pi / 2))
    assert_allclose(state.base_quat_wxyz, wanted, atol=1e-12)


def test_where_both_agree_the_imus_quaternion_is_kept_to_the_bit(
    robot: RobotConfig,
) -> None:
    inbox = inbox_for(robot)
    hear_joints(inbox, robot)
    w, x, y, z = quat = wxyz_from_rpy(np.array(0.1), np.array(0.2), np.array(0.3))
    inbox.on_imu(imu(S, xyzw(x, y, z, w)))
    inbox.on_odometry(odometry(S, None, xyzw(x, y, z, w)))
    state = inbox.state(0.0)
    assert state is not None
    assert_array_equal(state.base_quat_wxyz, quat)


def test_odometry_of_another_frame_is_carried_into_the_world(
    robot: RobotConfig,
) -> None:
    inbox = inbox_for(robot, InboxConfig(world_frame="map"))
    inbox.on_odometry(odometry(S, xyz(1.0)))
    assert inbox.odom.counts[Arrival.REFUSED] == 1
    inbox.on_tf(tf(transform("map", "odom", xyz(5.0), xyzw(z=HALF, w=HALF))))
    inbox.on_odometry(odometry(S, xyz(1.0)))
    assert inbox.odom.value is not None
    assert_allclose(inbox.odom.value.pos_w, [5.0, 1.0, 0.0], atol=1e-12)


def test_the_base_may_come_from_tf(robot: RobotConfig) -> None:
    inbox = inbox_for(robot, InboxConfig(base_from_tf=True))
    inbox.on_odometry(odometry(S, xyz(9.0)))  # not listened to
    for i in range(100):  # 1 m/s for a second
        at = xyz(0.01 * i, 0.0, 0.8)
        inbox.on_tf(tf(transform("odom", "pelvis", at, stamp_ns=S + i * S // 100)))
    assert inbox.odom.value is not None
    assert_allclose(inbox.odom.value.pos_w, [0.99, 0.0, 0.8])
    assert_allclose(inbox.odom.value.lin_vel_b, [1.0, 0.0, 0.0], atol=1e-6)


def test_things_may_come_from_tf_and_furniture_from_the_scene(
    robot: RobotConfig,
) -> None:
    config = InboxConfig(object_frames={"cup": "cup_frame"})
    inbox = inbox_for(robot, config)
    assert set(inbox.objects()) == {"table", "shelf"}
    inbox.on_tf(tf(transform("odom", "cup_frame", xyz(1.0), stamp_ns=S)))
    assert inbox.objects()["cup"].pos_w[0] == 1.0
    assert yaw_of(inbox.objects()["cup"].quat_wxyz) == 0.0


def test_a_clock_that_was_set_back_is_followed(robot: RobotConfig) -> None:
    inbox = inbox_for(robot)
    hear_joints(inbox, robot, 100 * S)
    hear_joints(inbox, robot, 50 * S)
    assert inbox.joints.stamp_ns == 50 * S
    assert inbox.joints.counts[Arrival.JUMPED_BACK] == 1


def test_clear_forgets_all(robot: RobotConfig) -> None:
    inbox = inbox_for(robot)
    hear_joints(inbox, robot)
    inbox.clear()
    assert inbox.lacks() == "no joint_states came"


@pytest.mark.parametrize(
    ("roll", "pitch", "yaw"),
    [(0.0, 0.0, 0.0), (3.0, 0.0, 0.0), (0.0, 1.5, 3.0), (0.3, -0.4, -3.1)],
)
def test_a_rotation_matrix_becomes_its_quaternion(
    roll: float, pitch: float, yaw: float
) -> None:
    quat = wxyz_from_rpy(np.array(roll), np.array(pitch), np.array(yaw))
    w, x, y, z = quat
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    assert_allclose(wxyz_from_matrix(matrix), quat * np.sign(w), atol=1e-12)
