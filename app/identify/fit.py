"""Carry out `praxis identify fit`: from logs to a file of what a robot is like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from app.identify.finished import FinishedFile
from app.identify.progress import progress_on
from app.identify.show import table_of
from app.report import check_writable
from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.identification.identify import Identified, identify
from sim2real.identification.log_checks import Source, read_source
from sim2real.identification.outcome import identified_robot
from sim2real.identification.parts import Each
from sim2real.identified import IDENTIFIED_DIR, save_identified


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
    for before, after in outcome.weighed:
        console.print(
            f"squats: the legs feel {before.felt:.1f} of {before.expected:.1f} kg with "
            f"nominal parameters ({before.error:+.1%}), {after.felt:.1f} of "
            f"{after.expected:.1f} kg with these ({after.error:+.1%})",
            highlight=False,
        )
    console.print(f"written to {path}", highlight=False, soft_wrap=True)
    if report is not None:
        from app.identify.report import write_report

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
    with progress_on(console) as bar:
        task = bar.add_task("reading the logs", total=None)

        def tell(part: str, iteration: int, cost: float) -> None:
            bar.update(
                task, description=f"{part}: iteration {iteration}, cost {cost:.3f}"
            )

        return identify(
            robot, sources, each=each, gains=gains, tell=tell, finished=finished
        )
