"""What the ros2 backend wants of whatever carries its messages, and how to get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.ros2.inbox import Inbox

NO_ROS = (
    "the ros2 backend needs rclpy, which no package index has: it comes with ROS 2. "
    "Source it (source /opt/ros/jazzy/setup.bash, or humble) in a Python of the same "
    "version; docs/ros2.md says how."
)
NO_MESSAGES = (
    "the ros2 backend needs praxis_msgs. Build it: colcon build "
    "--base-paths interfaces . (docs/ros2.md)."
)


@dataclass(frozen=True, kw_only=True)
class NewWorld:
    """A simulation that began anew."""

    stamp_ns: int  # of its first state
    lockstep: bool = False  # it waits for a command to each of its states
    speed: float = 1.0  # of its clock, as a share of ours


class Link(Protocol):
    """Carries messages; `sim2real/ros2/link.py` does it with ROS 2."""

    def send(self, command: JointCommand, stamp_ns: int) -> None:
        """Publish a command that answers the state of this stamp."""

    def handle(self, done: Callable[[], bool], deadline_ns: int) -> bool:
        """Handle messages until `done`, or until the monotonic clock is there.

        Returns:
            Whether it was done.
        """

    def take_over(self) -> None:
        """Command under a new name from now on."""

    def is_simulated(self) -> bool:
        """Return whether the robot is one whose world can begin anew."""

    def restart_world(self, seed: int, deadline_ns: int) -> NewWorld | str:
        """Let a simulation begin anew.

        Returns:
            Its new world, or what went wrong.
        """

    def other_commanders(self) -> tuple[str, ...]:
        """Return who else publishes joint commands."""

    def close(self) -> None:
        """Take everything down that the link has built."""


def connect(robot: RobotConfig, inbox: Inbox) -> Link:
    """Return a link of its own, over ROS 2.

    Raises:
        ConfigError: if there is no ROS 2 here.
    """
    try:
        from sim2real.ros2.link import RosLink
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("sim2real", "configs"):
            raise
        wanted = NO_MESSAGES if missing == "praxis_msgs" else NO_ROS
        raise ConfigError(wanted) from None
    return RosLink.standing_alone(robot, inbox)
