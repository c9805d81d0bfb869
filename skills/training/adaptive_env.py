"""Robots that differ more, and a teacher who is told how: the practice of adapting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from configs.schema import RobotConfig
from configs.training_schema import AdaptiveLegTrainingConfig
from sim2real.mujoco_model import PHYSICS_DT, robot_spec
from skills.mirror import Mirror, join
from skills.training.adaptive_networks import TeacherNetwork
from skills.training.leg_env import LegEnv

Array = NDArray[np.float32]

GROUPS = ("left_leg", "right_leg", "waist")
PARAMETERS = 12
"""What a teacher is told: strength and friction of joints of each group, friction of
the ground, latency, total mass and the centre of mass of what the legs carry."""


class AdaptiveLegEnv(LegEnv):
    """Robots of `LegEnv` with weak and strong motors; the actor is told the truth.

    The actor's observation is that of the robot followed by `parameters`, (N, 12).
    """

    config: AdaptiveLegTrainingConfig

    def __init__(
        self, robot: RobotConfig, config: AdaptiveLegTrainingConfig, threads: int = 2
    ) -> None:
        """Draw the robots and put them on the ground."""
        super().__init__(robot, config, threads)
        self.parameters = self._parameters()

    def observe(self) -> tuple[Array, Array]:
        """Return the teacher's and the critic's observation."""
        actor, critic = super().observe()
        if not hasattr(self, "parameters"):
            return actor, critic
        both = (np.concatenate([view, self.parameters], 1) for view in (actor, critic))
        actor, critic = both
        return actor, critic

    def critic_mirror(self) -> Mirror:
        """Return the left-right mirror of the critic's observation."""
        return join([super().critic_mirror(), parameter_mirror()])

    def actor_network(self) -> nn.Module:
        """Return a fresh teacher."""
        config, description = self.config, self.description
        return TeacherNetwork(
            description.observation_mirror(),
            parameter_mirror(),
            description.action_mirror(),
            hidden=config.ppo.hidden,
            encoder=config.adaptation.encoder,
            latent=config.adaptation.latent,
        )

    def _draw_models(self) -> tuple[list[Any], list[dict[str, float]]]:
        models, welded = super()._draw_models()
        draw = self.config.adaptation
        for model in models:
            strength = self.rng.uniform(*draw.strength)
            for group in GROUPS:
                scale = strength * self.rng.uniform(*draw.group_strength)
                for name in self.robot.joints_of(group):
                    motor = model.actuator(name).id
                    # The joint feels a share of what the drive computes.
                    model.actuator_gainprm[motor, 0] *= scale
                    model.actuator_biasprm[motor, 1:3] *= scale
                    model.actuator_forcerange[motor] *= scale
        return models, welded

    def _parameters(self) -> Array:
        """Return how each robot differs, scaled to about one, (N, 12)."""
        nominal = robot_spec(self.robot).compile()
        rows = []
        for model, late in zip(self.physics.models, self.latency, strict=True):
            strength, damping = [], []
            for group in GROUPS:
                names = self.robot.joints_of(group)
                gain = [
                    model.actuator_gainprm[model.actuator(n).id, 0]
                    / nominal.actuator_gainprm[nominal.actuator(n).id, 0]
                    for n in names
                ]
                dofs = [int(model.joint(n).dofadr[0]) for n in names]
                strength.append((np.mean(gain) - 1.0) * 4)
                damping.append(np.mean(model.dof_damping[dofs]) * 4)
            torso = model.body("torso_link").id
            centre = model.body_ipos[torso]
            rows.append(
                [
                    *strength,
                    *damping,
                    model.geom_friction[model.geom("left_foot_0").id, 0],
                    late * PHYSICS_DT * 50,
                    (model.body_mass.sum() - 34.4) * 0.3,
                    *(centre * 10),
                ]
            )
        return np.array(rows, dtype=np.float32)


def parameter_mirror() -> Mirror:
    """Return the left-right mirror of `AdaptiveLegEnv.parameters`."""
    groups = [1, 0, 2]
    order = [*groups, *(3 + i for i in groups), *range(6, PARAMETERS)]
    signs = [1.0] * PARAMETERS
    signs[10] = -1.0  # the centre of mass, to the left
    return Mirror.of(order, signs)
