"""What differs from robot to robot in Isaac Lab: the ranges of the training file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.robot_view import RobotView
from sim2real.mujoco_model import PHYSICS_DT
from skills.training.leg_models import held_arm_pose

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LegDraw:
    """The numbers drawn for N robots; joints in robot order."""

    mass_scale: Array  # of every body, (N, bodies)
    torso_mass: Array  # added [kg], (N,)
    torso_com: Array  # shift [m], (N, 3)
    payload: Array  # in a hand [kg], (N,)
    payload_left: NDArray[np.bool_]  # in which one, (N,)
    friction: Array  # (N,)
    stiffness: Array  # [N m/rad], (N, n)
    damping: Array  # [N m s/rad], viscous friction of the joints included, (N, n)
    effort: Array  # limits [N m], (N, n)
    armature_scale: Array  # (N, n)
    latency: NDArray[np.int64]  # of commands, in physics steps, (N,)
    held_arms: Array  # where arms that do not move are held [rad], (N, arms)

    @property
    def privileged(self) -> Array:
        """What the critic is told, as in `leg_env.describe_models`, (N, 6)."""
        added = self.torso_mass + self.payload
        return np.concatenate(
            [
                self.friction[:, None],
                self.torso_com * 10,
                added[:, None] * 0.3,
                self.latency[:, None] * PHYSICS_DT * 50,
            ],
            -1,
        )

    def write(self, view: RobotView) -> None:
        """Give the robots their masses, gains, limits and friction."""
        asset, robot = view.asset, view.robot

        def tensor(values: Any) -> torch.Tensor:
            return torch.as_tensor(values, dtype=torch.float32, device=view.device)

        names = list(asset.body_names)
        torso = names.index("torso_link")
        added = torch.zeros_like(asset.data.body_mass.torch)
        added[:, torso] = tensor(self.torso_mass)
        hands = [names.index(f"{s}_wrist_yaw_link") for s in ("left", "right")]
        left = tensor(self.payload_left)
        added[:, hands[0]] += left * tensor(self.payload)
        added[:, hands[1]] += (1.0 - left) * tensor(self.payload)
        shift = torch.zeros(*added.shape, 3, device=view.device)
        shift[:, torso] = tensor(self.torso_com)
        view.change_masses(tensor(self.mass_scale), added, shift)
        view.set_gains(tensor(self.stiffness), tensor(self.damping))
        view.set_limits(
            effort=tensor(self.effort), armature_scale=tensor(self.armature_scale)
        )
        view.set_friction(tensor(self.friction))
        assert self.stiffness.shape[1] == len(robot.joint_names)


def draw_legs(
    view: RobotView, training: LegTrainingConfig, rng: np.random.Generator
) -> LegDraw:
    """Draw N robots."""
    config, robot = training.randomization, view.robot
    n, joints = len(view.origins), len(robot.joint_names)
    low, high = config.latency_steps

    def uniform(bounds: tuple[float, float], *shape: int) -> Array:
        return rng.uniform(*bounds, shape)

    loaded = rng.random(n) < 0.5
    return LegDraw(
        mass_scale=uniform(config.mass_scale, n, view.asset.num_bodies),
        torso_mass=uniform(config.torso_mass, n),
        torso_com=rng.uniform(-1, 1, (n, 3)) * config.torso_com,
        payload=loaded * uniform(config.payload, n),
        payload_left=rng.random(n) < 0.5,
        friction=uniform(config.friction, n),
        stiffness=robot.stiffness * uniform(config.stiffness_scale, n, joints),
        damping=robot.damping * uniform(config.damping_scale, n, joints)
        + uniform(config.joint_damping, n, joints),
        effort=robot.effort_limit * uniform(config.effort_scale, n, 1),
        armature_scale=uniform(config.armature_scale, n, joints),
        latency=rng.integers(low, high, n, endpoint=True),
        held_arms=np.array(
            [list(held_arm_pose(robot, config, rng).values()) for _ in range(n)]
        ),
    )
