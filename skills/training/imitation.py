"""Imitate an expert (DAgger): the student acts, the expert says what was right.

Ross, Gordon and Bagnell, "A Reduction of Imitation Learning and Structured Prediction
to No-Regret Online Learning", AISTATS 2011.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from skills.training.hand_env import HandEnv
from skills.training.ppo import CappedPPO

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ImitationProgress:
    """One round of imitation."""

    steps: int
    expert_share: float
    loss: float
    success: float


class Dataset:
    """A ring of observations and the expert's actions."""

    def __init__(self, capacity: int, obs_size: int, action_size: int) -> None:
        """Allocate."""
        self.obs = np.zeros((capacity, obs_size), np.float32)
        self.action = np.zeros((capacity, action_size), np.float32)
        self.filled = 0
        self._next = 0

    def add(self, obs: Array, action: Array) -> None:
        """Add rows, over the oldest when full."""
        capacity = len(self.obs)
        rows = (self._next + np.arange(len(obs))) % capacity
        self.obs[rows], self.action[rows] = obs, action
        self._next = (self._next + len(obs)) % capacity
        self.filled = min(capacity, self.filled + len(obs))


def imitate(
    env: HandEnv,
    ppo: CappedPPO,
    expert: Callable[[HandEnv], Array],
    *,
    steps: int,
    seed: int,
    round_steps: int = 100,
    batch: int = 4096,
    updates_per_round: int = 60,
    learning_rate: float = 1e-3,
    report: Callable[[ImitationProgress], None] = lambda progress: None,
) -> None:
    """Teach `ppo.actor` for `steps` environment steps.

    The expert acts in a share of the scenes that falls from one to a tenth; it labels
    all of them.

    Args:
        env: the scenes.
        ppo: the learner whose actor is taught.
        expert: returns the right action (N, k) for the present state.
        steps: environment steps to collect.
        seed: of the choice of minibatches and of who acts.
        round_steps: control steps between two rounds of updates.
        batch: rows in a minibatch, if there are as many.
        updates_per_round: minibatches in a round.
        learning_rate: of Adam at the start; it falls to a tenth.
        report: called after every round.
    """
    rng = np.random.default_rng(seed)
    clip = env.config.action_clip
    actor = ppo.actor
    parameters = [p for n, p in actor.named_parameters() if "distribution" not in n]
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)
    rounds = max(1, steps // (env.num_envs * round_steps))
    size = env.description.observation_size
    data = Dataset(min(steps, 1_200_000), size, len(env.joints))
    student = np.zeros(env.num_envs, bool)
    for number in range(rounds):
        share = max(0.1, 1.0 - 1.5 * number / rounds)
        for _ in range(round_steps):
            obs, _ = env.observe()
            right = np.clip(expert(env), -clip, clip).astype(np.float32)
            data.add(obs, right)
            with torch.inference_mode():
                mean = actor.mlp(torch.from_numpy(obs)).numpy()
            noise = rng.normal(0, 0.15, mean.shape).astype(np.float32)
            own = np.where(student[:, None], mean, right) + noise
            _, done, _ = env.step(own)
            student[done] = rng.random(int(done.sum())) > share
        loss = 0.0
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1.0 - 0.9 * number / rounds)
        for _ in range(updates_per_round):
            rows = rng.integers(0, data.filled, min(batch, data.filled))
            guess = actor.mlp(torch.from_numpy(data.obs[rows]))
            error = (guess - torch.from_numpy(data.action[rows])) ** 2
            value = error.mean()
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            loss += value.item() / updates_per_round
        report(
            ImitationProgress(
                steps=(number + 1) * env.num_envs * round_steps,
                expert_share=share,
                loss=loss,
                success=env.success_rate(),
            )
        )
