"""Joint commands as messages: written in place, read as a robot reads them."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.ros2.commands import CommandReader, CommandWriter
from sim2real.ros2.refusal import Refusal, Wrong
from tests.sim2real.ros2.plain_messages import joint_command

S = 1_000_000_000


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


def command(robot: RobotConfig) -> JointCommand:
    n = len(robot.joint_names)
    return JointCommand(
        joint_pos=np.arange(n) / 10.0,
        stiffness=np.arange(n) + 1.0,
        damping=np.arange(n) / 3.0,
    )


def one_joint(**changes: Any) -> Any:
    message = joint_command()
    message.name = ["left_knee_joint"]
    for field in ("position", "velocity", "effort", "stiffness", "damping"):
        setattr(message, field, [0.0])
    for field, value in changes.items():
        setattr(message, field, value)
    return message


def test_what_is_written_is_read_to_the_bit(robot: RobotConfig) -> None:
    writer = CommandWriter(joint_command(), robot.joint_names)
    sent = command(robot)
    message = writer.write(sent, 7 * S + 20)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (7, 20)
    read = CommandReader(robot).read(message)
    assert isinstance(read, JointCommand)
    for name, values in vars(sent).items():
        assert_array_equal(getattr(read, name), values)


def test_the_message_is_filled_again_and_not_made_anew(robot: RobotConfig) -> None:
    writer = CommandWriter(joint_command(), robot.joint_names)
    first = writer.write(command(robot), 0)
    buffer = first.position
    second = writer.write(command(robot), S)
    assert second is first
    assert second.position is buffer


def test_joints_that_are_not_named_keep_their_last(robot: RobotConfig) -> None:
    read = CommandReader(robot).read(
        one_joint(position=[1.0], stiffness=[50.0], damping=[2.0])
    )
    assert isinstance(read, JointCommand)
    knee = robot.joint_names.index("left_knee_joint")
    assert (read.joint_pos[knee], read.stiffness[knee]) == (1.0, 50.0)
    others = np.arange(len(robot.joint_names)) != knee
    assert_array_equal(read.joint_pos[others], robot.default_joint_pos[others])


def test_velocity_and_effort_shift_the_target(robot: RobotConfig) -> None:
    read = CommandReader(robot).read(
        one_joint(
            position=[1.0],
            velocity=[3.0],
            effort=[4.0],
            stiffness=[50.0],
            damping=[2.0],
        )
    )
    assert isinstance(read, JointCommand)
    knee = robot.joint_names.index("left_knee_joint")
    assert_allclose(read.joint_pos[knee], 1.0 + (2.0 * 3.0 + 4.0) / 50.0)


@pytest.mark.parametrize(
    ("changes", "wrong", "text"),
    [
        ({"name": ["elbow"]}, Wrong.NAMES, "this robot has no elbow"),
        (
            {"name": ["left_knee_joint", "left_knee_joint"]},
            Wrong.NAMES,
            "a joint is named twice",
        ),
        ({"damping": []}, Wrong.LENGTH, "0 values of damping for 1 names"),
        ({"position": [nan]}, Wrong.NUMBER, "position is not finite"),
        ({"effort": [inf]}, Wrong.NUMBER, "effort is not finite"),
        ({"stiffness": [-1.0]}, Wrong.NUMBER, "a gain is negative"),
        ({"effort": [1.0]}, Wrong.NUMBER, "effort for a joint without stiffness"),
    ],
)
def test_what_a_robot_cannot_do_is_refused(
    robot: RobotConfig, changes: dict[str, Any], wrong: Wrong, text: str
) -> None:
    refusal = CommandReader(robot).read(one_joint(**changes))
    assert isinstance(refusal, Refusal)
    assert refusal.wrong is wrong
    assert text in refusal.text
