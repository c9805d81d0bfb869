"""PPO (rsl-rl-lib) around our environments, with symmetric networks if wished."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Protocol

import numpy as np
import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict

from configs.training_schema import PpoConfig
from skills.mirror import Mirror
from skills.training.symmetric import SymmetricMLP, no_mirror


class Learnable(Protocol):
    """What PPO needs of an environment."""

    num_envs: int

    def observe(self) -> tuple[Any, Any]:
        """Return the actor's and the critic's observation, float32 (N, size)."""

    def step(self, action: Any) -> tuple[Any, Any, Any]:
        """Return reward, done and which of the done ran out of time, (N,)."""


class CappedPPO(PPO):
    """PPO whose adaptive learning rate and noise stay within limits."""

    learning_rate: float
    max_learning_rate: float = 1e-2
    critic_warmup: int = 0  # updates for which the actor keeps its weights
    action_mirror: Mirror | None = None

    def update(self) -> dict[str, float]:
        """Learn from the batch; cap the learning rate; keep the noise symmetric."""
        warming = self.critic_warmup > 0
        before = deepcopy(self.actor.state_dict()) if warming else {}
        rate = self.learning_rate
        losses: dict[str, float] = super().update()
        if warming:
            self.critic_warmup -= 1
            self.actor.load_state_dict(before)
            self.learning_rate = rate
        self.learning_rate = min(self.learning_rate, self.max_learning_rate)
        if self.action_mirror is not None:
            log_std = self.actor.distribution.log_std_param
            with torch.no_grad():
                log_std.copy_(0.5 * (log_std + log_std[self.action_mirror.index]))
        return losses


def make_ppo(
    config: PpoConfig,
    actor_size: int,
    critic_size: int,
    action_size: int,
    mirrors: tuple[Mirror, Mirror, Mirror] | None,
) -> CappedPPO:
    """Build the learner.

    Args:
        config: settings.
        actor_size: length of the actor's observation.
        critic_size: length of the critic's observation.
        action_size: number of actions.
        mirrors: of actor observation, critic observation and action; or None for
            networks without symmetry.
    """
    n = config.num_envs
    obs = TensorDict(
        {"actor": torch.zeros(n, actor_size), "critic": torch.zeros(n, critic_size)},
        batch_size=[n],
    )
    groups = {"actor": ["actor"], "critic": ["critic"]}
    common = {"hidden_dims": list(config.hidden), "activation": "elu"}
    actor = MLPModel(
        obs,
        groups,
        "actor",
        action_size,
        distribution_cfg={
            "class_name": "GaussianDistribution",
            "init_std": config.init_std,
            "std_type": "log",
        },
        **common,
    )
    critic = MLPModel(obs, groups, "critic", 1, **common)
    if mirrors is not None:
        seen, judged, acted = mirrors
        actor.mlp = SymmetricMLP(seen, config.hidden, acted)
        actor.mlp.shrink_output(0.1)  # begin near the default pose
        critic.mlp = SymmetricMLP(judged, config.hidden, no_mirror(1))
    else:
        with torch.no_grad():
            actor.mlp[-1].weight.mul_(0.1)
            actor.mlp[-1].bias.zero_()
    storage = RolloutStorage("rl", n, config.steps_per_env, obs, [action_size])
    ppo = CappedPPO(
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
    ppo.max_learning_rate = config.max_learning_rate
    ppo.critic_warmup = config.critic_warmup
    ppo.action_mirror = mirrors[2] if mirrors is not None else None
    ppo.train_mode()
    return ppo


def pack(observation: tuple[Any, Any]) -> TensorDict:
    """Turn the environment's arrays into the learner's observation."""
    actor, critic = (torch.from_numpy(np.ascontiguousarray(o)) for o in observation)
    return TensorDict({"actor": actor, "critic": critic}, batch_size=[len(actor)])


def collect(ppo: CappedPPO, env: Learnable, steps: int) -> None:
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
