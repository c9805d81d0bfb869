"""Inject every fault, and show what the robot made of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.faults.task import begins_at
from app.faults.trial import Outcome, inject
from configs.loader import ConfigError
from sim2real.faults.catalogue import CASES, Case

WIDE = 100  # columns of the table where nobody's terminal is in the way


def choose_cases(names: Sequence[str], backend: str) -> tuple[Case, ...]:
    """Return the faults to inject.

    Args:
        names: of faults; all that make sense on the backend if empty.
        backend: where.

    Raises:
        ConfigError: for a fault that does not exist, or makes no sense there.
    """
    known = {case.name: case for case in CASES}
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no fault '{name}'. Known: {', '.join(known)}.")
        if known[name].physics and backend == "fake":
            raise ConfigError(
                f"the fault '{name}' needs a robot that feels; the fake one does "
                "not. Drop --backend fake."
            )
    if names:
        return tuple(known[name] for name in names)
    return tuple(c for c in CASES if backend != "fake" or not c.physics)


def show_faults(
    cases: Sequence[Case],
    console: Console,
    *,
    backend: str,
    seed: int,
    robot: str,
    output: Path | None = None,
) -> bool:
    """Inject faults, print the table; return whether all went as expected.

    Args:
        cases: the faults.
        console: for the table.
        backend: name of the backend.
        seed: of the scenes.
        robot: name or file of the robot.
        output: JSON file for the figures.

    Raises:
        PolicyMismatch: if a policy is missing or does not fit.
    """
    shown = track(cases, console=console, transient=True, description="faults")
    outcomes = [inject(case, backend, seed, robot) for case in shown]
    if not console.is_terminal:
        console.width = max(console.width, WIDE)
    console.print(_table(outcomes, f"faults after {begins_at(seed):g} s, on {backend}"))
    wrong = [outcome for outcome in outcomes if outcome.complaints]
    for outcome in wrong:
        text = f"{outcome.case.name}: {'; '.join(outcome.complaints)}"
        console.print(text, style="red", highlight=False, soft_wrap=True)
    good = len(outcomes) - len(wrong)
    console.print(f"{good} of {len(outcomes)} faults as expected", highlight=False)
    if output is not None:
        figures = _figures(outcomes, backend, seed, robot)
        output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return not wrong


def _table(outcomes: Sequence[Outcome], title: str) -> Table:
    table = Table(title=title, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("fault", "detected by", "reaction"):
        table.add_column(column, no_wrap=True)
    table.add_column("ms", justify="right")
    for column in ("fell?", "avoidable?", "ok"):
        table.add_column(column, no_wrap=True)
    for outcome in outcomes:
        latency = outcome.latency_ms
        table.add_row(
            outcome.case.name,
            outcome.detected_by or "-",
            outcome.reaction,
            "-" if latency is None else f"{latency:.0f}",
            f"{outcome.drop_speed:.1f} m/s" if outcome.fell else "no",
            "no" if outcome.case.expected.may_fall else "yes",
            "no" if outcome.complaints else "yes",
            style="red" if outcome.complaints else "",
        )
    return table


def _figures(
    outcomes: Sequence[Outcome], backend: str, seed: int, robot: str
) -> dict[str, Any]:
    return {
        "backend": backend,
        "robot": robot,
        "seed": seed,
        "begins_s": begins_at(seed),
        "as_expected": not any(outcome.complaints for outcome in outcomes),
        "faults": [
            {
                "name": outcome.case.name,
                "fault": outcome.case.what,
                "while": outcome.case.doing,
                "detected_by": outcome.detected_by,
                "reaction": outcome.reaction,
                "latency_ms": outcome.latency_ms,
                "latency_allowed_ms": outcome.case.expected.within_ms,
                "fell": outcome.fell,
                "fall_avoidable": not outcome.case.expected.may_fall,
                "drop_speed": round(outcome.drop_speed, 2),
                "task_failed_as": outcome.failure,
                "ok": not outcome.complaints,
            }
            for outcome in outcomes
        ],
    }
