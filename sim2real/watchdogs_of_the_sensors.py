"""Watchdogs of encoders and IMU: readings that cannot be true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.hazards import Hazard, WatchdogConfig
from sim2real.robot import RobotState
from sim2real.rotations import conjugate, multiply
from sim2real.watchdog import Finding, Look

Array = NDArray[np.float64]


class JointRange:
    """A measured position where the joint cannot be."""

    def __init__(self, robot: RobotConfig, config: WatchdogConfig) -> None:
        """Take the ranges; fingers, which things push about, are not looked at."""
        self._names = robot.joint_names
        watched = np.array(["_hand_" not in name for name in self._names])
        margin = np.where(watched, config.joint_range_margin, np.inf)
        self._low = robot.joint_range[:, 0] - margin
        self._high = robot.joint_range[:, 1] + margin
        self._range = robot.joint_range
        self._ticks = config.joint_range_ticks
        self._outside = np.zeros(len(self._names), dtype=np.intp)

    def look(self, look: Look) -> Finding | None:
        """Count the ticks that each joint has been outside."""
        if not self._ticks or not look.fresh:
            return None
        pos = look.state.joint_pos
        outside = (pos < self._low) | (pos > self._high)
        self._outside = np.where(outside, self._outside + 1, 0)
        worst = int(np.argmax(self._outside))
        if self._outside[worst] < self._ticks:
            return None
        low, high = self._range[worst]
        text = (
            f"{self._names[worst]} is measured at {pos[worst]:.2f} rad, its range is "
            f"{low:.2f} to {high:.2f} rad"
        )
        return Finding(Hazard.JOINT_RANGE, text)


class FrozenImu:
    """An IMU that repeats itself to the bit while the joints move."""

    def __init__(self, robot: RobotConfig, config: WatchdogConfig) -> None:
        """Take the limits."""
        legs = robot.joints_of("legs", "waist")
        self._legs = [robot.joint_names.index(name) for name in legs]
        self._ticks, self._moving = config.frozen_imu_ticks, config.imu_moving_joint
        self._last: tuple[Array, Array] | None = None
        self._same = 0

    def look(self, look: Look) -> Finding | None:
        """Compare with the tick before."""
        state = look.state
        if not self._ticks or not look.fresh:
            return None
        before, self._last = (
            self._last,
            (state.base_quat_wxyz, state.base_ang_vel),
        )
        moves = float(np.abs(state.joint_vel[self._legs]).max()) > self._moving
        repeats = before is not None and all(
            np.array_equal(a, b) for a, b in zip(before, self._last, strict=True)
        )
        self._same = self._same + 1 if repeats and moves else 0
        if self._same < self._ticks:
            return None
        text = f"the IMU repeats itself for {self._same} ticks while the legs move"
        return Finding(Hazard.FROZEN_IMU, text)


class ImuJump:
    """An orientation that turned much more than the gyroscope turned."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take the limit."""
        self._most = config.imu_jump
        self._last: RobotState | None = None

    def look(self, look: Look) -> Finding | None:
        """Compare two orientations with the rate between them."""
        if not look.fresh:
            return None
        before, self._last = self._last, look.state
        if not self._most or before is None:
            return None
        turn = multiply(conjugate(before.base_quat_wxyz), look.state.base_quat_wxyz)
        angle = 2.0 * float(np.arctan2(np.linalg.norm(turn[1:]), abs(turn[0])))
        dt = look.state.time - before.time
        rate = max(float(np.linalg.norm(s.base_ang_vel)) for s in (before, look.state))
        if angle <= 2.0 * rate * dt + self._most:
            return None
        text = (
            f"the IMU turned by {np.degrees(angle):.0f} deg in one tick, its gyroscope "
            f"measured {np.degrees(rate * dt):.0f} deg"
        )
        return Finding(Hazard.IMU_JUMP, text)
