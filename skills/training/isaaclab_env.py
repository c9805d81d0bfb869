"""The legs' practice in Isaac Lab: many robots on a plane, walking or standing."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from isaaclab.assets import Articulation
from isaaclab.sensors import ContactSensor, ContactSensorCfg
from isaaclab.utils.configclass import configclass

from configs.loader import load_robot
from configs.training_schema import LegTrainingConfig
from sim2real.isaaclab.ground import spawn_ground
from sim2real.isaaclab.settings import robot_cfg, simulation_cfg
from sim2real.mujoco_model import DECIMATION
from sim2real.rotations import rotate, rotate_inverse, wxyz_from_yaw
from sim2real.usd.cache import robot_usd
from skills.training.arrays import TorchArrays
from skills.training.isaaclab_base import (
    ROBOT_PATH,
    PracticeCfg,
    PracticeEnv,
    practice_cfg,
)
from skills.training.isaaclab_randomization import draw_legs
from skills.training.leg_task import PRIVILEGED, LegSensors, LegTask

Tensor = torch.Tensor


@configclass
class LegEnvCfg(PracticeCfg):
    """Settings of `IsaacLabLegEnv`; made by `leg_env_cfg`."""


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
    one = torch.zeros(1, PRIVILEGED)
    task = LegTask(load_robot(robot_name), training, TorchArrays(0, "cpu"), one)
    cfg = LegEnvCfg()
    practice_cfg(cfg, task, robot_name, training, physics=physics, device=device)
    cfg.sim = simulation_cfg(physics, device, only_feet=True)
    return cfg


class IsaacLabLegEnv(PracticeEnv):
    """N robots that practise walking or standing; the practice is `LegTask`."""

    cfg: LegEnvCfg
    task: LegTask

    def __init__(
        self, cfg: LegEnvCfg, render_mode: str | None = None, **kwargs: Any
    ) -> None:
        """Build the scene, draw the robots and put them on the ground."""
        self._training = LegTrainingConfig.model_validate(cfg.training)
        super().__init__(cfg, self._training, render_mode, **kwargs)

    def _setup_scene(self) -> None:
        usd = robot_usd(self.robot)
        self._asset = Articulation(robot_cfg(self.robot, usd, ROBOT_PATH))
        self._feet = ContactSensor(
            ContactSensorCfg(prim_path=f"{ROBOT_PATH}/.*ankle_roll_link")
        )
        spawn_ground(friction=1.0)
        self.scene.clone_environments(copy_from_source=False)
        self.scene.articulations["robot"] = self._asset
        self.scene.sensors["feet"] = self._feet

    def _make_task(self, rng: np.random.Generator, arrays: TorchArrays) -> LegTask:
        self.drawn = drawn = draw_legs(self.view, self._training, rng)
        drawn.write(self.view)
        task = LegTask(
            self.robot, self._training, arrays, self._float(drawn.privileged)
        )
        self._legs, self._arms = self._places(task.legs), self._places(task.arms)
        self._sensed = torch.cat([self._legs, self._arms])
        self._held_arms = self._float(drawn.held_arms)
        self._latency = self._index(drawn.latency)
        self._power = torch.zeros(self.num_envs, device=self.device)
        names = list(self._feet.body_names)
        soles = [names.index(f"{side}_ankle_roll_link") for side in ("left", "right")]
        self._foot_columns = self._index(soles)
        return task

    # --- one control period -----------------------------------------------------------

    def _pre_physics_step(self, actions: Tensor) -> None:
        super()._pre_physics_step(actions)
        who, change = self.task.due_pushes()
        if len(who):
            flat = torch.cat([change[:, :2], torch.zeros_like(change[:, :1])], -1)
            self.view.push(who, flat, change[:, 2])
        self._power = torch.zeros_like(self._power)

    def _apply_action(self) -> None:
        if self._substep:
            self._count_power()
        super()._apply_action()

    def _command(self, arrived: Tensor) -> None:
        task = self.task
        legs = torch.where(arrived, task.target, task.old_target)
        moving = task.config.moving_arms
        self._targets[:, self._legs] = legs
        self._targets[:, self._arms] = task.arm_target if moving else self._held_arms

    def _get_dones(self) -> tuple[Tensor, Tensor]:
        self._count_power()
        return super()._get_dones()

    def _get_observations(self) -> dict[str, Tensor]:
        self.task.redraw()
        return super()._get_observations()

    # --- parts ------------------------------------------------------------------------

    def _begin(self, who: Tensor) -> None:
        """Put robots back to the start, as `leg_env.py` does."""
        task, robot, count = self.task, self.robot, len(who)
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

    def _count_power(self) -> None:
        view = self.view
        flow = (view.joint_effort * view.joint_vel)[:, self._legs].abs().sum(-1)
        self._power = self._power + flow / DECIMATION
