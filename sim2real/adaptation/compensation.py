"""Change a command so that a weak or loaded robot does what the nominal one would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand

Array = NDArray[np.float64]

GAIN_RANGE = (0.8, 1.5)  # of what is sent, as a multiple of what was asked for
GAIN_RATE = 0.5  # change of that in a second
OFFSET_LIMIT = 0.25  # of a target [rad]
OFFSET_EFFORT = 0.5  # of a target, as a share of the effort limit
OFFSET_RATE = 0.6  # [rad/s]
SPARED_FROM, SPARED_AT = 0.6, 0.85  # of the effort limit: less help, none
SPARED_S = 0.3  # over which that is averaged [s]


class Compensation:
    """Scales gains and shifts targets; bounded, and slow enough not to jolt."""

    def __init__(self, robot: RobotConfig, control_dt: float) -> None:
        """Begin by changing nothing.

        Args:
            robot: whose commands these are.
            control_dt: time from one command to the next [s].
        """
        n = len(robot.joint_names)
        share = OFFSET_EFFORT * robot.effort_limit / robot.stiffness
        self._most_offset = np.minimum(OFFSET_LIMIT, share)
        self._gain_step = GAIN_RATE * control_dt
        self._offset_step = OFFSET_RATE * control_dt
        self._ones, self._zeros = np.ones(n), np.zeros(n)
        self.reset()

    def reset(self) -> None:
        """Change nothing again."""
        self.gain = self._ones
        self.offset = self._zeros

    def apply(self, command: JointCommand, gain: Array, effort: Array) -> JointCommand:
        """Return the command for this robot.

        Args:
            command: for the nominal robot.
            gain: multiple of its gains that is wanted, (n,).
            effort: that is to be added, as the nominal robot would feel it [N m], (n,).
        """
        least, most = GAIN_RANGE
        gain = within(gain, least, most)
        step = self._gain_step
        self.gain = self.gain + within(gain - self.gain, -step, step)
        offset = effort / np.maximum(command.stiffness, 1e-6)
        offset = within(offset, -self._most_offset, self._most_offset)
        step = self._offset_step
        self.offset = self.offset + within(offset - self.offset, -step, step)
        return JointCommand(
            joint_pos=command.joint_pos + self.offset,
            stiffness=command.stiffness * self.gain,
            damping=command.damping * self.gain,
        )


class Sparing:
    """Takes help away from drives that near their limit: they are not brought to it."""

    def __init__(self, robot: RobotConfig, control_dt: float) -> None:
        """Begin with drives that rest.

        Args:
            robot: whose drives they are.
            control_dt: time from one state to the next [s].
        """
        self._per_limit = 1.0 / np.maximum(robot.effort_limit, 1e-6)
        self._new = control_dt / SPARED_S
        self.reset()

    def reset(self) -> None:
        """Take drives to rest."""
        self._load = np.zeros(len(self._per_limit))  # mean share of the limit

    def share(self, effort: Array) -> Array:
        """Return the share of help that each joint gets, (n,).

        Args:
            effort: as drives report it, at every tick [N m], (n,).
        """
        load = np.abs(effort) * self._per_limit
        self._load = self._load + self._new * (load - self._load)
        left = (SPARED_AT - self._load) / (SPARED_AT - SPARED_FROM)
        return within(left, 0.0, 1.0)


def within(values: Array, low: Array | float, high: Array | float) -> Array:
    """Return values between bounds; for short vectors much faster than `np.clip`."""
    bounded: Array = np.minimum(np.maximum(values, low), high)
    return bounded
