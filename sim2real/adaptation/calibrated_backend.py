"""A backend whose encoders read what they should: biases that are known are taken out.

Above it the robot has the joint positions of its model: readings lose the bias, targets
gain it, for the drive compares them with its own reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import JointCommand, ObjectState, RobotBackend, RobotState
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]

MOST_BIAS = 0.05  # more than this is no bias but a wrong file [rad]


class CalibratedBackend:
    """Passes everything on, with joint positions in the axes of the model."""

    def __init__(self, backend: RobotBackend, encoder_bias: Array) -> None:
        """Take the robot, and what its encoders read beyond the truth [rad], (n,)."""
        self.robot = backend.robot
        self.control_dt = backend.control_dt
        self._backend = backend
        self._bias = np.clip(encoder_bias, -MOST_BIAS, MOST_BIAS)

    def reset(self, seed: int) -> RobotState:
        """See `RobotBackend.reset`."""
        return self._true(self._backend.reset(seed))

    def step(self, command: JointCommand) -> RobotState:
        """See `RobotBackend.step`."""
        command = replace(command, joint_pos=command.joint_pos + self._bias)
        return self._true(self._backend.step(command))

    def objects(self) -> Mapping[str, ObjectState]:
        """See `RobotBackend.objects`."""
        return self._backend.objects()

    def close(self) -> None:
        """See `RobotBackend.close`."""
        self._backend.close()

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the backend has, such as `push`."""
        found = getattr(self._backend, name)
        if name == "measure":  # of a robot that does not wait for commands
            return lambda: self._true(found())
        if isinstance(found, RobotState):  # the latest one
            return self._true(found)
        return found

    def _true(self, state: RobotState) -> RobotState:
        return replace(state, joint_pos=state.joint_pos - self._bias)


def calibrated(backend: Any, known: RobotParameters | None) -> Any:
    """Return the backend itself, or one without the biases that are known."""
    if known is None or not known.encoder_bias.any():
        return backend
    return CalibratedBackend(backend, known.encoder_bias)
