"""Which engine moves the robots that learn: batched MuJoCo or Isaac Lab."""

from __future__ import annotations

import os
from dataclasses import dataclass

from configs.loader import ConfigError
from configs.schema import RobotConfig
from configs.training_schema import (
    AdaptiveLegTrainingConfig,
    HandTrainingConfig,
    LegTrainingConfig,
)
from sim2real.isaaclab.installed import require_isaaclab
from skills.training.adaptive_env import AdaptiveLegEnv
from skills.training.hand_env import HandEnv
from skills.training.leg_env import LegEnv
from skills.training.place_env import PlaceEnv
from skills.training.train import TrainingEnv

ENGINES = ("mujoco", "isaaclab")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where the physics of a training runs."""

    name: str = "mujoco"
    device: str = "cpu"  # of Isaac Lab and of the learner
    physics: str | None = None  # Isaac Lab's: newton, physx, or what is installed

    def check(self) -> None:
        """Raise a ConfigError if there is no such engine here."""
        if self.name not in ENGINES:
            raise ConfigError(
                f"unknown engine '{self.name}'. Known: {', '.join(ENGINES)}."
            )
        if self.name == "isaaclab":
            require_isaaclab()
        elif self.device != "cpu" or self.physics is not None:
            raise ConfigError(
                "--device and --physics are for --engine isaaclab; MuJoCo trains on "
                "the CPU. Drop them, or add --engine isaaclab."
            )


def make_env(
    robot: RobotConfig,
    config: LegTrainingConfig | HandTrainingConfig,
    engine: Engine,
    workers: int = 1,
) -> TrainingEnv:
    """Return the environments that a config describes.

    Args:
        robot: the robot.
        config: of the training.
        engine: where they are simulated.
        workers: processes that do the same; their steps count together.
    """
    env = _make_env(robot, config, engine)
    env.task.copies = workers
    return env


def _make_env(
    robot: RobotConfig,
    config: LegTrainingConfig | HandTrainingConfig,
    engine: Engine,
) -> TrainingEnv:
    if engine.name == "isaaclab":
        if isinstance(config, AdaptiveLegTrainingConfig):
            raise ConfigError(
                f"{config.skill} is trained on MuJoCo only; drop --engine isaaclab."
            )
        from skills.training.isaaclab_train import isaaclab_robots

        return isaaclab_robots(robot, config, engine.device, engine.physics)
    threads = max(1, os.cpu_count() or 1)
    if isinstance(config, AdaptiveLegTrainingConfig):
        return AdaptiveLegEnv(robot, config, threads)
    if isinstance(config, LegTrainingConfig):
        return LegEnv(robot, config, threads)
    if config.skill == "manipulate":
        return PlaceEnv(robot, config, threads)
    return HandEnv(robot, config, threads)
