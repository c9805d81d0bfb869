"""The legs' practice in Isaac Lab: many robots on a plane, walking or standing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from isaaclab.assets import Articulation
from isaaclab.envs import DirectRLEnv, DirectRLEnvCfg
from isaaclab.scene import InteractiveSceneCfg
from isaaclab.sensors import ContactSensor, ContactSensorCfg
from isaaclab.sim import SimulationCfg
from isaaclab.utils.configclass import configclass

from configs.loader import load_robot
from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.ground import spawn_ground
from sim2real.isaaclab.robot_view import RobotView
from sim2real.isaaclab.settings import robot_cfg, simulation_cfg
from sim2real.mujoco_model import DECIMATION
from sim2real.rotations import rotate, rotate_inverse, wxyz_from_yaw
from sim2real.usd.cache import robot_usd
from skills.training.arrays import TorchArrays
from skills.training.isaaclab_randomization import LegDraw, draw_legs
from skills.training.leg_task import PRIVILEGED, LegSensors, LegTask

Tensor = torch.Tensor
SPACING = 2.5  # between environments [m]
FASTEST = 200.0  # a joint beyond this has blown up [rad/s]


@configclass
class LegEnvCfg(DirectRLEnvCfg):
    """Settings of `IsaacLabLegEnv`; made by `leg_env_cfg`."""

    decimation: int = DECIMATION
    episode_length_s: float = 20.0
    action_space: int = 0
    observation_space: int = 0
    state_space: int = 0
    sim: SimulationCfg = SimulationCfg()
    scene: InteractiveSceneCfg = InteractiveSceneCfg(
        num_envs=1, env_spacing=SPACING, replicate_physics=True
    )
    training: Any = None  # LegTrainingConfig
    robot_name: str = ""


def leg_env_cfg(
    robot_name: str,
    training: LegTrainingConfig,
    *,
    physics: str | None = None,
    device: str = "cpu",
) -> LegEnvCfg:
    """Return the settings for a training file.

    Args:
        robot_name: name or file of the robot.
        training: of `walk` or `balance`.
        physics: `newton`, `physx`, or None for what is installed.
        device: `cpu`, `cuda:0` ...
    """
    cfg = LegEnvCfg()
    cfg.seed = training.seed
    cfg.episode_length_s = training.episode_s
    cfg.sim = simulation_cfg(physics, device)
    cfg.scene.num_envs = training.ppo.num_envs
    cfg.training, cfg.robot_name = training, robot_name
    one = torch.zeros(1, PRIVILEGED)
    task = LegTask(load_robot(robot_name), training, TorchArrays(0, "cpu"), one)
    cfg.action_space = task.k
    cfg.observation_space = task.description.observation_size
    cfg.state_space = len(task.critic_mirror().index)
    return cfg


class IsaacLabLegEnv(DirectRLEnv):
    """N robots that practise walking or standing; the practice is `LegTask`."""

    cfg: LegEnvCfg

    def __init__(
        self, cfg: LegEnvCfg, render_mode: str | None = None, **kwargs: Any
    ) -> None:
        """Build the scene, draw the robots and put them on the ground."""
        self.robot = load_robot(cfg.robot_name)
        self.task: LegTask | None = None
        super().__init__(cfg, render_mode, **kwargs)
        robot, training, n = self.robot, cfg.training, self.num_envs
        self.view = RobotView(self._asset, robot, self.scene.env_origins)
        rng = np.random.default_rng(training.seed)
        drawn = draw_legs(self.view, training, rng)
        drawn.write(self.view)
        self.drawn: LegDraw = drawn
        arrays = TorchArrays(training.seed, self.device)
        self.task = LegTask(robot, training, arrays, self._float(drawn.privileged))
        names = list(robot.joint_names)
        self._legs = self._index([names.index(joint) for joint in self.task.legs])
        self._arms = self._index([names.index(joint) for joint in self.task.arms])
        self._sensed = torch.cat([self._legs, self._arms])
        self._targets = self._float(robot.default_joint_pos).repeat(n, 1)
        self._held_arms = self._float(drawn.held_arms)
        self._latency = self._index(drawn.latency)
        self._substep = 0
        self._power = torch.zeros(n, device=self.device)
        self._broken = torch.zeros(n, dtype=torch.bool, device=self.device)
        self._start(torch.arange(n, device=self.device))
        spread = torch.rand(n, device=self.device)
        self.task.time = training.episode_s * spread

    # --- what Isaac Lab asks for ------------------------------------------------------

    def _setup_scene(self) -> None:
        path = "/World/envs/env_.*/Robot"
        self._asset = Articulation(robot_cfg(self.robot, robot_usd(self.robot), path))
        self._feet = ContactSensor(
            ContactSensorCfg(prim_path=f"{path}/.*ankle_roll_link")
        )
        spawn_ground(friction=1.0)
        self.scene.clone_environments(copy_from_source=False)
        self.scene.articulations["robot"] = self._asset
        self.scene.sensors["feet"] = self._feet

    def _pre_physics_step(self, actions: Tensor) -> None:
        task = self._task
        task.act(actions)
        who, change = task.due_pushes()
        if len(who):
            flat = torch.cat([change[:, :2], torch.zeros_like(change[:, :1])], -1)
            self.view.push(who, flat, change[:, 2])
        self._substep = 0
        self._power = torch.zeros_like(self._power)

    def _apply_action(self) -> None:
        task = self._task
        arrived = (self._substep >= self._latency)[:, None]
        legs = torch.where(arrived, task.target, task.old_target)
        moving = task.config.moving_arms
        self._targets[:, self._legs] = legs
        self._targets[:, self._arms] = task.arm_target if moving else self._held_arms
        self.view.set_targets(self._targets)
        if self._substep:
            self._count_power()
        self._substep += 1

    def _get_dones(self) -> tuple[Tensor, Tensor]:
        task = self._task
        self._count_power()
        task.advance()
        speed = self.view.joint_vel
        self._broken = ~(torch.isfinite(speed) & (speed.abs() < FASTEST)).all(-1)
        task.see(self._sense())
        self._reward, fallen, late = task.judge(self._broken)
        return fallen, late

    def _get_rewards(self) -> Tensor:
        return self._reward

    def _reset_idx(self, env_ids: Sequence[int] | Tensor | None) -> None:
        super()._reset_idx(env_ids)
        if self.task is None:  # the base class resets before the robots are drawn
            return
        who = torch.as_tensor(env_ids, dtype=torch.long, device=self.device)
        self._start(who)

    def _get_observations(self) -> dict[str, Tensor]:
        task = self._task
        task.redraw()
        actor, critic = task.observe()
        return {"policy": actor, "critic": critic}

    # --- parts ------------------------------------------------------------------------

    @property
    def _task(self) -> LegTask:
        assert self.task is not None
        return self.task

    def _start(self, who: Tensor) -> None:
        """Put robots back to the start, as `leg_env.py` does."""
        task, robot, count = self._task, self.robot, len(who)
        uniform, normal = task.arrays.uniform, task.arrays.normal
        position = torch.zeros(count, 3, device=self.device)
        position[:, 2] = robot.standing_height + uniform(0.0, 0.02, count)
        joint_pos = self._float(robot.default_joint_pos).repeat(count, 1)
        joint_pos[:, self._arms] = self._held_arms[who]
        spread = self._sensed if task.config.moving_arms else self._legs
        joint_pos[:, spread] += normal(0.05, count, len(spread))
        joint_vel = torch.zeros_like(joint_pos)
        joint_vel[:, spread] = normal(0.1, count, len(spread))
        self.view.place(
            who,
            base_pos=position,
            base_quat_wxyz=wxyz_from_yaw(uniform(-np.pi, np.pi, count)),
            base_lin_vel_w=normal(0.15, count, 3),
            base_ang_vel=normal(0.1, count, 3),
            joint_pos=joint_pos,
            joint_vel=joint_vel,
        )
        task.begin(who)
        self.sim.forward()
        self.scene.update(0.0)
        task.see(self._sense())

    def _sense(self) -> LegSensors:
        view, sites = self.view, self.robot.sites
        feet = [view.site(site) for site in (sites.left_foot, sites.right_foot)]
        position, velocity, quat = (
            torch.stack([left, right], 1) for left, right in zip(*feet, strict=True)
        )
        axes = torch.eye(3, device=self.device)
        torso = view.body_quat_wxyz("torso_link")
        com, com_vel = view.centre_of_mass()
        forces = self._feet.data.net_forces_w.torch[..., 2]
        return LegSensors(
            quat_wxyz=view.base_quat_wxyz,
            ang_vel=view.base_ang_vel,
            lin_vel_w=view.base_lin_vel_w,
            height=view.base_pos[:, 2],
            torso_gravity=rotate_inverse(torso, -axes[2].expand(len(torso), 3)),
            joint_pos=view.joint_pos[:, self._sensed],
            joint_vel=view.joint_vel[:, self._sensed],
            joint_effort=view.joint_effort[:, self._legs],
            power=self._power,
            foot_pos_w=position,
            foot_vel_w=velocity,
            foot_x_w=rotate(quat, axes[0].expand_as(position)),
            foot_z_w=rotate(quat, axes[2].expand_as(position)),
            foot_force=forces[:, self._foot_columns],
            com_w=com,
            com_vel_w=com_vel,
        )

    @property
    def _foot_columns(self) -> Tensor:
        names = list(self._feet.body_names)
        order = [names.index(f"{side}_ankle_roll_link") for side in ("left", "right")]
        return self._index(order)

    def _count_power(self) -> None:
        view = self.view
        flow = (view.joint_effort * view.joint_vel)[:, self._legs].abs().sum(-1)
        self._power = self._power + flow / DECIMATION

    def _float(self, values: Any) -> Tensor:
        return torch.as_tensor(
            np.asarray(values), dtype=torch.float32, device=self.device
        )

    def _index(self, values: Any) -> Tensor:
        return torch.as_tensor(np.asarray(values), dtype=torch.long, device=self.device)
