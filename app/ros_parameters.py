"""Parameters of the ROS nodes: one table for declaring, checking and documenting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str | list[str]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; its type is that of its default."""

    name: str
    default: Value
    text: str  # what it means, for a person
    low: float | None = None
    high: float | None = None
    live: bool = False  # may be changed while the node runs
    one_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a range for what is no number.

        Raises:
            ValueError: naming the parameter.
        """
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: expected both ends of a range")

    @property
    def kind(self) -> str:
        """The type, as ROS calls it."""
        if isinstance(self.default, bool):
            return "bool"
        if isinstance(self.default, int):
            return "integer"
        if isinstance(self.default, float):
            return "double"
        return "string[]" if isinstance(self.default, list) else "string"

    def wrong(self, value: Value) -> str | None:
        """Return why a value of the right type cannot be used, if so."""
        if self.one_of and value not in self.one_of:
            return f"{self.name}: expected one of {', '.join(self.one_of)}, got {value}"
        return None


WORLD = (
    Parameter(
        name="robot", default="g1", text="Name in configs/robots, or a YAML file."
    ),
    Parameter(
        name="scene", default="kitchen", text="Name in configs/scenes, or a YAML file."
    ),
    Parameter(
        name="seed",
        default=1,
        text="Of the scene and of everything random.",
        low=0,
        high=2**31 - 1,
    ),
    Parameter(
        name="lockstep",
        default=False,
        text="Robot and node wait for each other: the same run every time.",
    ),
    Parameter(
        name="speed",
        default=1.0,
        text="Of the virtual robot's clock, as a share of real time.",
        low=0.05,
        high=1.0,
    ),
    Parameter(
        name="world_frame",
        default="odom",
        text="Axes in which odometry and the poses of things are counted.",
    ),
)
"""Parameters of both nodes."""

REAL_TIME = (
    Parameter(
        name="real_time",
        default=True,
        text="Freeze the garbage collector, lock memory, ask for SCHED_FIFO.",
    ),
    Parameter(
        name="real_time_priority",
        default=40,
        text="Of SCHED_FIFO; 0: leave the scheduler alone.",
        low=0,
        high=99,
    ),
)
"""Of both nodes, too; neither means anything in lock-step."""

NODE = (
    *WORLD,
    *REAL_TIME,
    Parameter(name="task", default="", text="Carried out as soon as the robot stands."),
    Parameter(
        name="once",
        default=False,
        text="End after the first task; the exit status is 0 if it was done.",
    ),
    Parameter(
        name="autostart",
        default=True,
        text="Go on to balance without waiting for the service start.",
    ),
    Parameter(
        name="hoisted",
        default=False,
        text="The robot hangs when it is started: damping, ramp and stand come first. "
        "False: it stands on its feet and is taken over as it stands.",
    ),
    Parameter(
        name="emergency_stop",
        default="topic",
        text="topic: the robot is not started before emergency_stop says that it is "
        "not pressed; by_hand: nobody reports it, the operator answers for it.",
        one_of=("topic", "by_hand"),
    ),
    Parameter(
        name="verdict_timeout_s",
        default=0.0,
        text="How long to wait for the virtual robot's judge after the first task [s].",
        low=0.0,
        high=600.0,
    ),
    Parameter(
        name="restart_simulation",
        default=False,
        text="Have the virtual robot begin anew when the node begins or resets.",
    ),
    Parameter(
        name="policies",
        default="",
        text="Folder of the policies, if not those that ship.",
    ),
    Parameter(
        name="planner",
        default="tree",
        text="tree, or learned: a policy chooses the skills.",
        one_of=("tree", "learned"),
    ),
    Parameter(
        name="planner_every",
        default=5,
        text="Control ticks between two looks of the planner.",
        low=1,
        high=50,
    ),
    Parameter(
        name="time_limit_s",
        default=300.0,
        text="Robot time for a task [s].",
        low=1.0,
        high=86400.0,
    ),
    Parameter(
        name="adapt",
        default="none",
        text="Fit commands to the robot that is there (docs/adaptation.md).",
        one_of=("none", "estimator", "module", "residual", "all"),
    ),
    Parameter(
        name="guard",
        default=True,
        text="Watchdogs that stand or crouch where the filter alone would damp.",
    ),
    Parameter(
        name="base_frame",
        default="",
        text="Frame of the base in tf; that of the robot's base body if empty.",
    ),
    Parameter(
        name="base_from_tf",
        default=False,
        text="Take the base from tf instead of from odometry.",
    ),
    Parameter(
        name="object_frames",
        default=[""],
        text="Things whose tf frames are to be followed, each as thing:frame.",
    ),
    Parameter(
        name="furniture_from_scene",
        default=True,
        text="Take furniture that perception does not report from the scene file.",
    ),
    Parameter(
        name="qos_deadline_s",
        default=0.0,
        text="Ask joint states and IMU data for this deadline and for liveliness; the "
        "publisher must promise both. 0: do not ask [s].",
        low=0.0,
        high=10.0,
    ),
    Parameter(
        name="heartbeat_timeout_s",
        default=0.0,
        text="Longest silence of operator/heartbeat; 0: none is expected [s].",
        low=0.0,
        high=60.0,
    ),
    Parameter(
        name="cmd_vel_timeout_s",
        default=0.5,
        text="A velocity command counts for so long [s].",
        low=0.05,
        high=5.0,
        live=True,
    ),
    Parameter(
        name="status_hz",
        default=10.0,
        text="Rate of task_status, ee_pose and reward.",
        low=0.5,
        high=50.0,
        live=True,
    ),
    Parameter(
        name="record",
        default="",
        text="Write a robot log (MCAP) to this file (docs/logs.md).",
    ),
    Parameter(name="trace", default="", text="Write what the tree did to this file."),
    Parameter(
        name="summary",
        default="",
        text="Write latencies and results to this JSON file at the end.",
    ),
)
"""Parameters of the node `praxis`."""

VIRTUAL_ROBOT = (
    *WORLD,
    *REAL_TIME,
    Parameter(
        name="robot_parameters",
        default="",
        text="Which very robot: hidden:SEED, a name in configs/identified, or a file.",
    ),
    Parameter(
        name="state_hz",
        default=200.0,
        text="Rate of joint_states and imu/data, and of the physics.",
        low=50.0,
        high=1000.0,
    ),
    Parameter(
        name="odom_hz", default=100.0, text="Rate of odom.", low=10.0, high=1000.0
    ),
    Parameter(
        name="objects_hz", default=50.0, text="Rate of objects.", low=1.0, high=200.0
    ),
    Parameter(
        name="publish_tf",
        default=False,
        text="Send the base and every thing on tf, too.",
    ),
    Parameter(
        name="publish_clock",
        default=False,
        text="Send time on /clock; always so in lock-step or below full speed.",
    ),
    Parameter(
        name="hoisted",
        default=False,
        text="It hangs in the air until it holds its pose, and is lowered then.",
    ),
    Parameter(
        name="command_timeout_s",
        default=0.1,
        text="Without a command for so long the robot stands by itself [s].",
        low=0.02,
        high=10.0,
    ),
)
"""Parameters of the node `virtual_robot`."""

ROBOTS = {"g1": "g1_dex3"}
"""Short names of robots."""


class BadParameter(ValueError):
    """A parameter that cannot be used; one line for a person."""


def checked(table: tuple[Parameter, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of all parameters.

    Raises:
        BadParameter: naming the first that cannot be used.
    """
    checked_values: dict[str, Any] = {}
    for parameter in table:
        value = values.get(parameter.name, parameter.default)
        wrong = parameter.wrong(value)
        if wrong is not None:
            raise BadParameter(wrong)
        checked_values[parameter.name] = value
    return checked_values


def robot_name(word: str) -> str:
    """Return the name in configs/robots of what a person calls the robot."""
    return ROBOTS.get(word, word)


def frames_by_thing(words: list[str]) -> dict[str, str]:
    """Read `object_frames`.

    Raises:
        BadParameter: for what is written in another way.
    """
    frames: dict[str, str] = {}
    for word in filter(None, words):
        thing, sign, frame = word.partition(":")
        if not (sign and thing.strip() and frame.strip()):
            raise BadParameter(
                f"object_frames: expected thing:frame, such as cup:cup_frame, got "
                f"'{word}'"
            )
        frames[thing.strip()] = frame.strip()
    return frames
