"""The newest state out of a stream of messages that may be late, double or in disorder.

Whoever receives states puts each one in, with the time on the robot's clock at which it
came; the loop takes the newest. Time never runs back for the loop: after a clock that
jumped back the stream goes on where it was.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from configs.schema import RobotConfig
from sim2real.hazards import WatchdogConfig
from sim2real.health import Health
from sim2real.robot import RobotState


class StateStream:
    """One slot with the newest good state, and counts of what was wrong."""

    def __init__(
        self, robot: RobotConfig, period: float, config: WatchdogConfig | None = None
    ) -> None:
        """Take the robot, whose joints each state is to have.

        Args:
            robot: as configured.
            period: between two states, used where a clock jumped [s].
            config: limits.
        """
        self._n = len(robot.joint_names)
        self._period = period
        self._jump = (config or WatchdogConfig()).clock_jump_s
        self._newest: RobotState | None = None
        self._came = 0.0
        self._shift = 0.0  # added to stamps since the clock jumped [s]
        self._duplicates = self._reordered = self._refused = self._jumps = 0
        self._refusal = ""

    def reset(self) -> None:
        """Forget all; the next state is the first."""
        self._newest, self._shift, self._refusal = None, 0.0, ""
        self._duplicates = self._reordered = self._refused = self._jumps = 0

    def put(self, state: RobotState, now: float) -> None:
        """Take a message that came at `now` [s], on the clock that stamps states."""
        wrong = self._unusable(state)
        if wrong:
            self._refused, self._refusal = self._refused + 1, wrong
            return
        state = replace(state, time=state.time + self._shift)
        if self._newest is not None:
            later = state.time - self._newest.time
            if later < -self._jump:
                self._jumps += 1
                self._shift += self._period - later
                state = replace(state, time=self._newest.time + self._period)
            elif later < 0.0:
                self._reordered += 1
                return
            elif later == 0.0:
                self._duplicates += 1
                return
        self._newest, self._came = state, now

    def newest(self) -> RobotState | None:
        """Return the newest good state, or None before the first."""
        return self._newest

    def health(self, now: float) -> Health:
        """Return what the stream knows at `now` [s], on the clock that stamps states.

        A state is as old as its stamp says; where the clock jumped, as old as the time
        since it came.
        """
        age = 0.0
        if self._newest is not None:
            stamp = self._newest.time if not self._jumps else self._came
            age = max(now - stamp, 0.0)
        return Health(
            state_age_s=age,
            duplicates=self._duplicates,
            reordered=self._reordered,
            refused=self._refused,
            refusal=self._refusal,
            clock_jumps=self._jumps,
        )

    def _unusable(self, state: RobotState) -> str:
        if not np.isfinite(state.time):
            return "its time is not finite"
        for name in ("joint_pos", "joint_vel"):
            values = getattr(state, name)
            if values.shape != (self._n,):
                return f"it has {values.size} numbers in {name}, expected {self._n}"
        for name in ("joint_pos", "joint_vel", "base_quat_wxyz", "base_ang_vel"):
            if not np.isfinite(getattr(state, name)).all():
                return f"its {name} is not finite"
        return ""
