"""What a robot makes of velocity commands, told from how it walks: a Kalman filter.

Robots differ, and so does what a walk policy makes of a command: one drifts to the
left, another is a tenth too fast. For each axis that is nearly affine,

    velocity = command + offset + gains @ command + rest,

where offset and gains belong to the robot. The rest is what an affine map does not say:
it belongs to one command, and fades when another is given.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# What is known of a robot that nobody has seen walk: standard deviations.
OFFSET_STD = 0.05  # [m/s], [m/s], [rad/s]
OWN_STD, CROSS_STD = 0.12, 0.06  # of gains: of the axis itself, of the others
REST_STD = 0.05
DRIFT = 0.004  # of offsets and gains, in a second
REST_S, REST_CHANGE = 10.0, 0.25  # in which time, with which change, the rest is new
SURPRISE = 3.0  # standard deviations beyond which a sample is doubted
REST = 4  # place of the rest, behind the offset and the gains


class WalkResponse:
    """Offset, gains by vx, vy and wz, and the rest, of each of vx, vy and wz."""

    def __init__(self) -> None:
        """Begin with a robot that walks as it is told."""
        prior = np.full((3, 5), CROSS_STD)
        prior[:, 0], prior[:, REST] = OFFSET_STD, REST_STD
        prior[np.arange(3), np.arange(1, 4)] = OWN_STD
        self._prior = prior**2
        self.forget()

    def forget(self) -> None:
        """Know nothing about the robot."""
        self.told = np.zeros((3, 5))
        self._covariance = self._prior[:, :, None] * np.eye(5)

    @property
    def std(self) -> Array:
        """Standard deviations of `told`, (3, 5)."""
        variance: Array = np.diagonal(self._covariance, axis1=1, axis2=2)
        return np.sqrt(variance)

    def command_for(self, velocity: Array) -> Array:
        """Return the command that leads to a velocity, (3,)."""
        offset, gains = self.told[:, 0] + self.told[:, REST], self.told[:, 1:REST]
        command = velocity - offset - gains @ velocity
        # Gains are small, so once more is near enough.
        return np.asarray(velocity - offset - gains @ command)

    def wander(self, seconds: float, changed: float) -> None:
        """Become less sure with time, and with a change of the command."""
        keep = float(np.exp(-seconds / REST_S - changed / REST_CHANGE))
        self.told[:, REST] *= keep
        self._covariance[:, REST, :] *= keep
        self._covariance[:, :, REST] *= keep
        self._covariance[:, REST, REST] += (1.0 - keep**2) * REST_STD**2
        lasting = np.arange(REST)
        variance = self._covariance[:, lasting, lasting]
        grown = np.minimum(variance + DRIFT**2 * seconds, self._prior[:, :REST])
        self._covariance[:, lasting, lasting] = np.maximum(variance, grown)

    def learn(self, asked: Array, excess: Array, noise: Array) -> None:
        """Take what was measured of each axis.

        Args:
            asked: 1 and the command, as the robot followed them, (3, 4).
            excess: velocity less what was asked of its own axis, (3,).
            noise: variances of that, (3,).
        """
        if not np.isfinite(excess).all():
            return
        row = np.concatenate([asked, asked[:, :1]], axis=1)
        spread = (self._covariance @ row[..., None])[..., 0]
        variance = (spread * row).sum(1)
        surprise = excess - (self.told * row).sum(1)
        size = np.abs(surprise) / np.sqrt(variance + noise) / SURPRISE
        total = variance + noise * np.maximum(size, 1.0) ** 2  # Huber's rule
        gain = spread / total[:, None]
        self.told = self.told + gain * surprise[:, None]
        self._covariance = self._covariance - gain[:, :, None] * spread[:, None, :]
