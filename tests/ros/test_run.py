"""`praxis run` and `check` on a robot that runs in another process already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ros.running import lines_of, praxis, run_here

pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs, built (docs/ros2.md)")

WALK = "walk forward 1 m"


def stands(start: Any, client: Any, *parameters: str) -> None:
    """Start the virtual robot and wait until it is there."""
    from sensor_msgs.msg import JointState

    from sim2real.ros2.qos import sensor_qos

    heard = client.listen(JointState, "joint_states", sensor_qos())
    start("app.ros.virtual_robot", *parameters)
    client.wait(lambda: bool(heard), "a robot")


def test_in_lockstep_it_is_the_run_without_ros_verified_by_the_same_physics(
    start: Any, client: Any, tmp_path: Path
) -> None:
    stands(start, client, "lockstep:=true")
    trace = tmp_path / "ros.jsonl"
    for _ in range(2):  # the robot is left as it was found
        done = praxis("run", WALK, "--seed", "5", "--trace", str(trace))
        assert done.returncode == 0, done.stderr
        assert "verified by the physics: the robot stands; it has moved" in done.stdout
    here = run_here(WALK, seed=5, trace=tmp_path / "here.jsonl")
    # The first line names the backend; the judge speaks after the trace is written.
    assert lines_of(trace)[1:-1] == here[1:-1]


def test_in_real_time_it_is_done_and_the_robot_stands_by_itself_afterwards(
    start: Any, client: Any, tmp_path: Path
) -> None:
    from nav_msgs.msg import Odometry
    from std_msgs.msg import String

    from sim2real.ros2.qos import latched_qos, sensor_qos

    stands(start, client, "speed:=0.25", "command_timeout_s:=0.2")
    said = client.listen(String, "commander", latched_qos())
    trace = str(tmp_path / "ros.jsonl")
    done = praxis("run", "stand for 1 second", "--trace", trace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified by the physics" in done.stdout
    itself = "the robot itself"
    client.wait(lambda: bool(said) and said[-1].data == itself, "its own stand")
    odometry = client.listen(Odometry, "odom", sensor_qos())
    client.wait(lambda: len(odometry) > 200, "2 s of robot time")
    assert odometry[-1].pose.pose.position.z > 0.7


def test_a_robot_that_is_commanded_by_another_one_is_refused(
    start: Any, client: Any
) -> None:
    from praxis_msgs.msg import JointCommand

    client.node.create_publisher(JointCommand, "joint_command", 1)
    stands(start, client, "lockstep:=true")
    done = praxis("run", WALK)
    assert done.returncode == 2
    assert done.stderr == "praxis: /tester commands the robot; end it first.\n"


def test_a_robot_that_is_not_there_is_one_line(domain: int) -> None:
    done = praxis("run", WALK)
    assert done.returncode == 2
    assert done.stderr.startswith("praxis: no state of the robot in 10 s: no joint_sta")
    assert len(done.stderr.splitlines()) == 1


def test_check_looks_at_the_robot_and_moves_nothing(start: Any, client: Any) -> None:
    from praxis_msgs.msg import JointCommand

    commands = client.listen(JointCommand, "joint_command", 1)
    stands(start, client, "lockstep:=true")
    done = praxis("check")
    assert done.returncode == 0, done.stdout
    assert "is there and not pressed" in done.stdout
    assert not commands
