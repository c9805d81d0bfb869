"""Parameters of the node `praxis`."""

from __future__ import annotations

from app.ros.parameter import BadParameter, Parameter
from app.ros.parameters import REAL_TIME, WORLD

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
        name="identified",
        default="",
        text="What was identified of this robot: a name in configs/identified, or a "
        "file.",
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
