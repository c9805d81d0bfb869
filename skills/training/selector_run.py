"""`praxis train selector`: from the model of the skills to a policy file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from configs.loader import CONFIG_DIR, ConfigError, load_robot, read_yaml
from configs.overrides import apply_overrides
from configs.schema import RobotConfig
from configs.training_schema import SelectorTrainingConfig
from skills.selector.model import SkillModel
from skills.selector.model_file import MODEL_FILE
from skills.selector.words import CHOICES
from skills.training.curve import draw_curve
from skills.training.selector_env import Rollout, SelectorEnv
from skills.training.selector_export import export_selector
from skills.training.selector_learn import (
    CHECKPOINT,
    CURVE,
    Point,
    greedy,
    learn,
    make_learner,
    measure,
    scorer,
)

Array32 = NDArray[np.float32]

CONFIG_FILE, POLICY, EVALUATION = "config.yaml", "selector.onnx", "evaluation.json"
GOLDEN_PAIRS = 16
AT_THE_END = 5  # times as many episodes are measured as for a point of the curve


def selector_config(
    overrides: Sequence[str], source: Path | None = None
) -> SelectorTrainingConfig:
    """Return the checked config.

    Raises:
        ConfigError: for a setting that is wrong.
    """
    path = source or CONFIG_DIR / "training" / "selector.yaml"
    return apply_overrides(
        SelectorTrainingConfig, read_yaml(path), overrides, path.name
    )


def train_selector(
    overrides: Sequence[str],
    folder: Path,
    *,
    resume: bool,
    console: Console,
    robot: RobotConfig | None = None,
) -> Path:
    """Train and write policy, curve, evaluation and config into `folder`.

    Ctrl-C leaves a checkpoint; `resume` goes on from it.

    Returns:
        The policy file.

    Raises:
        ConfigError: for settings that are wrong, a folder that already holds a run,
            nothing to resume, or a model that is missing or of another robot.
    """
    robot = robot or load_robot()
    config = _open_run(overrides, folder, resume)
    model = SkillModel.read(Path(config.model) if config.model else MODEL_FILE)
    if (model.source.robot, model.source.revision) != (robot.name, robot.revision):
        raise ConfigError(
            f"the model of the skills is of robot {model.source.robot}, revision "
            f"{model.source.revision}, not of {robot.name}, {robot.revision}; measure "
            "its own: praxis model skills"
        )
    console.print(
        f"train selector: {config.algorithm}, {config.total_steps} choices in a model "
        f"of {len(model.samples)} executions, into {folder}",
        highlight=False,
        soft_wrap=True,
    )
    learner = make_learner(model, config, folder, resume=resume)
    bar = Progress(
        TextColumn("selector"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} choices"),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("", total=config.total_steps, figures="")

        def report(point: Point) -> None:
            figures = f"success {point.success:.3f} return {point.value:.3f}"
            bar.update(task, completed=point.steps, figures=figures)

        learn(learner, model, config, folder, resume=resume, report=report)
    path = folder / POLICY
    export_selector(
        scorer(learner),
        model,
        robot,
        path,
        algorithm=config.algorithm,
        config_digest=_digest(config),
        golden_observations=_golden(model, config),
        notes={
            "steps": learner.num_timesteps,
            "seed": config.seed,
            "executions": len(model.samples),
        },
    )
    draw_curve(folder / CURVE, folder / "curve.png", f"selector, {config.algorithm}")
    episodes = AT_THE_END * config.evaluate_episodes
    rollouts = measure(model, config, greedy(learner), episodes)
    _write_json(folder / EVALUATION, _figures(config, model, rollouts))
    console.print(f"policy: {path}", highlight=False, soft_wrap=True)
    return path


def _open_run(
    overrides: Sequence[str], folder: Path, resume: bool
) -> SelectorTrainingConfig:
    saved = folder / CONFIG_FILE
    if resume:
        if not (folder / CHECKPOINT).is_file() or not saved.is_file():
            raise ConfigError(
                f"{folder} holds no checkpoint to resume; start without --resume."
            )
        before = selector_config((), saved)
        config = selector_config(overrides, saved)
        if config.algorithm != before.algorithm:
            raise ConfigError(
                f"{folder} holds a run of {before.algorithm}, not of "
                f"{config.algorithm}; name its own folder with --run."
            )
        return config
    if (folder / CHECKPOINT).exists():
        raise ConfigError(
            f"{folder} already holds a run; go on with --resume, or name another "
            "folder with --run."
        )
    config = selector_config(overrides)
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    saved.write_text(text, encoding="utf-8")
    return config


def _golden(model: SkillModel, config: SelectorTrainingConfig) -> Array32:
    """Return observations that occur, from choices at random."""
    env, rng = SelectorEnv(model, config), np.random.default_rng(config.seed)
    observation, _ = env.reset(seed=config.seed)
    found: list[Array32] = []
    while len(found) < GOLDEN_PAIRS:
        found.append(observation)
        action = np.int64(rng.integers(len(CHOICES)))
        observation, _, over, _, _ = env.step(action)
        if over:
            observation, _ = env.reset()
    return np.stack(found)


def _figures(
    config: SelectorTrainingConfig, model: SkillModel, rollouts: Sequence[Rollout]
) -> dict[str, Any]:
    goals = {}
    for goal in sorted({rollout.goal for rollout in rollouts}):
        own = [rollout for rollout in rollouts if rollout.goal == goal]
        good = [rollout for rollout in own if rollout.success]
        goals[goal] = {
            "episodes": len(own),
            "success_rate": round(len(good) / len(own), 4),
            "seconds_mean": _mean([r.seconds for r in good]),
            "skills_mean": _mean([float(r.skills) for r in good]),
            "ends": {
                end: sum(r.end == end for r in own)
                for end in sorted({r.end for r in own})
            },
        }
    return {
        "skill": "selector",
        "algorithm": config.algorithm,
        "seed": config.seed,
        "model": model.source.model_dump(),
        "executions": len(model.samples),
        "return_mean": _mean([rollout.value for rollout in rollouts]),
        "goals": goals,
    }


def _mean(values: list[float]) -> float | None:
    return round(float(np.mean(values)), 3) if values else None


def _digest(config: SelectorTrainingConfig) -> str:
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", "utf-8")
