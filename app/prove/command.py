"""Carry out `praxis prove`: the same robots and seeds for every stage, resumable."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from app.prove.measures import Measurement
from app.prove.options import ProveOptions
from app.prove.picture import check_picture, draw
from app.prove.processes import carried_out
from app.prove.records import asked_for, read_records, write_records
from app.prove.report import against_nominal, summary, table
from app.prove.stages import Missing, method_of, what_it_uses
from app.prove.tasks import TASKS, Result
from configs.loader import load_robot


def prove(
    options: ProveOptions,
    console: Console,
    *,
    json: Path | None,
    plot: Path | None,
) -> bool:
    """Measure what is not in the JSON file yet, and show everything.

    Args:
        options: what to measure.
        console: for progress and the table.
        json: where measurements are kept; one that exists is continued.
        plot: a picture (.png).

    Returns:
        whether every stage could be measured wholly.

    Raises:
        ConfigError: if a file cannot be used.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    check_picture(plot)
    records = read_records(json, options)
    for stage in options.stages:
        line = f"{stage}: {what_it_uses(stage, options.ingredients)}"
        console.print(line, highlight=False, soft_wrap=True)
    wanted, missing = _wanted(options, records)
    complete = True
    try:
        for done, (one, result) in enumerate(carried_out(wanted, options.jobs)):
            records[one.key] = result
            write_records(json, options, records)
            progress = f"{done + 1} of {len(wanted)}"
            line = f"{progress}: {_told(one, result)}"
            console.print(line, highlight=False, soft_wrap=True)
    except KeyboardInterrupt:
        complete = False
        kept = f"; go on with --json {json}" if json else ""
        console.print(f"interrupted{kept}", style="yellow", highlight=False)
    figures = summary(asked_for(records, options), options.stages)
    write_records(json, options, records, figures)
    console.print(table(figures, missing))
    for line in against_nominal(figures):
        console.print(line, highlight=False)
    for stage, reason in missing.items():
        console.print(f"{stage}: {reason}", style="yellow", highlight=False)
    if plot is not None:
        draw(figures, plot)
        console.print(f"picture: {plot}", highlight=False)
    return complete and not missing


def _wanted(
    options: ProveOptions, records: dict[str, Result]
) -> tuple[list[Measurement], dict[str, str]]:
    """Return what is still to be measured, robot by robot, and what stages lack."""
    robot = load_robot()
    wanted: list[Measurement] = []
    missing: dict[str, str] = {}
    for seed in options.seeds:
        for stage in options.stages:
            method = method_of(stage, robot, seed, options.ingredients)
            if isinstance(method, Missing):
                missing.setdefault(stage, method.reason)
                continue
            for measure, number in options.wanted():
                one = Measurement(
                    stage=stage,
                    robot=seed,
                    measure=measure,
                    number=number,
                    heavy_cup=options.heavy_cup,
                    ingredients=options.ingredients,
                )
                if one.key not in records:
                    wanted.append(one)
    return wanted, missing


def _told(one: Measurement, result: Result) -> str:
    figures = ", ".join(f"{name} {value}" for name, value in result.items())
    episode = f" {one.number + 1}" if one.measure in TASKS else ""
    return f"robot {one.robot}, {one.stage}, {one.measure}{episode}: {figures}"
