"""Learn to choose skills with Stable-Baselines3: curve, checkpoints, best network."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

from configs.training_schema import SelectorTrainingConfig
from skills.selector.model import SkillModel
from skills.training.selector_env import Choose, Rollout, SelectorEnv, roll_out

Array32 = NDArray[np.float32]

CHECKPOINT, REPLAY, BEST, CURVE = "checkpoint.zip", "replay.pkl", "best.pt", "curve.csv"
EVALUATION_SEED = 1_000_000  # of the first episode; training's are far below
ALGORITHMS: Mapping[str, type[DQN] | type[PPO] | type[A2C]] = {
    "dqn": DQN,
    "ppo": PPO,
    "a2c": A2C,
}
SETTINGS: Mapping[str, dict[str, Any]] = {
    "dqn": {
        "learning_rate": 5e-4,
        "buffer_size": 20_000,
        "learning_starts": 1_000,
        "batch_size": 128,
        "train_freq": (1, "step"),
        "gradient_steps": 2,
        "target_update_interval": 1_000,
        "exploration_fraction": 0.4,
        "exploration_final_eps": 0.08,
    },
    "ppo": {
        "learning_rate": 1e-3,
        "n_steps": 128,
        "batch_size": 256,
        "n_epochs": 6,
        "ent_coef": 0.01,
    },
    "a2c": {"learning_rate": 1e-3, "n_steps": 8, "ent_coef": 0.01},
}
"""What suits such a small problem; everything else is Stable-Baselines3's default."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One line of the learning curve: greedy episodes in the model."""

    steps: int
    success: float
    value: float
    seconds: float
    skills: float


Report = Callable[[Point], None]


def greedy(learner: BaseAlgorithm) -> Choose:
    """Return what a learner would do without exploring."""
    layers = scorer(learner)

    def choose(observation: Array32) -> int:
        with torch.no_grad():
            return int(layers(torch.from_numpy(observation)).argmax())

    return choose


def scorer(learner: BaseAlgorithm) -> torch.nn.Sequential:
    """Return the layers from an observation to a score for each choice."""
    policy: Any = learner.policy
    if isinstance(learner, DQN):
        layers = list(policy.q_net.q_net)
    else:
        layers = [*policy.mlp_extractor.policy_net, policy.action_net]
    return torch.nn.Sequential(*layers)


def measure(
    model: SkillModel, config: SelectorTrainingConfig, choose: Choose, episodes: int
) -> list[Rollout]:
    """Carry out goals in the model; the same seeds each time."""
    env = SelectorEnv(model, config, lasting=True)
    return [roll_out(env, config, choose, EVALUATION_SEED + i) for i in range(episodes)]


def make_learner(
    model: SkillModel, config: SelectorTrainingConfig, folder: Path, *, resume: bool
) -> BaseAlgorithm:
    """Return a fresh learner, or the one that `folder` holds."""
    # Otherwise torch takes every core for a network that fits in a cache.
    torch.set_num_threads(1)
    envs = DummyVecEnv([lambda: SelectorEnv(model, config)] * config.num_envs)
    envs.seed(config.seed)
    kind = ALGORITHMS[config.algorithm]
    if resume:
        learner: BaseAlgorithm = kind.load(folder / CHECKPOINT, env=envs, device="cpu")
        if isinstance(learner, DQN) and (folder / REPLAY).is_file():
            learner.load_replay_buffer(folder / REPLAY)
        return learner
    settings = dict(SETTINGS[config.algorithm])
    if config.learning_rate is not None:
        settings["learning_rate"] = config.learning_rate
    return kind(
        "MlpPolicy",
        envs,
        gamma=1.0,
        policy_kwargs={
            "net_arch": list(config.hidden),
            "activation_fn": torch.nn.ReLU,
        },
        seed=config.seed,
        device="cpu",
        **settings,
    )


def learn(
    learner: BaseAlgorithm,
    model: SkillModel,
    config: SelectorTrainingConfig,
    folder: Path,
    *,
    resume: bool,
    report: Report,
) -> None:
    """Learn until `total_steps`; however that ends, a checkpoint lies in `folder`.

    Afterwards the learner has the network that did best.
    """
    curve = _Curve(model, config, folder, resume=resume, report=report)
    left = config.total_steps - learner.num_timesteps
    try:
        if left > 0:
            learner.learn(left, callback=curve, reset_num_timesteps=not resume)
            curve.look()
    finally:
        _save(learner, folder)
    learner.policy.load_state_dict(torch.load(folder / BEST)["policy"])


class _Curve(BaseCallback):
    """Measures the learner every so many steps and keeps the best network."""

    def __init__(
        self,
        model: SkillModel,
        config: SelectorTrainingConfig,
        folder: Path,
        *,
        resume: bool,
        report: Report,
    ) -> None:
        super().__init__()
        self._skills = model
        self._config = config
        self._folder = folder
        self._report = report
        self._best = float("-inf")
        self._next = 0
        if resume and (folder / BEST).is_file():
            self._best = float(torch.load(folder / BEST)["value"])
        if not resume or not (folder / CURVE).is_file():
            names = ["steps", "model_success", "model_return"]
            self._write([*names, "model_seconds", "model_skills"], "w")

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._next:
            self.look()
        return True

    def look(self) -> None:
        """Measure now."""
        config = self._config
        self._next = self.num_timesteps + config.evaluate_every
        choose = greedy(self.model)
        rollouts = measure(self._skills, config, choose, config.evaluate_episodes)
        good = [rollout for rollout in rollouts if rollout.success]
        point = Point(
            steps=self.num_timesteps,
            success=len(good) / len(rollouts),
            value=_mean([rollout.value for rollout in rollouts]),
            seconds=_mean([rollout.seconds for rollout in good]),
            skills=_mean([rollout.skills for rollout in good]),
        )
        figures = (point.success, point.value, point.seconds, point.skills)
        self._write([point.steps, *(f"{figure:.5g}" for figure in figures)], "a")
        if point.value > self._best:
            self._best = point.value
            state = {"policy": self.model.policy.state_dict(), "value": point.value}
            torch.save(state, self._folder / BEST)
        self._report(point)

    def _write(self, row: list[Any], mode: str) -> None:
        path = self._folder / CURVE
        with path.open(mode, newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(row)


def _save(learner: BaseAlgorithm, folder: Path) -> None:
    """Write learner and memory; an interruption leaves the old files whole."""
    partial = folder / "partial.zip"
    learner.save(partial)
    os.replace(partial, folder / CHECKPOINT)
    if isinstance(learner, DQN):
        memory = folder / "partial.pkl"
        learner.save_replay_buffer(memory)
        os.replace(memory, folder / REPLAY)


def _mean(values: list[float] | list[int]) -> float:
    return float(np.mean(values)) if values else float("nan")
