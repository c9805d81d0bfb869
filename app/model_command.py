"""Carry out `praxis model skills`: measure the skills and write the model."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.build import Plan, build
from app.options import RunOptions
from app.report import check_writable
from app.skill_trials import MOST_TRIED, SkillTrials
from configs.loader import ConfigError, load_robot, load_scene
from planners.task import Task
from skills.library import policy_path
from skills.selector.model import SkillModel
from skills.selector.model_file import MODEL_FILE, Sample, Source, interval
from skills.selector.words import CHOICES, SUCCESS

EPISODES = 60
SKILLS = ("walk", "balance", "grasp", "manipulate")


def measure_skills(
    options: RunOptions,
    console: Console,
    *,
    path: Path = MODEL_FILE,
    fresh: bool = False,
    most: int = MOST_TRIED,
) -> SkillModel:
    """Measure until the model holds `options.episodes`; go on with what it holds.

    The file is written after each episode, so Ctrl-C loses the present one only.

    Args:
        options: robot, scene, backend, policies, seed of the first episode, and how
            many episodes the model is to hold.
        console: for progress and the table.
        path: of the model.
        fresh: begin anew instead of going on.
        most: executions in one episode.

    Raises:
        ConfigError: if the file there is of another robot, scene, policy or seed.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    check_writable(path)
    plan = _plan(options)
    source = _source(plan)
    model = SkillModel(source)
    if path.is_file() and not fresh:
        model = SkillModel.read(path)
        _check_same(model.source, source, path)
    if model.episodes < options.episodes:
        _measure(plan, model, path, console, most)
    console.print(table_of(model.samples))
    console.print(
        f"model: {path}, {model.episodes} episodes, {len(model.samples)} executions",
        highlight=False,
        soft_wrap=True,
    )
    return model


def _measure(
    plan: Plan, model: SkillModel, path: Path, console: Console, most: int
) -> None:
    options, parts = plan.options, build(plan)
    trials = SkillTrials(parts, most=most)
    bar = Progress(
        TextColumn("{task.completed} of {task.total} episodes"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=console,
    )
    try:
        with bar:
            task = bar.add_task("", total=options.episodes, figures="")
            while model.episodes < options.episodes:
                bar.update(
                    task,
                    completed=model.episodes,
                    figures=f"{len(model.samples)} executions",
                )
                trial = trials.episode(options.seed + model.episodes)
                model.add((trial.kind, trial.start), trial.samples)
                model.write(path)
            bar.update(task, completed=model.episodes)
    except KeyboardInterrupt:
        console.print(
            f"{model.episodes} episodes are in {path}; the same command goes on",
            highlight=False,
            soft_wrap=True,
        )
        raise
    finally:
        parts.backend.close()


def table_of(samples: list[Sample]) -> Table:
    """Return what was measured of each choice, in one line each."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("choice", "executions", "success", "95 %", "median [s]", "else"):
        table.add_column(Text(column))
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.choice].append(sample)
    for choice in CHOICES:
        group = groups[choice]
        if not group:
            table.add_row(choice, "0")
            continue
        good = sum(sample.outcome == SUCCESS for sample in group)
        low, high = interval(good, len(group))
        others = Counter(s.outcome for s in group if s.outcome != SUCCESS)
        seconds = sorted(sample.seconds for sample in group)
        table.add_row(
            choice,
            str(len(group)),
            f"{good / len(group):.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{seconds[len(seconds) // 2]:.1f}",
            ", ".join(f"{name} {count}" for name, count in others.most_common()),
        )
    return table


def _plan(options: RunOptions) -> Plan:
    """Return what the same parts are built from as for a run; there is no task."""
    return Plan(
        options=options,
        robot=load_robot(options.robot),
        scene=load_scene(options.scene),
        task=Task(text="", items=()),
    )


def _source(plan: Plan) -> Source:
    options = plan.options
    pretended = options.backend == "fake"
    return Source(
        robot=plan.robot.name,
        revision=plan.robot.revision,
        scene=plan.scene.name,
        backend=options.backend,
        seed=options.seed,
        policies={} if pretended else _digests(options.policies),
    )


def _digests(folder: Path | None) -> dict[str, str]:
    files = [policy_path(name, folder) for name in SKILLS]
    return {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        for file in files
        if file.is_file()  # what is missing is said when it is loaded
    }


def _check_same(theirs: Source, ours: Source, path: Path) -> None:
    for name in type(ours).model_fields:
        if getattr(theirs, name) != getattr(ours, name):
            raise ConfigError(
                f"{path} was measured with another {name} ({getattr(theirs, name)}, "
                f"now {getattr(ours, name)}). Measure anew with --fresh, or write "
                "another file with --out."
            )
