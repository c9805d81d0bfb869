"""The hands' practice in Isaac Lab: robots before tables that grasp or put down a cup.

The pelvis is fixed by a joint to the world, whose frame is moved to the drawn height
and tilt: Newton makes a body of it that nothing moves, PhysX a fixed-base articulation,
and both take its pose for each environment. Writing the pose of a free pelvis at every
physics step would let the arm feel it fall within each step. Legs, waist and the other
arm, which batched MuJoCo welds, are held by their motors; those of the waist are made
stiffer, so that it stays where it was drawn to a hundredth of a radian.

With Newton every cup has the size, mass and friction that were drawn. With PhysX all
have the mean size, because shapes cannot differ between cloned environments there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from isaaclab.assets import Articulation, RigidObject, RigidObjectCfg
from isaaclab.utils.configclass import configclass

from configs.loader import load_robot
from configs.training_schema import HandRandomization, HandTrainingConfig
from sim2real.isaaclab.newton_tolerance import heed_light_things
from sim2real.isaaclab.object_view import ObjectView
from sim2real.isaaclab.settings import robot_cfg
from sim2real.mujoco_model import DECIMATION
from sim2real.rotations import wxyz_from_rpy
from sim2real.usd.cache import robot_usd
from skills.training.arrays import TorchArrays
from skills.training.hand_env import FINGERS
from skills.training.hand_models import Tabletop, draw_tabletop
from skills.training.hand_task import HandSensors, HandTask
from skills.training.isaaclab_base import (
    FASTEST,
    ROBOT_PATH,
    PracticeCfg,
    PracticeEnv,
    practice_cfg,
    unsound,
)
from skills.training.isaaclab_randomization import draw_hands
from skills.training.isaaclab_tabletop import (
    fix_pelvis,
    keep_arm_colliders,
    move_pelvises,
    spawn_tabletop,
)
from skills.training.place_task import PlaceTask

Tensor = torch.Tensor
HAND_CONTACTS, HAND_CONSTRAINTS = 24, 160  # of a hand, a cup and a table, at most
GRIP = 10.0
"""How much harder friction is than contact, in Newton.

