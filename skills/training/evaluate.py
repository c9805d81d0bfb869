"""`praxis evaluate`: measure one skill on the whole robot and write the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from sim2real.chosen_robot import choose_robot
from sim2real.robot_parameters import RobotParameters
from skills.balance import Balance
from skills.library import ADAPTIVE, WIDE, make_skills, policy_path
from skills.policy import Policy, PolicyMismatch
from skills.training.evaluate_legs import evaluate_balance, evaluate_walk
from skills.training.evaluate_skills import (
    evaluate_arrival,
    evaluate_grasp,
    evaluate_place,
)

Report = Callable[[str], None]


def evaluate_skill(
    skill: str,
    *,
    episodes: int | None,
    seed: int,
    json_path: Path | None,
    console: Console,
    policy_dir: Path | None = None,
    robot_parameters: str | None = None,
) -> dict[str, Any]:
    """Measure a skill's policy, print the figures, and write them to a JSON file.

    Args:
        skill: walk, balance, grasp or manipulate; `arrival` measures walk in a task.
        episodes: how many; for walk it is minutes of random commands.
        seed: of the first episode.
        json_path: the report; beside the policy if not given.
        console: for progress.
        policy_dir: where the policies lie, if not where Praxis has its own.
        robot_parameters: which very robot, as of `choose_robot`; its figures are only
            written where `json_path` says.

    Raises:
        ConfigError: for a skill that cannot be evaluated, no episode, or no such robot.
        PolicyMismatch: if a policy is missing or does not fit.
    """
    if skill not in EVALUATIONS:
        raise ConfigError(
            f"there is no skill '{skill}' to evaluate "
            f"(known: {', '.join(EVALUATIONS)})."
        )
    usual, measure = EVALUATIONS[skill]
    count = usual if episodes is None else episodes
    if count < 1:
        raise ConfigError(f"evaluate {skill}: expected 1 episode or more, got {count}.")
    robot = load_robot()
    parameters = choose_robot(robot_parameters, robot)

    def report(line: str) -> None:
        console.print(line, highlight=False)

    result = {
        "skill": skill,
        "robot": robot.name,
        "revision": robot.revision,
        "seed": seed,
        **({"robot_parameters": robot_parameters} if robot_parameters else {}),
        **measure(robot, policy_dir, seed, count, report, parameters),
    }
    if robot_parameters is not None and json_path is None:
        console.print(json.dumps(_brief(result), indent=1), highlight=False)
        return result
    own = policy_path("walk" if skill == "arrival" else skill, policy_dir)
    path = json_path or own.with_name(f"{skill}.evaluation.json")
    text = json.dumps(result, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    console.print(f"report: {path}")
    return result


def _brief(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key != "records"}


def _walk(
    robot: RobotConfig,
    folder: Path | None,
    seed: int,
    count: int,
    report: Report,
    parameters: RobotParameters | None,
    skill: str = "walk",
) -> dict[str, Any]:
    policy = Policy.load(policy_path(skill, folder), robot)
    return evaluate_walk(
        robot, policy, seed=seed, minutes=count, report=report, parameters=parameters
    )


def _balance(
    robot: RobotConfig,
    folder: Path | None,
    seed: int,
    count: int,
    report: Report,
    parameters: RobotParameters | None,
) -> dict[str, Any]:
    balance = make_skills(robot, folder)["balance"]
    assert isinstance(balance, Balance)
    return evaluate_balance(
        robot, balance, seed=seed, episodes=count, report=report, parameters=parameters
    )


def _arrival(
    robot: RobotConfig,
    folder: Path | None,
    seed: int,
    count: int,
    report: Report,
    parameters: RobotParameters | None,
) -> dict[str, Any]:
    skills = make_skills(robot, folder)
    return evaluate_arrival(
        robot, skills, seed=seed, episodes=count, report=report, parameters=parameters
    )


def _grasp(
    robot: RobotConfig,
    folder: Path | None,
    seed: int,
    count: int,
    report: Report,
    parameters: RobotParameters | None,
) -> dict[str, Any]:
    skills = make_skills(robot, folder)
    return evaluate_grasp(
        robot, skills, seed=seed, episodes=count, report=report, parameters=parameters
    )


def _place(
    robot: RobotConfig,
    folder: Path | None,
    seed: int,
    count: int,
    report: Report,
    parameters: RobotParameters | None,
) -> dict[str, Any]:
    skills = make_skills(robot, folder)
    return evaluate_place(
        robot, skills, seed=seed, episodes=count, report=report, parameters=parameters
    )


Measure = Callable[
    [RobotConfig, Path | None, int, int, Report, RobotParameters | None],
    dict[str, Any],
]

EVALUATIONS: dict[str, tuple[int, Measure]] = {
    "walk": (10, _walk),
    "balance": (100, _balance),
    "arrival": (100, _arrival),
    "grasp": (100, _grasp),
    "manipulate": (100, _place),
    "walk_wide": (10, partial(_walk, skill="walk_wide")),
    "walk_adaptive": (10, partial(_walk, skill="walk_adaptive")),
}
"""For each skill how many episodes are usual (minutes for walk), and the measure."""


def main() -> None:
    """Measure every policy that ships and rewrite the reports beside them."""
    console = Console()
    for skill in EVALUATIONS:
        if skill.endswith((ADAPTIVE, WIDE)) and not policy_path(skill).is_file():
            continue  # not every skill has one
        console.rule(skill)
        try:
            evaluate_skill(
                skill, episodes=None, seed=0, json_path=None, console=console
            )
        except PolicyMismatch as error:
            sys.exit(f"praxis: {error}")


if __name__ == "__main__":
    main()
