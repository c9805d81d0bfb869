"""Ask for the velocity that makes this robot walk at the one that is wanted.

Robots differ, and so does what a walk policy makes of a command: one drifts to the
left, another is a tenth too fast. Per axis that is close to affine,

    velocity = command + offset + gains @ command,

which a Kalman filter learns from leg odometry, averaged over gait periods.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from skills.contract import Snapshot
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED

Array = NDArray[np.float64]
Velocity = tuple[float, float, float]  # vx, vy [m/s], wz [rad/s], heading frame

LAG_S = np.array([0.45, 0.45, 0.1])  # of the velocity behind the command, first order
# What is known of a robot that nobody has seen walk: standard deviations.
OFFSET_STD = np.array([0.06, 0.05, 0.05])  # [m/s], [m/s], [rad/s]
OWN_STD, CROSS_STD = 0.15, 0.08  # of gains: of the axis itself, of the others
# How far offsets wander: in a second, and with a change of the command, as a share.
DRIFT, DRIFT_OF_CHANGE = 0.035, 0.1
NOISE = np.array([0.03, 0.03, 0.04])  # of a velocity averaged over a gait period
SAMPLE_S = 0.16  # from one look to the next
TRANSIENT = 0.15  # a command that differs from its mean by this doubles the noise
SURPRISE = 3.0  # standard deviations beyond which a sample is doubted
LOWEST, HIGHEST = np.array([-0.6, -0.4, -0.8]), np.array([1.1, 0.4, 0.8])
"""What the policies were trained to obey; a correction does not lead beyond."""
MOST = np.array([0.25, 0.2, 0.25])  # that is added to a command [m/s], [rad/s]
RATE = 0.5  # change of that in a second [m/s^2], [rad/s^2]


class VelocityTracking:
    """Learns how a robot walks and corrects commands; does nothing without odometry."""

    def __init__(self, control_dt: float) -> None:
        """Begin with a robot that walks as it is told; time between ticks [s]."""
        self._dt = control_dt
        self._period = round(GAIT_PERIOD_S / control_dt)
        self._every = round(SAMPLE_S / control_dt)
        self._follow = np.minimum(control_dt / LAG_S, 1.0)[:, None]
        self._noise = NOISE**2 * (GAIT_PERIOD_S / SAMPLE_S)  # windows overlap
        prior = np.full((3, 4), CROSS_STD)
        prior[:, 0] = OFFSET_STD
        prior[np.arange(3), np.arange(1, 4)] = OWN_STD
        self._prior = prior**2
        self._last_time = 0.0
        self.forget()

    def forget(self) -> None:
        """Know nothing about the robot."""
        self.told = np.zeros((3, 4))  # offset, then gains, of each axis
        self._covariance = self._prior[:, :, None] * np.eye(4)
        self._added = np.zeros(3)
        self._pause()

    def correct(self, command: Velocity, snapshot: Snapshot) -> Velocity:
        """Return the command to give in the place of one; call once per tick.

        Args:
            command: vx, vy [m/s] and wz [rad/s] in the heading frame.
            snapshot: of this tick.
        """
        known = snapshot.adaptation
        if known is None or known.travelled is None:
            return command
        since, self._last_time = snapshot.time - self._last_time, snapshot.time
        if since < 0.0:
            self.forget()  # another episode, and perhaps another robot
        if not 0.0 <= since < 2.0 * self._dt:
            self._pause()
        if max(abs(v) for v in command) <= MOVING_SPEED:
            self._pause()
            return command
        wanted = np.array(command)
        sent = wanted + self._addition(wanted)
        sent = np.clip(sent, np.minimum(LOWEST, wanted), np.maximum(HIGHEST, wanted))
        self._look(wanted, sent, np.array(known.travelled))
        vx, vy, wz = sent.tolist()
        return vx, vy, wz

    @property
    def std(self) -> Array:
        """Standard deviations of `told`, (3, 4)."""
        variance: Array = np.diagonal(self._covariance, axis1=1, axis2=2)
        return np.sqrt(variance)

    def _pause(self) -> None:
        """Begin to look anew: what was before does not belong to what comes."""
        self._asked = np.zeros((3, 4))  # 1 and the command, as the robot follows them
        self._sum = np.zeros((3, 4))  # of the last gait period
        self._past: deque[tuple[Array, Array]] = deque()
        self._ticks = 0
        self._wanted = np.zeros(3)

    def _addition(self, wanted: Array) -> Array:
        """Return what to add now, bounded and without jumps, (3,)."""
        offset, gains = self.told[:, 0], self.told[:, 1:]
        sent = wanted - offset - gains @ wanted
        sent = wanted - offset - gains @ sent  # gains are small: that is near enough
        step = RATE * self._dt
        missing = np.clip(sent - wanted, -MOST, MOST) - self._added
        self._added = self._added + np.clip(missing, -step, step)
        return self._added

    def _look(self, wanted: Array, sent: Array, travelled: Array) -> None:
        """Compare the last gait period with what was asked for in it."""
        changed = float(np.abs(wanted - self._wanted).max())
        self._wanted = wanted
        self._wander((DRIFT_OF_CHANGE * changed) ** 2 + DRIFT**2 * self._dt)
        self._asked = self._asked + self._follow * (np.append(1.0, sent) - self._asked)
        self._past.append((self._asked, travelled))
        self._sum += self._asked
        self._ticks += 1
        if len(self._past) <= self._period:
            return
        first, before = self._past.popleft()
        self._sum -= first
        if self._ticks % self._every:
            return
        asked = self._sum / self._period
        measured = (travelled - before) / (self._period * self._dt)
        own = asked[np.arange(3), np.arange(1, 4)]
        change = float(np.abs(sent - own).max()) / TRANSIENT
        self._learn(asked, measured - own, self._noise * (1.0 + change**2))

    def _wander(self, variance: float) -> None:
        """Let offsets become less sure, up to what is known of any robot."""
        offsets = self._covariance[:, 0, 0]
        self._covariance[:, 0, 0] = np.maximum(
            offsets, np.minimum(offsets + variance, self._prior[:, 0])
        )

    def _learn(self, asked: Array, excess: Array, noise: Array) -> None:
        """Take measurements: excess = told . asked for each axis, with variances."""
        if not np.isfinite(excess).all():
            return
        covariance = self._covariance
        spread = (covariance @ asked[..., None])[..., 0]  # (3, 4)
        variance = (spread * asked).sum(1)
        surprise = excess - (self.told * asked).sum(1)
        size = np.abs(surprise) / np.sqrt(variance + noise) / SURPRISE
        total = variance + noise * np.maximum(size, 1.0) ** 2  # Huber's rule
        gain = spread / total[:, None]
        self.told = self.told + gain * surprise[:, None]
        self._covariance = covariance - gain[:, :, None] * spread[:, None, :]
