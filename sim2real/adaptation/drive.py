"""What each drive makes of the torque it is asked for, told from its own report."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]

LEAST, MOST = 0.5, 1.6  # a ratio beyond is a fault, not a robot
PRIOR_STD = 0.2  # of the ratio
OFFSET_STD = 0.5  # of what is added to it, such as of an encoder's bias [N m]
NOISE = 0.4  # of one sample at rest [N m]
MEMORY_S = 8.0  # samples older than that hardly count
EFFORT_AGE_S = 0.005  # an effort is that of the last step of the drive's own loop
NEAR_LIMIT = 0.9  # of the effort limit: beyond, clipping tells nothing


class DriveRatios:
    """Reported effort over commanded effort, for each joint; recursive and bounded.

    Least squares with forgetting on effort = ratio * asked + offset, with a prior that
    is not forgotten: what is not excited returns to 1.
    """

    def __init__(self, robot: RobotConfig, control_dt: float) -> None:
        """Begin with the prior.

        Args:
            robot: whose drives these are.
            control_dt: time between two samples [s].
        """
        self._limit = NEAR_LIMIT * robot.effort_limit
        self._keep = float(np.exp(-control_dt / MEMORY_S))
        self._offset_info = (NOISE / OFFSET_STD) ** 2
        self._ratio_info = (NOISE / PRIOR_STD) ** 2
        self._count = len(robot.joint_names)
        # One sample in a second counts, for errors last longer than a tick.
        self._weight = control_dt / 1.0
        self.reset()

    def reset(self) -> None:
        """Forget every sample."""
        self._sums = np.zeros((5, self._count))
        self._before: Array | None = None
        self.ratio = np.ones(self._count)
        self.std = np.full(self._count, PRIOR_STD)

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """Take a state and the command that was sent before it."""
        velocity = state.joint_vel
        earlier = state.joint_pos - EFFORT_AGE_S * velocity
        asked = command.stiffness * (command.joint_pos - earlier)
        asked -= command.damping * velocity
        before, self._before = self._before, command.joint_pos
        if before is None:
            return
        # While targets move, delays make the comparison wrong.
        moved = command.stiffness * (command.joint_pos - before)
        doubt = 1.0 + (moved / NOISE) ** 2 + (0.3 * command.damping * velocity) ** 2
        usable = (np.abs(asked) < self._limit) & np.isfinite(state.joint_effort)
        weight = np.where(usable, self._weight / doubt, 0.0)
        effort = np.where(usable, state.joint_effort, 0.0)
        x = np.where(usable, asked, 0.0)
        self._sums *= self._keep
        wx = weight * x
        self._sums += (weight, wx, wx * x, weight * effort, wx * effort)
        self._solve()

    def _solve(self) -> None:
        w, wx, wxx, wy, wxy = self._sums
        a, b, d = wxx + self._ratio_info, wx, w + self._offset_info
        determinant = a * d - b * b
        ratio = ((wxy + self._ratio_info) * d - b * wy) / determinant
        self.ratio = np.clip(ratio, LEAST, MOST)
        self.std = NOISE * np.sqrt(d / determinant)
