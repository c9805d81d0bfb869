"""PPO (rsl-rl-lib) around our environments, with half of every batch mirrored."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict

from configs.training_schema import PpoConfig
from skills.mirror import Mirror


class Learnable(Protocol):
    """What PPO needs of an environment."""

    num_envs: int

    def observe(self) -> tuple[Any, Any]:
        """Return the actor's and the critic's observation, float32 (N, size)."""

    def step(self, action: Any) -> tuple[Any, Any, Any]:
        """Return reward, done and which of the done ran out of time, (N,)."""


class MirroredPPO(PPO):
    """PPO that learns on the mirror image of every second environment.

    The robot and its world are left-right symmetric, so a mirrored transition is a
    valid one; learning on half of them costs nothing and keeps the gait symmetric.
    """

    mirrors: tuple[Mirror, Mirror, Mirror] | None = None
    max_learning_rate: float = 1e-2

    def compute_returns(self, obs: TensorDict) -> None:
        """Compute returns, then mirror the stored transitions of odd environments."""
        super().compute_returns(obs)
        if self.mirrors is None:
            return
        actor, critic, action = self.mirrors
        storage = self.storage
        with torch.inference_mode():
            _mirror(storage.observations["actor"], actor)
            _mirror(storage.observations["critic"], critic)
            _mirror(storage.actions, action)
            # The mirrored transitions count as the present policy's own, so that
            # their ratios begin at one and the KL measures this update alone.
            mirrored = storage.observations[:, 1::2]
            self.actor(mirrored.flatten(0, 1), stochastic_output=True)
            shape = storage.actions[:, 1::2].shape
            log_prob = self.actor.get_output_log_prob(
                storage.actions[:, 1::2].reshape(-1, shape[-1])
            )
            storage.actions_log_prob[:, 1::2] = log_prob.view(*shape[:2], 1)
            assert storage.distribution_params is not None
            for stored, now in zip(
                storage.distribution_params,
                self.actor.output_distribution_params,
                strict=True,
            ):
                stored[:, 1::2] = now.view(shape)

    def update(self) -> dict[str, float]:
        """Learn from the batch; cap the adaptive learning rate."""
        losses: dict[str, float] = super().update()
        if self.learning_rate > self.max_learning_rate:
            self.learning_rate = self.max_learning_rate
        return losses


def _mirror(values: torch.Tensor, mirror: Mirror) -> None:
    sign = torch.from_numpy(mirror.sign)
    values[:, 1::2] = values[:, 1::2][..., mirror.index] * sign


def make_ppo(
    config: PpoConfig,
    actor_size: int,
    critic_size: int,
    action_size: int,
    mirrors: tuple[Mirror, Mirror, Mirror] | None,
) -> MirroredPPO:
    """Build the learner.

    Args:
        config: settings.
        actor_size: length of the actor's observation.
        critic_size: length of the critic's observation.
        action_size: number of actions.
        mirrors: of actor observation, critic observation and action, or None.
    """
    n = config.num_envs
    obs = TensorDict(
        {"actor": torch.zeros(n, actor_size), "critic": torch.zeros(n, critic_size)},
        batch_size=[n],
    )
    groups = {"actor": ["actor"], "critic": ["critic"]}
    actor = MLPModel(
        obs,
        groups,
        "actor",
        action_size,
        hidden_dims=list(config.hidden),
        activation="elu",
        distribution_cfg={
            "class_name": "GaussianDistribution",
            "init_std": config.init_std,
            "std_type": "log",
        },
    )
    with torch.no_grad():  # begin near the default pose
        last = actor.mlp[-1]
        last.weight.mul_(0.1)
        last.bias.zero_()
    critic = MLPModel(
        obs,
        groups,
        "critic",
        1,
        hidden_dims=list(config.hidden),
        activation="elu",
        obs_normalization=True,
    )
    storage = RolloutStorage("rl", n, config.steps_per_env, obs, [action_size])
    ppo = MirroredPPO(
        actor,
        critic,
        storage,
        num_learning_epochs=config.epochs,
        num_mini_batches=config.mini_batches,
        clip_param=config.clip,
        gamma=config.gamma,
        lam=config.lam,
        entropy_coef=config.entropy,
        learning_rate=config.learning_rate,
        desired_kl=config.desired_kl,
        schedule="adaptive",
    )
    ppo.mirrors = mirrors if config.mirror_half else None
    ppo.max_learning_rate = config.max_learning_rate
    ppo.train_mode()
    return ppo


def pack(observation: tuple[Any, Any]) -> TensorDict:
    """Turn the environment's arrays into the learner's observation."""
    actor, critic = (torch.from_numpy(np.ascontiguousarray(o)) for o in observation)
    return TensorDict({"actor": actor, "critic": critic}, batch_size=[len(actor)])


def collect(ppo: MirroredPPO, env: Learnable, steps: int) -> None:
    """Fill the storage with `steps` steps of every environment."""
    with torch.inference_mode():
        obs = pack(env.observe())
        for _ in range(steps):
            action = ppo.act(obs)
            reward, done, late = env.step(action.numpy())
            obs = pack(env.observe())
            ppo.process_env_step(
                obs,
                torch.from_numpy(reward),
                torch.from_numpy(done.astype(np.float32)),
                {"time_outs": torch.from_numpy(late.astype(np.float32))},
            )
        ppo.compute_returns(obs)
