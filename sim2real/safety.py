"""The last word before the robot: check state and command, limit them, or damp.

With a `Guard` there are steps between limiting and damping: slow, stand, crouch.
"""

from __future__ import annotations

from collections import Counter, deque
from math import cos

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.guard import Guard
from sim2real.hazards import Hazard, Reaction, SafetyConfig, SafetyEvent
from sim2real.health import Health
from sim2real.reactions import RESPONSES
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import project_gravity

__all__ = ["Hazard", "Reaction", "SafetyConfig", "SafetyEvent", "SafetyFilter"]

Array = NDArray[np.float64]

REMEMBERED_EVENTS = 200


class SafetyFilter:
    """Passes commands on, limits them, or damps the robot until `reset`.

    `filter` never raises: what it cannot use, it replaces.
    """

    def __init__(
        self,
        robot: RobotConfig,
        control_dt: float,
        config: SafetyConfig | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Take the robot's limits.

        Args:
            robot: whose commands these are.
            control_dt: time from one command to the next [s].
            config: limits; the defaults suit the G1.
            guard: watches more closely, and stands where the filter alone would damp.
        """
        self.config = config = config or SafetyConfig()
        self._guard = guard
        self._robot = robot
        slack = config.beyond_range_share * robot.effort_limit / robot.stiffness
        self._low = robot.joint_range[:, 0] - slack
        self._high = robot.joint_range[:, 1] + slack
        self._rate = config.target_rate_factor * robot.velocity_limit * control_dt
        self._upright = -cos(config.tilt_limit)
        carrying = set(robot.joints_of("legs", "waist"))
        carries = np.array([name in carrying for name in robot.joint_names])
        self._softest = np.where(
            carries & (guard is not None),
            config.least_stiffness_share * robot.stiffness,
            0.0,
        )
        self.reset()

    def reset(self) -> None:
        """Release the latch and forget the past; for a robot that stands again."""
        self.reaction = Reaction.OK
        self.tripped: SafetyEvent | None = None  # why the robot is limp
        self.stopped: SafetyEvent | None = None  # why the task is over, limp or not
        self.slowed: SafetyEvent | None = None  # why it walks slowly, the latest reason
        self.counts: Counter[Hazard] = Counter()  # ticks with each hazard
        self._events: deque[SafetyEvent] = deque(maxlen=REMEMBERED_EVENTS)
        self._now: set[Hazard] = set()  # hazards of this tick
        self._before: set[Hazard] = set()  # hazards of the tick before
        self._last: JointCommand | None = None
        self._last_pos: Array = self._robot.default_joint_pos
        self._last_time: float | None = None
        self._bad_commands = 0
        self._stale = 0
        self._overspeed = np.zeros(len(self._robot.joint_names), dtype=np.intp)
        self._slow_until = float("-inf")
        if self._guard is not None:
            self._guard.reset()

    @property
    def speed_share(self) -> float:
        """How fast walks may be now, as a share of their speed."""
        slow = self.reaction is Reaction.SLOW
        return self.config.slow_speed_share if slow else 1.0

    @property
    def in_charge(self) -> bool:
        """Whether commands are ignored: the robot is limp, or the guard has it."""
        guarded = self._guard is not None and self._guard.in_charge
        return self.tripped is not None or guarded

    @property
    def standing_by(self) -> str:
        """Who keeps the robot up after a hazard; empty if nothing happened, or limp."""
        if self._guard is None or self.tripped is not None:
            return ""
        return self._guard.standing_by

    @property
    def events(self) -> tuple[SafetyEvent, ...]:
        """Beginnings of hazards since `reset`, oldest first, the latest 200."""
        return tuple(self._events)

    def filter(
        self, command: JointCommand, state: RobotState, health: Health | None = None
    ) -> JointCommand:
        """Return what may be sent to the robot now.

        Args:
            command: what skills or a person want.
            state: what it was computed from.
            health: of transport and loop; None: there is nothing to say about them.
        """
        self._before, self._now = self._now, set()
        if self.tripped is None:
            self._check_state(state, health or Health())
        if not self.in_charge:
            command = self._check_command(command, state)
        if self._guard is not None and self._guard.in_charge and self.tripped is None:
            command = self._guarded(self._guard, state) or command
        if self.tripped is not None:
            return self._damp(state)
        self.reaction = self._graded(state.time)
        self._last = command
        if self._guard is not None and not self.in_charge:
            self._guard.keep(state, command)
        return command

    def _graded(self, now: float) -> Reaction:
        if self._guard is not None and self._guard.response is not None:
            return self._guard.response.reaction
        if now < self._slow_until:
            return Reaction.SLOW
        return Reaction.LIMITED if self._now else Reaction.OK

    def _guarded(self, guard: Guard, state: RobotState) -> JointCommand | None:
        command = guard.step(state)
        if command is None:
            self.trip(Hazard.UNSTEADY, state.time, "it is folded, and goes limp")
        elif self._unusable_command(command) is not None:
            text = "the stand has no command that can be used"
            self.trip(Hazard.BAD_COMMAND, state.time, text)
        return command

    def react(self, kind: Hazard, time: float, text: str, state: RobotState) -> None:
        """React to a hazard as far as `RESPONSES` says; without a guard, damp.

        Args:
            kind: of the hazard.
            time: robot time [s].
            text: one line for a person.
            state: now; of a stand with feedback it is the beginning.
        """
        if self._guard is None or kind not in RESPONSES:
            self.trip(kind, time, text)
            return
        self._note(kind, time, text)
        reaction = self._guard.take(kind, state)
        if reaction is Reaction.SLOW:
            self._slow_until = time + self.config.slow_for_s
            self.slowed = SafetyEvent(kind=kind, time=time, text=text)
        elif self.stopped is None:
            self.stopped = SafetyEvent(kind=kind, time=time, text=text)

    def trip(self, kind: Hazard, time: float, text: str) -> None:
        """Damp from now on, for a reason that was found here or elsewhere.

        The first trip is the one that is kept.
        """
        if self.tripped is None:
            self._note(kind, time, text)
            self.tripped = SafetyEvent(kind=kind, time=time, text=text)
            self.stopped = self.stopped or self.tripped
            self.reaction = Reaction.DAMPED

    def _note(self, kind: Hazard, time: float, text: str) -> None:
        if kind in self._now:
            return  # two watchdogs saw the same
        self._now.add(kind)
        self.counts[kind] += 1
        if kind not in self._before:
            self._events.append(SafetyEvent(kind=kind, time=time, text=text))

    # --- the state ----------------------------------------------------------------

    def _check_state(self, state: RobotState, health: Health) -> None:
        wrong = self._unusable_part(state)
        if wrong is not None:
            now = state.time if wrong != "time" else self._last_time or 0.0
            text = f"the state's {wrong} cannot be used"
            self.react(Hazard.BAD_STATE, now, text, state)
            return
        self._check_fresh(state)
        self._check_posture(state)
        self._check_speed(state)
        if self._guard is not None and self.tripped is None:
            for found in self._guard.look(state, health):
                self.react(found.kind, state.time, found.text, state)
        self._last_pos = state.joint_pos.copy()

    def _unusable_part(self, state: RobotState) -> str | None:
        n = self._last_pos.shape
        if not _usable(np.asarray(state.time), ()):
            return "time"
        for name, shape in (
            ("joint_pos", n),
            ("joint_vel", n),
            ("base_pos_w", (3,)),
            ("base_quat_wxyz", (4,)),
            ("base_ang_vel", (3,)),
        ):
            if not _usable(getattr(state, name), shape):
                return name
        # All zeros is what a silent IMU gives, and would read as upright.
        if abs(float(np.linalg.norm(state.base_quat_wxyz)) - 1.0) > 0.1:
            return "base_quat_wxyz"
        return None

    def _check_fresh(self, state: RobotState) -> None:
        time = state.time
        if self._last_time is None or time > self._last_time:
            self._stale, self._last_time = 0, time
            return
        self._stale += 1
        text = f"no new state for {self._stale} ticks, the last is of {time:.2f} s"
        if self._stale >= self.config.stale_ticks:
            self.react(Hazard.STALE_STATE, time, text, state)
        else:
            self._note(Hazard.STALE_STATE, time, text)

    def _check_posture(self, state: RobotState) -> None:
        down = float(project_gravity(state.base_quat_wxyz)[2])
        height, lowest = float(state.base_pos_w[2]), self.config.min_base_height
        if down > self._upright:
            tilt = np.degrees(np.arccos(np.clip(-down, -1.0, 1.0)))
            limit = np.degrees(self.config.tilt_limit)
            text = f"the base tilts by {tilt:.0f} deg, the limit is {limit:.0f} deg"
            self.trip(Hazard.FALL, state.time, text)
        elif height < lowest:
            text = f"the base is {height:.2f} m high, the limit is {lowest:.2f} m"
            self.trip(Hazard.FALL, state.time, text)

    def _check_speed(self, state: RobotState) -> None:
        limit = self._robot.velocity_limit
        over = np.abs(state.joint_vel) > limit
        self._overspeed = np.where(over, self._overspeed + 1, 0)
        worst = int(np.argmax(self._overspeed))
        if self._overspeed[worst] >= self.config.overspeed_ticks:
            text = (
                f"{self._robot.joint_names[worst]} moves at "
                f"{state.joint_vel[worst]:.1f} rad/s, the limit is {limit[worst]} rad/s"
            )
            self.trip(Hazard.OVERSPEED, state.time, text)

    # --- the command --------------------------------------------------------------

    def _check_command(self, command: JointCommand, state: RobotState) -> JointCommand:
        wrong = self._unusable_command(command)
        if wrong is None:
            self._bad_commands = 0
            return self._limit(command, state.time)
        self._bad_commands += 1
        most = self.config.bad_command_ticks
        if self._guard is not None:
            most = min(most, self.config.stand_after_bad_commands)
        if self._last is None:
            text = f"{wrong}, and there is no earlier one to hold"
            self.react(Hazard.BAD_COMMAND, state.time, text, state)
        elif self._bad_commands >= most:
            text = f"{wrong}, {self._bad_commands} times in a row"
            self.react(Hazard.BAD_COMMAND, state.time, text, state)
        else:
            self._note(Hazard.BAD_COMMAND, state.time, f"{wrong}, the last is held")
        return self._last or command

    def _unusable_command(self, command: JointCommand) -> str | None:
        for name in ("joint_pos", "stiffness", "damping"):
            values = getattr(command, name)
            if not _usable(values, self._last_pos.shape):
                return f"the command's {name} cannot be used"
            if name != "joint_pos" and values.min() < 0.0:
                return f"the command's {name} is negative"
        if (command.stiffness < self._softest).any():
            i = int(np.argmax(self._softest - command.stiffness))
            return f"the command leaves {self._robot.joint_names[i]} soft"
        return None

    def _limit(self, command: JointCommand, time: float) -> JointCommand:
        wanted = command.joint_pos
        inside = np.clip(wanted, self._low, self._high)
        self._note_change(Hazard.TARGET_RANGE, wanted, inside, time)
        before = self._last.joint_pos if self._last is not None else self._last_pos
        sent = np.clip(inside, before - self._rate, before + self._rate)
        self._note_change(Hazard.TARGET_RATE, inside, sent, time)
        return JointCommand(
            joint_pos=sent, stiffness=command.stiffness, damping=command.damping
        )

    def _note_change(
        self, kind: Hazard, wanted: Array, allowed: Array, time: float
    ) -> None:
        excess = np.abs(wanted - allowed)
        worst = int(np.argmax(excess))
        if excess[worst] > 0.0:
            text = (
                f"{self._robot.joint_names[worst]} was told to go to "
                f"{wanted[worst]:.3f} rad, {allowed[worst]:.3f} rad is sent"
            )
            self._note(kind, time, text)

    def _damp(self, state: RobotState) -> JointCommand:
        if _usable(state.joint_pos, self._last_pos.shape):
            self._last_pos = state.joint_pos.copy()
        return JointCommand(
            joint_pos=self._last_pos,
            stiffness=np.zeros_like(self._last_pos),
            damping=self.config.damping_scale * self._robot.damping,
        )


def _usable(values: object, shape: tuple[int, ...]) -> bool:
    return (
        isinstance(values, np.ndarray)
        and values.shape == shape
        and values.dtype.kind in "fi"
        and bool(np.isfinite(values).all())
    )
