"""What a check of the identification comes to: errors, coverage, widths, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from app.identify.unveil import DELAY, JUDGED, Row
from app.report import versions

MUST = {"error": 0.10, "delay_s": 0.002, "coverage": 0.90, "ratio": 2.0}
AIM = {"error": 0.05, "delay_s": 0.001, "coverage": 0.95, "ratio": 5.0}


def figures_of(
    rows: Sequence[Row],
    ratios: Mapping[int, tuple[float, float]],
    seconds: Sequence[float],
) -> dict[str, Any]:
    """Return everything that is measured, as data that JSON can hold.

    Args:
        rows: of all robots.
        ratios: held-out errors by seed, nominal and identified [rad].
        seconds: that each robot took.
    """
    counted = [row for row in rows if row.field in (*JUDGED, DELAY)]
    told = [row for row in counted if row.finding.identifiable]
    shares = [row for row in told if row.is_share]
    delays = [row for row in told if row.field == DELAY]
    nominal, identified = np.sqrt(np.mean(np.square(list(ratios.values())), axis=0))
    overall = {
        "median_error": _median([row.relative_error for row in shares]),
        "median_half_width": _median([row.relative_half_width for row in shares]),
        "median_delay_error_s": _median([row.error for row in delays]),
        "median_delay_half_width_s": _median([row.half_width for row in delays]),
        "coverage": _coverage(told) or 0.0,
        "prediction_ratio": float(nominal / identified),
        "held_out_error_nominal_rad": float(nominal),
        "held_out_error_identified_rad": float(identified),
        "identifiable_share": len(told) / max(len(counted), 1),
    }
    return {
        "robots": sorted(ratios),
        "overall": overall,
        "must": MUST,
        "aim": AIM,
        "fields": _by_field(rows),
        "prediction_ratio_of_each": {
            str(seed): float(a / b) for seed, (a, b) in ratios.items()
        },
        "seconds_of_each": [round(s, 1) for s in seconds],
        "versions": versions(),
        "rows": [row.as_dict() for row in rows],
    }


def _by_field(rows: Sequence[Row]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field in dict.fromkeys(row.field for row in rows):
        own = [row for row in rows if row.field == field]
        good = [row for row in own if row.finding.identifiable]
        shares = [row for row in good if row.is_share]
        fields[field] = {
            "count": len(own),
            "identifiable": len(good),
            "median_absolute_error": _median([row.error for row in good]),
            "median_relative_error": _median([row.relative_error for row in shares]),
            "median_absolute_half_width": _median([row.half_width for row in good]),
            "median_half_width": _median([row.relative_half_width for row in shares]),
            "coverage": _coverage(good),
        }
    return fields


def line_of(
    seed: int, rows: Sequence[Row], errors: tuple[float, float], seconds: float
) -> str:
    """Return what is said of one robot as soon as it is unveiled."""
    own = [r for r in rows if r.robot == seed and r.field in (*JUDGED, DELAY)]
    told = [row for row in own if row.finding.identifiable]
    inside = sum(row.inside for row in told)
    return (
        f"hidden:{seed}: {inside} of {len(told)} inside their intervals, held-out "
        f"error {errors[0] / errors[1]:.1f} times less, {seconds:.0f} s"
    )


def table_of_figures(figures: Mapping[str, Any]) -> Table:
    """Return what was measured beside what is asked for."""
    count = len(figures["robots"])
    table = Table(title=f"identification of {count} hidden robots")
    for column in ("what", "measured", "must", "aim"):
        table.add_column(column, justify="left" if column == "what" else "right")
    overall = figures["overall"]
    for what, key, limit, form in (
        ("median error of parameters", "median_error", "error", _percent),
        ("median half-width of intervals", "median_half_width", "", _percent),
        ("median error of delays", "median_delay_error_s", "delay_s", _ms),
        ("median half-width of delays", "median_delay_half_width_s", "", _ms),
        ("truth inside the 95 % interval", "coverage", "coverage", _percent),
        ("held-out error, nominal / identified", "prediction_ratio", "ratio", _times),
    ):
        value = overall[key]
        table.add_row(
            what,
            "none" if value is None else form(value),
            form(MUST[limit]) if limit else "",
            form(AIM[limit]) if limit else "",
        )
    return table


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _ms(value: float) -> str:
    return f"{1e3 * value:.2f} ms"


def _times(value: float) -> str:
    return f"{value:.1f}"


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _coverage(rows: Sequence[Row]) -> float | None:
    return float(np.mean([row.inside for row in rows])) if rows else None
