"""Take the state of each tick out of the inbox, in real time or in lock-step."""

from __future__ import annotations

from collections.abc import Callable

from sim2real.robot import BackendError, RobotState
from sim2real.ros2.inbox import Inbox
from sim2real.ros2.rhythm import Rhythm
from sim2real.ros2.robot_clock import RobotClock

CONTROL_DT = 0.02  # [s]
NANOSECONDS = 1_000_000_000
EARLY_S = 0.004  # a state so much before its time is the one of this tick [s]
PATIENCE = 0.5  # a tick waits so long for a state that is late, in periods
CATCH_UP_NS = 2_000_000  # to read what came while we were busy
LOCKSTEP_S = 10.0  # to wait for the simulation's next tick [s]

Handle = Callable[[Callable[[], bool], int], bool]
"""Handles messages; see `Link.handle`."""


class Reception:
    """Waits for states, and knows which of them was taken last.

    Attributes:
        lockstep: the other side waits for every command.
        speed: of the robot's clock, as a share of ours.
        clock: robot time.
        rhythm: when states are due.
        stamp_ns: of the state that was taken last, on the robot's clock.
        state: that state; None before `begin`.
    """

    def __init__(
        self,
        inbox: Inbox,
        handle: Handle,
        now: Callable[[], int],
        *,
        lockstep: bool,
        speed: float,
        lost_s: float,
    ) -> None:
        """Take the inbox.

        Args:
            inbox: where messages land.
            handle: lets them land.
            now: our monotonic clock [ns].
            lockstep: see above.
            speed: of the robot's clock, as a share of ours.
            lost_s: how long to wait for a state before the robot is given up [s].
        """
        self.clock = RobotClock()
        self.keep_pace(lockstep=lockstep, speed=speed)
        self.stamp_ns = -1
        self.state: RobotState | None = None
        self._inbox, self._handle, self._now = inbox, handle, now
        self._lost_s = lost_s
        self._begun = -1  # stamp of robot time 0

    def keep_pace(self, *, lockstep: bool, speed: float) -> None:
        """Go by the pace of the other side from now on."""
        self.lockstep, self.speed = lockstep, speed
        self.rhythm = Rhythm(int(CONTROL_DT / speed * NANOSECONDS))

    def is_complete(self, first_ns: int = -1) -> bool:
        """Return whether every part of a state is there, none older than a stamp."""
        inbox = self._inbox
        parts = (inbox.joints, inbox.imu, inbox.odom)
        if any(slot.value is None or slot.stamp_ns < first_ns for slot in parts):
            return False
        if not self.lockstep:
            return True
        return self._all_of(inbox.joints.stamp_ns)

    def begin(self) -> RobotState:
        """Return the newest state as that of time 0."""
        self._begun = self._inbox.joints.stamp_ns
        self.clock.reset(self._begun, self._inbox.joints.received_ns)
        return self._take(0.0)

    def wait(self) -> None:
        """Let a tick pass in which a simulation in lock-step gets no command."""
        self._handle(lambda: False, self._now() + self.rhythm.period)

    def next(self, before: RobotState) -> RobotState:
        """Return the state after `before`; that one again if the next one is late.

        Raises:
            BackendError: if the robot is gone.
        """
        if self.lockstep:
            return self._next_in_lockstep()
        return self._next_in_real_time(before)

    def _next_in_lockstep(self) -> RobotState:
        wanted = self.stamp_ns + int(CONTROL_DT * NANOSECONDS)
        deadline = self._now() + int(LOCKSTEP_S * NANOSECONDS)
        if not self._handle(lambda: self._all_of(wanted), deadline):
            raise BackendError(
                f"the simulation did not answer a command in {LOCKSTEP_S:g} s. "
                "Look at its window, and whether it runs in lock-step too."
            )
        # Counted, not subtracted: these are the very numbers of `praxis run`.
        passed = self._inbox.joints.stamp_ns - self._begun
        return self._take(round(passed * 1e-9 / CONTROL_DT) * CONTROL_DT)

    def _next_in_real_time(self, before: RobotState) -> RobotState:
        joints = self._inbox.joints
        wanted = self.stamp_ns + int((CONTROL_DT - EARLY_S) * NANOSECONDS)

        def arrived() -> bool:
            # A stamp that went back is news too: the clock was set.
            return joints.stamp_ns >= wanted or joints.stamp_ns < self.stamp_ns

        due = self.rhythm.next_tick()
        if self._now() > due:  # we are late: what came meanwhile is waiting
            self._handle(lambda: False, self._now() + CATCH_UP_NS)
        if self._handle(arrived, due + int(PATIENCE * self.rhythm.period)):
            return self._take(self.clock.time_of(joints.stamp_ns, joints.received_ns))
        age = joints.age_s(self._now())
        if age > self._lost_s:
            raise BackendError(
                f"no joint_states for {age:.2f} s; is the robot still there?"
            )
        self.rhythm.missed(self._now())
        return before

    def _take(self, time: float) -> RobotState:
        state = self._inbox.state(time)
        assert state is not None  # it was complete once, and slots are never emptied
        self.stamp_ns = self._inbox.joints.stamp_ns
        self.rhythm.took(self._inbox.joints.received_ns)
        self.state = state
        return state

    def _all_of(self, stamp_ns: int) -> bool:
        """Whether every part of the state of this stamp, or a later one, is there."""
        return all(slot.stamp_ns >= stamp_ns for slot in self._inbox.slots)
