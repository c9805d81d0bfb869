"""Carry out `praxis replay`: tell where a recorded run would go otherwise today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.build import guard_config
from app.records.divergence import ORDER, Divergence, Tallies, Tally
from app.records.replay import Replay
from app.report import write_json
from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.adaptation.choice import make_adapter
from sim2real.adaptation.known_file import known_in
from sim2real.guard import Guard
from sim2real.robot_log import LogFault, RobotLog, read_robot_log
from sim2real.robot_log.file_contents import read_metadata
from sim2real.safety import SafetyFilter
from skills.library import CONTROL_DT, make_skills
from skills.runner import SkillRunner

EQUAL, DIFFERENT = 0, 1  # exit codes
ADAPTIVE_KINDS = ("module", "all")  # of adaptation, whose policies adapt
TOLERANCE = 1e-5  # as golden pairs have it


def show_replay(
    bag: Path,
    console: Console,
    *,
    robot: str | None = None,
    policies: Path | None = None,
    tolerance: float = TOLERANCE,
    partial: bool = False,
    output: Path | None = None,
) -> int:
    """Replay a log, print what differs, and return the exit code.

    Args:
        bag: the log.
        console: for the table.
        robot: name or file of the robot; that of the log if None.
        policies: folder of the policies to try, if not those that ship.
        tolerance: what two numbers may differ by, relative to those above 1.
        partial: use what could be read of a log that breaks off.
        output: JSON file for the findings.

    Raises:
        ConfigError: if the log or the robot cannot be used.
        PolicyMismatch: if a policy is missing or does not fit the robot.
    """
    if not tolerance >= 0.0:
        raise ConfigError(f"--tolerance {tolerance}: expected 0 or more.")
    metadata = read_metadata(bag)
    config = load_robot(robot or _robot_of(bag, metadata))
    tolerate = (LogFault.TRUNCATED, LogFault.NOT_FINITE) if partial else ()
    log = read_robot_log(bag, config, tolerate=tolerate)
    log.need("imu", "odometry", "commands", "policy_steps")
    replay = _replay(log, config, policies, tolerance)
    tallies = replay.run()
    if not replay.ticks:
        raise ConfigError(
            f"{bag}: no command has the stamp of a joint state, so nobody knows what "
            "it answered. Record with `--log`, or stamp commands so."
        )
    _tell(console, bag, replay, metadata)
    if log.dropped:
        _say(
            console,
            f"the log lacks {log.dropped} messages that its disk was too slow for: "
            "differences may come from that",
            "yellow",
        )
    if output is not None:
        write_json(output, _findings(bag, replay, metadata))
    return EQUAL if tallies.first is None else DIFFERENT


def _replay(
    log: RobotLog, robot: RobotConfig, policies: Path | None, tolerance: float
) -> Replay:
    """Put together what the run was made of, as far as its log tells."""
    adapt = log.metadata.get("adapt", "none")
    dt = log.control_dt or CONTROL_DT
    skills = make_skills(robot, policies, adaptive=adapt in ADAPTIVE_KINDS)
    guard = Guard(robot, dt, guard_config(log.metadata.get("backend", "ros2")))
    known = known_in(log.metadata.get("identified", ""), robot)
    try:
        adapter = make_adapter(adapt, robot, dt, identified=known)
    except ValueError as error:
        raise ConfigError(f"{log.path}: its adaptation: {error}.") from None
    return Replay(
        log,
        robot,
        SkillRunner(robot, skills),
        safety=SafetyFilter(robot, dt, guard=guard),
        adapter=adapter,
        tolerance=tolerance,
    )


def _robot_of(bag: Path, metadata: Mapping[str, str]) -> str:
    if "robot" not in metadata:
        raise ConfigError(
            f"{bag}: does not say of which robot it is; it was not written by Praxis. "
            "Name the robot: --robot g1_dex3."
        )
    return metadata["robot"]


def _tell(
    console: Console, bag: Path, replay: Replay, metadata: Mapping[str, str]
) -> None:
    tallies = replay.tallies
    task = metadata.get("task", "unknown task")
    _say(
        console,
        f"{bag}: {task}; {replay.ticks} ticks, {replay.steps} policy steps, "
        f"{tallies.compared} numbers compared",
    )
    if tallies.first is None:
        _say(console, f"all equal within {tallies.tolerance:g}", "green")
        return
    console.print(_table(tallies))
    _say(console, f"first difference: {_sentence(tallies.first)}", "red")


def _sentence(found: Divergence) -> str:
    place = found.place
    where = f"tick {found.tick} ({found.time:.2f} s), {place.policy}"
    if place.quantity == ORDER:
        return f"{where}: {found.text}"
    return (
        f"{where}, {place.quantity}, {place.term}, {place.part}: recorded "
        f"{found.recorded:.6g}, computed {found.computed:.6g}, allowed "
        f"{found.allowed:.1e}"
    )


def _table(tallies: Tallies) -> Table:
    table = Table(title="what differs, in the order in which it began")
    for column in ("policy", "what", "term", "first tick", "ticks", "worst", "at"):
        table.add_column(column)
    for tally in tallies.by_term.values():
        table.add_row(*_row(tally))
    return table


def _row(tally: Tally) -> tuple[str, ...]:
    place, worst = tally.first.place, tally.worst
    apart = "" if place.quantity == ORDER else f"{worst.apart:.2e}"
    return (
        place.policy,
        place.quantity,
        place.term,
        str(tally.first.tick),
        str(tally.ticks),
        apart,
        worst.place.part,
    )


def _findings(bag: Path, replay: Replay, metadata: Mapping[str, str]) -> dict[str, Any]:
    tallies = replay.tallies
    return {
        "log": str(bag),
        "task": metadata.get("task"),
        "robot": metadata.get("robot"),
        "equal": tallies.first is None,
        "tolerance": tallies.tolerance,
        "ticks": replay.ticks,
        "policy_steps": replay.steps,
        "numbers": tallies.compared,
        "differences": [
            {
                "ticks": tally.ticks,
                "first": _plain(tally.first),
                "worst": _plain(tally.worst),
            }
            for tally in tallies.by_term.values()
        ],
    }


def _plain(found: Divergence) -> dict[str, Any]:
    """Return a divergence for JSON, which knows no number that is none."""
    data = {**asdict(found), **asdict(found.place)}
    del data["place"]
    return {key: None if value != value else value for key, value in data.items()}


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
