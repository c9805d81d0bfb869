"""Draw what `praxis prove` measured: a bar for each stage, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.prove.report import COLUMNS
from app.report import check_writable
from configs.loader import ConfigError


def check_picture(path: Path | None) -> None:
    """Check a path before hours are spent.

    Raises:
        ConfigError: if no picture can be written there.
    """
    if path is None:
        return
    check_writable(path)
    if path.suffix != ".png":
        raise ConfigError(f"--plot {path}: expected a name ending in .png.")


def draw(figures: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Write the figures as a picture.

    Raises:
        ConfigError: if matplotlib is not installed.
    """
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ConfigError(
            "--plot needs matplotlib, which is not installed. "
            "Install it: pip install 'praxis[train]'."
        ) from None
    shown = [c for c in COLUMNS if any(c in row for row in figures.values())]
    size = (3.2 * max(len(shown), 1), 3.2)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, max(len(shown), 1), squeeze=False)[0]
    for axis, column in zip(axes, shown, strict=False):
        stages = [s for s in figures if column in figures[s]]
        for place, stage in enumerate(stages):
            value, low, high = _bar(figures[stage][column])
            axis.bar(place, value, color="#4878a8", width=0.6)
            axis.errorbar(
                place, value, [[value - low], [high - value]], color="black", capsize=3
            )
        axis.set_xticks(range(len(stages)), stages, rotation=30, fontsize=8)
        axis.set_title(COLUMNS[column], fontsize=9)
        axis.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=110)


def _bar(value: Mapping[str, Any]) -> tuple[float, float, float]:
    if "mean" in value:
        half = value["half"] or 0.0
        return value["mean"], value["mean"] - half, value["mean"] + half
    share = value["count"] / max(value["of"], 1)
    return share, min(value["ci95"][0], share), max(value["ci95"][1], share)
