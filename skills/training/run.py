"""`praxis train`: one skill from its config to a policy file with its curve."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from rich.console import Console
from rich.progress import (
    BarColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from torch.utils.tensorboard import SummaryWriter

from configs.loader import CONFIG_DIR, ConfigError, load_robot, read_yaml
from configs.overrides import apply_overrides
from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from skills.locomotion import GAIT_PERIOD_S, REWARDS
from skills.manipulation import HAND_REWARDS
from skills.training.curve import draw_curve
from skills.training.export import export_policy
from skills.training.hand_env import HandEnv
from skills.training.leg_env import LegEnv
from skills.training.place_env import PlaceEnv
from skills.training.ppo import CappedPPO
from skills.training.symmetric import SymmetricMLP
from skills.training.teach import IMITATION, teach
from skills.training.train import CHECKPOINT, CURVE, Progress, train

TrainingConfig = LegTrainingConfig | HandTrainingConfig
CONFIG_FILE = "config.yaml"
GOLDEN_PAIRS = 16
SKILLS: dict[str, type[LegTrainingConfig] | type[HandTrainingConfig]] = {
    "walk": LegTrainingConfig,
    "balance": LegTrainingConfig,
    "grasp": HandTrainingConfig,
    "manipulate": HandTrainingConfig,
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run on disk."""

    folder: Path
    config: TrainingConfig

    @property
    def policy(self) -> Path:
        """Where the policy file goes."""
        return self.folder / f"{self.config.skill}.onnx"


def training_config(
    skill: str, overrides: Sequence[str], source: Path | None = None
) -> tuple[TrainingConfig, dict[str, Any]]:
    """Return the checked config of a skill, and the plain data of its file.

    Raises:
        ConfigError: for an unknown skill or a setting that is wrong.
    """
    if skill not in SKILLS:
        raise ConfigError(
            f"there is no skill '{skill}' to train (known: {', '.join(SKILLS)})."
        )
    path = source or CONFIG_DIR / "training" / f"{skill}.yaml"
    data = read_yaml(path)
    config: TrainingConfig
    known: Iterable[str]
    if SKILLS[skill] is LegTrainingConfig:
        config = apply_overrides(LegTrainingConfig, data, overrides, path.name)
        known = REWARDS
    else:
        config = apply_overrides(HandTrainingConfig, data, overrides, path.name)
        known = HAND_REWARDS
    weighed = list(config.rewards)
    if isinstance(config, LegTrainingConfig):
        weighed += [name for stage in config.stages for name in stage.rewards]
    unknown = [name for name in weighed if name not in known]
    if unknown:
        raise ConfigError(
            f"{path.name}: unknown reward '{unknown[0]}'. Known: {', '.join(known)}."
        )
    return config, data


def train_skill(
    skill: str,
    overrides: Sequence[str],
    folder: Path,
    *,
    resume: bool,
    console: Console,
    robot: RobotConfig | None = None,
) -> Run:
    """Train a skill and write policy, curve and config into `folder`.

    Ctrl-C leaves a checkpoint; `resume` goes on from it.

    Raises:
        ConfigError: for settings that are wrong, a folder that already holds a run, or
            nothing to resume.
    """
    robot = robot or load_robot()
    run = _open_run(skill, overrides, folder, resume)
    config = run.config
    torch.set_num_threads(max(1, os.cpu_count() or 1))
    console.print(
        f"train {skill}: {config.ppo.num_envs} environments, "
        f"{config.total_steps / 1e6:g}M steps, into {folder}"
    )
    env = make_env(robot, config)
    writer = SummaryWriter(str(folder / "tensorboard"))
    try:
        with _bar(console) as bar:
            task = bar.add_task(skill, total=config.total_steps, figures="")

            def report(progress: Progress) -> None:
                bar.update(task, completed=progress.steps, figures=_brief(progress))
                for name, value in progress.figures.items():
                    writer.add_scalar(name, value, progress.steps)
                writer.add_scalar("steps_per_s", progress.steps_per_s, progress.steps)

            def prepare(ppo: CappedPPO) -> None:
                teach(env, ppo, config, folder, console)

            ppo = train(
                env, config, folder, resume=resume, report=report, prepare=prepare
            )
    finally:
        writer.close()
        env.close()
    export(ppo, env, robot, run)
    title = f"{skill}, seed {config.seed}"
    draw_curve(folder / CURVE, folder / "curve.png", title)
    if (folder / IMITATION).is_file():
        draw_curve(folder / IMITATION, folder / "imitation.png", f"{title}: imitation")
    console.print(f"policy: {run.policy}")
    return run


def make_env(robot: RobotConfig, config: TrainingConfig) -> LegEnv | HandEnv:
    """Return the environments that a config describes."""
    threads = max(1, os.cpu_count() or 1)
    if isinstance(config, LegTrainingConfig):
        return LegEnv(robot, config, threads)
    if config.skill == "manipulate":
        return PlaceEnv(robot, config, threads)
    return HandEnv(robot, config, threads)


def export(ppo: CappedPPO, env: LegEnv | HandEnv, robot: RobotConfig, run: Run) -> None:
    """Write the policy file of a run."""
    network = ppo.actor.mlp
    if isinstance(network, SymmetricMLP):
        network = network.dense()
    golden = [env.observe()[0] for _ in range(-(-GOLDEN_PAIRS // env.num_envs))]
    notes: dict[str, Any] = {"steps": env.total_steps, "seed": run.config.seed}
    if isinstance(env, LegEnv):
        notes["gait_period_s"] = GAIT_PERIOD_S
    export_policy(
        network,
        env.description,
        robot,
        run.policy,
        config_digest=digest(run.config),
        golden_observations=np.concatenate(golden)[:GOLDEN_PAIRS],
        notes=notes,
    )


def digest(config: TrainingConfig) -> str:
    """Return a short fingerprint of every setting."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _open_run(skill: str, overrides: Sequence[str], folder: Path, resume: bool) -> Run:
    saved = folder / CONFIG_FILE
    if resume:
        if not (folder / CHECKPOINT).is_file() or not saved.is_file():
            raise ConfigError(
                f"{folder} holds no checkpoint to resume; start without --resume."
            )
        held = read_yaml(saved).get("skill")
        if held != skill:
            raise ConfigError(
                f"{folder} holds a run of '{held}', not of '{skill}'; name its own "
                "folder with --run."
            )
        config, _ = training_config(skill, overrides, saved)
        return Run(folder=folder, config=config)
    if (folder / CHECKPOINT).exists():
        raise ConfigError(
            f"{folder} already holds a run; go on with --resume, or name another "
            "folder with --run."
        )
    config, _ = training_config(skill, overrides)
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    saved.write_text(text, encoding="utf-8")
    return Run(folder=folder, config=config)


def _bar(console: Console) -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} steps"),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=console,
    )


def _brief(progress: Progress) -> str:
    wanted = ("velocity_error", "fall_rate_hz", "success", "held")
    figures = progress.figures
    shown = [f"{name} {figures[name]:.3f}" for name in wanted if name in figures]
    return f"{progress.steps_per_s:,.0f} steps/s " + " ".join(shown)
