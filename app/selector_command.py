"""Carry out `praxis evaluate selector`: learned planner and tree, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.build import build, plan_for
from app.control_loop import Assembly, Episode
from app.options import RunOptions
from app.report import check_writable, versions, write_json
from app.result import wilson_interval
from configs.loader import load_robot
from planners.imagined_task import Imagined, imagine
from planners.learned import LearnedPlanner
from planners.planner import Planner
from planners.task import Step, Task
from skills.library import policy_path
from skills.selector.model import SkillModel
from skills.selector.model_file import MODEL_FILE
from skills.selector.policy import SelectorPolicy
from skills.selector.words import GOALS, Subject

EPISODES = 20  # on the robot, for each task and planner
IMAGINED = 500  # in the model, for each goal and planner

WALK = Step(skill="walk", args={"target": "table", "reach": "cup"})
GRASP = Step(skill="grasp", args={"object": "cup"})
CARRY = Step(skill="walk", args={"target": "shelf", "carrying": "cup"})
PLACE = Step(skill="manipulate", args={"object": "cup", "target": "shelf"})
TASKS: Mapping[str, tuple[Step, ...]] = {
    "holding": (WALK, GRASP),
    "on": (WALK, GRASP, CARRY, PLACE),
}
"""What is carried out on the robot, by the kind of its goal, in the kitchen."""

Make = Callable[..., Planner]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How one goal went with one planner."""

    success: bool
    failure: str | None
    skills: int  # that were started
    seconds: float
    handed_over: str


def evaluate_selector(
    options: RunOptions,
    console: Console,
    *,
    model: Path = MODEL_FILE,
    json_path: Path | None = None,
    imagined: int = IMAGINED,
) -> dict[str, Any]:
    """Measure both planners in the model and on the robot, and write the report.

    Args:
        options: backend, policies, first seed and episodes of each task.
        console: for progress and the table.
        model: of the skills.
        json_path: of the report; beside the policy if not given.
        imagined: episodes in the model.

    Raises:
        ConfigError: if the report cannot be written, or the model not be read.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    own = policy_path("selector", options.policies)
    path = json_path or own.with_name("selector.evaluation.json")
    check_writable(path)
    chooser = SelectorPolicy.load(own, load_robot(options.robot))
    planners: dict[str, Make] = {
        "tree": Planner,
        "learned": partial(LearnedPlanner, chooser=chooser),
    }
    report: dict[str, Any] = {
        "skill": "selector",
        "algorithm": chooser.contract.algorithm,
        "seed": options.seed,
        "model": _in_model(SkillModel.read(model), planners, options.seed, imagined),
        options.backend: _on_robot(planners, options, console),
        "versions": versions(),
    }
    console.print(_table(report, ("model", options.backend)))
    write_json(path, report)
    console.print(f"report: {path}", highlight=False, soft_wrap=True)
    return report


def _in_model(
    model: SkillModel, planners: Mapping[str, Make], seed: int, episodes: int
) -> dict[str, Any]:
    goals: dict[str, Any] = {}
    for kind in GOALS:
        subject = Subject.some(kind)
        if not any(not subject.reached(facts) for facts, _ in model.starts(kind)):
            continue
        goals[kind] = {
            name: _figures(
                [
                    _ending(imagine(model, subject, seed + i, make))
                    for i in range(episodes)
                ]
            )
            for name, make in planners.items()
        }
    return goals


def _ending(one: Imagined) -> Ending:
    return Ending(
        success=one.success,
        failure=one.failure,
        skills=one.skills,
        seconds=one.seconds,
        handed_over=one.handed_over,
    )


def _on_robot(
    planners: Mapping[str, Make], options: RunOptions, console: Console
) -> dict[str, Any]:
    goals: dict[str, Any] = {}
    for kind, steps in TASKS.items():
        task = Task(text=", ".join(map(str, steps)), items=steps)
        parts = build(plan_for(task, options))
        try:
            goals[kind] = {
                name: _figures(
                    list(_episodes(parts, make, options, f"{kind}, {name}", console))
                )
                for name, make in planners.items()
            }
        finally:
            parts.backend.close()
    return goals


def _episodes(
    parts: Assembly, make: Make, options: RunOptions, title: str, console: Console
) -> Iterator[Ending]:
    made: list[Planner] = []

    def remember(*args: Any, **more: Any) -> Planner:
        made.append(make(*args, **more))
        return made[-1]

    parts = replace(parts, make_planner=remember)
    for seed in range(options.seed, options.seed + options.episodes):
        result = Episode(parts, seed).run()
        handed_over = str(getattr(made[-1], "handed_over", ""))
        failure = None if result.failure is None else result.failure.value
        if result.contradicted:
            failure = "contradicted by the physics"
        verdict = "done" if result.done else f"failed ({failure})"
        console.print(
            f"{title}, seed {seed}: {verdict} after {result.duration_s:.1f} s, "
            f"{parts.runner.started} skills"
            + (f"; to the tree, for {handed_over}" if handed_over else ""),
            highlight=False,
            soft_wrap=True,
        )
        yield Ending(
            success=result.done,
            failure=failure,
            skills=parts.runner.started,
            seconds=result.duration_s,
            handed_over=handed_over,
        )


def _figures(endings: Sequence[Ending]) -> dict[str, Any]:
    """Sum up; skills and seconds are means over what ended well."""
    good = [ending for ending in endings if ending.success]
    low, high = wilson_interval(len(good), len(endings))
    handed = [ending for ending in endings if ending.handed_over]
    return {
        "episodes": len(endings),
        "successes": len(good),
        "success_rate": round(len(good) / len(endings), 4),
        "ci95": [round(low, 4), round(high, 4)],
        "skills_mean": round(fmean(e.skills for e in good), 2) if good else None,
        "seconds_mean": round(fmean(e.seconds for e in good), 2) if good else None,
        "failures": dict(Counter(e.failure for e in endings if not e.success)),
        "handed_over": len(handed),
        "reasons": dict(Counter(e.handed_over for e in handed).most_common(5)),
    }


def _table(report: Mapping[str, Any], worlds: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = ("in", "goal", "planner", "success", "95 %", "skills", "time [s]")
    for column in (*columns, "handed over"):
        table.add_column(Text(column), no_wrap=True)
    for world in worlds:
        for goal, planners in report[world].items():
            for name, figures in planners.items():
                low, high = figures["ci95"]
                table.add_row(
                    world,
                    goal,
                    name,
                    f"{figures['successes']} of {figures['episodes']}",
                    f"{low:.2f} to {high:.2f}",
                    _number(figures["skills_mean"]),
                    _number(figures["seconds_mean"]),
                    "-" if name == "tree" else str(figures["handed_over"]),
                )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
