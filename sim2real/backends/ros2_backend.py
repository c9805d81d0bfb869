"""The robot behind ROS 2: one command out, the next state in, paced by the robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic_ns, time_ns
from typing import Protocol

from configs.loader import ConfigError
from configs.schema import RobotConfig, SceneConfig
from sim2real.health import Health
from sim2real.real_time import Punctuality
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.ros2.inbox import Inbox, InboxConfig
from sim2real.ros2.robot_clock import Jump, RobotClock
from sim2real.ros2.slot import Arrival

CONTROL_DT = 0.02  # [s]
NANOSECONDS = 1_000_000_000
EARLY_S = 0.004  # a state so much before its time is the one of this tick [s]
PATIENCE_S = 0.010  # a tick waits so long for a state that is late [s]
CATCH_UP_NS = 2_000_000  # to read what came while we were busy
DEADLINE_S = CONTROL_DT / 2  # a later command has missed its tick [s]
LOST_S = 1.0  # without a joint state the robot is gone [s]
BEGIN_S = 10.0  # to wait for the first state [s]
LOCKSTEP_S = 10.0  # to wait for the simulation's next tick [s]
SAME_CLOCK_S = 1.0  # stamps further from our clock come from another one [s]

NO_ROS = (
    "the ros2 backend needs rclpy, which no package index has: it comes with ROS 2. "
    "Source it (source /opt/ros/jazzy/setup.bash, or humble) in a Python of the same "
    "version; docs/ros2.md says how."
)


class Link(Protocol):
    """What carries messages; `sim2real/ros2/link.py` does it with ROS 2."""

    def send(self, command: JointCommand, stamp_ns: int) -> None:
        """Publish a command that answers the state of this stamp."""

    def handle(self, done: Callable[[], bool], deadline_ns: int) -> bool:
        """Handle messages until `done`, or until the monotonic clock is there.

        Returns:
            Whether it was done.
        """

    def restart_world(self, seed: int, deadline_ns: int) -> int | str:
        """Let a simulation begin anew.

        Returns:
            The stamp of its first state [ns], or what went wrong.
        """

    def other_commanders(self) -> tuple[str, ...]:
        """Return who else publishes joint commands."""

    def close(self) -> None:
        """Take everything down that the link has built."""


class Ros2Backend:
    """A robot that speaks the topics of docs/ros2.md.

    In real time a tick begins with the state that is due a control period after the
    last one; a state that is late is waited for, and then the old one is returned once
    more, for the safety filter to see. In lock-step the simulation waits for each
    command and this waits for the state after it, so that a run is the same every time.

    Attributes:
        inbox: where messages land.
        punctuality: how late commands were.
        after_send: called after every command, while nothing is urgent.
    """

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        *,
        link: Link | None = None,
        inbox: Inbox | None = None,
        lockstep: bool = False,
        restarts: bool = False,
        realtime: bool = True,
        speed: float = 1.0,
        heartbeat_age_s: Callable[[], float] = lambda: 0.0,
        begin_s: float = BEGIN_S,
        lost_s: float = LOST_S,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Connect; the robot is not commanded before the first `step`.

        Args:
            robot: from `load_robot`.
            scene: kinds and sizes of what perception reports.
            link: what carries messages; ROS 2 if None.
            inbox: where the link puts them.
            lockstep: the other side is a simulation that waits for every command.
            restarts: ask that simulation to begin anew at every reset.
            realtime: a robot has its own pace; there is no other.
            speed: of the robot's clock, as a share of ours; a virtual one may be slow.
            heartbeat_age_s: how long ago the operator gave a sign of life.
            begin_s: how long `reset` waits for the first state [s].
            lost_s: how long `step` waits for a state before it gives up [s].
            clock: our monotonic clock [ns].

        Raises:
            ConfigError: if there is no ROS 2 here.
        """
        self.robot = robot
        self.control_dt = CONTROL_DT
        self.inbox = inbox or Inbox(robot, scene, InboxConfig(), clock)
        self.after_send: list[Callable[[], None]] = []
        self.punctuality = Punctuality(period=CONTROL_DT, deadline=DEADLINE_S)
        self._link = link if link is not None else _connect(robot, self.inbox, lockstep)
        self._lockstep = lockstep
        self._period = int(CONTROL_DT / speed * NANOSECONDS)  # on our clock [ns]
        self._heartbeat_age_s = heartbeat_age_s
        self._restarts = restarts
        self._begin_s, self._lost_s = begin_s, lost_s
        self._now = clock
        self._time = RobotClock()
        self._stamp = -1  # of the state that was returned last
        self._begun = -1  # stamp of the reset
        self._due = 0  # when the next state is due, on our clock [ns]
        self._received = 0  # when the newest part of the state came [ns]
        self._state: RobotState | None = None
        self._commanded = False  # since the reset

    # --- RobotBackend ---

    def reset(self, seed: int) -> RobotState:
        """Wait for a fresh state, which becomes time 0; a simulation begins anew.

        Raises:
            BackendError: if no whole state comes in time.
        """
        deadline = self._now() + int(self._begin_s * NANOSECONDS)
        first = -1
        if self._restarts:
            answer = self._link.restart_world(seed, deadline)
            if isinstance(answer, str):
                raise BackendError(f"the simulation does not begin anew: {answer}.")
            first = answer
        self.inbox.clear()
        self._link.handle(lambda: self._complete(first), deadline)
        lacking = self.inbox.lacks()
        if lacking is not None:
            raise BackendError(
                f"no state of the robot in {self._begin_s:g} s: {lacking}. Look at "
                "`ros2 topic hz joint_states`, names, namespace and ROS_DOMAIN_ID."
            )
        if not self._lockstep and self.inbox.things.value is None:
            # Perception is slower than joints, and a task is checked against it.
            more = min(self._now() + NANOSECONDS // 2, deadline)
            self._link.handle(lambda: self.inbox.things.value is not None, more)
        self._commanded = False
        self._begun = self.inbox.joints.stamp_ns
        self._time.reset(self._begun, self.inbox.joints.received_ns)
        self.punctuality.pause()
        return self._take(0.0)

    def step(self, command: JointCommand) -> RobotState:
        """Send `command` and return the state of the next tick.

        Raises:
            BackendError: if the robot is gone.
        """
        self._running()
        self._link.send(command, self._stamp)
        self._commanded = True
        sent = self._now()
        self.punctuality.note(
            received_ns=self._received, sent_ns=sent, due_ns=self._due
        )
        age = (time_ns() - self._stamp) * 1e-9
        if 0.0 <= age < SAME_CLOCK_S:
            self.punctuality.stamp_to_command.add(age)
        for call in self.after_send:
            call()
        return self._next()

    def listen(self) -> RobotState:
        """Return the state of the next tick; nothing is sent.

        Raises:
            BackendError: if the robot is gone.
        """
        state = self._running()
        self.punctuality.pause()
        for call in self.after_send:
            call()
        if self._lockstep:  # it waits for a command that does not come
            self._link.handle(lambda: False, self._now() + self._period)
            return state
        return self._next()

    def objects(self) -> Mapping[str, ObjectState]:
        """Return what perception knows now, by name."""
        return self.inbox.objects()

    def close(self) -> None:
        """Leave the robot damped, if it was commanded, and let go of ROS."""
        if self._state is not None and self._commanded:
            limp = JointCommand(
                joint_pos=self._state.joint_pos,
                stiffness=0.0 * self.robot.stiffness,
                damping=2.0 * self.robot.damping,
            )
            self._link.send(limp, self._stamp)
        self._state = None
        self._link.close()

    # --- for those who watch ---

    @property
    def state(self) -> RobotState | None:
        """The state that was returned last."""
        return self._state

    @property
    def stamp_ns(self) -> int:
        """Its stamp, on the robot's clock [ns]."""
        return self._stamp

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """Leaps of the robot's clock since the reset."""
        return tuple(self._time.jumps)

    def health(self) -> Health:
        """Return what the watchdogs are to know about messages."""
        joints = self.inbox.joints
        age = 0.0 if self._lockstep else joints.age_s(self._now())
        return Health(
            state_age_s=age,
            heartbeat_age_s=self._heartbeat_age_s(),
            duplicates=0 if self._lockstep else joints.counts[Arrival.DUPLICATE],
            reordered=joints.counts[Arrival.REORDERED],
            refused=joints.counts[Arrival.REFUSED],
            refusal=joints.refusal,
            clock_jumps=sum(jump.by_s < 0.0 for jump in self._time.jumps),
            other_commanders=self._link.other_commanders(),
        )

    # --- parts ---

    def _next(self) -> RobotState:
        if self._lockstep:
            return self._next_in_lockstep()
        return self._next_in_real_time()

    def _next_in_lockstep(self) -> RobotState:
        wanted = self._stamp + int(CONTROL_DT * NANOSECONDS)
        deadline = self._now() + int(LOCKSTEP_S * NANOSECONDS)
        arrived = self._link.handle(lambda: self._all_of(wanted), deadline)
        if not arrived:
            raise BackendError(
                f"the simulation did not answer a command in {LOCKSTEP_S:g} s. "
                "Look at its window, and whether it runs in lock-step too."
            )
        # Counted, not subtracted: these are the very numbers of `praxis run`.
        ticks = round((self.inbox.joints.stamp_ns - self._begun) * 1e-9 / CONTROL_DT)
        return self._take(ticks * CONTROL_DT)

    def _next_in_real_time(self) -> RobotState:
        joints = self.inbox.joints
        wanted = self._stamp + int((CONTROL_DT - EARLY_S) * NANOSECONDS)

        def arrived() -> bool:
            # A stamp that went back is news too: the clock was set.
            return joints.stamp_ns >= wanted or joints.stamp_ns < self._stamp

        self._due += self._period
        if self._now() > self._due:  # we are late: what came meanwhile is waiting
            self._link.handle(lambda: False, self._now() + CATCH_UP_NS)
        patience = self._due + int(PATIENCE_S * NANOSECONDS)
        if not self._link.handle(arrived, patience):
            self._due = self._now()  # a late tick shifts those after it
            if joints.age_s(self._now()) > self._lost_s:
                raise BackendError(
                    f"no joint_states for {joints.age_s(self._now()):.2f} s; "
                    "is the robot still there?"
                )
            assert self._state is not None
            self._received = self._now()
            return self._state
        time = self._time.time_of(joints.stamp_ns, joints.received_ns)
        return self._take(time)

    def _take(self, time: float) -> RobotState:
        state = self.inbox.state(time)
        assert state is not None  # it was complete once, and slots are never emptied
        self._stamp = self.inbox.joints.stamp_ns
        self._received = self.inbox.joints.received_ns
        # The robot's clock leads. Ours follows at once where a state is early, and
        # slowly where it is late, so that one late message is seen as late.
        drift = self._received - self._due
        at_once = drift < 0 or drift > self._period
        self._due += drift if at_once else drift // 16
        self._state = state
        return state

    def _complete(self, first: int) -> bool:
        slots = (self.inbox.joints, self.inbox.imu, self.inbox.odom)
        if any(slot.value is None or slot.stamp_ns < first for slot in slots):
            return False
        if not self._lockstep:
            return True
        return self._all_of(self.inbox.joints.stamp_ns)

    def _all_of(self, stamp_ns: int) -> bool:
        """Whether every part of the state of this stamp, or a later one, is there."""
        return all(slot.stamp_ns >= stamp_ns for slot in self.inbox.slots)

    def _running(self) -> RobotState:
        if self._state is None:
            raise BackendError("the ros2 backend is not running; call reset first.")
        return self._state


def _connect(robot: RobotConfig, inbox: Inbox, lockstep: bool) -> Link:
    try:
        from sim2real.ros2.link import RosLink
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("sim2real", "configs"):
            raise
        if missing == "praxis_msgs":
            raise ConfigError(
                "the ros2 backend needs praxis_msgs. Build it: colcon build "
                "--base-paths interfaces . (docs/ros2.md)."
            ) from None
        raise ConfigError(NO_ROS) from None
    return RosLink.standing_alone(robot, inbox, reliable=lockstep)
