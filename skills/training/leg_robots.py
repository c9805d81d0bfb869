"""The robots that learn to walk and stand: a model each, and how each one differs."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from configs.training_schema import LegRandomization
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from sim2real.mujoco_variation import Variation
from sim2real.randomization import Randomization
from sim2real.robot_parameters import RobotParameters
from sim2real.rotations import wxyz_from_rpy
from skills.training.leg_models import held_arm_pose, leg_spec
from skills.training.ranges import ranges_of_legs

Array = NDArray[np.float64]

MOST_DELAY_STEPS = 2 * DECIMATION
"""A target is late by two control periods at most [physics steps]."""


class LegRobots:
    """N robots on a plane, drawn from the ranges of a training file."""

    def __init__(
        self,
        robot: RobotConfig,
        config: LegRandomization,
        num_envs: int,
        *,
        moving_arms: bool,
        rng: np.random.Generator,
        level: float = 1.0,
    ) -> None:
        """Compile a model for each robot.

        Args:
            robot: the robot.
            config: what differs.
            num_envs: how many robots.
            moving_arms: simulate the arms' joints, else they are welded.
            rng: of everything that is drawn.
            level: how wide the ranges are, 1 as in the file.

        Raises:
            ConfigError: if the ranges cannot be used.
        """
        self.robot = robot
        self.ranges = ranges_of_legs(config)
        self.of_file = config.ranges is not None
        self._rng = rng
        self.parameters = self._draw(self.ranges, level, num_envs)
        self.welded = [
            _welded(robot, config, rng, moving_arms=moving_arms)
            for _ in range(num_envs)
        ]
        self.models: list[mujoco.MjModel] = [
            leg_spec(robot, welded, _payload(one)).compile()
            for welded, one in zip(self.welded, self.parameters, strict=True)
        ]
        self._variations = [Variation(model, robot) for model in self.models]
        names = robot.joints_of("legs", "waist")
        if moving_arms:
            names += robot.joints_of("left_arm", "right_arm")
        self._joints = [robot.joint_names.index(name) for name in names]
        self._become()

    def redraw(self, level: float) -> None:
        """Make other robots of them; what they hold stays in their hands."""
        self.parameters = self._draw(self.ranges, level, len(self.models))
        self._become()

    @property
    def delays(self) -> Array:
        """Of commands [physics steps], (N, m); joints as they are simulated."""
        return self._of_joints("command_delay_s") / PHYSICS_DT

    @property
    def encoder_bias(self) -> Array:
        """Reading minus truth [rad], (N, m); joints as they are simulated."""
        return self._of_joints("encoder_bias")

    @property
    def gyro_bias(self) -> Array:
        """Reading minus truth, base frame [rad/s], (N, 3)."""
        return np.array([one.gyro_bias for one in self.parameters])

    @property
    def mounting(self) -> Array:
        """How each IMU sits on its base, (N, 4), wxyz."""
        roll, pitch = np.array([one.tilt_bias for one in self.parameters]).T
        mounting: Array = wxyz_from_rpy(roll, pitch, np.zeros_like(roll))
        return mounting

    @property
    def weaken_with_speed(self) -> bool:
        """Whether any motor has a torque-speed curve."""
        return bool((self._of_joints("corner_speed_share") < 1.0).any())

    def limit_by_speed(self, joint_vel: Array) -> None:
        """Let the torque limits follow the speeds (N, m) for a control period."""
        for variation, speeds in zip(self._variations, joint_vel, strict=True):
            variation.limit_by_speed(speeds)

    def _draw(
        self, ranges: Randomization, level: float, count: int
    ) -> list[RobotParameters]:
        wide = ranges if level == 1.0 else ranges.widened(level)
        return [wide.draw(self.robot, self._rng) for _ in range(count)]

    def _become(self) -> None:
        for variation, one in zip(self._variations, self.parameters, strict=True):
            variation.become(one)
        most = float(self.delays.max())
        if most > MOST_DELAY_STEPS + 1e-9:
            raise ConfigError(
                f"command_delay_s: the trainer bears delays up to "
                f"{MOST_DELAY_STEPS * PHYSICS_DT:g} s, got {most * PHYSICS_DT:.3f} s."
            )

    def _of_joints(self, field: str) -> Array:
        return np.array([getattr(one, field)[self._joints] for one in self.parameters])


def _welded(
    robot: RobotConfig,
    config: LegRandomization,
    rng: np.random.Generator,
    *,
    moving_arms: bool,
) -> dict[str, float]:
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    hands = robot.joints_of("left_hand", "right_hand")
    welded = {name: float(default[name]) for name in hands}
    return welded if moving_arms else welded | held_arm_pose(robot, config, rng)


def _payload(parameters: RobotParameters) -> tuple[str, float] | None:
    return next(iter(parameters.payload.items()), None)
