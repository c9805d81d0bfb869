"""Check robot, state stream and policies before anything moves."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.options import RunOptions
from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.robot_checks import Check, check_backend
from skills.library import CONTROL_DT, POLICY_DIR
from skills.policy import Policy
from skills.policy_contract import PolicyMismatch

LEGS = ("walk", "balance")
HANDS = ("grasp", "manipulate")


def show_checks(
    options: RunOptions, console: Console, output: Path | None = None
) -> bool:
    """Print the table of all checks; return whether all passed.

    Args:
        options: robot, scene, backend, policies and seed.
        console: for the table.
        output: JSON file for the same.

    Raises:
        ConfigError: if robot, scene or backend do not exist.
    """
    checks = make_checks(options)
    table = Table(title=f"{options.robot} on {options.backend}, nothing moved")
    for column in ("check", "", "measured"):
        table.add_column(column)
    for check in checks:
        style = "" if check.passed else "red"
        word = "ok" if check.passed else "FAILED"
        table.add_row(check.name, word, check.reason, style=style)
    console.print(table)
    failed = sum(not check.passed for check in checks)
    console.print(
        f"{len(checks) - failed} of {len(checks)} checks passed", highlight=False
    )
    if output is not None:
        rows = [vars(check) for check in checks]
        data = {"robot": options.robot, "backend": options.backend, "checks": rows}
        output.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return not failed


def make_checks(options: RunOptions) -> list[Check]:
    """Check robot and policies; for launch files as well.

    Raises:
        ConfigError: if robot, scene or backend do not exist.
    """
    robot, scene = load_robot(options.robot), load_scene(options.scene)
    checks, _ = check_backend(
        lambda: make_backend(options.backend, robot, scene), options.seed
    )
    return checks + check_policies(robot, options.policies or POLICY_DIR)


def check_policies(robot: RobotConfig, folder: Path) -> list[Check]:
    """Load every policy that the robot's skills need: contract and golden pairs."""
    wanted = LEGS + (HANDS if robot.has_hands else ())
    return [_check_policy(robot, folder / f"{name}.onnx") for name in wanted]


def _check_policy(robot: RobotConfig, path: Path) -> Check:
    name = f"policy {path.stem}"
    if not path.is_file():
        text = f"there is no {path.name} in {path.parent}"
        return Check(name=name, passed=False, reason=text)
    try:
        policy = Policy.load(path, robot, control_dt=CONTROL_DT)
    except PolicyMismatch as error:
        return Check(name=name, passed=False, reason=str(error))
    pairs = policy.contract.golden.count
    text = f"fits {robot.name}, {pairs} golden pairs hold"
    return Check(name=name, passed=True, reason=text)
