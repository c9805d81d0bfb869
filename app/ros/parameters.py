"""Parameters of both nodes, and those of the virtual robot."""

from __future__ import annotations

from app.ros.parameter import Parameter

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


def robot_name(word: str) -> str:
    """Return the name in configs/robots of what a person calls the robot."""
    return ROBOTS.get(word, word)
