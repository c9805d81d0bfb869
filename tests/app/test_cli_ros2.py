"""`--backend ros2`: a robot that runs elsewhere, where ROS 2 is and where it is not."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from app.cli import app
from sim2real.robot import BackendError


def complaint(*words: str) -> str:
    """Run a command that must be refused; return its one line."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert result.stderr.startswith("praxis: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("command", [("run", "walk forward 1 m"), ("check",)])
def test_without_ros_one_line_says_how_to_get_it(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sim2real.ros2.link", "rclpy", "praxis_msgs"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sim2real.ros2.link")
    line = complaint(*command, "--backend", "ros2")
    assert "needs rclpy, which no package index has: it comes with ROS 2" in line


@pytest.mark.parametrize(
    "command",
    [
        ("faults",),
        ("scenario", "all"),
        ("collect", "walk forward 1 m", "--out", "logs"),
    ],
)
def test_what_needs_a_simulation_of_its_own_says_so(command: tuple[str, ...]) -> None:
    line = complaint(*command, "--backend", "ros2")
    assert "this command needs a simulation of its own. Choose mujoco" in line


def test_a_video_needs_one_too() -> None:
    line = complaint(
        *("run", "walk forward 1 m", "--backend", "ros2"), *("--video", "a.mp4")
    )
    assert "--video needs a simulation of its own; drop --backend ros2" in line


def test_a_robot_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def carry_out(*_: object) -> int:
        raise BackendError("no state of the robot in 10 s: no joint_states came.")

    monkeypatch.setattr("app.run_command.carry_out", carry_out)
    line = complaint("run", "walk forward 1 m", "--backend", "ros2")
    assert "no state of the robot in 10 s" in line
