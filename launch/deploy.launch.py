"""Bring up the skill runtime against a robot; with sim:=true a virtual one, too.

ros2 launch praxis deploy.launch.py sim:=true task:="walk to table and grasp cup"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

PARAMS = Path(__file__).parent.parent / "params" / "g1.yaml"
YES = ("true", "1", "yes", "on")

ARGUMENTS: tuple[tuple[str, str, str], ...] = (
    ("robot", "g1", "g1, g1_unitree (its own protocol), or a YAML file"),
    ("task", "", "carried out as soon as the robot stands; empty: wait for one"),
    ("sim", "false", "start a virtual robot, too"),
    ("scene", "kitchen", "name in configs/scenes, or a YAML file"),
    ("seed", "1", "of the virtual robot's world"),
    ("robot_parameters", "", "which virtual robot: hidden:SEED, or a file"),
    ("lockstep", "false", "virtual robot and node wait for each other"),
    ("speed", "1.0", "of the virtual robot's clock, as a share of real time"),
    ("once", "false", "end after the task; its exit status is that of the launch"),
    ("autostart", "", "go on to balance by itself; default: only with sim"),
    ("hoisted", "", "stand up a robot that hangs; default: neither sim nor g1_unitree"),
    ("heartbeat_timeout_s", "", "of the operator; default: 0 (none) with sim"),
    ("namespace", "", "of all topics and services"),
    ("policies", "", "folder of the policies, if not those that ship"),
    ("adapt", "none", "fit commands to the robot that is there"),
    ("identified", "", "what was identified of the robot: a name or a file"),
    ("planner", "tree", "tree or learned"),
    ("record", "", "write a robot log (MCAP) to this file"),
    ("trace", "", "write what the tree did to this file"),
    ("summary", "", "write latencies and results to this JSON file"),
    ("params_file", str(PARAMS), "parameters of both nodes"),
)
PASSED_ON = {  # launch argument: type of the parameter
    "robot": str,
    "task": str,
    "scene": str,
    "seed": int,
    "lockstep": bool,
    "speed": float,
    "once": bool,
    "autostart": bool,
    "hoisted": bool,
    "policies": str,
    "adapt": str,
    "identified": str,
    "planner": str,
    "record": str,
    "trace": str,
    "summary": str,
}
ALSO_FOR_THE_ROBOT = ("robot", "scene", "seed", "lockstep", "speed", "hoisted")
LONGEST_JUDGING_S = 60.0  # after a task; the virtual robot may run slowly [s]


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and what is started with them."""
    declared: list[LaunchDescriptionEntity] = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = dict(context.launch_configurations)
    sim = given["sim"].lower() in YES
    given["autostart"] = given["autostart"] or str(sim).lower()
    unitree = given["robot"] == "g1_unitree"
    given["hoisted"] = given["hoisted"] or str(not sim and not unitree).lower()
    operator: dict[str, float] = {}
    if given["heartbeat_timeout_s"] or sim:
        operator["heartbeat_timeout_s"] = float(given["heartbeat_timeout_s"] or 0.0)
    given["robot"] = "g1" if unitree else given["robot"]
    parameters = {name: _as(kind, given[name]) for name, kind in PASSED_ON.items()}
    simulated = {"use_sim_time": sim and (parameters["lockstep"] or _slow(parameters))}
    praxis = Node(
        package="praxis",
        executable="praxis_node",
        name="praxis",
        namespace=given["namespace"],
        output="screen",
        parameters=[
            given["params_file"],
            parameters,
            simulated,
            operator,
            {"verdict_timeout_s": LONGEST_JUDGING_S if sim else 0.0},
        ],
    )
    started: list[LaunchDescriptionEntity] = [praxis]
    if sim:
        shared = {name: parameters[name] for name in ALSO_FOR_THE_ROBOT}
        started.append(
            Node(
                package="praxis",
                executable="praxis_virtual_robot",
                name="virtual_robot",
                namespace=given["namespace"],
                output="screen",
                parameters=[
                    given["params_file"],
                    shared,
                    {"robot_parameters": given["robot_parameters"]},
                ],
            )
        )
    elif unitree:
        started.append(
            Node(
                package="praxis",
                executable="g1_bridge",
                name="g1_bridge",
                namespace=given["namespace"],
                output="screen",
                parameters=[given["params_file"]],
            )
        )
    if parameters["once"]:
        started.append(
            RegisterEventHandler(OnProcessExit(target_action=praxis, on_exit=_finish))
        )
    return started


def _slow(parameters: dict[str, Any]) -> bool:
    return float(parameters["speed"]) != 1.0


def _finish(event: Any, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """End everything; a task that was not done is the failure of the launch."""

    def fail(context: LaunchContext) -> None:
        raise RuntimeError(
            f"the task was not done (exit code {event.returncode} of the node praxis)"
        )

    end: list[LaunchDescriptionEntity] = [
        EmitEvent(event=Shutdown(reason="the task is over"))
    ]
    if event.returncode != 0:
        end.append(OpaqueFunction(function=fail))
    return end


def _as(kind: Callable[[str], Any], text: str) -> Any:
    if kind is bool:
        return text.lower() in YES
    return kind(text)