Cups creep out of the hand at 1. MuJoCo's pass against slip, which batched MuJoCo has,
is missing in Newton; MuJoCo's documentation names this ratio as the other means.
"""
PRACTICE: dict[str, type[HandTask]] = {"grasp": HandTask, "manipulate": PlaceTask}


@configclass
class HandEnvCfg(PracticeCfg):
    """Settings of `IsaacLabHandEnv`; made by `hand_env_cfg`."""


def hand_env_cfg(
    robot_name: str,
    training: HandTrainingConfig,
    *,
    physics: str | None = None,
    device: str = "cpu",
) -> HandEnvCfg:
    """Return the settings for a training file.

    Args:
        robot_name: name or file of the robot.
        training: of `grasp` or `manipulate`.
        physics: `newton`, `physx`, or None for what is installed.
        device: `cpu`, `cuda:0` ...
    """
    top = draw_tabletop(training.randomization, np.random.default_rng(0))
    task = HandTask(load_robot(robot_name), training, TorchArrays(0, "cpu"), [top])
    cfg = HandEnvCfg()
    practice_cfg(cfg, task, robot_name, training, physics=physics, device=device)
    if is_newton(cfg):
        solver = cfg.sim.physics.solver_cfg
        solver.impratio = GRIP
        solver.nconmax, solver.njmax = HAND_CONTACTS, HAND_CONSTRAINTS
    return cfg


class IsaacLabHandEnv(PracticeEnv):
    """N arms before N tables; the practice is `HandTask` or `PlaceTask`."""

    cfg: HandEnvCfg
    task: HandTask

    def __init__(
        self, cfg: HandEnvCfg, render_mode: str | None = None, **kwargs: Any
    ) -> None:
        """Build the scenes; to put cups down, let the expert grasp them first."""
        self._training = HandTrainingConfig.model_validate(cfg.training)
        super().__init__(cfg, self._training, render_mode, **kwargs)
        if isinstance(self.task, PlaceTask):
            self.task.fill_bank(self.restart, self.drive)
            self.restart()

    def restart(self) -> None:
        """Put every scene back to the start, and see."""
        self._start(self._everyone)

    def drive(self) -> None:
        """Advance one control period towards the targets, and see."""
        self._substep = 0
        for _ in range(DECIMATION):
            self._apply_action()
            self.scene.write_data_to_sim()
            self.sim.step(render=False)
            self.scene.update(self.physics_dt)
        self._broken = self._is_broken()
        self._see()

    def _setup_scene(self) -> None:
        usd = robot_usd(self.robot)
        self._asset = Articulation(robot_cfg(self.robot, usd, ROBOT_PATH))
        fix_pelvis(self.robot)
        keep_arm_colliders(self._training.side)
        self._sizes_differ = is_newton(self.cfg)
        # The largest where cups are made smaller, else the one between.
        share = 1.0 if self._sizes_differ else 0.5
        self._spawned = _top_at(self._training.randomization, share)
        spawn_tabletop(self._spawned)
        path = "/World/envs/env_.*/Tabletop"
        self._table = RigidObject(RigidObjectCfg(prim_path=f"{path}/table"))
        self._cup = RigidObject(RigidObjectCfg(prim_path=f"{path}/cup"))
        self.scene.clone_environments(copy_from_source=False)
        self.scene.articulations["robot"] = self._asset
        self.scene.rigid_objects["table"] = self._table
        self.scene.rigid_objects["cup"] = self._cup

    def _make_task(self, rng: np.random.Generator, arrays: TorchArrays) -> HandTask:
        heed_light_things(self._asset)
        training, n = self._training, self.num_envs
        self.cups = ObjectView(self._cup, self.scene.env_origins)
        spawned, differ = self._spawned, self._sizes_differ
        drawn = draw_hands(self.view, training, rng, spawned, sizes_differ=differ)
        drawn.write(self.view, self.cups)
        self.tops = tops = drawn.tops
        task = PRACTICE[training.skill](self.robot, training, arrays, tops)
        self._moved = self._places(task.joints)
        self._waist = self._places(self.robot.joints_of("waist"))
        self._latency = self._index(drawn.latency)
        self._rest = self._targets.clone()
        self._rest[:, self._waist] = self._float([top.waist for top in tops])
        roll, pitch = np.array([top.base_tilt for top in tops]).T
        tilt = wxyz_from_rpy(roll, pitch, np.zeros(n))
        self._base_quat = self._float(tilt)
        self._base_pos = torch.zeros(n, 3, device=self.device)
        self._base_pos[:, 2] = self._float([top.base_height for top in tops])
        still = torch.zeros(n, 3, device=self.device)
        upright = self._float([[1.0, 0.0, 0.0, 0.0]]).repeat(n, 1)
        ObjectView(self._table, self.scene.env_origins).place(
            self._everyone,
            pos=self._float([top.table_pos for top in tops]),
            quat_wxyz=upright,
            lin_vel_w=still,
            ang_vel=still,
        )
        return task

    # --- one control period -----------------------------------------------------------

    def _command(self, arrived: Tensor) -> None:
        task = self.task
        self._targets[:] = self._rest
        self._targets[:, self._moved] = torch.where(
            arrived, task.target, task.old_target
        )

    def _is_broken(self) -> Tensor:
        speeds = [self.view.joint_vel, self.cups.lin_vel_w, self.cups.ang_vel]
        return unsound(torch.cat(speeds, -1), FASTEST)

    def _begin(self, who: Tensor) -> None:
        """Put scenes to the start that the task draws, as `hand_env.py` does."""
        start = self.task.begin(who)
        joint_pos, still = self._rest[who].clone(), torch.zeros_like(start.cup_vel_w)
        joint_pos[:, self._moved] = start.joint_pos
        joint_vel = torch.zeros_like(joint_pos)
        joint_vel[:, self._moved] = start.joint_vel
        self.view.place(
            who,
            base_pos=self._base_pos[who],
            base_quat_wxyz=self._base_quat[who],
            base_lin_vel_w=still,
            base_ang_vel=still,
            joint_pos=joint_pos,
            joint_vel=joint_vel,
        )
        move_pelvises(self.view)
        self.cups.place(
            who,
            pos=start.cup_pos_w,
            quat_wxyz=start.cup_quat_wxyz,
            lin_vel_w=start.cup_vel_w,
            ang_vel=start.cup_ang_vel,
        )

    def _sense(self) -> HandSensors:
        view, cups, side = self.view, self.cups, self._training.side
        joint_pos = view.joint_pos
        tips = [view.site(f"{side}_{finger}_tip")[0] for finger in FINGERS]
        return HandSensors(
            joint_pos=joint_pos[:, self._moved],
            joint_vel=view.joint_vel[:, self._moved],
            cup_pos_w=cups.pos,
            cup_quat_wxyz=cups.quat_wxyz,
            cup_vel_w=cups.lin_vel_w,
            cup_ang_vel=cups.ang_vel,
            tip_pos_w=torch.stack(tips, 1),
            base_pos_w=view.base_pos,
            base_quat_wxyz=view.base_quat_wxyz,
            waist_pos=joint_pos[:, self._waist],
        )


def is_newton(cfg: HandEnvCfg) -> bool:
    """Whether the settings ask for Newton."""
    return type(cfg.sim.physics).__module__.startswith("isaaclab_newton")


def _top_at(draw: HandRandomization, share: float) -> Tabletop:
    """Return a tabletop whose cup is at some share of the range of its size."""
    top = draw_tabletop(draw, np.random.default_rng(0))
    radius, height = (
        low + share * (high - low) for low, high in (draw.cup_radius, draw.cup_height)
    )
    return replace(top, cup_radius=radius, cup_height=height)
