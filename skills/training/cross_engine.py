"""The same policies on two engines: walking, standing, pushes, side by side."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from pathlib import Path
from typing import Any, cast

import numpy as np

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.backends.mujoco_backend import MujocoBackend
from skills.balance import Balance
from skills.library import make_skills, policy_path
from skills.policy import Policy
from skills.training.evaluate_legs import feet_drift, smooth
from skills.training.trial import Command, LegTrial, Sample

Report = Callable[[str], None]

STILL: Command = (0.0, 0.0, 0.0)
COMMANDS: tuple[Command, ...] = (
    (0.5, 0.0, 0.0),
    (1.0, 0.0, 0.0),
    (-0.4, 0.0, 0.0),
    (0.3, 0.2, 0.0),
    (0.0, 0.0, 0.5),
)
WALK_S = 10.0  # each command
STAND_S, SHOVE_AT_S, SHOVE = 20.0, 10.0, 0.5  # [s], [s], [m/s]
PUSH = 0.8  # a sudden change of velocity while standing [m/s]
PUSHES = 8  # directions
AFTER_S = 4.0  # after a push


def score_engine(
    name: str, robot: RobotConfig, folder: Path | None, report: Report, **options: Any
) -> dict[str, Any]:
    """Return how the policies do on one engine.

    Args:
        name: of the backend; it has to simulate physics.
        robot: the robot.
        folder: of the policies, if not those that ship.
        report: told how far it is.
        options: of the backend.
    """
    # Every engine shows its world in a MuJoCo model, which is all a trial asks for.
    made = make_backend(name, robot, load_scene("empty"), **options)
    backend = cast(MujocoBackend, made)
    walk = Policy.load(policy_path("walk", folder), robot)
    balance = make_skills(robot, folder)["balance"]
    assert isinstance(balance, Balance)
    try:
        walking = []
        for command in COMMANDS:
            samples = LegTrial(robot, backend, walk, 0).run(WALK_S, command)
            walking.append(_tracked(command, samples))
            report(f"{name}: {walking[-1]}")
        standing = _stand(robot, backend, balance)
        report(f"{name}: {standing}")
        survived = 0
        for number in range(PUSHES):
            trial = LegTrial(robot, backend, balance, 0)
            trial.run(1.0, STILL)
            trial.push(PUSH, 2 * pi * number / PUSHES)
            survived += not trial.run(AFTER_S, STILL)[-1].fallen
        report(f"{name}: {survived} of {PUSHES} pushes of {PUSH} m/s survived")
    finally:
        backend.close()
    return {
        "walking": walking,
        "standing": standing,
        "pushes": {"speed_m_s": PUSH, "survived": survived, "of": PUSHES},
    }


def _tracked(command: Command, samples: list[Sample]) -> dict[str, Any]:
    """Return the errors of the settled part, smoothed over one gait period."""
    fell = samples[-1].fallen
    settled = smooth(np.array([s.velocity for s in samples]))[100:]
    row: dict[str, Any] = {"command": list(command), "seconds": WALK_S, "fell": fell}
    if not fell:
        error = np.abs(settled - np.array(command))
        row["velocity_error_m_s"] = round(float(np.hypot(*error[:, :2].T).mean()), 4)
        row["turn_error_rad_s"] = round(float(error[:, 2].mean()), 4)
    return row


def _stand(
    robot: RobotConfig, backend: MujocoBackend, balance: Balance
) -> dict[str, Any]:
    trial = LegTrial(robot, backend, balance, 0)
    samples = trial.run(SHOVE_AT_S, STILL)
    if not samples[-1].fallen:
        trial.push(SHOVE, 0.0)
        samples += trial.run(STAND_S - SHOVE_AT_S, STILL)
    return {
        "seconds": STAND_S,
        "pushed_m_s": SHOVE,
        "fell": samples[-1].fallen,
        "feet_drift_m": round(feet_drift(samples), 4),
    }
