"""Carry out `praxis run`: build, watch, judge, write down."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.build import Plan, build, draw, known_of
from app.console import EventLines, LiveTree
from app.control_loop import Assembly, Observer
from app.episodes import run_episodes
from app.judge import NO_PHYSICS, Verdict
from app.operators.desk import Desk
from app.operators.stop import OperatorStop
from app.place import draw_place
from app.records.recorder import Recorder
from app.records.run_log import RunLog
from app.records.trace_file import TraceFile, open_trace
from app.report import (
    check_writable,
    policy_digests,
    report,
    versions,
    write_json,
)
from app.result import EpisodeResult, Summary
from app.stopped_task import DEFAULT, how_to_go_on, save_stopped
from configs.loader import ConfigError
from sim2real.adaptation.known_file import text_of
from sim2real.real_time import become_real_time

if TYPE_CHECKING:
    from app.ros.judged_run import JudgedRun

DONE, FAILED = 0, 1  # exit codes

REHEARSAL = (
    "rehearsal: a fake robot without physics or policies; "
    "it shows the order of things, not whether a robot can do them"
)


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a run leaves behind."""

    view: bool = False
    video: Path | None = None
    light: str | None = None  # of the video: ranges and a seed
    record: Path | None = None
    log: Path | None = None  # MCAP
    json: Path | None = None
    trace: Path | None = None  # None: the default place
    traced: bool = False
    stopped: Path | None = None  # for a task that is stopped; None: it is not kept


def check_outputs(plan: Plan, outputs: Outputs) -> None:
    """Refuse what cannot be written before the robot moves.

    Raises:
        ConfigError: naming the option.
        VideoError: saying what to install.
    """
    stopped = None if outputs.stopped == DEFAULT else outputs.stopped
    paths = (
        *(outputs.video, outputs.record, outputs.log),
        *(outputs.json, outputs.trace, stopped),
    )
    for path in paths:
        if path is not None:
            check_writable(path)
    one_only = {
        "--video": outputs.video,
        "--record": outputs.record,
        "--log": outputs.log,
        "--save-stopped": stopped,
    }
    for option, path in one_only.items():
        if path is not None and plan.options.episodes > 1:
            raise ConfigError(f"{option} takes one episode; drop --episodes.")
    if outputs.light is not None and outputs.video is None:
        raise ConfigError(f"--light {outputs.light} is for a video; add --video, too.")
    draw_place(outputs.light)
    if outputs.video is None:
        return
    if outputs.video.suffix != ".mp4":
        raise ConfigError(f"--video {outputs.video}: expected a name ending in .mp4.")
    if plan.options.backend in ("fake", "ros2"):
        raise ConfigError(
            f"--video needs a simulation of its own; drop --backend "
            f"{plan.options.backend}, or --video."
        )
    # Before MuJoCo is imported: it decides then how to draw.
    from app.video_gl import prepare_gl

    prepare_gl()


