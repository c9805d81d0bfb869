"""Robots whose teacher is told how they differ: the practice of adapting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from configs.schema import RobotConfig
from configs.training_schema import AdaptiveLegTrainingConfig
from sim2real.robot_parameters import RobotParameters
from skills.description import PolicyDescription
from skills.mirror import Mirror, join
from skills.training.adaptive_networks import TeacherNetwork
from skills.training.leg_env import LegEnv

Array = NDArray[np.float32]

GROUPS = ("left_leg", "right_leg", "waist")
OF_GROUPS = {
    "strength": (1.0, 4.0),
    "damping_add": (0.0, 2.0),
    "friction_loss_add": (0.0, 2.0),
    "armature_scale": (1.0, 3.0),
}
"""What a teacher is told of each group: the nominal value, and the scale that brings
the usual differences to about one."""


class AdaptiveLegEnv(LegEnv):
    """The robots of `LegEnv`; the actor is told the truth about its own.

    The actor's observation is that of the robot followed by `parameters`, (N, p).
    """

    config: AdaptiveLegTrainingConfig

    def __init__(
        self, robot: RobotConfig, config: AdaptiveLegTrainingConfig, threads: int = 2
    ) -> None:
        """Draw the robots and put them on the ground."""
        super().__init__(robot, config, threads)
        self._tell()

    def observe(self) -> tuple[Array, Array]:
        """Return the teacher's and the critic's observation."""
        actor, critic = super().observe()
        both = (np.concatenate([view, self.parameters], 1) for view in (actor, critic))
        actor, critic = both
        return actor, critic

    def critic_mirror(self) -> Mirror:
        """Return the left-right mirror of the critic's observation."""
        return join([super().critic_mirror(), parameter_mirror(self.description)])

    def actor_network(self) -> nn.Module:
        """Return a fresh teacher."""
        config, description = self.config, self.description
        return TeacherNetwork(
            description.observation_mirror(),
            parameter_mirror(description),
            description.action_mirror(),
            hidden=config.ppo.hidden,
            encoder=config.adaptation.encoder,
            latent=config.adaptation.latent,
        )

    def settle(self) -> None:
        """Keep the robots that are there: no curriculum from here on."""
        self.curriculum = None

    def _redraw(self) -> None:
        super()._redraw()
        self._tell()

    def _tell(self) -> None:
        rows = [told(self.robot, one) for one in self.robots.parameters]
        self.parameters = np.array(rows, dtype=np.float32)


def told(robot: RobotConfig, parameters: RobotParameters) -> list[float]:
    """Return how a robot differs, each number about one at most, (p,).

    Of the left leg, the right leg and the waist the means of `OF_GROUPS`; the encoders'
    errors, joint by joint; then ground, delay, trunk and the IMU's errors.
    """
    groups = [
        [robot.joint_names.index(name) for name in robot.joints_of(group)]
        for group in GROUPS
    ]
    means = [
        (float(np.mean(getattr(parameters, field)[rows])) - nominal) * scale
        for field, (nominal, scale) in OF_GROUPS.items()
        for rows in groups
    ]
    legs = [row for rows in groups for row in rows]
    return [
        *means,
        *(parameters.encoder_bias[legs] * 60),
        (parameters.friction_scale - 1.0) * 2,
        (float(np.mean(parameters.command_delay_s[legs])) - 0.014) * 60,
        (parameters.base_mass_add - 1.0) * 0.4,
        *(parameters.base_com_add * 25),
        *(parameters.gyro_bias * 30),
        *(parameters.tilt_bias * 30),
    ]


def parameter_mirror(description: PolicyDescription) -> Mirror:
    """Return the left-right mirror of what `told` returns."""
    swap = Mirror.of([1, 0, 2], [1.0] * 3)
    return join(
        [
            *[swap] * len(OF_GROUPS),
            description.action_mirror(),  # encoders, in the order of the joints
            Mirror.of(range(3), [1.0] * 3),  # ground, delay, mass
            Mirror.of(range(3), [1.0, -1.0, 1.0]),  # a centre of mass
            Mirror.of(range(3), [-1.0, 1.0, -1.0]),  # turn rates
            Mirror.of(range(2), [-1.0, 1.0]),  # roll and pitch
        ]
    )
