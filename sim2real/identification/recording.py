"""Carry an excitation out on a robot, stop on any limit, and log it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configs.schema import Config, RobotConfig
from sim2real.hazards import Reaction
from sim2real.identification.phases import Phase
from sim2real.robot import BackendError, JointCommand, RobotBackend, RobotState
from sim2real.robot_log import RobotLogWriter
from sim2real.rotations import project_gravity
from sim2real.safety import SafetyFilter

Array = NDArray[np.float64]


class Motion(Protocol):
    """What a robot is to do while it is logged."""

    @property
    def duration(self) -> float:
        """Of the whole [s]."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What to write into the log."""

    def begin(self, state: RobotState) -> Motion:
        """Return the same, from where the robot is."""

    def command(self, time: float, state: RobotState) -> JointCommand:
        """Return the command at a time since the start [s]."""


class RecordingLimits(Config):
    """At what an excitation stops; tighter than what a robot may do at work."""

    speed_share: float = 0.6  # of a joint's velocity limit
    effort_share: float = 0.9  # of its largest torque, for `effort_ticks` in a row
    effort_ticks: int = 5
    error: float = 0.7  # of a joint from its target [rad]
    tilt: float = 0.15  # of the base from where it began [rad]
    bears: Reaction = Reaction.OK  # what the safety filter may do, and no more


ON_THE_GROUND = RecordingLimits(speed_share=0.8, effort_ticks=15, error=2.0, tilt=0.35)
"""A robot on its feet leans a little, whatever it does, and a step takes all that an
ankle has, for a moment. Targets of a policy are torques in disguise, far from where
joints go."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How a recording ended."""

    duration_s: float  # of robot time that was logged [s]
    stopped: str  # why it ended early; nothing if it did not


class RecordingGuard:
    """Looks at every state of a recording and says why it must end."""

    def __init__(
        self, robot: RobotConfig, limits: RecordingLimits | None = None
    ) -> None:
        """Take the limits; by default those of a robot on a stand."""
        self._robot, self._limits = robot, limits or RecordingLimits()
        self._straining = np.zeros(len(robot.joint_names), dtype=np.intp)
        self._down: Array | None = None

    def complaint(self, state: RobotState, targets: Array) -> str:
        """Return why to stop now, in words, or nothing."""
        robot, limits = self._robot, self._limits
        speed = np.abs(state.joint_vel) / robot.velocity_limit
        if speed.max() > limits.speed_share:
            joint = int(speed.argmax())
            return (
                f"{robot.joint_names[joint]} moves at {state.joint_vel[joint]:.1f} "
                f"rad/s, more than {limits.speed_share:.0%} of its limit"
            )
        error = np.abs(state.joint_pos - targets)
        if error.max() > limits.error:
            joint = int(error.argmax())
            return (
                f"{robot.joint_names[joint]} is {error[joint]:.2f} rad from its "
                f"target, more than {limits.error} rad"
            )
        return self._strain(state) or self._lean(state)

    def _strain(self, state: RobotState) -> str:
        robot, limits = self._robot, self._limits
        effort = np.abs(state.joint_effort) / robot.effort_limit
        over = effort > limits.effort_share
        self._straining = np.where(over, self._straining + 1, 0)
        joint = int(self._straining.argmax())
        if self._straining[joint] < limits.effort_ticks:
            return ""
        return (
            f"{robot.joint_names[joint]} gives {state.joint_effort[joint]:.1f} N m, "
            f"more than {limits.effort_share:.0%} of its limit"
        )

    def _lean(self, state: RobotState) -> str:
        down = project_gravity(state.base_quat_wxyz)
        if self._down is None:
            self._down = down
        angle = float(np.arccos(np.clip(down @ self._down, -1.0, 1.0)))
        if angle <= self._limits.tilt:
            return ""
        return (
            f"the base has tilted by {angle:.2f} rad, more than "
            f"{self._limits.tilt} rad: nothing holds it"
        )


def record(
    backend: RobotBackend,
    motion: Motion,
    writer: RobotLogWriter,
    *,
    state: RobotState,
    limits: RecordingLimits | None = None,
    progress: Callable[[float], None] = lambda done: None,
) -> Recorded:
    """Do what was planned and log it; the robot is damped if it has to stop.

    Args:
        backend: reset already.
        motion: what to do.
        writer: of the log.
        state: what the robot measured last; it moves from there.
        limits: at which it stops; by default those of a robot on a stand.
        progress: told what share is done.
    """
    robot = backend.robot
    plan = motion.begin(state)
    safety = SafetyFilter(robot, backend.control_dt)
    limits = limits or RecordingLimits()
    guard = RecordingGuard(robot, limits)
    begin, stopped = state.time, ""
    while not stopped and state.time - begin < plan.duration:
        wanted = plan.command(state.time - begin, state)
        command = safety.filter(wanted, state)
        stopped = guard.complaint(state, wanted.joint_pos)
        if not stopped and safety.reaction.rank > limits.bears.rank:
            newest = safety.events[-1].time
            stopped = ", ".join(e.text for e in safety.events if e.time == newest)
        writer.write_state(state)
        if stopped:
            break
        writer.write_command(state.time, command)
        try:
            state = backend.step(command)
        except BackendError as error:
            stopped = str(error)
        progress((state.time - begin) / plan.duration)
    if stopped:
        _damp(backend, state)
    return Recorded(duration_s=state.time - begin, stopped=stopped)


def _damp(backend: RobotBackend, state: RobotState) -> None:
    """Let the joints go limp against damping, for half a second."""
    robot = backend.robot
    limp = replace(_hold(robot, state), stiffness=np.zeros_like(robot.stiffness))
    try:
        for _ in range(round(0.5 / backend.control_dt)):
            backend.step(limp)
    except BackendError:
        return  # it is damped by itself, or gone


def _hold(robot: RobotConfig, state: RobotState) -> JointCommand:
    return JointCommand(
        joint_pos=state.joint_pos,
        stiffness=robot.stiffness,
        damping=2.0 * robot.damping,
    )
