"""Robots in Isaac Lab, as the trainer wants them."""

from __future__ import annotations

from typing import Any

import torch

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from skills.mirror import Mirror
from skills.training.isaaclab_env import IsaacLabLegEnv, leg_env_cfg

Tensor = torch.Tensor


class IsaacLabLearners:
    """A DirectRLEnv of Praxis behind the trainer's interface; all on its device."""

    on_torch = True

    def __init__(self, env: Any) -> None:
        """Take an environment of `isaaclab_env` or `isaaclab_hand_env`."""
        self._env = env
        self.task = env.task
        self.num_envs = env.num_envs
        self.description = env.task.description
        self.log = env.task.log
        self._seen = dict(env.reset()[0])  # Isaac Lab empties its own on closing

    @property
    def total_steps(self) -> int:
        """Of all robots together."""
        return int(self._env.task.total_steps)

    @total_steps.setter
    def total_steps(self, steps: int) -> None:
        self._env.task.total_steps = steps

    def observe(self) -> tuple[Tensor, Tensor]:
        """Return the actor's and the critic's observation."""
        return self._seen["policy"], self._seen["critic"]

    def step(self, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return reward, done and which of the done ran out of time, (N,)."""
        seen, reward, fallen, late, _ = self._env.step(action)
        self._seen = dict(seen)
        return reward, fallen | late, late

    def critic_mirror(self) -> Mirror:
        """Return the mirror of the critic's observation."""
        mirror: Mirror = self._env.task.critic_mirror()
        return mirror

    def close(self) -> None:
        """Stop the simulation."""
        self._env.close()


def isaaclab_robots(
    robot: RobotConfig,
    config: LegTrainingConfig | HandTrainingConfig,
    device: str,
    physics: str | None,
) -> IsaacLabLearners:
    """Return the environments that a config describes."""
    if isinstance(config, LegTrainingConfig):
        cfg = leg_env_cfg(robot.name, config, physics=physics, device=device)
        return IsaacLabLearners(IsaacLabLegEnv(cfg))
    from skills.training.isaaclab_hand_env import IsaacLabHandEnv, hand_env_cfg

    hands = hand_env_cfg(robot.name, config, physics=physics, device=device)
    return IsaacLabLearners(IsaacLabHandEnv(hands))
