"""What the practice costs in Isaac Lab, against an environment that only steps."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

pytest.importorskip("isaaclab", reason="Isaac Lab 3, see docs/isaaclab.md")

import torch
from isaaclab.assets import Articulation
from isaaclab.envs import DirectRLEnv

from configs.loader import CONFIG_DIR, load
from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.ground import spawn_ground
from sim2real.isaaclab.settings import robot_cfg
from sim2real.usd.cache import robot_usd
from skills.training.isaaclab_base import ROBOT_PATH
from skills.training.isaaclab_env import IsaacLabLegEnv, leg_env_cfg

NUM_ENVS, STEPS, WARM_UP = 64, 20, 3


class Bare(DirectRLEnv):
    """The same robots and targets, without rewards, observations or resets."""

    def _setup_scene(self) -> None:
        robot = self.cfg.robot
        self._asset = Articulation(robot_cfg(robot, robot_usd(robot), ROBOT_PATH))
        spawn_ground(friction=1.0)
        self.scene.clone_environments(copy_from_source=False)
        self.scene.articulations["robot"] = self._asset

    def _pre_physics_step(self, actions: Any) -> None:
        self._target = self._asset.data.default_joint_pos.torch

    def _apply_action(self) -> None:
        self._asset.set_joint_position_target_index(target=self._target)

    def _get_observations(self) -> dict[str, Any]:
        return {"policy": torch.zeros(self.num_envs, 1, device=self.device)}

    def _get_rewards(self) -> Any:
        return torch.zeros(self.num_envs, device=self.device)

    def _get_dones(self) -> tuple[Any, Any]:
        nobody = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        return nobody, nobody


def rate(env: Any) -> float:
    """Return environment steps a second."""
    env.reset()
    still = torch.zeros(NUM_ENVS, 15, device=env.device)
    with torch.inference_mode():
        for _ in range(WARM_UP):
            env.step(still)
        begun = perf_counter()
        for _ in range(STEPS):
            env.step(still)
    return NUM_ENVS * STEPS / (perf_counter() - begun)


def test_practice_against_an_environment_that_only_steps(show: Any) -> None:
    config = load(LegTrainingConfig, CONFIG_DIR / "training" / "walk.yaml")
    ppo = config.ppo.model_copy(update={"num_envs": NUM_ENVS})
    config = config.model_copy(update={"ppo": ppo})
    env = IsaacLabLegEnv(leg_env_cfg("g1_dex3", config))
    robot = env.robot
    practice = rate(env)
    env.close()
    cfg = leg_env_cfg("g1_dex3", config)
    cfg.robot = robot
    bare_env = Bare(cfg)
    bare = rate(bare_env)
    bare_env.close()
    show(
        "isaaclab_steps",
        {
            "environments": NUM_ENVS,
            "practice_steps_per_s": round(practice),
            "bare_steps_per_s": round(bare),
            "ratio": round(practice / bare, 2),
        },
    )
