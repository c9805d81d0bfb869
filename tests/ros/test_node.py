"""The node and the virtual robot, two processes that only share topics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs, built (docs/ros2.md)")

WALK = "walk forward 1 m"


def run_here(tmp_path: Path) -> list[Any]:
    """Return the trace of `praxis run`, without ROS."""
    from rich.console import Console

    from app.build import read_plan
    from app.options import RunOptions
    from app.run_command import Outputs, carry_out

    trace = tmp_path / "here.jsonl"
    plan = read_plan(WALK, RunOptions(seed=5))
    outputs = Outputs(traced=True, trace=trace)
    assert carry_out(plan, outputs, Console(quiet=True)) == 0
    return [json.loads(line) for line in trace.read_text().splitlines()]


def test_lockstep_gives_the_tree_trace_of_praxis_run(
    start: Any, tmp_path: Path
) -> None:
    trace, summary = tmp_path / "ros.jsonl", tmp_path / "summary.json"
    start("app.virtual_robot", "lockstep:=true", "seed:=5")
    node = start(
        "app.ros_node",
        "lockstep:=true",
        "seed:=5",
        f"task:={WALK}",
        "once:=true",
        "verdict_timeout_s:=20.0",
        f"trace:={trace}",
        f"summary:={summary}",
    )
    said, _ = node.communicate(timeout=120.0)
    assert node.returncode == 0, said
    through_ros = [json.loads(line) for line in trace.read_text().splitlines()]
    here = run_here(tmp_path)
    # The first line names the backend, the last one the judge, who is elsewhere here.
    assert through_ros[1:-1] == here[1:-1]
    assert through_ros[-1]["time"] == here[-1]["time"]
    told = json.loads(summary.read_text())
    assert told["verdict"]["verdict"] == "agrees"
    assert told["result"]["success"]


def test_an_action_is_accepted_and_a_service_stops_it(start: Any, client: Any) -> None:
    from praxis_msgs.action import ExecuteTask
    from praxis_msgs.msg import TaskStatus
    from rclpy.action import ActionClient
    from std_srvs.srv import Trigger

    start("app.virtual_robot", "lockstep:=true")
    start("app.ros_node", "lockstep:=true", "status_hz:=50.0")
    heard = client.listen(TaskStatus, "task_status")
    client.wait(lambda: any(s.mode == "standing" for s in heard), "a robot that stands")
    action = ActionClient(client.node, ExecuteTask, "praxis/execute_task")
    client.wait(action.server_is_ready, "the action")
    feedback: list[Any] = []
    goal = action.send_goal_async(
        ExecuteTask.Goal(task="walk to table and grasp cup"), feedback.append
    )
    client.wait(goal.done, "the goal's answer")
    assert goal.result().accepted
    client.wait(lambda: bool(feedback), "feedback")
    assert feedback[0].feedback.phase == "running"
    second = action.send_goal_async(ExecuteTask.Goal(task="walk to table"))
    client.wait(second.done, "the second goal's answer")
    assert not second.result().accepted  # one task at a time
    stopped = client.ask(Trigger, "praxis/stop", Trigger.Request())
    assert stopped.success
    assert "safely" in stopped.message
    over = goal.result().get_result_async()
    client.wait(over.done, "the result")
    result = over.result().result
    assert not result.success
    assert result.failure == "operator"
    assert any("walk" in status.tree for status in heard)
    action.destroy()


def test_parameters_are_described_and_guarded(start: Any, client: Any) -> None:
    from rcl_interfaces.msg import Parameter as ParameterMessage
    from rcl_interfaces.msg import ParameterType, ParameterValue
    from rcl_interfaces.srv import DescribeParameters, SetParameters

    start("app.virtual_robot", "lockstep:=true")
    start("app.ros_node", "lockstep:=true")
    asked = DescribeParameters.Request(names=["cmd_vel_timeout_s", "planner"])
    told = client.ask(DescribeParameters, "praxis/describe_parameters", asked)
    timeout, planner = told.descriptors
    assert timeout.floating_point_range[0].to_value == 5.0
    assert planner.read_only
    assert planner.additional_constraints == "one of tree, learned"

    def change(name: str, value: float) -> Any:
        double = ParameterType.PARAMETER_DOUBLE
        asked = SetParameters.Request(
            parameters=[
                ParameterMessage(
                    name=name, value=ParameterValue(type=double, double_value=value)
                )
            ]
        )
        return client.ask(SetParameters, "praxis/set_parameters", asked).results[0]

    assert change("cmd_vel_timeout_s", 1.0).successful
    assert "out of range" in change("cmd_vel_timeout_s", 9.0).reason


def test_a_second_commander_keeps_the_robot_from_starting(
    start: Any, client: Any
) -> None:
    from praxis_msgs.msg import JointCommand
    from std_srvs.srv import Trigger

    client.node.create_publisher(JointCommand, "joint_command", 1)
    start("app.virtual_robot", "lockstep:=true")
    start("app.ros_node", "lockstep:=true", "autostart:=false")
    ready = client.node.create_client(Trigger, "praxis/start")
    client.wait(ready.service_is_ready, "the node")

    def refused() -> bool:
        answer = client.ask(Trigger, "praxis/start", Trigger.Request())
        return "/tester commands the joints too; end it first" in answer.message

    client.wait(refused, "the refusal")


def test_a_node_that_is_killed_leaves_a_robot_that_stops_by_itself(
    start: Any, client: Any
) -> None:
    from praxis_msgs.msg import JointCommand
    from sensor_msgs.msg import JointState
    from std_srvs.srv import Trigger

    from sim2real.ros2.link import sensor_qos

    start("app.virtual_robot", "command_timeout_s:=0.2", "speed:=0.5")
    node = start("app.ros_node", "autostart:=false", "guard:=false", "speed:=0.5")
    heard = client.listen(JointState, "joint_states", sensor_qos())
    commands = client.listen(JointCommand, "joint_command", 1)

    def stands() -> bool:
        return bool(client.ask(Trigger, "praxis/start", Trigger.Request()).success)

    client.wait(stands, "a robot that stands")
    client.wait(lambda: len(commands) > 20, "commands")
    node.kill()
    node.wait()
    count = len(heard)
    client.wait(lambda: len(heard) > count + 200, "states after the kill")
    # Damped: no joint is driven, whatever gravity does to the robot.
    knee = list(heard[-1].name).index("left_knee_joint")
    speed = abs(heard[-1].velocity[knee])
    assert abs(heard[-1].effort[knee]) <= 2.0 * 10.0 * max(speed, 1e-3) + 1e-6


def test_a_wrong_scene_is_one_line_and_exit_code_2(start: Any) -> None:
    node = start("app.ros_node", "scene:=moon")
    said, _ = node.communicate(timeout=60.0)
    assert node.returncode == 2
    assert said.startswith("praxis: ")
    assert "moon.yaml: no such file" in said
    assert len(said.splitlines()) == 1


def test_the_launch_file_is_installed_and_lists_its_arguments() -> None:
    found = subprocess.run(
        ["ros2", "launch", "praxis", "deploy.launch.py", "--show-args"],
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    if "not found" in found.stderr:
        pytest.skip("the package praxis is not built: colcon build (docs/ros2.md)")
    assert found.returncode == 0
    for argument in ("robot", "task", "sim", "lockstep", "record", "namespace"):
        assert f"'{argument}':" in found.stdout
