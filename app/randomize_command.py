"""`praxis randomize show`: what may differ from robot to robot, in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.joint_ranges import JointRanges
from sim2real.randomization import RANGED, Randomization, load_randomization
from sim2real.robot_parameters import JOINT_KINDS, KINDS, Kind

Array = NDArray[np.float64]


PARTS = {
    "legs": ("legs",),
    "waist": ("waist",),
    "arms": ("left_arm", "right_arm"),
    "hands": ("left_hand", "right_hand"),
}
"""Words for joints, and the groups that they stand for."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One range, and what was drawn from it."""

    field: str
    of: str  # joints or group; nothing for the whole robot
    kind: Kind
    low: float
    high: float
    samples: Array  # of all joints and components together, (k,)

    @property
    def unit(self) -> str:
        """Such as ` [kg]`, or nothing."""
        return f" [{self.kind.unit}]" if self.kind.unit else ""


def show_randomization(
    name: str,
    console: Console,
    *,
    robot_name: str,
    seed: int,
    samples: int,
    out: Path | None,
) -> None:
    """Print the ranges and what was drawn from them, and draw a picture.

    Args:
        name: in configs/randomization, or a file.
        console: to print on.
        robot_name: in configs/robots, or a file.
        seed: of the draws.
        samples: how many robots are drawn.
        out: where the picture goes; none if None.

    Raises:
        ConfigError: for a file that cannot be used, no sample, or no matplotlib.
    """
    if samples < 1:
        raise ConfigError(f"--samples {samples}: expected 1 or more.")
    if out is not None:
        _check_matplotlib()
    robot, ranges = load_robot(robot_name), load_randomization(name)
    rows = list(draw_rows(ranges, robot, seed, samples))
    if not rows:
        console.print(f"{name}: nothing differs, every robot is the nominal one.")
        return
    console.print(_table(name, rows, samples, seed))
    if out is not None:
        _draw(name, rows, samples, seed, out)
        console.print(f"picture: {out}", highlight=False, soft_wrap=True)


def draw_rows(
    ranges: Randomization, robot: RobotConfig, seed: int, samples: int
) -> Iterator[Row]:
    """Draw robots and places; yield each range that is not the nominal value."""
    rng = np.random.default_rng(seed)
    robots = [ranges.draw(robot, rng) for _ in range(samples)]
    places = [ranges.draw_surroundings(rng) for _ in range(samples)]
    for field, kind in RANGED.items():
        given = getattr(ranges, field)
        things: Sequence[object] = robots if field in KINDS else places
        drawn = [getattr(thing, field) for thing in things]
        if field in JOINT_KINDS:
            yield from _joint_rows(field, kind, given, robot, np.array(drawn))
        elif given != (kind.neutral, kind.neutral):
            yield Row(
                field=field,
                of="",
                kind=kind,
                low=given[0],
                high=given[1],
                samples=_flat(drawn),
            )


def _joint_rows(
    field: str, kind: Kind, given: JointRanges, robot: RobotConfig, drawn: Array
) -> Iterator[Row]:
    """Yield one row for all joints that share a range; `drawn` is (samples, n)."""
    low, high = given.bounds(robot, field, kind.neutral)
    pairs = list(zip(low.tolist(), high.tolist(), strict=True))
    for pair in dict.fromkeys(pairs):
        if pair == (kind.neutral, kind.neutral):
            continue
        at = [i for i, one in enumerate(pairs) if one == pair]
        yield Row(
            field=field,
            of=_word([robot.joint_names[i] for i in at], robot),
            kind=kind,
            low=pair[0],
            high=pair[1],
            samples=drawn[:, at].ravel(),
        )


def _word(joints: Sequence[str], robot: RobotConfig) -> str:
    """Return a short word for some joints."""
    if len(joints) == len(robot.joint_names):
        return "all"
    held = set(joints)
    words = []
    for word, groups in PARTS.items():
        part = set(robot.joints_of(*groups))
        some = sorted({_place(joint) for joint in part & held})
        if part <= held:
            words.append(word)
        elif len(some) <= 2:
            words += some
        else:
            words.append(f"{len(part & held)} in {word}")
    return ", ".join(words)


def _place(joint: str) -> str:
    """Return the name of a joint without its side."""
    return joint.removeprefix("left_").removeprefix("right_").removesuffix("_joint")


def _flat(drawn: Sequence[object]) -> Array:
    """Return numbers of any shape, or in mappings, as one vector; nothing counts 0."""
    numbers: list[float] = []
    for one in drawn:
        values = list(one.values()) or [0.0] if isinstance(one, Mapping) else one
        numbers += np.ravel(np.asarray(values, dtype=float)).tolist()
    return np.array(numbers)


def _table(name: str, rows: Sequence[Row], samples: int, seed: int) -> Table:
    title = f"{name}: {samples} robots, seed {seed}"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    table.add_column("parameter", no_wrap=True)
    table.add_column("of")
    for heading in ("nominal", "range", "90 % of draws"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        low, high, least, most = (
            _brief(figure, row)
            for figure in (row.low, row.high, *np.percentile(row.samples, [5, 95]))
        )
        neutral = f"{row.kind.neutral:g}"
        span, usual = f"{low} to {high}", f"{least} to {most}"
        table.add_row(escape(f"{row.field}{row.unit}"), row.of, neutral, span, usual)
    return table


def _brief(figure: float, row: Row) -> str:
    """Return a number without digits that mean nothing beside its range."""
    wide = max(row.high - row.low, abs(row.high) / 10, 1e-9)
    step = 10.0 ** (floor(log10(wide)) - 1)
    return f"{round(figure / step) * step:.4g}"


def _check_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigError(
            "--out needs matplotlib, which is not installed. "
            "Install it: pip install 'praxis[train]', or drop --out."
        ) from None


def _draw(name: str, rows: Sequence[Row], samples: int, seed: int, out: Path) -> None:
    """Draw a small histogram for each range, with the nominal value as a line."""
    from matplotlib.figure import Figure

    columns = 5
    lines = -(-len(rows) // columns)
    height = 1.5 * lines + 0.6
    figure = Figure(figsize=(2.6 * columns, height))
    figure.suptitle(f"{name}: {samples} robots, seed {seed}", x=0.01, y=0.99, ha="left")
    figure.subplots_adjust(
        left=0.01,
        right=0.99,
        top=1.0 - 0.65 / height,
        bottom=0.25 / height,
        wspace=0.1,
        hspace=0.65,
    )
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax, row in zip(axes, rows, strict=False):
        span = (row.low, row.high) if row.high > row.low else None
        ax.hist(row.samples, bins=24, range=span, color="#4477aa", alpha=0.85)
        ax.axvline(row.kind.neutral, color="#cc3311", linewidth=1.2)
        ax.set_title(f"{row.field}{row.unit}", fontsize=8, loc="left", pad=3)
        if row.of:
            ax.annotate(
                row.of,
                (0.98, 0.96),
                xycoords="axes fraction",
                ha="right",
                va="top",
                fontsize=7,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none"},
            )
        ax.margins(y=0.3 if row.of else 0.05)
        ax.set_yticks([])
        ax.tick_params(labelsize=7, length=2)
        ax.locator_params(axis="x", nbins=4)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
    for ax in axes[len(rows) :]:
        ax.set_axis_off()
    try:
        figure.savefig(out, dpi=110)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{out}: cannot be written ({error}).") from None
