"""Draw a learning curve from the figures that training wrote."""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure

FIGURES = {
    "velocity_error": "velocity error [m/s]",
    "turn_error": "turn error [rad/s]",
    "fall_rate_hz": "falls per second",
    "success": "share of episodes with the cup held for 2 s",
    "loss": "squared error against the expert's action",
    "expert_share": "share of scenes in which the expert acts",
    "action_std": "action noise",
    "model_success": "share of goals reached in the model",
    "model_return": "mean return in the model",
    "model_seconds": "time to the goal in the model [s]",
    "model_skills": "skills started to the goal in the model",
}


def draw_curve(source: Path, picture: Path, title: str) -> None:
    """Write a PNG with every known figure of `source` over environment steps."""
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in FIGURES if rows and name in rows[0]]
    figure = Figure(figsize=(9.0, 2.2 * max(len(names), 1)), layout="constrained")
    axes = figure.subplots(max(len(names), 1), 1, sharex=True, squeeze=False)[:, 0]
    steps = [float(row["steps"]) / 1e6 for row in rows]
    for axis, name in zip(axes, names, strict=False):
        axis.plot(steps, [float(row[name] or "nan") for row in rows], linewidth=1.2)
        axis.set_ylabel(FIGURES[name], fontsize=8)
        axis.grid(alpha=0.3)
    axes[0].set_title(title, fontsize=10)
    axes[-1].set_xlabel("million environment steps")
    figure.savefig(picture, dpi=110)
