"""A link without ROS: the fake robot behind plain messages, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable

from configs.schema import RobotConfig, SceneConfig
from sim2real.backends.fake_backend import FakeBackend
from sim2real.robot import JointCommand, RobotState
from sim2real.ros2.carrier import NewWorld
from sim2real.ros2.inbox import Inbox
from sim2real.ros2.states import StateWriter
from sim2real.ros2.things import ThingsWriter
from tests.sim2real.ros2.plain_messages import (
    imu,
    joint_state,
    object_states,
    odometry,
)

MS = 1_000_000
PERIOD = 20 * MS


class Loopback:
    """Delivers a state every 20 ms of its own clock; can be told to misbehave.

    Attributes:
        now: of the monotonic clock [ns].
        shift: added to stamps, as when the robot's clock is set [ns].
        silent: no state comes any more.
        sent: every command.
    """

    def __init__(self, robot: RobotConfig, scene: SceneConfig) -> None:
        self.now = 1_000_000 * MS
        self.shift = 0
        self.silent = False
        self.lockstep = False
        self.sent: list[tuple[JointCommand, int]] = []
        self.closed = False
        self.names = 0  # under which we commanded
        self.connections = 0  # that were made, where somebody counts them
        self.simulated = False  # whether its world can begin anew
        self.others: tuple[str, ...] = ()
        self.begun_with: list[int] = []
        self.robot = FakeBackend(robot, scene)
        self.state: RobotState = self.robot.reset(1)
        self.inbox = Inbox(robot, scene, clock=lambda: self.now)
        self._writer = StateWriter(
            robot, joints=joint_state(), imu=imu(), odom=odometry()
        )
        self._things = ThingsWriter(object_states(), "odom")
        self._next = self.now + PERIOD
        self._stamp = 1000 * MS
        self._command: JointCommand | None = None

    def clock(self) -> int:
        return self.now

    def deliver(self) -> None:
        stamp = self._stamp + self.shift
        self.inbox.on_objects(self._things.write(self.robot.objects(), stamp))
        self.inbox.on_odometry(self._writer.write_odom(self.state, stamp))
        self.inbox.on_imu(self._writer.write_imu(self.state, stamp))
        self.inbox.on_joint_state(self._writer.write_joints(self.state, stamp))

    def advance(self) -> None:
        if self._command is not None:
            self.state = self.robot.step(self._command)
        self._stamp += PERIOD

    # --- Link ---

    def send(self, command: JointCommand, stamp_ns: int) -> None:
        self.sent.append((command, stamp_ns))
        self._command = command
        if self.lockstep:
            self.advance()

    def handle(self, done: Callable[[], bool], deadline_ns: int) -> bool:
        while not done():
            if self.now >= deadline_ns:
                return False
            self.now = min(self._next, deadline_ns)
            if self.now == self._next:
                self._next += PERIOD
                if not self.lockstep:
                    self.advance()
                if not self.silent:
                    self.deliver()
        return True

    def take_over(self) -> None:
        self.names += 1

    def is_simulated(self) -> bool:
        return self.simulated

    def restart_world(self, seed: int, deadline_ns: int) -> NewWorld | str:
        self.begun_with.append(seed)
        self.state = self.robot.reset(seed)
        self._command = None
        self._stamp += 1000 * MS
        return NewWorld(stamp_ns=self._stamp, lockstep=self.lockstep)

    def other_commanders(self) -> tuple[str, ...]:
        return self.others

    def close(self) -> None:
        self.closed = True
