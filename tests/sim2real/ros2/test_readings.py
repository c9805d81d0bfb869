"""Joint states, IMU data and odometry: what is read, and what is refused."""

from __future__ import annotations

from math import nan, sqrt

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.ros2.readings import JointReader, JointReading, read_imu, read_odometry
from sim2real.ros2.refusal import Refusal, Wrong
from tests.sim2real.ros2.plain_messages import imu, joint_state, odometry, xyz, xyzw


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


def whole(robot: RobotConfig, stamp_ns: int = 5) -> JointReading:
    n = len(robot.joint_names)
    numbers = [0.01 * i for i in range(n)]
    message = joint_state(list(robot.joint_names), numbers, [0.0] * n, [], stamp_ns)
    reading = JointReader(robot).read(message)
    assert isinstance(reading, JointReading)
    return reading


def test_joints_come_in_any_order_of_names(robot: RobotConfig) -> None:
    names = list(reversed(robot.joint_names))
    n = len(names)
    message = joint_state(names, [float(i) for i in range(n)], [0.0] * n)
    reading = JointReader(robot).read(message)
    assert isinstance(reading, JointReading)
    assert_array_equal(reading.joint_pos, [float(n - 1 - i) for i in range(n)])


def test_a_driver_without_efforts_measures_zeros(robot: RobotConfig) -> None:
    assert_array_equal(whole(robot).joint_effort, 0.0)


def test_body_and_hands_may_come_in_two_messages(robot: RobotConfig) -> None:
    reader = JointReader(robot)
    hands = [name for name in robot.joint_names if "_hand_" in name]
    body = [name for name in robot.joint_names if "_hand_" not in name]
    first = joint_state(body, [0.1] * 29, [0.0] * 29, [], stamp_ns=20)
    assert reader.read(first) is None
    assert reader.missing == tuple(hands)
    reading = reader.read(joint_state(hands, [0.2] * 14, [0.0] * 14, [], stamp_ns=10))
    assert isinstance(reading, JointReading)
    assert reading.stamp_ns == 10  # as old as its oldest part
    assert sorted(set(reading.joint_pos)) == [0.1, 0.2]


def test_joints_of_others_are_looked_over(robot: RobotConfig) -> None:
    names = [*robot.joint_names, "head_pan_joint"]
    n = len(names)
    reading = JointReader(robot).read(joint_state(names, [1.0] * n, [0.0] * n))
    assert isinstance(reading, JointReading)
    assert reading.joint_pos.shape == (n - 1,)


def test_a_message_of_before_changes_nothing(robot: RobotConfig) -> None:
    reader, names = JointReader(robot), list(robot.joint_names)
    n = len(names)
    reader.read(joint_state(names, [1.0] * n, [0.0] * n, [], stamp_ns=50_000_000))
    late = reader.read(joint_state(names, [2.0] * n, [0.0] * n, [], 40_000_000))
    assert isinstance(late, JointReading)
    assert late.stamp_ns == 40_000_000
    assert_array_equal(late.joint_pos, 1.0)


@pytest.mark.parametrize(
    ("changes", "wrong", "text"),
    [
        ({"position": [0.0] * 42}, Wrong.LENGTH, "42 values of position for 43 names"),
        ({"velocity": []}, Wrong.LENGTH, "0 values of velocity for 43 names"),
        (
            {"position": [0.0] * 3 + [nan] + [0.0] * 39},
            Wrong.NUMBER,
            "position of left_knee_joint is not finite",
        ),
        ({"name": ["a"] * 43}, Wrong.NAMES, "a is there twice"),
        (
            {"name": [f"joint{i}" for i in range(43)]},
            Wrong.NAMES,
            r"no joint of this robot is named \(got joint0, joint1, joint2; expected "
            r"left_hip_pitch_joint",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    robot: RobotConfig, changes: dict[str, object], wrong: Wrong, text: str
) -> None:
    message = joint_state(list(robot.joint_names), [0.0] * 43, [0.0] * 43)
    for field, value in changes.items():
        setattr(message, field, value)
    refusal = JointReader(robot).read(message)
    assert isinstance(refusal, Refusal)
    assert refusal.wrong is wrong
    with pytest.raises(AssertionError, match=text):
        raise AssertionError(refusal.text)


def test_a_refused_message_leaves_nothing_behind(robot: RobotConfig) -> None:
    reader, names = JointReader(robot), list(robot.joint_names)
    reader.read(joint_state(names, [1.0] * 43, [0.0] * 43, [], stamp_ns=1))
    reader.read(joint_state(names, [2.0] * 43, [nan] * 43, [], stamp_ns=2))
    again = reader.read(joint_state(names, [3.0] * 43, [0.0] * 43, [], stamp_ns=1))
    assert isinstance(again, JointReading)
    assert_array_equal(again.joint_pos, 1.0)


def test_the_imus_quaternion_has_w_last() -> None:
    half = sqrt(0.5)
    reading = read_imu(imu(orientation=xyzw(z=half, w=half), rate=xyz(1.0, 2.0, 3.0)))
    assert not isinstance(reading, Refusal)
    assert_allclose(reading.quat_wxyz, [half, 0.0, 0.0, half])
    assert_array_equal(reading.ang_vel, [1.0, 2.0, 3.0])


def test_an_imu_that_says_it_has_no_orientation_is_refused() -> None:
    message = imu()
    message.orientation_covariance[0] = -1.0
    refusal = read_imu(message)
    assert isinstance(refusal, Refusal)
    assert "it has no orientation" in refusal.text


@pytest.mark.parametrize("quat", [xyzw(w=0.0), xyzw(w=nan), xyzw(w=2.0)])
def test_a_quaternion_that_is_none_is_refused(quat: object) -> None:
    for refusal in (
        read_imu(imu(orientation=quat)),
        read_odometry(odometry(0, None, quat)),
    ):
        assert isinstance(refusal, Refusal)
        assert refusal.wrong is Wrong.ROTATION


def test_rates_and_places_must_be_finite() -> None:
    rate = read_imu(imu(rate=xyz(nan)))
    place = read_odometry(odometry(position=xyz(0.0, nan)))
    speed = read_odometry(odometry(linear=xyz(nan)))
    for refusal, text in (
        (rate, "imu/data: angular_velocity is not finite"),
        (place, "odom: position is not finite"),
        (speed, "odom: linear velocity is not finite"),
    ):
        assert isinstance(refusal, Refusal)
        assert refusal.text == text
