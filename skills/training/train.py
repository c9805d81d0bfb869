"""Train one skill: collect, learn, log, checkpoint, resume."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from configs.training_schema import PpoConfig
from skills.description import PolicyDescription
from skills.mirror import Mirror
from skills.training.ppo import ALONE, CappedPPO, Learnable, collect, make_ppo
from skills.training.workers import Workers

CHECKPOINT = "checkpoint.pt"
CURVE = "curve.csv"


class TrainingConfig(Protocol):
    """What the driver reads of a training config."""

    skill: str
    seed: int
    total_steps: int
    ppo: PpoConfig

    def model_dump(self) -> dict[str, Any]:
        """Return the settings as plain data."""


class TrainingEnv(Learnable, Protocol):
    """An environment that can be trained, resumed and mirrored."""

    description: PolicyDescription
    total_steps: int
    log: Any
    task: Any  # what is practised: `LegTask` or `HandTask`

    def critic_mirror(self) -> Mirror:
        """Return the mirror of the critic's observation."""

    def close(self) -> None:
        """Release the threads."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One line of the learning curve."""

    iteration: int
    steps: int
    steps_per_s: float
    collect_per_s: float
    figures: dict[str, float]


def learner_for(
    env: TrainingEnv,
    config: TrainingConfig,
    *,
    device: str = "cpu",
    workers: Workers = ALONE,
) -> CappedPPO:
    """Build PPO for an environment, with the seed of the config."""
    torch.manual_seed(config.seed)
    actor, critic = env.observe()
    mirrors = None
    if config.ppo.symmetric:
        judged = env.critic_mirror()  # first, for it says why there may be none
        mirrors = (
            env.description.observation_mirror(),
            judged,
            env.description.action_mirror(),
        )
    of_its_own = getattr(env, "actor_network", None)
    return make_ppo(
        config.ppo,
        actor.shape[1],
        critic.shape[1],
        len(env.description.action.joints),
        mirrors,
        device=device,
        workers=workers,
        network=of_its_own() if of_its_own is not None else None,
    )


def save_checkpoint(
    path: Path,
    ppo: CappedPPO,
    iteration: int,
    steps: int,
    environments: Mapping[str, Any] | None = None,
) -> None:
    """Write learner and counters; an interruption leaves the old file whole.

    Args:
        path: of the file.
        ppo: the learner.
        iteration: that was finished.
        steps: of all robots together.
        environments: what they want to find again, such as their curriculum.
    """
    parameters = [*ppo.actor.parameters(), *ppo.critic.parameters()]
    if not all(torch.isfinite(p).all() for p in parameters):
        raise FloatingPointError(
            f"the networks are no longer finite at step {steps}; {path} keeps the last "
            "sound checkpoint. Go on from it with --resume, or lower the learning rate."
        )
    state = ppo.save()
    state.update(iteration=iteration, steps=steps, learning_rate=ppo.learning_rate)
    state.update(environments=dict(environments or {}))
    partial = path.with_suffix(".partial")
    try:
        torch.save(state, partial)
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise OSError(
            f"checkpoint {path} could not be written ({error}); the previous one is "
            "untouched. Free some space and go on with --resume."
        ) from None


def load_checkpoint(
    path: Path, ppo: CappedPPO, env: TrainingEnv | None = None
) -> tuple[int, int]:
    """Read learner, environments and counters; return the iteration and the steps."""
    state = torch.load(path, weights_only=False)
    ppo.load(state, None, True)
    ppo.learning_rate = state["learning_rate"]
    kept = state.get("environments")
    restore = getattr(env, "restore", None)
    if kept and restore is not None:
        restore(kept)
    return int(state["iteration"]), int(state["steps"])


def curve_columns(path: Path) -> list[str]:
    """Return the header of a curve; empty if it has none yet."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file), [])


def cut_curve(path: Path, steps: int) -> None:
    """Drop the lines of a curve behind a checkpoint: they will be learnt again."""
    if not curve_columns(path):  # stopped before its first line
        return
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = header.split(",").index("steps")
    kept = [line for line in lines if int(line.split(",")[at]) <= steps]
    partial = path.with_suffix(".partial")
    partial.write_text("".join([header, *kept]), encoding="utf-8")
    os.replace(partial, path)


def train(
    env: TrainingEnv,
    config: TrainingConfig,
    folder: Path,
    *,
    resume: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
    checkpoint_every_s: float = 180.0,
    prepare: Callable[[CappedPPO], None] = lambda ppo: None,
    device: str = "cpu",
    workers: Workers = ALONE,
) -> CappedPPO:
    """Train until `config.total_steps`; a checkpoint and the curve lie in `folder`.

    Ctrl-C writes a checkpoint before it leaves.

    Args:
        env: the robots.
        config: settings.
        folder: where checkpoint and curve go.
        resume: go on from the checkpoint in `folder`.
        report: called after every iteration.
        checkpoint_every_s: wall time between checkpoints [s].
        prepare: called once on a fresh learner, to warm-start it.
        device: of the learner.
        workers: processes that learn together; the first one writes the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ppo = learner_for(env, config, device=device, workers=workers)
    iteration = 0
    if resume:
        iteration, env.total_steps = load_checkpoint(folder / CHECKPOINT, ppo, env)
        ppo.critic_warmup = 0
        cut_curve(folder / CURVE, env.total_steps)
    else:
        prepare(ppo)
        ppo.share_weights()

    def keep(iteration: int) -> None:
        path, steps = folder / CHECKPOINT, env.total_steps
        # Only environments that change as they are learnt have something to keep.
        kept: dict[str, Any] = getattr(env, "saved", dict)()
        save_checkpoint(path, ppo, iteration, steps, kept)

    batch = config.ppo.steps_per_env * env.num_envs * workers.count
    saved = time.monotonic()
    columns = curve_columns(folder / CURVE) if resume else []
    mode = "a" if columns else "w"
    place = folder / CURVE if workers.first else Path(os.devnull)
    with place.open(mode, newline="", encoding="utf-8") as file:
        curve: csv.DictWriter[str] | None = None
        try:
            while env.total_steps < config.total_steps:
                begun = time.perf_counter()
                collect(ppo, env, config.ppo.steps_per_env)
                middle = time.perf_counter()
                losses = ppo.update()
                done = time.perf_counter()
                iteration += 1
                progress = Progress(
                    iteration=iteration,
                    steps=env.total_steps,
                    steps_per_s=batch / (done - begun),
                    collect_per_s=batch / (middle - begun),
                    figures={
                        **env.log.read(),
                        **losses,
                        "learning_rate": ppo.learning_rate,
                        "action_std": float(ppo.actor.output_std.detach().mean()),
                    },
                )
                row = {
                    "iteration": iteration,
                    "steps": progress.steps,
                    "steps_per_s": round(progress.steps_per_s),
                    "collect_per_s": round(progress.collect_per_s),
                    **{k: f"{v:.5g}" for k, v in progress.figures.items()},
                }
                if curve is None:
                    names = columns or list(row)
                    curve = csv.DictWriter(
                        file, names, extrasaction="ignore", lineterminator="\n"
                    )
                    if not columns:
                        curve.writeheader()
                curve.writerow(row)
                file.flush()
                report(progress)
                due = time.monotonic() - saved > checkpoint_every_s
                if due and workers.first:
                    keep(iteration)
                    saved = time.monotonic()
        finally:
            if workers.first:
                keep(iteration)
    return ppo
