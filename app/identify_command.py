"""Carry out `praxis identify record`, `fit` and `show`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.identify_finished import FinishedFile
from app.report import check_writable
from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.chosen_robot import choose_robot
from sim2real.identification.excitation import plan_excitation
from sim2real.identification.identify import Identified, identify
from sim2real.identification.log_checks import Source, read_source
from sim2real.identification.outcome import identified_robot
from sim2real.identification.parts import Each
from sim2real.identification.phases import KEY, phases_as_text
from sim2real.identification.recording import Recorded, record
from sim2real.identified import (
    IDENTIFIED_DIR,
    Estimate,
    IdentifiedRobot,
    load_identified,
    save_identified,
)
from sim2real.robot_log import RobotLogWriter
from sim2real.robot_parameters import KINDS

SIMULATED = "mujoco"
BUFFER_SIZE = 512 * 1024 * 1024  # a simulation is far faster than a disk [bytes]


def record_excitation(
    console: Console,
    *,
    robot: str,
    backend: str,
    parameters: str | None,
    groups: Sequence[str] | None,
    seed: int,
    out: Path,
    size: float = 1.0,
) -> Recorded:
    """Sweep the joints of a robot on a stand, and log it.

    Args:
        console: for the progress.
        robot: name or file.
        backend: name; `mujoco` puts the virtual robot on a stand itself.
        parameters: which very robot, for simulation: `hidden:SEED` or a file.
        groups: of joints; all by default.
        seed: of sweeps and noise.
        out: the log.
        size: of the swings, as a share of the largest.

    Raises:
        ConfigError: if something of this does not exist, or cannot be written.
    """
    config = load_robot(robot)
    options: dict[str, Any] = {}
    if parameters is not None:
        if backend != SIMULATED:
            raise ConfigError(
                f"--parameters {parameters} is for the {SIMULATED} backend, not for "
                f"{backend}, which has the parameters that it has. Drop it."
            )
        options["parameters"] = choose_robot(parameters, config)
    plan = plan_excitation(config, seed=seed, groups=groups, size=size)
    check_writable(out)
    there = make_backend(backend, config, load_scene("empty"), **options)
    metadata = {
        KEY: phases_as_text(plan.phases),
        "task": "identify record",
        "backend": backend,
        "seed": seed,
    }
    try:
        state = there.reset(seed)
        if backend == SIMULATED:
            from sim2real.mujoco_hoist import hoist

            hoist(cast(Any, there).model, config)
        with (
            RobotLogWriter(
                out,
                config,
                metadata,
                control_dt=there.control_dt,
                buffer_size=BUFFER_SIZE,
            ) as writer,
            _progress(console) as bar,
        ):
            task = bar.add_task("sweeping", total=1.0)
            return record(
                there,
                plan,
                writer,
                state=state,
                progress=lambda done: bar.update(task, completed=done),
            )
    finally:
        there.close()


def fit_logs(
    console: Console,
    logs: Sequence[Path],
    *,
    robot: str,
    each: Each,
    gains: bool,
    out: Path | None,
    report: Path | None,
    fresh: bool = False,
) -> Path:
    """Identify a robot from logs; write the file and the report; print the table.

    Args:
        console: for progress and table.
        logs: of `praxis identify record`.
        robot: name or file.
        each: whether the joints of a limb share armature, friction and strength.
        gains: whether the gains of the drives are sought, too.
        out: the file; configs/identified/NAME.yaml, after the log, by default.
        report: folder of the report; none if None.
        fresh: forget what an interrupted fit of the same logs has found.

    Returns:
        the file that was written.

    Raises:
        ConfigError: if a log cannot be used; nothing is fitted then.
    """
    config = load_robot(robot)
    path = out or IDENTIFIED_DIR / f"{logs[0].stem}.yaml"
    check_writable(path)
    sources = [read_source(log, config) for log in logs]
    finished = FinishedFile(
        path.with_suffix(".partial.json"), logs, {"each": each, "gains": gains}
    )
    if fresh:
        finished.remove()
    outcome = run_fit(console, config, sources, each, gains, finished)
    source = ", ".join(log.name for log in logs)
    found = identified_robot(config, outcome, source=source)
    save_identified(path, found)
    finished.remove()
    console.print(table_of(found))
    nominal, identified = outcome.errors()
    console.print(
        f"held-out joint positions: {1e3 * nominal:.2f} mrad with nominal parameters, "
        f"{1e3 * identified:.2f} mrad with these ({nominal / identified:.1f} times "
        f"less)",
        highlight=False,
    )
    console.print(f"written to {path}", highlight=False, soft_wrap=True)
    if report is not None:
        from app.identify_report import write_report

        page = write_report(report, found, outcome)
        console.print(f"report: {page}", highlight=False, soft_wrap=True)
    return path


def run_fit(
    console: Console,
    robot: RobotConfig,
    sources: Sequence[Source],
    each: Each,
    gains: bool,
    finished: FinishedFile | None = None,
) -> Identified:
    """Identify with a progress line; what it finds of a part is kept at once."""
    with _progress(console) as bar:
        task = bar.add_task("reading the logs", total=None)

        def tell(part: str, iteration: int, cost: float) -> None:
            bar.update(
                task, description=f"{part}: iteration {iteration}, cost {cost:.3f}"
            )

        return identify(
            robot, sources, each=each, gains=gains, tell=tell, finished=finished
        )


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


def _progress(console: Console) -> Progress:
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn()]
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
