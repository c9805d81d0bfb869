"""What a fresh learner is given before PPO: another policy's weights, or an expert."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from configs.loader import ConfigError
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from skills.library import policy_path
from skills.training.adaptive_networks import TeacherNetwork
from skills.training.hand_env import HandEnv
from skills.training.hand_expert import grasp_action
from skills.training.imitation import ImitationProgress, imitate
from skills.training.place_env import PlaceEnv
from skills.training.place_expert import place_action
from skills.training.ppo import CappedPPO
from skills.training.train import CHECKPOINT, TrainingEnv, save_checkpoint
from skills.training.warm_start import warm_start, warm_start_critic

IMITATION = "imitation.csv"


def teach(
    env: TrainingEnv,
    ppo: CappedPPO,
    config: LegTrainingConfig | HandTrainingConfig,
    folder: Path,
    console: Console,
) -> None:
    """Prepare a fresh learner as its config says; leg skills may begin from nothing."""
    if isinstance(config, LegTrainingConfig):
        if config.warm_start is not None:
            source = _policy_file(config.warm_start)
            if isinstance(ppo.actor.mlp, TeacherNetwork):
                ppo.actor.mlp.warm_start(env.description, source)
            else:
                warm_start(ppo.actor, env.description, source)
            console.print(f"the actor begins as {source.name}")
            checkpoint = source.with_name(CHECKPOINT)
            if checkpoint.is_file():  # the policy lies in the folder of its run
                warm_start_critic(ppo.critic, checkpoint)
                console.print(f"the critic begins as that of {checkpoint}")
        return
    if config.imitation_steps == 0:
        return
    if not isinstance(env, HandEnv):  # the expert looks into MuJoCo
        source = _policy_file(config.skill)
        warm_start(ppo.actor, env.description, source)
        console.print(f"the actor begins as {source.name}: no imitation on this engine")
        return

    folder.mkdir(parents=True, exist_ok=True)
    lines = ["steps,expert_share,loss,success"]

    def report(progress: ImitationProgress) -> None:
        lines.append(
            f"{progress.steps},{progress.expert_share:.4f},{progress.loss:.5f},"
            f"{progress.success:.4f}"
        )
        (folder / IMITATION).write_text("\n".join(lines) + "\n", encoding="utf-8")
        console.print(
            f"imitation: {progress.steps:,} steps, expert acts in "
            f"{progress.expert_share:.0%}, loss {progress.loss:.4f}, "
            f"success {progress.success:.1%}"
        )

    imitate(
        env,
        ppo,
        expert_action,
        steps=config.imitation_steps,
        seed=config.seed,
        updates_per_round=config.imitation_updates,
        report=report,
    )
    env.begin_anew()
    save_checkpoint(folder / "imitated.pt", ppo, 0, 0)


def _policy_file(name: str) -> Path:
    path = policy_path(name) if "." not in name else Path(name)
    if not path.is_file():
        raise ConfigError(
            f"warm_start: there is no policy file {path}; train {name} first, or "
            "leave warm_start out."
        )
    return path


def expert_action(env: HandEnv) -> NDArray[np.float32]:
    """Return the expert's action in every scene, (N, k)."""
    if isinstance(env, PlaceEnv):
        arm, hand = place_action(env.view(), env.task.in_air)
    else:
        arm, hand = grasp_action(env.view())
    steps = np.concatenate([arm, hand], axis=1)
    return np.asarray(steps / env.task.scale, dtype=np.float32)
