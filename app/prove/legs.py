"""Walking and pushes, as `praxis prove` measures them on a hidden robot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.prove.stages import Method
from app.prove.tasks import Result
from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.adaptation.adapted_backend import AdaptedBackend
from sim2real.adaptation.calibrated_backend import calibrated
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import BackendError
from sim2real.robot_parameters import RobotParameters
from skills.balance import Balance
from skills.contract import Snapshot
from skills.library import make_skills
from skills.policy import Policy
from skills.training.evaluate_legs import COMMAND_BOX, PUSH_DIRECTIONS, smooth
from skills.training.trial import Command, LegTrial, heading_velocity
from skills.velocity_tracking import VelocityTracking

STAND_S = 2.0  # before the first command, as a robot that was just switched on [s]
COMMANDS, COMMAND_S = 10, 5.0
SETTLED = 100  # the last ticks of a command, which count
PUSH_SPEED, PUSH_WAIT_S, PUSH_AFTER_S = 0.8, 3.0, 4.0  # [m/s], [s], [s]


def walking(
    robot: RobotConfig, parameters: RobotParameters, method: Method, seed: int
) -> Result:
    """Walk random commands from a standing start.

    The error is that of the settled velocity [m/s] and turn rate [rad/s], over all
    commands; a command during which the robot falls counts as if it had not moved.
    """
    backend = _adapted(robot, parameters, method)
    policy = Policy.load(method.walk, robot)
    tracking = VelocityTracking(backend.control_dt)
    rng = np.random.default_rng([seed, 6])
    linear, turning, falls = [], [], 0
    trial: LegTrial | None = None
    for number in range(COMMANDS):
        vx, vy, wz = (float(rng.uniform(*box)) for box in COMMAND_BOX)
        if trial is None:
            trial = LegTrial(robot, backend, policy, 1000 * seed + number)
            trial.run(STAND_S, (0.0, 0.0, 0.0))
        velocity = _walked(trial, backend, tracking, (vx, vy, wz))
        if velocity is None:
            falls, trial = falls + 1, None
            linear.append(float(np.hypot(vx, vy)))
            turning.append(abs(wz))
            continue
        error = np.abs(velocity - np.array([vx, vy, wz]))
        linear.append(float(np.hypot(error[:, 0], error[:, 1]).mean()))
        turning.append(float(error[:, 2].mean()))
    return {
        "commands": COMMANDS,
        "falls": falls,
        "velocity_error_m_s": round(float(np.mean(linear)), 4),
        "turn_error_rad_s": round(float(np.mean(turning)), 4),
    }


def _walked(
    trial: LegTrial, backend: Any, tracking: VelocityTracking, command: Command
) -> NDArray[np.float64] | None:
    """Return the true settled velocities (100, 3), or None if it fell."""
    velocities = []
    for _ in range(round(COMMAND_S / backend.control_dt)):
        known = backend.adapter.estimate()
        snapshot = Snapshot(state=trial.state, objects={}, adaptation=known)
        try:
            sample = trial.step(tracking.correct(command, snapshot))
        except BackendError:
            return None
        velocities.append(heading_velocity(backend.true_state()))
        if sample.fallen:
            return None
    return smooth(np.array(velocities))[-SETTLED:]


def pushes(
    robot: RobotConfig, parameters: RobotParameters, method: Method, seed: int
) -> Result:
    """Push the standing robot from eight sides; it may step."""
    balance = make_skills(
        robot, method.policies, adaptive=method.adaptive, files=method.files
    )["balance"]
    assert isinstance(balance, Balance)
    backend = _adapted(robot, parameters, method)
    falls = 0
    for number, direction in enumerate(PUSH_DIRECTIONS):
        trial = LegTrial(robot, backend, balance, 1000 * seed + number)
        try:
            stood = not trial.run(PUSH_WAIT_S, (0.0, 0.0, 0.0))[-1].fallen
            if stood:
                trial.push(PUSH_SPEED, direction)
                stood = not trial.run(PUSH_AFTER_S, (0.0, 0.0, 0.0))[-1].fallen
        except BackendError:
            stood = False
        falls += not stood
    return {"pushes": len(PUSH_DIRECTIONS), "falls": falls}


def _adapted(robot: RobotConfig, parameters: RobotParameters, method: Method) -> Any:
    backend = MujocoBackend(robot, load_scene("empty"), parameters=parameters)
    return AdaptedBackend(calibrated(backend, method.known), method.adapter)
