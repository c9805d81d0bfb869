"""A backend with an adapter inside, for measures that drive a backend themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim2real.adaptation.adapter import Adapter
from sim2real.robot import JointCommand, ObjectState, RobotBackend, RobotState


class AdaptedBackend:
    """Passes every command through an adapter and shows it every state."""

    def __init__(self, backend: RobotBackend, adapter: Adapter) -> None:
        """Take both."""
        self.robot = backend.robot
        self.control_dt = backend.control_dt
        self.adapter = adapter
        self._backend = backend
        self._state: RobotState | None = None

    def reset(self, seed: int) -> RobotState:
        """See `RobotBackend.reset`."""
        self._state = self._backend.reset(seed)
        self.adapter.reset(self._state)
        return self._state

    def step(self, command: JointCommand) -> RobotState:
        """See `RobotBackend.step`."""
        if self._state is not None:
            command = self.adapter.compensate(command, self._state)
        self._state = self._backend.step(command)
        self.adapter.observe(self._state, command)
        return self._state

    def objects(self) -> Mapping[str, ObjectState]:
        """See `RobotBackend.objects`."""
        return self._backend.objects()

    def close(self) -> None:
        """See `RobotBackend.close`."""
        self._backend.close()

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the backend has, such as `push`."""
        return getattr(self._backend, name)
