"""Turn what `praxis prove` measured into a table, and lines about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
from rich.table import Table

from app.prove.tasks import TASKS
from app.result import wilson_interval

Records = Mapping[str, Mapping[str, Any]]  # by "stage/robot/measure/number"

# Student's t, two-sided 95 %, for 1 to 9 degrees of freedom; 2 is near enough beyond.
T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)


def of_stage(records: Records, stage: str, measure: str) -> list[Mapping[str, Any]]:
    """Return the measurements of one kind in one stage."""
    return [
        record
        for key, record in records.items()
        if key.split("/")[0] == stage and key.split("/")[2] == measure
    ]


def mean_and_half(values: Sequence[float]) -> tuple[float, float]:
    """Return a mean and half the width of its 95 % interval (Student's t)."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else float("nan")), float("nan")
    t = T95[n - 2] if n - 2 < len(T95) else 2.0
    return float(np.mean(values)), t * float(np.std(values, ddof=1)) / sqrt(n)


def summary(records: Records, stages: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of every stage that was measured."""
    result: dict[str, dict[str, Any]] = {}
    for stage in stages:
        figures: dict[str, Any] = {}
        walks = of_stage(records, stage, "walk")
        if walks:
            for word in ("velocity_error_m_s", "turn_error_rad_s"):
                mean, half = mean_and_half([w[word] for w in walks])
                figures[word] = {
                    "mean": round(mean, 4),
                    "half": None if half != half else round(half, 4),
                }
            counts = sum(w["falls"] for w in walks), sum(w["commands"] for w in walks)
            figures["walk_falls"] = _share(*counts)
        shoves = of_stage(records, stage, "pushes")
        if shoves:
            counts = sum(s["falls"] for s in shoves), sum(s["pushes"] for s in shoves)
            figures["push_falls"] = _share(*counts)
        for name in TASKS:
            tries = of_stage(records, stage, name)
            if tries:
                figures[name] = _share(sum(t["success"] for t in tries), len(tries))
        if figures:
            result[stage] = figures
    return result


def _share(count: int, of: int) -> dict[str, Any]:
    low, high = wilson_interval(count, of)
    return {"count": count, "of": of, "ci95": [round(low, 4), round(high, 4)]}


COLUMNS = {
    "velocity_error_m_s": "velocity error [m/s]",
    "turn_error_rad_s": "turn error [rad/s]",
    "walk_falls": "falls, walking",
    "push_falls": "falls, pushed",
    "grasp": "grasp done",
    "task": "task done",
}


def table(
    figures: Mapping[str, Mapping[str, Any]], missing: Mapping[str, str]
) -> Table:
    """Return the figures for the screen; stages that lack something say so."""
    shown = [c for c in COLUMNS if any(c in row for row in figures.values())]
    result = Table(title="on hidden robots, 95 % intervals in brackets")
    result.add_column("stage", no_wrap=True)
    for column in shown:
        result.add_column(COLUMNS[column], justify="right")
    for stage, row in figures.items():
        cells = [_cell(row.get(column)) for column in shown]
        result.add_row(stage, *cells)
    for stage in missing:
        if stage not in figures:
            result.add_row(stage, "not measured", *[""] * (len(shown) - 1))
    return result


def _cell(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return ""
    if "mean" in value:
        half = "" if value["half"] is None else f" +-{value['half']:.3f}"
        return f"{value['mean']:.3f}{half}"
    low, high = (100 * end for end in value["ci95"])
    return f"{value['count']}/{value['of']} [{low:.0f}..{high:.0f} %]"


def against_nominal(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each stage on what it changes; a zero is said as such."""
    base = figures.get("nominal")
    if base is None:
        return []
    lines = []
    for stage, row in figures.items():
        if stage == "nominal":
            continue
        parts = []
        if "velocity_error_m_s" in row and "velocity_error_m_s" in base:
            before = base["velocity_error_m_s"]["mean"]
            after = row["velocity_error_m_s"]["mean"]
            parts.append(f"velocity error {100 * (after / before - 1):+.0f} %")
        for name, word in (("push_falls", "falls under pushes"), ("grasp", "grasps")):
            parts += _points(row, base, name, word)
        parts += _points(row, base, "task", "tasks")
        lines.append(f"{stage} against nominal: {', '.join(parts) or 'nothing'}")
    return lines


def _points(
    row: Mapping[str, Any], base: Mapping[str, Any], name: str, word: str
) -> list[str]:
    if name not in row or name not in base:
        return []
    share = [100 * d[name]["count"] / max(d[name]["of"], 1) for d in (row, base)]
    return [f"{word} {share[0] - share[1]:+.0f} points"]
