"""The node and the virtual robot, two processes that only share topics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from configs.loader import load_robot
from tests.ros.running import run_here

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs, built (docs/ros2.md)")

WALK = "walk forward 1 m"


def test_lockstep_gives_the_tree_trace_of_praxis_run(
    start: Any, tmp_path: Path
) -> None:
    trace, summary = tmp_path / "ros.jsonl", tmp_path / "summary.json"
    start("app.ros.virtual_robot", "lockstep:=true", "seed:=5")
    node = start(
        "app.ros.node",
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
    here = run_here(WALK, seed=5, trace=tmp_path / "here.jsonl")
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

    start("app.ros.virtual_robot", "lockstep:=true")
    start("app.ros.node", "lockstep:=true", "status_hz:=50.0")
    heard = client.listen(TaskStatus, "task_status")
    client.wait(lambda: any(s.mode == "balance" for s in heard), "a robot that stands")
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

    start("app.ros.virtual_robot", "lockstep:=true")
    start("app.ros.node", "lockstep:=true")
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
    start("app.ros.virtual_robot", "lockstep:=true")
    start("app.ros.node", "lockstep:=true", "autostart:=false")
    ready = client.node.create_client(Trigger, "praxis/start")
    client.wait(ready.service_is_ready, "the node")

    def refused() -> bool:
        answer = client.ask(Trigger, "praxis/start", Trigger.Request())
        return "/tester also commands the joints; end it first" in answer.message

    client.wait(refused, "the refusal")


def stands_and_tells(start: Any, client: Any, *more: str) -> tuple[Any, Any]:
    """Start robot and node, wait until it balances; return node and odometry."""
    from nav_msgs.msg import Odometry
    from praxis_msgs.msg import JointCommand

    from sim2real.ros2.qos import sensor_qos

    start("app.ros.virtual_robot", "speed:=0.5", "command_timeout_s:=0.2")
    heard = client.listen(Odometry, "odom", sensor_qos())
    commands = client.listen(JointCommand, "joint_command", 1)
    node = start("app.ros.node", "speed:=0.5", *more)
    client.wait(lambda: len(commands) > 50, "commands")
    return node, heard


def height(odometry: list[Any]) -> float:
    return float(odometry[-1].pose.pose.position.z)


def test_a_node_that_is_killed_leaves_a_robot_that_stands_by_itself(
    start: Any, client: Any
) -> None:
    from std_msgs.msg import String

    from sim2real.ros2.qos import latched_qos

    said = client.listen(String, "commander", latched_qos())
    node, odometry = stands_and_tells(start, client, "guard:=false")
    client.wait(lambda: bool(said and said[-1].data), "who commands")
    assert said[-1].data.startswith(f"/praxis {node.pid}.")
    node.kill()  # SIGKILL: it can say no word about it
    node.wait()
    client.wait(lambda: said[-1].data == "the robot itself", "the robot's watchdog")
    count = len(odometry)
    client.wait(lambda: len(odometry) > count + 300, "3 s of robot time")
    assert height(odometry) > 0.7  # it stands
    # Another process may have the joints, once it has seen that all is well.
    again = start("app.ros.node", "speed:=0.5", "guard:=false")
    name = f"/praxis {again.pid}."
    client.wait(lambda: said[-1].data.startswith(name), "the next commander")
    count = len(odometry)
    client.wait(lambda: len(odometry) > count + 200, "2 s of robot time")
    assert height(odometry) > 0.7


def test_a_second_commander_is_refused_and_ends_nothing_but_the_task(
    start: Any, client: Any
) -> None:
    from praxis_msgs.msg import JointCommand, TaskStatus
    from std_msgs.msg import String

    from sim2real.ros2.qos import command_qos, latched_qos

    said = client.listen(String, "commander", latched_qos())
    statuses = client.listen(TaskStatus, "task_status")
    node, odometry = stands_and_tells(start, client)
    client.wait(lambda: bool(said and said[-1].data), "who commands")
    rogue = client.node.create_publisher(JointCommand, "joint_command", command_qos())
    names = load_robot().joint_names
    still = [0.0] * len(names)
    limp = JointCommand(
        name=names,
        position=still,
        velocity=still,
        effort=still,
        stiffness=still,
        damping=still,
    )
    count = len(odometry)

    def seen() -> bool:
        rogue.publish(limp)
        standing = statuses[-1].mode == "fault_standing"
        return standing and len(odometry) > count + 200

    client.wait(seen, "the node's reaction")
    assert said[-1].data.startswith(f"/praxis {node.pid}.")  # whoever was first
    assert height(odometry) > 0.7


def test_an_operator_who_falls_silent_ends_the_task_and_the_robot_stands(
    start: Any, client: Any
) -> None:
    from praxis_msgs.msg import TaskStatus
    from std_msgs.msg import Empty

    statuses = client.listen(TaskStatus, "task_status")
    operator = client.node.create_publisher(Empty, "operator/heartbeat", 1)
    start("app.ros.virtual_robot", "speed:=0.5")
    start("app.ros.node", "speed:=0.5", "heartbeat_timeout_s:=2.0")

    def balances() -> bool:
        operator.publish(Empty())
        return bool(statuses) and statuses[-1].mode == "balance"

    client.wait(balances, "a robot that balances")
    client.wait(lambda: statuses[-1].mode == "fault_standing", "the reaction")


def test_a_wrong_scene_is_one_line_and_exit_code_2(start: Any) -> None:
    node = start("app.ros.node", "scene:=moon")
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
