"""Watchdogs of motors, feet and posture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.hazards import Hazard, WatchdogConfig
from sim2real.rotations import project_gravity
from sim2real.watchdog import Finding, Look

Array = NDArray[np.float64]


class TorqueBudget:
    """Motors that work near their limit for long: the mean square, as heat goes."""

    def __init__(
        self, robot: RobotConfig, config: WatchdogConfig, control_dt: float
    ) -> None:
        """Take the limits; fingers, which squeeze for long, are not looked at."""
        self._names = robot.joint_names
        watched = np.array(["_hand_" not in name for name in self._names])
        self._share = np.where(watched, 1.0 / robot.effort_limit, 0.0)
        self._high, self._most = config.torque_high_share, config.torque_budget_share
        self._keep = 1.0 - control_dt / config.torque_window_s
        self._heat: Array = np.zeros(len(self._names))

    def look(self, look: Look) -> Finding | None:
        """Add this tick's effort to the window, which forgets exponentially."""
        used = (look.state.joint_effort * self._share) ** 2
        self._heat = self._keep * self._heat + (1.0 - self._keep) * used
        worst = int(np.argmax(self._heat))
        share = float(np.sqrt(self._heat[worst]))
        for limit, kind in (
            (self._most, Hazard.TORQUE_BUDGET),
            (self._high, Hazard.TORQUE_HIGH),
        ):
            if limit and share > limit:
                text = f"{self._names[worst]} uses {share:.0%} of its torque for long"
                return Finding(kind, text)
        return None


class Tilt:
    """A base that leans, well before a fall."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take the limit."""
        self._most = config.tilt

    def look(self, look: Look) -> Finding | None:
        """See how the base leans."""
        down = -float(project_gravity(look.state.base_quat_wxyz)[2])
        tilt = float(np.arccos(np.clip(down, -1.0, 1.0)))
        if not self._most or tilt <= self._most:
            return None
        return Finding(Hazard.TILT, f"the base tilts by {np.degrees(tilt):.0f} deg")


class ContactLost:
    """Both feet off the ground: lifted, or fallen off something."""

    def __init__(self, config: WatchdogConfig) -> None:
        """Take the limits."""
        self._height, self._most = config.contact_height, config.contact_lost_s
        self._since: float | None = None

    def look(self, look: Look) -> Finding | None:
        """See how high the lower sole is."""
        if look.footing is None or not self._most:
            return None
        now, height = look.state.time, float(look.footing.height.min())
        if height <= self._height:
            self._since = None
            return None
        if self._since is None:
            self._since = now
        if now - self._since < self._most - 1e-9:
            return None
        text = f"both feet are off the ground for {now - self._since:.2f} s"
        return Finding(Hazard.CONTACT_LOST, text)


class DeadMotor:
    """A joint of the legs or the waist that does not do what it is asked to."""

    def __init__(self, robot: RobotConfig, config: WatchdogConfig) -> None:
        """Take the limits."""
        self._names = robot.joint_names
        carrying = set(robot.joints_of("legs", "waist"))
        watched = np.array([name in carrying for name in self._names])
        self._least = np.where(
            watched, config.dead_motor_share * robot.effort_limit, np.inf
        )
        self._ticks = config.dead_motor_ticks
        self._dead = np.zeros(len(self._names), dtype=np.intp)

    def look(self, look: Look) -> Finding | None:
        """Compare the torque that the command asks for with what is measured."""
        sent, state = look.sent, look.state
        if not self._ticks or sent is None or not look.fresh:
            return None
        asked = sent.stiffness * (sent.joint_pos - state.joint_pos)
        asked = asked - sent.damping * state.joint_vel
        nothing = np.abs(state.joint_effort) < 0.02 * np.abs(asked)
        dead = (np.abs(asked) > self._least) & nothing
        self._dead = np.where(dead, self._dead + 1, 0)
        worst = int(np.argmax(self._dead))
        if self._dead[worst] < self._ticks:
            return None
        text = (
            f"{self._names[worst]} was asked for {asked[worst]:.0f} N m and gives "
            f"{state.joint_effort[worst]:.1f} N m"
        )
        return Finding(Hazard.DEAD_MOTOR, text)
