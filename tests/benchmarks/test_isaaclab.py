"""What the practice costs in Isaac Lab, against an environment that only steps.

The bare one moves the same robots in the same way: the physics' time depends on how
they move, and robots that stand still are quicker.
"""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

pytest.importorskip("isaaclab", reason="Isaac Lab 3, see docs/isaaclab.md")

import numpy as np
import torch
from isaaclab.assets import Articulation
from isaaclab.envs import DirectRLEnv

from configs.loader import CONFIG_DIR, load
from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.ground import spawn_ground
from sim2real.isaaclab.robot_view import RobotView
from sim2real.isaaclab.settings import robot_cfg
from sim2real.mujoco_model import DECIMATION
from sim2real.usd.cache import robot_usd
from skills.training.isaaclab_base import ROBOT_PATH
from skills.training.isaaclab_env import IsaacLabLegEnv, leg_env_cfg
from skills.training.isaaclab_randomization import draw_legs

NUM_ENVS, STEPS, WARM_UP = 64, 40, 3

Write = tuple[str, tuple[Any, ...], dict[str, Any]]


class Script:
    """What the practice writes into the simulation, step by step, to do it again."""

    def __init__(self, view: RobotView) -> None:
        """Listen to a view's writes."""
        self.steps: list[list[Write]] = [[]]
        for name in ("place", "push", "set_targets"):
            setattr(view, name, self._listening(name, getattr(view, name)))

    def _listening(self, name: str, write: Any) -> Any:
        def listen(*args: Any, **named: Any) -> None:
            kept = tuple(_kept(value) for value in args)
            others = {key: _kept(value) for key, value in named.items()}
            self.steps[-1].append((name, kept, others))
            write(*args, **named)

        return listen


class Bare(DirectRLEnv):
    """The same robots moved alike, without rewards or observations."""

    script: Script

    def _setup_scene(self) -> None:
        robot = self.cfg.robot
        self._asset = Articulation(robot_cfg(robot, robot_usd(robot), ROBOT_PATH))
        spawn_ground(friction=1.0)
        self.scene.clone_environments(copy_from_source=False)
        self.scene.articulations["robot"] = self._asset

    def begin(self, script: Script, config: LegTrainingConfig) -> None:
        """Take what is to be done, and the same draw of robots."""
        self.view = RobotView(self._asset, self.cfg.robot, self.scene.env_origins)
        rng = np.random.default_rng(config.seed)
        draw_legs(self.view, config, rng).write(self.view)
        self.steps = iter(script.steps)
        self._write(next(self.steps))

    def _pre_physics_step(self, actions: Any) -> None:
        writes = next(self.steps)
        first = next(i for i, w in enumerate(writes) if w[0] == "set_targets")
        self._write(writes[:first])  # pushes
        self._targets = iter(writes[first : first + DECIMATION])
        self._after = writes[first + DECIMATION :]  # robots that begin anew

    def _apply_action(self) -> None:
        self._write([next(self._targets)])

    def _get_observations(self) -> dict[str, Any]:
        return {"policy": torch.zeros(self.num_envs, 1, device=self.device)}

    def _get_rewards(self) -> Any:
        return torch.zeros(self.num_envs, device=self.device)

    def _get_dones(self) -> tuple[Any, Any]:
        self._write(self._after)
        nobody = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        return nobody, nobody

    def _write(self, writes: list[Write]) -> None:
        for name, args, named in writes:
            getattr(self.view, name)(*args, **named)


def _kept(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def rate(env: Any, script: Script | None = None) -> float:
    """Return environment steps a second of CPU time."""
    still = torch.zeros(NUM_ENVS, 15, device=env.device)
    spent = 0.0
    with torch.inference_mode():
        for step in range(WARM_UP + STEPS):
            if script is not None:
                script.steps.append([])
            begun = process_time()
            env.step(still)
            spent += process_time() - begun if step >= WARM_UP else 0.0
    return NUM_ENVS * STEPS / spent


def test_practice_against_an_environment_that_only_steps(show: Any) -> None:
    config = load(LegTrainingConfig, CONFIG_DIR / "training" / "walk.yaml")
    ppo = config.ppo.model_copy(update={"num_envs": NUM_ENVS})
    config = config.model_copy(update={"ppo": ppo})
    env = IsaacLabLegEnv(leg_env_cfg("g1_dex3", config))
    robot, script = env.robot, Script(env.view)
    env.reset()
    practice = rate(env, script)
    env.close()
    cfg = leg_env_cfg("g1_dex3", config)
    cfg.robot = robot
    bare_env = Bare(cfg)
    bare_env.reset()
    bare_env.begin(script, config)
    bare = rate(bare_env)
    bare_env.close()
    show(
        "isaaclab_steps",
        {
            "environments": NUM_ENVS,
            "practice_steps_per_cpu_s": round(practice),
            "bare_steps_per_cpu_s": round(bare),
            "ratio": round(practice / bare, 2),
        },
    )
