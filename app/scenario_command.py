"""Carry out `praxis scenario`: disturb the robot, mark its answers, write them down."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from app.aftermath import Aftermath, Answer
from app.build import Plan, build, read_plan
from app.control_loop import Observer
from app.disturbance import Disturbance
from app.episodes import run_episodes
from app.faults.meddling import World
from app.operators.desk import Desk
from app.operators.stop import OperatorStop
from app.options import RunOptions
from app.records.trace_file import TraceFile
from app.report import check_writable, report, write_json
from app.result import Summary, wilson_interval
from app.scenario import ScenarioConfig, load_scenario, scenario_path, shipped
from configs.loader import ConfigError
from skills.contract import Failure
from skills.predicates import Hands

ALL = "all"
DONE, FAILED = 0, 1  # exit codes


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One scenario, read and checked, and the answers that were given so far."""

    name: str
    config: ScenarioConfig
    plan: Plan
    answers: list[Answer] = field(default_factory=list)

    @property
    def right(self) -> int:
        """How many answers were right."""
        return sum(answer.right for answer in self.answers)

    @property
    def summary(self) -> Summary:
        """The episodes as those of any run."""
        return Summary(episodes=[answer.result for answer in self.answers])

    @property
    def median_s(self) -> float | None:
        """Robot time until the task was decided [s]; None without episodes."""
        times = [answer.result.duration_s for answer in self.answers]
        return median(times) if times else None

    def as_dict(self, *, interrupted: bool) -> dict[str, Any]:
        """Return it as plain data that JSON can hold."""
        results, low_high = self.summary.episodes, _interval(self)
        return {
            **report(self.plan, results, interrupted=interrupted),
            "scenario": self.name,
            "text": self.config.text,
            "right": self.right,
            "right_ci95": [round(end, 4) for end in low_high],
            "successes": self.summary.done,
            "median_s": self.median_s,
            "episodes": [answer.as_dict() for answer in self.answers],
        }


def read_trials(name: str, options: RunOptions) -> list[Trial]:
    """Read a scenario, or all that ship.

    Raises:
        ConfigError: if a file cannot be used.
        LanguageError: if its sentence is not understood.
    """
    names = shipped() if name == ALL else [name]
    return [_read(name, options) for name in names]


def _read(name: str, options: RunOptions) -> Trial:
    config = load_scenario(name)
    options = options.model_copy(update={"scene": config.scene})
    plan = read_plan(config.task, options)
    try:
        plan = replace(plan, scene=config.changed(plan.scene))
    except ConfigError as error:
        raise ConfigError(f"{scenario_path(name)}: {error}") from None
    return Trial(name=Path(name).stem, config=config, plan=plan)


def list_scenarios(console: Console) -> None:
    """Print the scenarios that ship, and which answers are right."""
    table = _table("scenario", "what happens", "right")
    for name in shipped():
        config = load_scenario(name)
        table.add_row(name, Text(config.text), Text(_right(config)))
    console.print(table)


