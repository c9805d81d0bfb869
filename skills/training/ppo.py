"""PPO (rsl-rl-lib) around our environments, with symmetric networks if wished."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Protocol

import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict

from configs.training_schema import PpoConfig
from skills.mirror import Mirror
from skills.training.symmetric import SymmetricMLP, no_mirror
from skills.training.workers import Workers

ALONE = Workers()


class Learnable(Protocol):
    """What PPO needs of an environment."""

    num_envs: int

    def observe(self) -> tuple[Any, Any]:
        """Return the actor's and the critic's observation, float32 (N, size).

        Numpy arrays, or tensors on the learner's device if it has a true `on_torch`.
        """

    def step(self, action: Any) -> tuple[Any, Any, Any]:
        """Return reward, done and which of the done ran out of time, (N,)."""


class CappedPPO(PPO):
    """PPO whose adaptive learning rate and noise stay within limits."""

    learning_rate: float
    max_learning_rate: float = 1e-2
    critic_warmup: int = 0  # updates for which the actor keeps its weights
    action_mirror: Mirror | None = None
    beside: Callable[[], None] | None = None  # called after every update

    def share_weights(self) -> None:
        """Give every worker the networks of the first one."""
        if self.is_multi_gpu:
            self.broadcast_parameters()

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
        if self.beside is not None:
            self.beside()
        return losses


def make_ppo(
    config: PpoConfig,
    actor_size: int,
    critic_size: int,
    action_size: int,
    mirrors: tuple[Mirror, Mirror, Mirror] | None,
    *,
    device: str = "cpu",
    workers: Workers = ALONE,
    network: torch.nn.Module | None = None,
) -> CappedPPO:
    """Build the learner.

    Args:
        config: settings.
        actor_size: length of the actor's observation.
        critic_size: length of the critic's observation.
        action_size: number of actions.
        mirrors: of actor observation, critic observation and action; or None for
            networks without symmetry.
        device: of networks and batches.
        workers: processes that learn together.
        network: of the actor, if not one that the config describes.
    """
    n = config.num_envs
    obs = TensorDict(
        {"actor": torch.zeros(n, actor_size), "critic": torch.zeros(n, critic_size)},
        batch_size=[n],
    ).to(device)
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
    if network is not None:
        actor.mlp = network
    shape = [action_size]
    storage = RolloutStorage("rl", n, config.steps_per_env, obs, shape, device)
    ppo = CappedPPO(
        actor.to(device),
        critic.to(device),
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
        device=device,
        multi_gpu_cfg=workers.ppo_settings,
    )
    ppo.max_learning_rate = config.max_learning_rate
    ppo.critic_warmup = config.critic_warmup
    ppo.action_mirror = mirrors[2] if mirrors is not None else None
    ppo.train_mode()
    return ppo


def pack(observation: tuple[Any, Any]) -> TensorDict:
    """Turn the environment's arrays into the learner's observation."""
    actor, critic = (torch.as_tensor(o) for o in observation)
    return TensorDict({"actor": actor, "critic": critic}, batch_size=[len(actor)])


def collect(ppo: CappedPPO, env: Learnable, steps: int) -> None:
    """Fill the storage with `steps` steps of every environment."""
    on_torch = getattr(env, "on_torch", False)
    with torch.inference_mode():
        obs = pack(env.observe())
        for _ in range(steps):
            action = ppo.act(obs)
            taken = env.step(action if on_torch else action.numpy())
            reward, done, late = (torch.as_tensor(values) for values in taken)
            obs = pack(env.observe())
            ended = {"time_outs": late.float()}
            ppo.process_env_step(obs, reward, done.float(), ended)
        ppo.compute_returns(obs)
