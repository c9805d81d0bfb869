"""Write a page about an identification: values, intervals, held-out predictions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from configs.loader import ConfigError
from sim2real.identification.identify import HeldOut, Identified
from sim2real.identified import Estimate, IdentifiedRobot
from sim2real.robot_parameters import KINDS

SHOWN = (
    "armature_scale",
    "damping_add",
    "friction_loss_add",
    "strength",
    "command_delay_s",
    "payload",
)
JOINTS_SHOWN = 6  # with the largest nominal errors
MEASURED, NOMINAL, FOUND = "#b8b8b8", "#c0504d", "#1f6fb4"

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto;
  padding: 0 1em; color: #222 }
img { max-width: 100% } table { border-collapse: collapse; font-size: 13px }
td, th { padding: 2px 10px; border-bottom: 1px solid #ddd; text-align: right }
td:first-child, th:first-child, td:nth-child(2) { text-align: left }
.not { color: #888 } .figure { font-size: 26px }
"""


def write_report(folder: Path, found: IdentifiedRobot, outcome: Identified) -> Path:
    """Write `index.html`, which needs no other file, and its plots as PNG.

    Args:
        folder: for the files; made if it is not there.
        found: what the file says.
        outcome: with the held-out predictions.

    Returns:
        the page.

    Raises:
        ConfigError: if matplotlib is missing or the folder cannot be written.
    """
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise ConfigError(
            "the report needs matplotlib, which is not installed. "
            "Install it: pip install 'praxis[identify]'."
        ) from None
    matplotlib.use("Agg")
    plots = {
        "parameters": _parameters(found),
        "errors": _errors(outcome.held_out),
        "predictions": _predictions(outcome.held_out),
    }
    page = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures = {name: _png(plot) for name, plot in plots.items()}
        for name, data in pictures.items():
            (folder / f"{name}.png").write_bytes(data)
        page.write_text(_page(found, outcome, pictures), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error}).") from None
    return page