def carry_out_trials(
    trials: Sequence[Trial],
    console: Console,
    *,
    json: Path | None = None,
    trace: Path | None = None,
) -> int:
    """Run every episode of every scenario and return the exit code.

    It is 0 if all were run and no success was contradicted by the physics.

    Raises:
        ConfigError: if a file cannot be written.
        GoalError: if a task makes no sense in its scene.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    if json is not None:
        check_writable(json)
    if trace is not None and len(trials) > 1:
        raise ConfigError("--trace takes one scenario; name it instead of 'all'.")
    desk = Desk()
    with ExitStack() as stack:
        stack.enter_context(OperatorStop(desk))
        if json is not None:
            # Also when something breaks: what is complete is kept.
            stack.callback(_write, json, trials)
        with _progress(console) as progress:
            bars = [_bar(progress, trial) for trial in trials]
            for trial, bar in zip(trials, bars, strict=True):
                if not desk.stopped:
                    _run(trial, desk, progress, bar, trace)
        _tell(trials, console)
    complete = all(len(t.answers) == t.plan.options.episodes for t in trials)
    contradicted = sum(trial.summary.contradicted for trial in trials)
    return DONE if complete and not contradicted else FAILED


def _run(
    trial: Trial, desk: Desk, progress: Progress, bar: TaskID, trace: Path | None
) -> None:
    """Run the episodes of one scenario."""
    assembly = build(trial.plan)
    world, hands = cast(World, assembly.backend), Hands(trial.plan.robot)
    config, disturbance = trial.config.disturbance, None
    if config is not None:
        disturbance = Disturbance(config, world, assembly.runner, hands)
        assembly = replace(assembly, meddle=disturbance.prepare)
    aftermath = Aftermath(trial.config, world, hands, disturbance)
    # The disturbance comes last: the others see the world before it.
    observers: list[Observer] = [aftermath]
    options = trial.plan.options
    with ExitStack() as stack:
        stack.callback(assembly.backend.close)
        if trace is not None:
            file = TraceFile(
                trace,
                scene=trial.plan.scene.name,
                backend=options.backend,
                warn=lambda text: progress.console.print(text, style="yellow"),
            )
            stack.callback(file.close)
            observers.append(file)
        if disturbance is not None:
            observers.append(disturbance)
        for result in run_episodes(
            assembly,
            options.seed,
            options.episodes,
            observers=observers,
            operator=desk,
        ):
            if result.failure is Failure.OPERATOR:
                return  # it says nothing about the robot
            trial.answers.append(_answer_of(result, aftermath))
            progress.update(bar, advance=1, right=f"{trial.right} right")


def _answer_of(result: Any, aftermath: Aftermath) -> Answer:
    last = aftermath.answers[-1] if aftermath.answers else None
    if last is not None and last.result is result:
        return last
    # The world made no sense for this task, so that the episode never began.
    return Answer(
        result=result,
        right=False,
        why=result.sentence,
        disturbed_at=None,
        disturbance="",
    )


def _tell(trials: Sequence[Trial], console: Console) -> None:
    table = _table(
        *("scenario", "right", "95 %", "success", "failures", "contradicted"),
        "median",
    )
    for trial in trials:
        summary, (low, high) = trial.summary, _interval(trial)
        failures = ", ".join(f"{k} {n}" for k, n in summary.failures.items())
        bad = summary.contradicted
        table.add_row(
            trial.name,
            f"{trial.right} of {len(trial.answers)}",
            f"{100 * low:.0f} to {100 * high:.0f} %",
            str(summary.done),
            failures or "none",
            Text(str(bad), style="red" if bad else "green"),
            "" if trial.median_s is None else f"{trial.median_s:.1f} s",
        )
    console.print(table)
    for trial in trials:
        for answer in trial.answers:
            if not answer.right:
                line = f"{trial.name}, seed {answer.result.seed}: {answer.why}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)
        left = trial.plan.options.episodes - len(trial.answers)
        if left:
            console.print(
                f"{trial.name}: not run, because the operator stopped: {left}"
            )


def _write(path: Path, trials: Sequence[Trial]) -> None:
    scenarios = [
        trial.as_dict(interrupted=len(trial.answers) < trial.plan.options.episodes)
        for trial in trials
        if trial.answers
    ]
    write_json(path, {"scenarios": scenarios})


def _right(config: ScenarioConfig) -> str:
    words = [getattr(outcome, "value", outcome) for outcome in config.right]
    lost = [getattr(outcome, "value", outcome) for outcome in config.right_if_lost]
    return ", ".join(words) + (
        f"; if it is lost also {', '.join(lost)}" if lost else ""
    )


def _interval(trial: Trial) -> tuple[float, float]:
    return wilson_interval(trial.right, len(trial.answers))


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, header_style="bold", pad_edge=False)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        TextColumn("{task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.fields[right]}"),
        TimeElapsedColumn(),
        console=console,
    )


def _bar(progress: Progress, trial: Trial) -> TaskID:
    episodes = trial.plan.options.episodes
    return progress.add_task(trial.name, total=episodes, right="", start=True)
