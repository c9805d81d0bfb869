"""A backend with a faulty wire between it and whoever drives it.

On the robot's side of the wire sits the watchdog of commands, on ours the stream that
picks the newest state: both are the parts that a real robot is driven with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from sim2real.command_watchdog import CommandWatchdog
from sim2real.faults.fault import Fault, World
from sim2real.guard import GuardConfig
from sim2real.hazards import Reaction
from sim2real.health import Health
from sim2real.robot import (
    BackendError,
    JointCommand,
    ObjectState,
    RobotBackend,
    RobotState,
)
from sim2real.rotations import project_gravity
from sim2real.state_stream import StateStream

FALLEN_HEIGHT, FALLEN_LEVEL = 0.45, 0.64  # of the base [m]; cosine of its tilt


class FaultyBackend:
    """Drives `inner`; from `begins` on the fault has its way.

    Attributes:
        begins: when the fault begins [s].
        now: the robot's own clock [s].
        fell_at: when the robot was down, by the truth [s]; None: it was not.
        stood_in_at: when the robot's own watchdog began to stand for us [s].
        drop_speed: the fastest that the base came down [m/s].
    """

    def __init__(
        self,
        inner: RobotBackend,
        fault: Fault,
        begins: float,
        config: GuardConfig | None = None,
    ) -> None:
        """Take the robot and the fault.

        Args:
            inner: a backend; with `true_state` if it does not tell the truth itself.
            fault: new, for this run only.
            begins: robot time [s].
            config: of the watchdogs on both sides.
        """
        self.robot, self.control_dt = inner.robot, inner.control_dt
        self.inner = inner
        self._fault, self.begins = fault, begins
        config = config or GuardConfig()
        self.gate = CommandWatchdog(inner.robot, inner.control_dt, config)
        self._stream = StateStream(inner.robot, inner.control_dt, config.watchdogs)
        self._clear()

    def _clear(self) -> None:
        self.now = 0.0
        self.fell_at: float | None = None
        self.stood_in_at: float | None = None
        self.drop_speed = 0.0
        self._heard = 0.0
        self._stalled = 0.0
        self._measured: RobotState | None = None

    def __getattr__(self, name: str) -> Any:
        """Everything else is the robot's."""
        return getattr(self.inner, name)

    @property
    def broken(self) -> bool:
        """Whether the fault has begun."""
        return self.now >= self.begins - 1e-9

    def reset(self, seed: int) -> RobotState:
        """Begin anew; a fault begins once only."""
        state = self.inner.reset(seed)
        self._clear()
        self.gate.reset()
        self._stream.reset()
        self._stream.put(state, 0.0)
        self._measured = state
        return state

    def step(self, command: JointCommand) -> RobotState:
        """Send a command over the wire and take the newest state from it."""
        for _ in range(self._late_ticks()):
            self._tick([])
        sent = [("praxis", command)]
        if self.broken:
            sent = list(self._fault.commands(command))
        return self._tick(sent)

    def idle(self) -> None:
        """Let a tick go by without anybody on our side of the wire."""
        self._tick([])

    def objects(self) -> Mapping[str, ObjectState]:
        """Return what perception reports."""
        return self.inner.objects()

    def close(self) -> None:
        """Release the robot."""
        self.inner.close()

    def health(self) -> Health:
        """Return what the wire knows."""
        return replace(
            self._stream.health(self.now),
            heartbeat_age_s=max(self.now - self._heard, 0.0),
            other_commanders=self.gate.others(self.now),
        )

    @property
    def answering_at(self) -> float:
        """When the command that is being computed now reaches the robot [s]."""
        return self.now + self._fault.stalled_s - self._stalled

    def _late_ticks(self) -> int:
        """Return how many ticks went by while a policy was computing."""
        late = self._fault.stalled_s - self._stalled
        self._stalled = self._fault.stalled_s
        return int(np.floor(late / self.control_dt + 1e-9))

    def _tick(self, sent: list[tuple[str, JointCommand]]) -> RobotState:
        fault, state = self._fault, self._measured
        if state is None:
            raise BackendError("the faulty backend is not running; call reset first.")
        for source, command in sent:
            self.gate.accept(command, source, self.now)
        obeyed = self.gate.command(state, self.now)
        if self.broken:
            obeyed = fault.motors(obeyed)
            fault.world(cast(World, self.inner))
        state = self.inner.step(obeyed)
        self.now = state.time
        if self.broken:
            state = fault.effort(state)
        self._measured = state
        for message in fault.states(state) if self.broken else [state]:
            self._stream.put(message, self.now)
        if not self.broken or fault.operator_is_there():
            self._heard = self.now
        self._judge()
        newest = self._stream.newest()
        assert newest is not None
        return newest

    def _judge(self) -> None:
        if self.gate.reaction is not Reaction.OK and self.stood_in_at is None:
            self.stood_in_at = self.now
        tell = getattr(self.inner, "true_state", None)
        truth: RobotState | None = tell() if tell is not None else self._measured
        assert truth is not None
        self.drop_speed = max(self.drop_speed, -float(truth.base_lin_vel_w[2]))
        level = -float(project_gravity(truth.base_quat_wxyz)[2])
        low = float(truth.base_pos_w[2]) < FALLEN_HEIGHT
        if (low or level < FALLEN_LEVEL) and self.fell_at is None:
            self.fell_at = self.now