def _figure(rows: int, columns: int, width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _parameters(found: IdentifiedRobot) -> Any:
    """Plot values with intervals, beside the nominal ones."""
    fields = [name for name in SHOWN if isinstance(found.parameters.get(name), dict)]
    figure, axes = _figure(2, 3, 11.0, 5.5)
    for axis, name in zip(axes.flat, fields, strict=False):
        entries: Any = found.parameters[name]
        told = {k: e for k, e in entries.items() if e.identifiable}
        names = list(told)
        values = np.array([float(told[k].value) for k in names])
        bounds = np.array([told[k].interval for k in names]).reshape(-1, 2)
        errors = np.abs(bounds - values[:, None]).T
        rows = np.arange(len(names))
        axis.errorbar(
            values, rows, xerr=errors, fmt="o", color=FOUND, capsize=3, markersize=4
        )
        axis.axvline(KINDS[name].neutral, color=NOMINAL, linewidth=1)
        axis.set_yticks(rows, [k.replace("_", " ") for k in names], fontsize=8)
        unit = f" [{KINDS[name].unit}]" if KINDS[name].unit else ""
        title = name.removesuffix("_s").replace("_", " ")
        axis.set_title(f"{title}{unit}", fontsize=10)
        axis.margins(y=0.15)
        axis.invert_yaxis()
    for axis in axes.flat[len(fields) :]:
        axis.set_visible(False)
    return figure


def _errors(held_out: Sequence[HeldOut]) -> Any:
    """Plot the error of each joint in sweeps that no fit has seen."""
    nominal: dict[str, list[float]] = {}
    identified: dict[str, list[float]] = {}
    for one in held_out:
        for column in one.window.moved:
            joint = one.window.joints[column]
            nominal.setdefault(joint, []).append(one.error(one.nominal, column))
            identified.setdefault(joint, []).append(one.error(one.identified, column))
    names = list(nominal)
    figure, axes = _figure(1, 1, 11.0, 4.0)
    axis, rows = axes[0, 0], np.arange(len(names))
    means = [
        [1e3 * float(np.mean(v)) for v in e.values()] for e in (nominal, identified)
    ]
    axis.bar(rows - 0.2, means[0], 0.4, color=NOMINAL, label="nominal")
    axis.bar(rows + 0.2, means[1], 0.4, color=FOUND, label="identified")
    labels = [name.removesuffix("_joint").replace("_", " ") for name in names]
    axis.set_xticks(rows, labels, rotation=90, fontsize=7)
    axis.set_ylabel("held-out error [mrad]")
    axis.set_yscale("log")
    axis.legend()
    return figure


def _predictions(held_out: Sequence[HeldOut]) -> Any:
    """Plot measured and predicted positions of the joints that were worst before."""
    worst = sorted(
        (
            (one.error(one.nominal, column), place, column)
            for place, one in enumerate(held_out)
            for column in one.window.moved
        ),
        reverse=True,
    )[:JOINTS_SHOWN]
    figure, axes = _figure(len(worst) or 1, 1, 11.0, 1.7 * (len(worst) or 1))
    for axis, (_, place, column) in zip(axes[:, 0], worst, strict=False):
        one = held_out[place]
        time = one.window.time - one.window.time[0]
        for values, color, width, word in (
            (one.window.pos, MEASURED, 3.0, "measured"),
            (one.nominal.pos, NOMINAL, 0.9, "nominal"),
            (one.identified.pos, FOUND, 0.9, "identified"),
        ):
            axis.plot(time, values[:, column], color=color, linewidth=width, label=word)
        joint = one.window.joints[column].removesuffix("_joint").replace("_", " ")
        axis.set_ylabel(f"{joint}\n[rad]", fontsize=8)
    axes[0, 0].legend(ncols=3, fontsize=8)
    axes[-1, 0].set_xlabel("time since the start of the held-out sweep [s]")
    return figure


def _png(figure: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _page(
    found: IdentifiedRobot, outcome: Identified, pictures: dict[str, bytes]
) -> str:
    nominal, identified = outcome.errors()
    images = {
        name: f'<img alt="{name}" src="data:image/png;base64,'
        f'{b64encode(data).decode()}">'
        for name, data in pictures.items()
    }
    costs = ", ".join(f"{part}: {cost:.2f}" for part, cost in outcome.costs.items())
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Identified: {escape(found.source)}</title>
<style>{STYLE}</style>
<h1>{escape(found.robot)}, identified from {escape(found.source)}</h1>
<p class="figure">Held-out error {1e3 * nominal:.2f} &rarr;
{1e3 * identified:.2f} mrad, {nominal / max(identified, 1e-12):.1f} times less</p>
<p>Positions of joints in sweeps that no fit has seen, predicted from the commands
alone: with nominal parameters, and with the identified ones.</p>
{images["errors"]}
{_weight(outcome)}
<h2>Parameters</h2>
<p>Dots with 95 % intervals; the red line is the nominal robot.</p>
{images["parameters"]}
<h2>Predictions</h2>
<p>The {JOINTS_SHOWN} joints that the nominal robot predicts worst.</p>
{images["predictions"]}
<h2>All values</h2>
<table><tr><th>parameter</th><th>of</th><th>nominal</th><th>value</th>
<th>95 % interval</th></tr>
{_rows(found)}
</table>
<p>Mean squared residuals, in units of what readings scatter by: {escape(costs)}.
Near 1 the model explains all but the noise.</p>
</html>
"""


def _weight(outcome: Identified) -> str:
    """Say what the legs carried on the ground, where they did."""
    return "\n".join(
        f"<p>Squatting, the legs feel {after.felt:.1f} kg of {after.expected:.1f} kg "
        f"({after.error:+.1%}); with nominal parameters it were {before.error:+.1%}."
        "</p>"
        for before, after in outcome.weighed
    )


def _rows(found: IdentifiedRobot) -> str:
    rows = []
    for field, entry in found.parameters.items():
        named = {"": entry} if isinstance(entry, Estimate) else entry
        for key, estimate in named.items():
            rows.append(_row(field, key, estimate))
    return "\n".join(rows)


def _row(field: str, key: str, estimate: Estimate) -> str:
    cells = [field, key, f"{KINDS[field].neutral:g}"]
    if estimate.identifiable:
        cells += [_numbers(estimate.value), _numbers(estimate.interval)]
        return "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>"
    cells += ["nominal", f"not identifiable: {estimate.reason}"]
    inner = "".join(f"<td>{escape(c)}</td>" for c in cells)
    return f'<tr class="not">{inner}</tr>'


def _numbers(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_numbers(one) for one in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