def carry_out(plan: Plan, outputs: Outputs, console: Console) -> int:
    """Run the task and return the exit code.

    Raises:
        GoalError: if the task makes no sense in the scene.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    desk = Desk()
    assembly = build(plan, desk.stop)
    if plan.options.backend == "fake":
        _say(console, REHEARSAL, "yellow")
    results: list[EpisodeResult] = []
    with ExitStack() as stack:
        ctrl_c = stack.enter_context(OperatorStop(desk))
        stack.callback(assembly.backend.close)
        if outputs.json is not None:
            # Also when something breaks: what is complete is kept.
            stack.callback(_write_report, outputs.json, plan, results, desk)
        observers = _observers(plan, outputs, desk, console, stack)
        judge = _judge_afar(plan, assembly, console)
        if judge is not None:
            observers.append(judge)
        episodes = run_episodes(
            assembly,
            plan.options.seed,
            plan.options.episodes,
            observers=observers,
            operator=desk,
        )
        if judge is not None:
            episodes = judge.judged(episodes)
        if plan.options.episodes == 1:
            results += episodes
            _tell_result(results[0], console)
            if not results[0].done:
                _point_at_story(observers, console)
            _keep_stopped(plan, outputs, results[0], console)
        else:
            with _progress(plan.options.episodes, console) as progress:
                task = progress.task_ids[0]
                for result in episodes:
                    results.append(result)
                    progress.update(task, advance=1, rate=_rate(results))
            _tell_summary(plan, results, console)
        if outputs.view:
            _keep_page_open(ctrl_c, console)
    complete = len(results) == plan.options.episodes
    return DONE if complete and all(result.done for result in results) else FAILED


def _judge_afar(plan: Plan, assembly: Assembly, console: Console) -> JudgedRun | None:
    """Return who speaks with the judge of a robot elsewhere, which does not wait."""
    if plan.options.backend != "ros2":
        return None
    from app.ros.judged_run import JudgedRun

    granted = become_real_time()
    if granted.warning is not None:
        _say(console, granted.warning, "yellow")
    return JudgedRun(assembly.backend)


def _observers(
    plan: Plan, outputs: Outputs, desk: Desk, console: Console, stack: ExitStack
) -> list[Observer]:
    observers: list[Observer] = []
    if plan.options.episodes == 1:
        in_place = LiveTree(console) if console.is_terminal else None
        observers.append(in_place or EventLines(lambda line: _say(console, line)))
    trace = _trace(plan, outputs, console) if outputs.traced else None
    if trace is not None:
        observers.append(trace)
    if outputs.record is not None:
        observers.append(Recorder(outputs.record))
    if outputs.log is not None:
        observers.append(_log(outputs.log, plan, console))
    if outputs.video is not None:
        from app.video import Video

        observers.append(Video(outputs.video, draw_place(outputs.light)))
    if outputs.view:
        from app.viewer import Viewer

        viewer = Viewer(partial(draw, kind=plan.options.backend), desk)
        observers.append(viewer)
        _say(console, f"watch it at {' or '.join(viewer.urls)}")
    for observer in observers:
        stack.callback(observer.close)
    return observers


def _trace(plan: Plan, outputs: Outputs, console: Console) -> TraceFile | None:
    return open_trace(
        outputs.trace,
        scene=plan.scene.name,
        backend=plan.options.backend,
        warn=lambda text: _say(console, text, "yellow"),
    )


def _log(path: Path, plan: Plan, console: Console) -> RunLog:
    options = plan.options
    metadata = {
        "scene": plan.scene.name,
        "backend": options.backend,
        "adapt": options.adapt,
        "identified": text_of(plan.robot, known_of(options, plan.robot)),
        "praxis": versions()["praxis"],
        "policies": json.dumps(policy_digests(options)),
    }
    return RunLog(path, metadata, warn=lambda text: _say(console, text, "yellow"))


def _write_report(
    path: Path, plan: Plan, results: Sequence[EpisodeResult], desk: Desk
) -> None:
    interrupted = desk.stopped or len(results) < plan.options.episodes
    write_json(path, report(plan, results, interrupted=interrupted))


def _tell_result(result: EpisodeResult, console: Console) -> None:
    judgement = result.judgement
    if result.verified:
        _say(console, f"{result.sentence}", "green")
        _say(console, f"verified by the physics: {judgement.reason}", "green")
    elif result.contradicted:
        _say(console, f"the planner says: {result.sentence}", "red")
        _say(console, f"the physics contradicts it: {judgement.reason}", "red")
    elif result.done:
        how = "rehearsal" if judgement is NO_PHYSICS else "not verified"
        _say(console, f"{result.sentence} ({how}, {judgement.reason})", "green")
    else:
        _say(console, result.sentence, "red")


def _point_at_story(observers: Sequence[Observer], console: Console) -> None:
    for trace in (one for one in observers if isinstance(one, TraceFile)):
        _say(console, f"the whole story: praxis explain {shlex.quote(str(trace.path))}")


def _tell_summary(
    plan: Plan, results: Sequence[EpisodeResult], console: Console
) -> None:
    summary = Summary(episodes=results)
    judged = any(r.judgement.verdict is not Verdict.NOT_JUDGED for r in results)
    where = " in rehearsal" if plan.options.backend == "fake" else ""
    word = "verified done" if judged else f"done{where}, nothing was judged"
    low, high = summary.ci95
    _say(
        console,
        f"{summary.done} of {len(results)} episodes {word}; success rate "
        f"{100 * (summary.success_rate or 0.0):.1f} %, 95 % interval "
        f"{100 * low:.1f} to {100 * high:.1f} %",
    )
    for failure, count in summary.failures.items():
        _say(console, f"  {failure}: {count}")
    if summary.contradicted:
        _say(console, f"  contradicted by the physics: {summary.contradicted}", "red")
    left = plan.options.episodes - len(results)
    if left:
        _say(console, f"  not run, because the operator stopped: {left}")


@contextmanager
def _progress(episodes: int, console: Console) -> Iterator[Progress]:
    progress = Progress(
        TextColumn("{task.completed}/{task.total} episodes"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=console,
    )
    progress.add_task("", total=episodes, rate="")
    with progress:
        yield progress


def _rate(results: Sequence[EpisodeResult]) -> str:
    return f"{sum(result.done for result in results)} done"


def _keep_stopped(
    plan: Plan, outputs: Outputs, result: EpisodeResult, console: Console
) -> None:
    """Keep a task that can go on, and say how; the run is over in any case."""
    if outputs.stopped is None or result.progress is None:
        return
    try:
        save_stopped(outputs.stopped, plan, result.progress)
    except ConfigError as error:
        _say(console, f"the task is not kept: {error}", "yellow")
        return
    _say(console, f"to go on with the task: {how_to_go_on(outputs.stopped)}")


def _keep_page_open(ctrl_c: OperatorStop, console: Console) -> None:
    """Leave the last picture up until Ctrl-C, where there is a person to press it."""
    if not console.is_terminal or ctrl_c.pressed:
        return
    _say(console, "the page stays open; Ctrl-C closes it")
    ctrl_c.wait()


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
