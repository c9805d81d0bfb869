"""PPO that is kept near what real robots showed: behaviour cloning beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import nn

from configs.loader import ConfigError
from configs.schema import RobotConfig
from configs.training_schema import AdaptiveLegTrainingConfig, LegTrainingConfig
from skills.training.engines import Engine, make_env
from skills.training.finetune_data import Lessons
from skills.training.finetune_fit import Outcome, error_of, sequential
from skills.training.ppo import CappedPPO
from skills.training.run import training_config
from skills.training.symmetric import SymmetricMLP
from skills.training.train import Progress, train
from skills.training.warm_start import warm_start

STEPS = 1_000_000
CLONING_RATE = 2e-4
CLONING_BATCHES = 4  # after every update of PPO
BATCH = 512


def practise_beside(
    skill: str,
    robot: RobotConfig,
    path: Path,
    lessons: Lessons,
    held: NDArray[np.bool_],
    folder: Path,
    steps: int | None,
    console: Console,
) -> tuple[nn.Sequential, Outcome]:
    """Train on in simulation, with minibatches of lessons after every update.

    Args:
        skill: of the policy; one of the legs.
        robot: the robot.
        path: the policy file to go on from.
        lessons: checked.
        held: lessons that are kept for the check, (T,).
        folder: of checkpoint and curve.
        steps: of all robots together.
        console: for progress.

    Raises:
        ConfigError: for a skill that PPO does not train on lessons.
    """
    total = STEPS if steps is None else steps
    rates = ["ppo.learning_rate=1.0e-4", "ppo.max_learning_rate=3.0e-4", "ramp_steps=1"]
    robots = min(1024, max(8, total // 240))  # at least ten updates or so
    overrides = [
        f"total_steps={total}",
        f"ppo.num_envs={robots}",
        "ppo.init_std=0.1",
        "stages=[]",
        *rates,
    ]
    config, _ = training_config(skill, overrides)
    plain = isinstance(config, LegTrainingConfig)
    if not plain or isinstance(config, AdaptiveLegTrainingConfig):
        raise ConfigError(
            f"--method ppo is for walk and balance, not for {skill}. Use --method "
            "supervised."
        )
    seen = torch.from_numpy(lessons.observations[~held])
    wanted = torch.from_numpy(lessons.labels[~held])
    before = error_of(sequential(path), lessons, held)
    env = make_env(robot, config, Engine())

    def prepare(ppo: CappedPPO) -> None:
        warm_start(ppo.actor, env.description, path)
        parameters = list(ppo.actor.mlp.parameters())
        optimizer = torch.optim.Adam(parameters, lr=CLONING_RATE)

        def clone() -> None:
            for _ in range(CLONING_BATCHES):
                rows = torch.randint(len(seen), (min(BATCH, len(seen)),))
                loss = ((ppo.actor.mlp(seen[rows]) - wanted[rows]) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        ppo.beside = clone

    def report(progress: Progress) -> None:
        error = progress.figures.get("velocity_error", float("nan"))
        console.print(
            f"{progress.steps:,} of {total:,} steps, velocity error {error:.3f} m/s",
            highlight=False,
        )

    try:
        ppo = train(env, config, folder, report=report, prepare=prepare)
    finally:
        env.close()
    network = ppo.actor.mlp
    if isinstance(network, SymmetricMLP):
        network = network.dense()
    after = error_of(network, lessons, held)
    return network, Outcome(before=before, after=after, epochs=0)
