"""What the practice of legs and of hands in Isaac Lab has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np
import torch
from isaaclab.envs import DirectRLEnv, DirectRLEnvCfg
from isaaclab.scene import InteractiveSceneCfg
from isaaclab.sim import SimulationCfg
from isaaclab.utils.configclass import configclass

from configs.loader import load_robot
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from sim2real.isaaclab.newton_memory import forget
from sim2real.isaaclab.robot_view import RobotView
from sim2real.isaaclab.settings import simulation_cfg
from sim2real.mujoco_model import DECIMATION
from skills.training.arrays import TorchArrays

Tensor = torch.Tensor
Training = LegTrainingConfig | HandTrainingConfig
SPACING = 2.5  # between environments [m]
FASTEST = 200.0  # a joint beyond this has blown up [rad/s]
ROBOT_PATH = "/World/envs/env_.*/Robot"


@configclass
class PracticeCfg(DirectRLEnvCfg):
    """Settings of a `PracticeEnv`.

    The training is plain data, so that Isaac Lab's commands can print and override it
    (`env.training.episode_s=10`); it is checked when the environment is made.
    """

    decimation: int = DECIMATION
    episode_length_s: float = 20.0
    action_space: int = 0
    observation_space: int = 0
    state_space: int = 0
    sim: SimulationCfg = SimulationCfg()
    scene: InteractiveSceneCfg = InteractiveSceneCfg(
        num_envs=1, env_spacing=SPACING, replicate_physics=True
    )
    training: dict[str, Any] = field(default_factory=dict)
    robot_name: str = ""


def practice_cfg(
    cfg: PracticeCfg,
    task: Any,
    robot_name: str,
    training: Training,
    *,
    physics: str | None,
    device: str,
) -> None:
    """Fill in the settings for a training.

    Args:
        cfg: to fill in.
        task: one of its kind, of any size and device.
        robot_name: name or file of the robot.
        training: from its YAML.
        physics: `newton`, `physx`, or None for what is installed.
        device: `cpu`, `cuda:0` ...
    """
    cfg.seed = training.seed
    cfg.episode_length_s = training.episode_s
    cfg.sim = simulation_cfg(physics, device)
    cfg.scene.num_envs = training.ppo.num_envs
    cfg.training, cfg.robot_name = training.model_dump(mode="json"), robot_name
    cfg.action_space = task.k
    cfg.observation_space = task.description.observation_size
    cfg.state_space = task.critic_size


class PracticeEnv(DirectRLEnv):
    """N robots that practise; what they practise is the task's, on torch."""

    cfg: PracticeCfg

    def __init__(
        self,
        cfg: PracticeCfg,
        training: Training,
        render_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Build the scene, draw what differs between robots and let them begin."""
        self.robot = load_robot(cfg.robot_name)
        self.task: Any = None
        super().__init__(cfg, render_mode, **kwargs)
        n, names = self.num_envs, list(self.robot.joint_names)
        self.view = RobotView(self._asset, self.robot, self.scene.env_origins)
        self._place_of = {name: place for place, name in enumerate(names)}
        self._targets = self._float(self.robot.default_joint_pos).repeat(n, 1)
        self._broken = torch.zeros(n, dtype=torch.bool, device=self.device)
        self._everyone = torch.arange(n, device=self.device)
        self._substep = 0
        # Workers that learn together have seeds of their own.
        seed = training.seed if cfg.seed is None else cfg.seed
        arrays = TorchArrays(seed, self.device)
        self.task = self._make_task(np.random.default_rng(seed), arrays)
        self._start(self._everyone)

    # --- what legs and hands say each for themselves ----------------------------------

    @abstractmethod
    def _make_task(self, rng: np.random.Generator, arrays: TorchArrays) -> Any:
        """Draw what differs between robots, write it, and return the task.

        `_latency` (physics steps until a target arrives, (N,)) is set here too.
        """

    @abstractmethod
    def _begin(self, who: Tensor) -> None:
        """Write the start of an episode that the task draws; indices (m,)."""

    @abstractmethod
    def _sense(self) -> Any:
        """Return what the task wants to see."""

    @abstractmethod
    def _command(self, arrived: Tensor) -> None:
        """Set `_targets`; `arrived` says whose new targets count already, (N, 1)."""

    def _is_broken(self) -> Tensor:
        """Return whose physics blew up, (N,)."""
        return unsound(self.view.joint_vel, FASTEST)

    # --- what Isaac Lab asks for ------------------------------------------------------

    def _pre_physics_step(self, actions: Tensor) -> None:
        self.task.act(actions)
        self._substep = 0

    def _apply_action(self) -> None:
        self._command((self._substep >= self._latency)[:, None])
        self.view.set_targets(self._targets)
        self._substep += 1

    def _get_dones(self) -> tuple[Tensor, Tensor]:
        self.task.advance()
        self._broken = self._is_broken()
        self._see()
        self._reward, ended, late = self.task.judge(self._broken)
        return ended, late

    def _get_rewards(self) -> Tensor:
        return self._reward

    def _get_observations(self) -> dict[str, Tensor]:
        actor, critic = self.task.observe()
        return {"policy": actor, "critic": critic}

    def _reset_idx(self, env_ids: Sequence[int] | Tensor | None) -> None:
        super()._reset_idx(env_ids)
        if self.task is None:  # the base class resets before the robots are drawn
            return
        who = torch.as_tensor(env_ids, dtype=torch.long, device=self.device)
        self._start(who)
        if len(who) == self.num_envs:  # spread the ends of the first episodes
            length = self.task.config.episode_s
            self.task.time = self.task.arrays.uniform(0.0, length, self.num_envs)
            self._see()

    # --- parts ------------------------------------------------------------------------

    def _start(self, who: Tensor) -> None:
        """Begin an episode for some robots, and see."""
        self._begin(who)
        forget(self.view.asset, who)
        self._broken[who] = False
        self.sim.forward()
        self.scene.update(0.0)
        self._see()

    def _see(self) -> None:
        """Let the task see; of broken robots it sees zeros, since all is averaged."""
        sensors = self._sense()
        seen = {
            name: values.masked_fill(
                self._broken.reshape(-1, *[1] * (values.dim() - 1)), 0.0
            )
            for name, values in vars(sensors).items()
        }
        self.task.see(replace(sensors, **seen))

    def _places(self, joints: Sequence[str]) -> Tensor:
        return self._index([self._place_of[joint] for joint in joints])

    def _float(self, values: Any) -> Tensor:
        return torch.as_tensor(
            np.asarray(values), dtype=torch.float32, device=self.device
        )

    def _index(self, values: Any) -> Tensor:
        return torch.as_tensor(np.asarray(values), dtype=torch.long, device=self.device)


def unsound(speed: Tensor, limit: float) -> Tensor:
    """Return where speeds (N, k) are not finite or beyond a limit, (N,)."""
    return ~(torch.isfinite(speed) & (speed.abs() < limit)).all(-1)
