"""Faults of the stream of states and of the sensors behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from math import cos, sin

import numpy as np

from sim2real.faults.fault import Fault
from sim2real.robot import RobotState
from sim2real.rotations import multiply


class Stopped(Fault):
    """No state comes any more."""

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Lose it."""
        return []


class Late(Fault):
    """Every state comes so many ticks late."""

    def __init__(self, ticks: int) -> None:
        """Take the delay."""
        super().__init__()
        self._under_way: deque[RobotState] = deque()
        self._ticks = ticks

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Hold it back."""
        self._under_way.append(state)
        if len(self._under_way) <= self._ticks:
            return []
        return [self._under_way.popleft()]


class Bursts(Fault):
    """States come in heaps: none for some ticks, then all at once."""

    def __init__(self, ticks: int) -> None:
        """Take how many make a heap."""
        super().__init__()
        self._heap: list[RobotState] = []
        self._ticks = ticks

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Gather them."""
        self._heap.append(state)
        if len(self._heap) < self._ticks:
            return []
        heap, self._heap = self._heap, []
        return heap


class Duplicated(Fault):
    """Every state comes three times."""

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Send it again."""
        return [state, state, state]


class Reordered(Fault):
    """Every state is followed by the one before it."""

    def __init__(self) -> None:
        """There is none before."""
        super().__init__()
        self._before: RobotState | None = None

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Send the old one after the new one."""
        before, self._before = self._before, state
        return [state] if before is None else [state, before]


class NotANumber(Fault):
    """Joint positions are not numbers."""

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Spoil one joint."""
        spoilt = state.joint_pos.copy()
        spoilt[3] = np.nan
        return [replace(state, joint_pos=spoilt)]


class JointMissing(Fault):
    """One joint is missing in every state."""

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Leave the last one out."""
        return [
            replace(
                state, joint_pos=state.joint_pos[:-1], joint_vel=state.joint_vel[:-1]
            )
        ]


class FrozenImu(Fault):
    """The IMU repeats its first value."""

    def __init__(self) -> None:
        """Nothing was measured."""
        super().__init__()
        self._first: RobotState | None = None

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Put the old orientation and rate into it."""
        first = self._first = self._first or state
        return [
            replace(
                state,
                base_quat_wxyz=first.base_quat_wxyz,
                base_ang_vel=first.base_ang_vel,
            )
        ]


class ImuJump(Fault):
    """The orientation is off by an angle about the pitch axis, from one tick on."""

    def __init__(self, pitch: float) -> None:
        """Take the angle [rad]."""
        super().__init__()
        self._turn = np.array([cos(pitch / 2), 0.0, sin(pitch / 2), 0.0])

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Turn it."""
        quat = multiply(state.base_quat_wxyz, self._turn)
        return [replace(state, base_quat_wxyz=quat)]


class JointOutOfRange(Fault):
    """One joint is measured where it cannot be."""

    def __init__(self, index: int, position: float) -> None:
        """Take the joint's place in robot order, and the position [rad]."""
        super().__init__()
        self._index, self._position = index, position

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Lie about it."""
        joint_pos = state.joint_pos.copy()
        joint_pos[self._index] = self._position
        return [replace(state, joint_pos=joint_pos)]


class ClockBack(Fault):
    """The clock that stamps the states jumps back and goes on from there."""

    def __init__(self, by_s: float) -> None:
        """Take how far [s]."""
        super().__init__()
        self._by = by_s

    def states(self, state: RobotState) -> Sequence[RobotState]:
        """Stamp it anew."""
        return [replace(state, time=state.time - self._by)]
