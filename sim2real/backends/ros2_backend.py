"""The robot behind ROS 2: one command out, the next state in, paced by the robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic_ns, time_ns

from configs.schema import RobotConfig, SceneConfig
from sim2real.health import Health
from sim2real.real_time import Punctuality
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.ros2.carrier import Link, connect
from sim2real.ros2.inbox import Inbox, InboxConfig
from sim2real.ros2.reception import CONTROL_DT, NANOSECONDS, Reception
from sim2real.ros2.robot_clock import Jump
from sim2real.ros2.slot import Arrival
from sim2real.ros2.taking_over import refuse_unfit

LOST_S = 1.0  # without a joint state the robot is gone [s]
BEGIN_S = 10.0  # to wait for the first state [s]
MEET_S = 0.5  # to learn of others who command the robot [s]
SAME_CLOCK_S = 1.0  # stamps further from our clock come from another one [s]


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
        restarts: bool | None = None,
        takes_over: bool = False,
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
            link: what carries messages; None: ROS 2, and nobody but us looks after the
                robot: one that others command is refused, and the emergency stop ends
                the run.
            inbox: where the link puts them.
            lockstep: the other side is a simulation that waits for every command; one
                that begins anew says so itself.
            restarts: ask a simulation to begin anew at every reset; None: if the link
                is our own, and it is one.
            takes_over: the robot stands on its feet: one that does not is refused by
                `reset`, and `close` leaves it to its own stand.
            realtime: a robot has its own pace; there is no other.
            speed: of the robot's clock, as a share of ours; a virtual one may be slow,
                and says so itself when it begins anew.
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
        self._alone = link is None
        self._link: Link | None = link or connect(robot, self.inbox)
        self._restarts, self._takes_over = restarts, takes_over
        self._heartbeat_age_s = heartbeat_age_s
        self._begin_s, self._now = begin_s, clock
        self._reception = Reception(
            self.inbox,
            lambda done, deadline: self.link.handle(done, deadline),
            clock,
            lockstep=lockstep,
            speed=speed,
            lost_s=lost_s,
        )
        self.punctuality = self._on_time()
        self._commanded = False  # since the reset

    # --- RobotBackend ---

    def reset(self, seed: int) -> RobotState:
        """Wait for a fresh state, which becomes time 0; a simulation begins anew.

        Raises:
            BackendError: if no whole state comes in time, or the robot may not be
                commanded.
        """
        if self._alone:
            self._meet()
        self.link.take_over()
        deadline = self._now() + int(self._begin_s * NANOSECONDS)
        first = self._begin_anew(seed, deadline) if self._begins_anew() else -1
        self.inbox.clear()
        self._need_state(first, deadline)
        if not self.lockstep and self.inbox.things.value is None:
            # Perception is slower than joints, and a task is checked against it.
            more = min(self._now() + NANOSECONDS // 2, deadline)
            self.link.handle(lambda: self.inbox.things.value is not None, more)
        self._commanded = False
        state = self._begin()
        if self._takes_over:
            refuse_unfit(self)
            state = self._begin()
        return state

    def step(self, command: JointCommand) -> RobotState:
        """Send `command` and return the state of the next tick.

        Raises:
            BackendError: if the robot is gone, or its emergency stop is pressed.
        """
        state = self._running()
        if self._alone and self.inbox.operator.pressed:
            self._let_go(state)
            raise BackendError("the emergency stop is pressed; the joints went limp.")
        self.link.send(command, self.stamp_ns)
        self._commanded = True
        sent = self._now()
        rhythm = self._reception.rhythm
        self.punctuality.note(
            received_ns=rhythm.received, sent_ns=sent, due_ns=rhythm.due
        )
        age = (time_ns() - self.stamp_ns) * 1e-9
        if 0.0 <= age < SAME_CLOCK_S:
            self.punctuality.stamp_to_command.add(age)
        for call in self.after_send:
            call()
        return self._reception.next(state)

    def measure(self) -> RobotState:
        """Return the state of the next tick; nothing is sent.

        Raises:
            BackendError: if the robot is gone.
        """
        state = self._running()
        self.punctuality.pause()
        for call in self.after_send:
            call()
        if self.lockstep:
            self._reception.wait()
            return state
        return self._reception.next(state)

    def objects(self) -> Mapping[str, ObjectState]:
        """Return what perception knows now, by name."""
        self._running()
        return self.inbox.objects()

    def close(self) -> None:
        """Let go of ROS; a robot that was commanded is left damped.

        One that was taken over on its feet is left to the stand of its own watchdog.
        """
        state, self._reception.state = self.state, None
        if state is not None and self._commanded and not self._takes_over:
            self._let_go(state)
        if self._link is not None:
            self._link.close()
        if self._alone:
            self._link = None

    # --- for those who watch ---

    @property
    def link(self) -> Link:
        """What carries messages."""
        if self._link is None:  # it was closed
            self._link = connect(self.robot, self.inbox)
        return self._link

    @property
    def lockstep(self) -> bool:
        """Whether the other side waits for every command."""
        return self._reception.lockstep

    @property
    def state(self) -> RobotState | None:
        """The state that was returned last."""
        return self._reception.state

    @property
    def stamp_ns(self) -> int:
        """Its stamp, on the robot's clock [ns]."""
        return self._reception.stamp_ns

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """Leaps of the robot's clock since the reset."""
        return tuple(self._reception.clock.jumps)

    def compute_clock(self) -> float:
        """Return what overruns are timed by, in robot time [s]; 0 in lock-step."""
        return 0.0 if self.lockstep else self._reception.speed * self._now() * 1e-9

    def emergency_stop(self) -> bool | None:
        """Return whether it is there and not pressed; None: nobody reports it."""
        return self.inbox.operator.stop_is_free

    def health(self) -> Health:
        """Return what the watchdogs are to know about messages."""
        joints = self.inbox.joints
        age = 0.0 if self.lockstep else joints.age_s(self._now())
        return Health(
            state_age_s=self._reception.speed * age,  # in robot time
            heartbeat_age_s=self._heartbeat_age_s(),
            duplicates=0 if self.lockstep else joints.counts[Arrival.DUPLICATE],
            reordered=joints.counts[Arrival.REORDERED],
            refused=joints.counts[Arrival.REFUSED],
            refusal=joints.refusal,
            clock_jumps=sum(jump.by_s < 0.0 for jump in self.jumps),
            other_commanders=self.link.other_commanders(),
        )

    # --- to begin with ---

    def _meet(self) -> None:
        """Wait until the robot is there, and refuse one that others command."""
        self._need_state(-1, self._now() + int(self._begin_s * NANOSECONDS))
        self.link.handle(lambda: False, self._now() + int(MEET_S * NANOSECONDS))
        others = self.link.other_commanders()
        if others:
            raise BackendError(f"{', '.join(others)} commands the robot; end it first.")

    def _begins_anew(self) -> bool:
        if self._restarts is None:
            return self._alone and self.link.is_simulated()
        return self._restarts

    def _begin_anew(self, seed: int, deadline: int) -> int:
        """Return the stamp of the new world's first state [ns]."""
        world = self.link.restart_world(seed, deadline)
        if isinstance(world, str):
            raise BackendError(f"the simulation does not begin anew: {world}.")
        if self._alone:
            self._reception.keep_pace(lockstep=world.lockstep, speed=world.speed)
            self.punctuality = self._on_time()
        return world.stamp_ns

    def _need_state(self, first: int, deadline: int) -> None:
        """Wait for a whole state, none of its parts older than a stamp [ns]."""
        if self.link.handle(lambda: self._reception.is_complete(first), deadline):
            return
        lacking = self.inbox.lacks() or "it is not of the new world"
        raise BackendError(
            f"no state of the robot in {self._begin_s:g} s: {lacking}. Look at "
            "`ros2 topic hz joint_states`, names, namespace and ROS_DOMAIN_ID."
        )

    def _on_time(self) -> Punctuality:
        period = CONTROL_DT / self._reception.speed
        return Punctuality(period=period, deadline=period / 2.0)

    def _begin(self) -> RobotState:
        self.punctuality.pause()
        return self._reception.begin()

    def _let_go(self, state: RobotState) -> None:
        limp = JointCommand(
            joint_pos=state.joint_pos,
            stiffness=0.0 * self.robot.stiffness,
            damping=2.0 * self.robot.damping,
        )
        self.link.send(limp, self.stamp_ns)

    def _running(self) -> RobotState:
        if self.state is None:
            raise BackendError("the ros2 backend is not running; call reset first.")
        return self.state
