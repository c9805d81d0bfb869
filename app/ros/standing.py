"""Keep the robot up between tasks: one tick of the skills, without a planner."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Moment, TakeOver
from app.ros.driving import Driving
from sim2real.life_cycle import Phase
from sim2real.robot import JointCommand, RobotBackend, RobotState
from skills.contract import Snapshot


class LiveBackend(RobotBackend, Protocol):
    """A robot that can also be looked at."""

    def measure(self) -> RobotState:
        """Return the state of the next tick; nothing is sent."""


class Standing:
    """Remembers from tick to tick what was commanded last.

    Attributes:
        parts: what the robot is commanded with.
        backend: its robot.
        sent: what led to the present state; None: nobody commanded it yet.
    """

    def __init__(self, parts: Assembly, driving: Driving) -> None:
        """Take everything; nothing was commanded yet."""
        self.parts = parts
        self.backend: LiveBackend = parts.backend  # type: ignore[assignment]
        self.sent: JointCommand | None = None
        self._driving = driving
        self._commanded: NDArray[np.float64] | None = None  # by the skills, (n,)

    def warm_up(self, state: RobotState) -> None:
        """Compute a command that is not sent: the first one takes many times longer."""
        self.parts.safety.reset()
        snapshot = Snapshot(state=state, objects=self.backend.objects())
        self.parts.safety.filter(self.parts.runner.step(snapshot), state)

    def begin(self, state: RobotState) -> None:
        """Begin from the measured pose, as after a reset."""
        self.parts.runner.reset()
        self.parts.safety.reset()
        self.parts.adapter.reset(state)
        self._commanded = self.sent = None

    def remember(self, moment: Moment) -> None:
        """Go on later from what a task commands now."""
        self.sent = moment.command
        self._commanded = moment.command.joint_pos

    def forget_command(self) -> None:
        """A phase commands the robot in which skills have no say."""
        self.sent = self._commanded = None

    def look(self, state: RobotState) -> Snapshot:
        """Return what skills see now."""
        return Snapshot(
            state=state,
            objects=self.backend.objects(),
            commanded=self._commanded,
            adaptation=self.parts.adapter.estimate(),
            speed_share=self.parts.safety.speed_share,
        )

    def command(self, snapshot: Snapshot, phase: Phase) -> JointCommand:
        """Return the command of the skills, after safety saw it."""
        parts, state = self.parts, snapshot.state
        if self.sent is not None:
            parts.adapter.observe(state, self.sent)
            snapshot = replace(snapshot, adaptation=parts.adapter.estimate())
        self._driving.follow(
            parts.runner,
            snapshot,
            may_begin=parts.safety.stopped is None,
            may_go=phase is Phase.BALANCE,
        )
        if parts.safety.in_charge and self.sent is not None:
            asked = self.sent
        else:
            asked = parts.runner.step(snapshot)
        fitted = parts.adapter.compensate(asked, state)
        health = replace(parts.health(), policy_fault=parts.runner.unattended)
        command = parts.safety.filter(fitted, state, health)
        self.sent, self._commanded = command, command.joint_pos
        if fitted is not asked:
            self._commanded = command.joint_pos - (fitted.joint_pos - asked.joint_pos)
        return command

    def take_over(self, state: RobotState) -> TakeOver:
        """Return where a task goes on from."""
        return TakeOver(
            state=state,
            commanded=self._commanded,
            sent=self.sent,
            refresh=self._hold,
        )

    def _hold(self) -> RobotState:
        """Return a new state, while the robot does what it did."""
        if self.sent is None:
            return self.backend.measure()
        return self.backend.step(self.sent)
