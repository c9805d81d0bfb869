"""Measure walk and balance on the whole robot: tracking, pushes, cost, drift."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.mujoco_model import CONTROL_DT
from sim2real.robot_parameters import RobotParameters
from skills.balance import Balance
from skills.locomotion import GAIT_PERIOD_S
from skills.policy import Policy
from skills.training.leg_models import wild_arm_pose
from skills.training.trial import Command, Legs, LegTrial, Sample

Array = NDArray[np.float64]
Report = Callable[[str], None]

GAIT_TICKS = round(GAIT_PERIOD_S / CONTROL_DT)
COMMAND_BOX = ((-0.5, 1.0), (-0.3, 0.3), (-0.5, 0.5))
PUSH_DIRECTIONS = tuple(i * pi / 4 for i in range(8))


def evaluate_walk(
    robot: RobotConfig,
    policy: Policy,
    *,
    seed: int,
    minutes: float,
    report: Report = print,
    parameters: RobotParameters | None = None,
) -> dict[str, Any]:
    """Return tracking, pushes and cost of transport of a velocity policy.

    Args:
        robot: the robot.
        policy: the walk policy.
        seed: of the commands.
        minutes: how long to walk random commands, 5 s each.
        report: told how far the evaluation is.
        parameters: how this very robot differs from the nominal one.
    """
    backend = MujocoBackend(robot, load_scene("empty"), parameters=parameters)
    return {
        "tracking": _tracking(robot, backend, policy, seed, minutes, report),
        "pushes": push_survival(robot, backend, policy, report),
        "cost_of_transport": _cost(robot, backend, policy, report),
    }


def _tracking(
    robot: RobotConfig,
    backend: MujocoBackend,
    policy: Policy,
    seed: int,
    minutes: float,
    report: Report,
) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    trial = LegTrial(robot, backend, policy, seed)
    linear, turning, falls, samples_all = [], [], 0, 0
    count = round(minutes * 60 / 5.0)
    for number in range(count):
        vx, vy, wz = (float(rng.uniform(*box)) for box in COMMAND_BOX)
        samples = trial.run(5.0, (vx, vy, wz))
        samples_all += len(samples)
        if samples[-1].fallen:
            falls += 1
            trial = LegTrial(robot, backend, policy, seed + number)
            continue
        settled = smooth(np.array([s.velocity for s in samples]))[-100:]
        error = np.abs(settled - np.array([vx, vy, wz]))
        linear.append(np.hypot(error[:, 0], error[:, 1]).mean())
        turning.append(error[:, 2].mean())
        if number % 20 == 19:
            report(f"tracking: {number + 1} of {count} commands, {falls} falls")
    return {
        "commands": count,
        "minutes": round(samples_all * CONTROL_DT / 60, 2),
        "falls": falls,
        "velocity_error_m_s": _mean(linear),
        "turn_error_rad_s": _mean(turning),
    }


def push_survival(
    robot: RobotConfig,
    backend: MujocoBackend,
    legs: Legs,
    report: Report,
    *,
    speeds: tuple[float, ...] = (0.8, 1.0, 1.2),
    walking: bool = True,
) -> dict[str, Any]:
    """Return how many sudden velocity changes are survived, by size and gait."""
    gaits: dict[str, Command] = {"standing": (0.0, 0.0, 0.0)}
    if walking:
        gaits["walking"] = (0.5, 0.0, 0.0)
    result: dict[str, Any] = {}
    for name, command in gaits.items():
        for speed in speeds:
            survived = sum(
                _survives(robot, backend, legs, command, speed, direction, wait)
                for direction in PUSH_DIRECTIONS
                for wait in (3.0, 3.2, 3.4, 3.6)
            )
            key = f"{name}_{speed:.1f}_m_s"
            result[key] = {"survived": survived, "of": 4 * len(PUSH_DIRECTIONS)}
            report(f"pushes: {key} {survived} of {4 * len(PUSH_DIRECTIONS)}")
    return result


def _survives(
    robot: RobotConfig,
    backend: MujocoBackend,
    legs: Legs,
    command: Command,
    speed: float,
    direction: float,
    wait: float,
) -> bool:
    trial = LegTrial(robot, backend, legs, 0)
    if trial.run(wait, command)[-1].fallen:
        return False
    trial.push(speed, direction)
    return not trial.run(5.0, command)[-1].fallen


def _cost(
    robot: RobotConfig, backend: MujocoBackend, policy: Policy, report: Report
) -> dict[str, float | None]:
    result: dict[str, float | None] = {}
    for speed in (0.5, 0.75, 1.0):
        trial = LegTrial(robot, backend, policy, 0)
        samples = trial.run(12.0, (speed, 0.0, 0.0))[200:]
        if not samples or samples[-1].fallen:
            result[f"at_{speed:.2f}_m_s"] = None
            continue
        weight = float(backend.model.body_mass.sum()) * 9.81
        way = samples[-1].base_pos_w[:2] - samples[0].base_pos_w[:2]
        mean_speed = float(np.hypot(*way)) / (len(samples) * CONTROL_DT)
        power = float(np.mean([s.power for s in samples]))
        result[f"at_{speed:.2f}_m_s"] = round(power / weight / mean_speed, 3)
    report(f"cost of transport: {result}")
    return result


def evaluate_balance(
    robot: RobotConfig,
    balance: Balance,
    *,
    seed: int,
    episodes: int,
    report: Report = print,
    parameters: RobotParameters | None = None,
) -> dict[str, Any]:
    """Return how balance bears moving arms with 1 kg in one hand, and pushes.

    Both arms move to random poses at up to 2 rad/s for 60 s.
    """
    stayed, drifts, stepped = 0, [], 0
    for number in range(episodes):
        side = "left" if number % 2 else "right"
        backend = MujocoBackend(
            robot, load_scene("empty"), payload={side: 1.0}, parameters=parameters
        )
        rng = np.random.default_rng([seed, number])
        trial = LegTrial(robot, backend, balance, seed + number)
        arms = ArmMotion(robot, rng)
        samples: list[Sample] = []
        steps = False
        for _ in range(round(60.0 / CONTROL_DT)):
            trial.target = arms.step(trial.target, CONTROL_DT)
            samples.append(trial.step((0.0, 0.0, 0.0)))
            steps = steps or balance.stepping
            if samples[-1].fallen:
                break
        stepped += steps
        if samples[-1].fallen:
            told = f"fell after {samples[-1].time:.1f} s"
        else:
            stayed += 1
            drifts.append(feet_drift(samples))
            told = f"the feet drifted {drifts[-1]:.3f} m"
        report(f"arms: {number + 1} of {episodes}, {stayed} stayed up; {told}")
    backend = MujocoBackend(robot, load_scene("empty"), parameters=parameters)
    return {
        "moving_arms": {
            "episodes": episodes,
            "stayed_up": stayed,
            "stepped": stepped,
            "feet_drift_median_m": _median(drifts),
            "feet_drift_largest_m": round(max(drifts), 4) if drifts else None,
            "share_with_drift_below_10_cm": round(
                sum(d < 0.10 for d in drifts) / episodes, 3
            ),
        },
        "pushes": push_survival(robot, backend, balance, report, walking=False),
    }


class ArmMotion:
    """Moves both arms from one random pose to the next."""

    def __init__(self, robot: RobotConfig, rng: np.random.Generator) -> None:
        """Take the generator that draws poses and speeds."""
        self._robot = robot
        self._rng = rng
        names = robot.joints_of("left_arm", "right_arm")
        self._index = [robot.joint_names.index(name) for name in names]
        self._names = names
        self._goal = robot.default_joint_pos[self._index]
        self._speed = 1.0
        self._left = 0.0

    def step(self, target: Array, dt: float) -> Array:
        """Return the targets for the next tick."""
        self._left -= dt
        if self._left <= 0.0:
            pose = wild_arm_pose(self._robot, self._rng)
            self._goal = np.array([pose[name] for name in self._names])
            self._speed = float(self._rng.uniform(0.5, 2.0))
            self._left = float(self._rng.uniform(0.5, 2.0))
        moved = target.copy()
        limit = self._speed * dt
        step = np.clip(self._goal - target[self._index], -limit, limit)
        moved[self._index] += step
        return moved


def feet_drift(samples: list[Sample]) -> float:
    """Return the farthest that a sole gets from where it stood after half a second."""
    feet = np.array([s.feet_w[:, :2] for s in samples])[25:]
    return float(np.linalg.norm(feet - feet[0], axis=-1).max())


def smooth(values: Array) -> Array:
    """Return the running mean over one gait period, (T, k) to (T - period + 1, k)."""
    kernel = np.ones(GAIT_TICKS) / GAIT_TICKS
    columns = [np.convolve(column, kernel, mode="valid") for column in values.T]
    return np.stack(columns, axis=-1)


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 4) if values else None


def _mean(values: list[Any]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
