"""Our skills as tasks of Isaac Lab, for its own train and play commands.

Nothing is registered on import. Isaac Lab's commands for rsl_rl take
`--external_callback skills.training.isaaclab_tasks.register`; any of its scripts can be
run as `python -m skills.training.isaaclab_tasks SCRIPT ARGUMENTS`.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium

from configs.loader import ConfigError
from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.installed import physics_engine
from skills.training.isaaclab_agents import agent_settings, rsl_rl_runner, usual_device
from skills.training.run import TrainingConfig, training_config

ROBOT = "g1_dex3"
TASKS = {
    "Praxis-Walk-G1-v0": "walk",
    "Praxis-Balance-G1-v0": "balance",
    "Praxis-Grasp-G1-v0": "grasp",
    "Praxis-Manipulate-G1-v0": "manipulate",
}
LEGS = "skills.training.isaaclab_env:IsaacLabLegEnv"
HANDS = "skills.training.isaaclab_hand_env:IsaacLabHandEnv"
PRESETS = {"newton_mjwarp": "newton", "physx": "physx"}
"""Isaac Lab's names of the physics engines (`physics=NAME`), and ours."""


def register() -> None:
    """Tell gymnasium of our tasks; those it knows already stay."""
    for task, skill in TASKS.items():
        if task not in gymnasium.registry:
            config, _ = training_config(skill, [])
            legs = isinstance(config, LegTrainingConfig)
            gymnasium.register(
                id=task,
                entry_point=LEGS if legs else HANDS,
                disable_env_checker=True,
                kwargs=entry_points(config),
            )


def entry_points(training: TrainingConfig) -> dict[str, Callable[[], Any]]:
    """Return what makes the settings of a skill, by the names Isaac Lab looks for."""
    return {
        "env_cfg_entry_point": lambda: env_cfg(training),
        "rsl_rl_cfg_entry_point": lambda: rsl_rl_runner(training),
        "skrl_cfg_entry_point": lambda: agent_settings("skrl", training),
        "sb3_cfg_entry_point": lambda: agent_settings("sb3", training),
    }


def env_cfg(training: TrainingConfig) -> Any:
    """Return the environment's settings with a preset for each physics there is."""
    from isaaclab_tasks.utils.hydra import preset

    cfg = _cfg(training, None)
    there = {
        name: _cfg(training, physics).sim.physics
        for name, physics in PRESETS.items()
        if is_installed(physics)
    }
    cfg.sim.physics = preset(default=cfg.sim.physics, **there)
    return cfg


def _cfg(training: TrainingConfig, physics: str | None) -> Any:
    device = usual_device()
    if isinstance(training, LegTrainingConfig):
        from skills.training.isaaclab_env import leg_env_cfg

        return leg_env_cfg(ROBOT, training, physics=physics, device=device)
    from skills.training.isaaclab_hand_env import hand_env_cfg

    return hand_env_cfg(ROBOT, training, physics=physics, device=device)


def is_installed(physics: str) -> bool:
    """Whether Isaac Lab can simulate with this engine here."""
    try:
        physics_engine(physics)
    except ConfigError:
        return False
    return True


def run_script(arguments: list[str]) -> None:
    """Register our tasks and run a Python script as if it had been started itself.

    Raises:
        ConfigError: if no script is named, or there is none.
    """
    if not arguments or not Path(arguments[0]).is_file():
        raise ConfigError(
            "name a script of Isaac Lab: python -m skills.training.isaaclab_tasks "
            "scripts/reinforcement_learning/train.py --rl_library skrl "
            "--task Praxis-Walk-G1-v0"
        )
    register()
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    run_script(sys.argv[1:])
