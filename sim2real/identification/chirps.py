"""Sweeps from slow to fast that a hoisted joint can follow without harm."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig

Array = NDArray[np.float64]

SLOWEST_HZ, FASTEST_HZ = 0.1, 10.0
FOLLOWED_HZ = 1.0  # below it a joint follows its target, and the error costs less
RANGE_SHARE = 0.8  # of the way from the middle to the nearer end stop
MOST_SWING = 0.45  # [rad]
SPEED_SHARE = 0.12  # of the velocity limit
MOST_SPEED = 1.6  # of a target [rad/s]
EFFORT_SHARE = 0.35  # of the largest torque, as stiffness times swing when it is fast
DAMPING_SHARE = 0.25  # of the largest torque, as damping times speed
FADE_S = 0.5  # a sweep begins and ends at rest


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far and how fast targets may swing about a middle; of one joint or more."""

    swing: float | Array  # [rad]
    speed: float | Array  # [rad/s]
    fast_swing: (
        float | Array
    )  # where the joint cannot follow, so that it costs torque [rad]

    def amplitude(self, frequency: Array) -> Array:
        """Return the largest amplitude at each frequency [Hz], in radians.

        A joint follows a slow target, and its swing is bounded by the range. A fast one
        it does not follow: then the target's speed, and what the error costs in
        torque, are the bounds.
        """
        by_speed = self.speed / (2.0 * pi * frequency)
        by_torque = self.fast_swing * np.maximum(1.0, FOLLOWED_HZ / frequency)
        return np.asarray(np.minimum(np.minimum(by_speed, by_torque), self.swing))


def limits_of(robot: RobotConfig, joint: str, middle: float) -> Limits:
    """Return the limits of a joint that swings about `middle` [rad]."""
    index = robot.joint_names.index(joint)
    low, high = robot.joint_range[index]
    room = RANGE_SHARE * min(middle - low, high - middle)
    return Limits(
        swing=float(min(MOST_SWING, max(room, 0.0))),
        speed=float(
            min(
                MOST_SPEED,
                SPEED_SHARE * robot.velocity_limit[index],
                DAMPING_SHARE * robot.effort_limit[index] / robot.damping[index],
            )
        ),
        fast_swing=float(
            EFFORT_SHARE * robot.effort_limit[index] / robot.stiffness[index]
        ),
    )


def chirp(
    time: float | Array,
    duration: float,
    limits: Limits,
    *,
    rising: bool | NDArray[np.bool_],
    phase: float | Array,
) -> Array:
    """Return a sweep between 0.1 and 10 Hz whose frequency changes exponentially.

    Everything but the duration may be an array; they are broadcast together.

    Args:
        time: since its start [s].
        duration: of the whole [s].
        limits: of its amplitude.
        rising: from slow to fast, else from fast to slow.
        phase: at the slow end [rad].

    Returns:
        the deviation from the middle [rad]; zero at both ends and outside.
    """
    inside = np.clip(time, 0.0, duration)
    at = np.where(rising, inside, duration - inside)
    growth = np.log(FASTEST_HZ / SLOWEST_HZ) / duration
    frequency = SLOWEST_HZ * np.exp(growth * at)
    angle = 2.0 * pi * (frequency - SLOWEST_HZ) / growth + phase
    fade = np.minimum(1.0, np.minimum(inside, duration - inside) / FADE_S)
    return np.asarray(fade * limits.amplitude(frequency) * np.sin(angle))
