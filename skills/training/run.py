"""`praxis train`: one skill from its config to a policy file with its curve."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
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
from configs.training_schema import (
    AdaptiveLegTrainingConfig,
    HandTrainingConfig,
    LegTrainingConfig,
)
from skills.locomotion import GAIT_PERIOD_S, REWARDS
from skills.manipulation import HAND_REWARDS
from skills.training.adaptive_env import AdaptiveLegEnv
from skills.training.adaptive_learn import export_adaptive
from skills.training.curve import draw_curve
from skills.training.engines import Engine, make_env
from skills.training.export import export_policy
from skills.training.ppo import ALONE, CappedPPO
from skills.training.symmetric import SymmetricMLP
from skills.training.teach import IMITATION, teach
from skills.training.train import CHECKPOINT, CURVE, Progress, TrainingEnv, train
from skills.training.workers import Workers

TrainingConfig = LegTrainingConfig | HandTrainingConfig
CONFIG_FILE = "config.yaml"
GOLDEN_PAIRS = 16
MUJOCO = Engine()
SKILLS: dict[str, type[LegTrainingConfig] | type[HandTrainingConfig]] = {
    "walk": LegTrainingConfig,
    "balance": LegTrainingConfig,
    "grasp": HandTrainingConfig,
    "manipulate": HandTrainingConfig,
    "walk_wide": LegTrainingConfig,
    "walk_adaptive": AdaptiveLegTrainingConfig,
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
    config = apply_overrides(SKILLS[skill], data, overrides, path.name)
    known = REWARDS if isinstance(config, LegTrainingConfig) else HAND_REWARDS
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
    engine: Engine = MUJOCO,
    workers: Workers = ALONE,
) -> Run:
    """Train a skill and write policy, curve and config into `folder`.

    Ctrl-C leaves a checkpoint; `resume` goes on from it. Of several workers the first
    one writes; every one simulates `num_envs` robots of its own.

    Raises:
        ConfigError: for settings that are wrong, a folder that already holds a run, or
            nothing to resume.
    """
    robot = robot or load_robot()
    engine = replace(engine, device=workers.device(engine.device))
    engine.check()
    workers.join(engine.device)
    run = _open_run(skill, overrides, folder, resume, workers)
    config = run.config
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers.count))
    if workers.first:
        together = f" in each of {workers.count} workers" if workers.count > 1 else ""
        console.print(
            f"train {skill}: {config.ppo.num_envs} environments{together}, "
            f"{config.total_steps / 1e6:g}M steps, {engine.name}, into {folder}"
        )
    else:
        console = Console(quiet=True)
    own = config.model_copy(update={"seed": config.seed + workers.rank})
    env = make_env(robot, own, engine, workers.count)
    events = folder / "tensorboard" if workers.first else Path(mkdtemp())
    writer = SummaryWriter(str(events))
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
                env,
                config,
                folder,
                resume=resume,
                report=report,
                prepare=prepare,
                device=engine.device,
                workers=workers,
            )
        if workers.first:
            export(ppo, env, robot, run)
    finally:
        writer.close()
        env.close()
        workers.leave()
    if not workers.first:
        return run
    title = f"{skill}, seed {config.seed}"
    draw_curve(folder / CURVE, folder / "curve.png", title)
    if (folder / IMITATION).is_file():
        draw_curve(folder / IMITATION, folder / "imitation.png", f"{title}: imitation")
    console.print(f"policy: {run.policy}")
    return run


def export(ppo: CappedPPO, env: TrainingEnv, robot: RobotConfig, run: Run) -> None:
    """Write the policy file of a run."""
    if isinstance(env, AdaptiveLegEnv):
        export_adaptive(ppo, env, robot, run.policy, digest(run.config))
        return
    network = ppo.actor.mlp.to("cpu")
    if isinstance(network, SymmetricMLP):
        network = network.dense()
    rounds = -(-GOLDEN_PAIRS // env.num_envs)
    golden = [torch.as_tensor(env.observe()[0]).cpu().numpy() for _ in range(rounds)]
    notes: dict[str, Any] = {"steps": env.total_steps, "seed": run.config.seed}
    if isinstance(run.config, LegTrainingConfig):
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


def _open_run(
    skill: str,
    overrides: Sequence[str],
    folder: Path,
    resume: bool,
    workers: Workers,
) -> Run:
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
    config, _ = training_config(skill, overrides)
    if not workers.first:  # the first one makes the folder
        return Run(folder=folder, config=config)
    if (folder / CHECKPOINT).exists():
        raise ConfigError(
            f"{folder} already holds a run; go on with --resume, or name another "
            "folder with --run."
        )
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
