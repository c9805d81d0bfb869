"""What a robot measures of the truth: noisy and late."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot

import numpy as np
from numpy.typing import NDArray

from sim2real.robot import ObjectState, RobotState
from sim2real.robot_parameters import RobotParameters
from sim2real.rotations import multiply, wxyz_from_rpy

Array = NDArray[np.float64]
Reading = tuple[RobotState, dict[str, ObjectState]]


@dataclass(frozen=True, kw_only=True)
class Imperfections:
    """Sensor noise (standard deviations, white) and delays; all off by default."""

    joint_pos_std: float = 0.0  # [rad]
    joint_vel_std: float = 0.0  # [rad/s]
    gyro_std: float = 0.0  # [rad/s]
    tilt_std: float = 0.0  # of gravity's direction, about each level axis [rad]
    object_pos_std: float = 0.0  # of loose objects, along each axis [m]
    command_delay_steps: int = 0  # a command acts so many physics steps late
    observation_delay_ticks: int = 0  # a reading is so many control ticks old

    def __post_init__(self) -> None:
        """Refuse negative numbers.

        Raises:
            ValueError: naming the field.
        """
        for name, value in vars(self).items():
            if value < 0:
                raise ValueError(f"{name}: expected 0 or more, got {value}")

    def with_noise_of(self, parameters: RobotParameters) -> Imperfections:
        """Return these with the noise of a concrete robot on top.

        Independent noises add up in their variances.
        """
        return replace(
            self,
            joint_pos_std=hypot(self.joint_pos_std, parameters.joint_pos_std),
            joint_vel_std=hypot(self.joint_vel_std, parameters.joint_vel_std),
            gyro_std=hypot(self.gyro_std, parameters.gyro_std),
            tilt_std=hypot(self.tilt_std, parameters.tilt_std),
            object_pos_std=hypot(self.object_pos_std, parameters.object_pos_std),
        )


@dataclass(frozen=True, kw_only=True)
class Biases:
    """Constant errors of a robot's sensors."""

    encoders: Array  # reading minus truth [rad], (n,)
    gyro: Array  # base frame [rad/s], (3,)
    mounting: Array  # from the IMU's axes to the base's, (4,)

    @classmethod
    def of(cls, parameters: RobotParameters) -> Biases | None:
        """Return the errors of a concrete robot, or None if it has none."""
        if not {"encoder_bias", "gyro_bias", "tilt_bias"} & set(
            parameters.differences()
        ):
            return None
        roll, pitch = (np.float64(angle) for angle in parameters.tilt_bias)
        return cls(
            encoders=parameters.encoder_bias,
            gyro=parameters.gyro_bias,
            mounting=wxyz_from_rpy(roll, pitch, np.float64(0.0)),
        )

    def of_reading(self, state: RobotState) -> RobotState:
        """Return the truth as these sensors give it."""
        return replace(
            state,
            joint_pos=state.joint_pos + self.encoders,
            base_ang_vel=state.base_ang_vel + self.gyro,
            base_quat_wxyz=multiply(state.base_quat_wxyz, self.mounting),
        )


class ReadingTimes:
    """Says how old the reading is that a robot has; a later one is never older."""

    def __init__(self, parameters: RobotParameters, rng: np.random.Generator) -> None:
        """Take the delay and the jitter; the jitter has its own generator."""
        self._parameters = parameters
        self._rng = rng
        self._newest = 0.0  # when the newest reading was taken [s]

    def age(self, time: float) -> float:
        """Return the age of the reading at `time` [s]."""
        delay, jitter = self._parameters.observation_delay_s, self._parameters.jitter_s
        late = delay + (self._rng.uniform(0.0, jitter) if jitter else 0.0)
        self._newest = max(self._newest, time - late)
        return time - self._newest


class Sensors:
    """Turns the truth of each tick into what the robot is told.

    The noise has its own generator: it changes readings, never the physics.
    """

    def __init__(
        self,
        imperfections: Imperfections,
        rng: np.random.Generator,
        biases: Biases | None = None,
    ) -> None:
        """Begin with an empty history."""
        self._imperfections = imperfections
        self._biases = biases
        self._rng = rng
        self._readings: deque[Reading] = deque(
            maxlen=imperfections.observation_delay_ticks + 1
        )

    def measure(self, state: RobotState, objects: Mapping[str, ObjectState]) -> Reading:
        """Return the reading due now; its time is now, its values may be old."""
        noisy = {name: self._measure_object(thing) for name, thing in objects.items()}
        self._readings.append((self._measure_state(state), noisy))
        old_state, old_objects = self._readings[0]
        return replace(old_state, time=state.time), old_objects

    def _measure_state(self, state: RobotState) -> RobotState:
        std = self._imperfections
        if self._biases is not None:
            state = self._biases.of_reading(state)
        return replace(
            state,
            joint_pos=self._noisy(state.joint_pos, std.joint_pos_std),
            joint_vel=self._noisy(state.joint_vel, std.joint_vel_std),
            base_ang_vel=self._noisy(state.base_ang_vel, std.gyro_std),
            base_quat_wxyz=self._tilted(state.base_quat_wxyz),
        )

    def _measure_object(self, thing: ObjectState) -> ObjectState:
        if not thing.movable:
            return thing
        std = self._imperfections.object_pos_std
        return replace(thing, pos_w=self._noisy(thing.pos_w, std))

    def _noisy(self, values: Array, std: float) -> Array:
        if std == 0.0:
            return values
        return values + self._rng.normal(0.0, std, values.shape)

    def _tilted(self, quat_wxyz: Array) -> Array:
        std = self._imperfections.tilt_std
        if std == 0.0:
            return quat_wxyz
        roll, pitch = self._rng.normal(0.0, std, 2)
        tilt = np.array([1.0, roll / 2, pitch / 2, 0.0])
        # On the left: the axes of the tilt are level, so that yaw is left alone.
        tilted: Array = multiply(tilt / np.linalg.norm(tilt), quat_wxyz)
        return tilted
