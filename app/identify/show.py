"""Print what is known about an identified robot, beside the nominal one."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from sim2real.identified import Estimate, IdentifiedRobot, load_identified
from sim2real.robot_parameters import KINDS


def show_identified(console: Console, name: str) -> None:
    """Print what is known about an identified robot.

    Raises:
        ConfigError: if there is no such file.
    """
    found = load_identified(name)
    console.print(table_of(found))
    for figure, value in found.figures.items():
        console.print(f"{figure.replace('_', ' ')}: {value:g}", highlight=False)


def table_of(found: IdentifiedRobot) -> Table:
    """Return values, intervals and nominal values as a table."""
    title = f"{found.robot}, from {found.source or 'an unnamed source'}"
    table = Table(title=title)
    for column in ("parameter", "of", "nominal", "identified", "95 % interval"):
        table.add_column(column, justify="left" if column == "of" else "right")
    for field, entry in found.parameters.items():
        named = {"": entry} if isinstance(entry, Estimate) else entry
        for key, estimate in named.items():
            for row in _rows(field, key, estimate):
                table.add_row(*row, style="" if estimate.identifiable else "dim")
    return table


def _rows(field: str, key: str, estimate: Estimate) -> list[tuple[str, ...]]:
    kind = KINDS[field]
    unit = f" {kind.unit}" if kind.unit else ""
    nominal = f"{kind.neutral:g}"
    if not estimate.identifiable:
        return [(field, key, nominal, "nominal", "not identifiable")]
    if isinstance(estimate.value, tuple):
        rows: list[tuple[str, ...]] = []
        for axis, value in enumerate(estimate.value):
            interval = estimate.interval[axis] if estimate.interval else None
            rows.append(
                (
                    field,
                    f"{key}{'xyz'[axis]}",
                    nominal,
                    f"{value:.4g}{unit}",
                    _words(interval),
                )
            )
        return rows
    return [
        (field, key, nominal, f"{estimate.value:.4g}{unit}", _words(estimate.interval))
    ]


def _words(interval: object) -> str:
    if not isinstance(interval, tuple):
        return ""
    low, high = interval
    return f"{low:.4g} to {high:.4g}"
