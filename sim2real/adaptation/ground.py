"""How much grip the ground gives: told by soles that slide, or do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Quantity
from sim2real.adaptation.statics import Limbs, Load, down_in_base
from sim2real.robot import RobotState
from sim2real.rotations import rotate

Array = NDArray[np.float64]

PRIOR, PRIOR_STD = 0.8, 0.3
LEAST, MOST = 0.1, 1.5
DRIFT = 0.03  # in a second
SAMPLE_STD = 0.15  # of force ratios from joint efforts
LOADED = 60.0  # a sole that carries more than this stands on something [N]
SLIDES, STAYS = 0.15, 0.05  # speed of a sole along the ground [m/s]
ROLLS = 2.0  # a sole that turns faster rolls over its edge and does not slide [rad/s]


class GroundFilter:
    """The friction coefficient under the soles; a Kalman filter of one number.

    The force under a sole follows from the efforts of its leg. A sole that slides
    under load measures the coefficient; one that stays under a sideways force shows
    that it is at least so large.
    """

    def __init__(self, robot: RobotConfig, sample_s: float) -> None:
        """Read the legs; `sample_s` is the time between two samples [s]."""
        place = {name: i for i, name in enumerate(robot.joint_names)}
        sites = (robot.sites.left_foot, robot.sites.right_foot)
        self._legs = Limbs(robot.mjcf, robot.base_body, sites, {})
        self._index = np.array(
            [[place[name] for name in names] for names in self._legs.joint_names],
            np.intp,
        )
        self._drift = sample_s * DRIFT**2
        self.reset()

    def reset(self) -> None:
        """Return to the prior."""
        self._mean, self._variance = PRIOR, PRIOR_STD**2
        self._seen: tuple[RobotState, Load] | None = None

    @property
    def friction(self) -> Quantity:
        """The coefficient."""
        return Quantity(value=self._mean, std=self._variance**0.5)

    def observe(self, state: RobotState, strength: float) -> None:
        """Look at both soles, and learn from it.

        Args:
            state: of the robot.
            strength: of the legs' motors, as far as it is known.
        """
        self.look(state)
        self.learn(strength)

    def look(self, state: RobotState) -> None:
        """See what the legs hold; `learn` takes it, in another tick."""
        gravity = down_in_base(state.base_quat_wxyz)
        load = self._legs.load(state.joint_pos[self._index], gravity)
        self._seen = state, load

    def learn(self, strength: float) -> None:
        """Take what was seen; `strength` is that of the legs' motors."""
        if self._seen is None:
            return
        (state, load), self._seen = self._seen, None
        velocity = state.joint_vel[self._index]
        moves = (load.jacobian @ velocity[..., None])[..., 0]
        turning = np.linalg.norm(moves[:, 3:] + state.base_ang_vel, axis=1)
        speed_b = moves[:, :3] + np.cross(state.base_ang_vel, load.tip)
        effort = strength * state.joint_effort[self._index]
        try:
            pushed = np.linalg.solve(
                load.jacobian.swapaxes(-1, -2), (load.holding - effort)[..., None]
            )
        except np.linalg.LinAlgError:
            return
        seen = np.concatenate([speed_b, pushed[:, :3, 0]])
        seen_w = rotate(state.base_quat_wxyz, seen)
        speed_w = seen_w[:2] + state.base_lin_vel_w
        force_w = seen_w[2:]
        for foot in (0, 1):
            if force_w[foot, 2] < LOADED or turning[foot] > ROLLS:
                continue
            ratio = float(np.hypot(*force_w[foot, :2]) / force_w[foot, 2])
            self._take(ratio, float(np.hypot(*speed_w[foot, :2])))

    def _take(self, ratio: float, speed: float) -> None:
        if not np.isfinite(ratio) or not np.isfinite(speed):
            return
        slides, stays = speed > SLIDES, speed < STAYS
        if not slides and not (stays and ratio > self._mean):
            return
        variance = min(self._variance + self._drift, PRIOR_STD**2)
        gain = variance / (variance + SAMPLE_STD**2)
        mean = self._mean + gain * (ratio - self._mean)
        self._mean = float(np.clip(mean, LEAST, MOST))
        self._variance = (1.0 - gain) * variance
