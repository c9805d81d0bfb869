"""What differs from robot to robot in Isaac Lab: the ranges of the training file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from sim2real.isaaclab.object_view import ObjectView
from sim2real.isaaclab.robot_view import RobotView
from sim2real.mujoco_model import PHYSICS_DT
from skills.training.hand_models import Tabletop, draw_tabletop
from skills.training.leg_models import held_arm_pose

Array = NDArray[np.float64]
HELD = 10.0  # gains of the waist before a table, over the robot's; MuJoCo welds it
Tensors = Callable[[Any], torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class LegDraw:
    """The numbers drawn for N robots; joints in robot order."""

    mass_scale: Array  # of every body, (N, bodies)
    torso_mass: Array  # added [kg], (N,)
    torso_com: Array  # shift [m], (N, 3)
    payload: Array  # in a hand [kg], (N,)
    payload_left: NDArray[np.bool_]  # in which one, (N,)
    friction: Array  # (N,)
    stiffness: Array  # [N m/rad], (N, n)
    damping: Array  # [N m s/rad], viscous friction of the joints included, (N, n)
    effort: Array  # limits [N m], (N, n)
    armature_scale: Array  # (N, n)
    latency: NDArray[np.int64]  # of commands, in physics steps, (N,)
    held_arms: Array  # where arms that do not move are held [rad], (N, arms)

    @property
    def privileged(self) -> Array:
        """What the critic is told, as in `leg_env.describe_models`, (N, 6)."""
        added = self.torso_mass + self.payload
        return np.concatenate(
            [
                self.friction[:, None],
                self.torso_com * 10,
                added[:, None] * 0.3,
                self.latency[:, None] * PHYSICS_DT * 50,
            ],
            -1,
        )

    def write(self, view: RobotView) -> None:
        """Give the robots their masses, gains, limits and friction."""
        asset = view.asset
        tensor = _tensors(view)
        names = list(asset.body_names)
        torso = names.index("torso_link")
        added = torch.zeros_like(asset.data.body_mass.torch)
        added[:, torso] = tensor(self.torso_mass)
        hands = [names.index(f"{s}_wrist_yaw_link") for s in ("left", "right")]
        left = tensor(self.payload_left)
        added[:, hands[0]] += left * tensor(self.payload)
        added[:, hands[1]] += (1.0 - left) * tensor(self.payload)
        shift = torch.zeros(*added.shape, 3, device=view.device)
        shift[:, torso] = tensor(self.torso_com)
        view.change_masses(tensor(self.mass_scale), added, shift)
        view.set_gains(tensor(self.stiffness), tensor(self.damping))
        view.set_limits(
            effort=tensor(self.effort), armature_scale=tensor(self.armature_scale)
        )
        view.set_friction(tensor(self.friction))


def draw_legs(
    view: RobotView, training: LegTrainingConfig, rng: np.random.Generator
) -> LegDraw:
    """Draw N robots."""
    config, robot = training.randomization, view.robot
    n, joints = len(view.origins), len(robot.joint_names)
    low, high = config.latency_steps

    def uniform(bounds: tuple[float, float], *shape: int) -> Array:
        return rng.uniform(*bounds, shape)

    loaded = rng.random(n) < 0.5
    return LegDraw(
        mass_scale=uniform(config.mass_scale, n, view.asset.num_bodies),
        torso_mass=uniform(config.torso_mass, n),
        torso_com=rng.uniform(-1, 1, (n, 3)) * config.torso_com,
        payload=loaded * uniform(config.payload, n),
        payload_left=rng.random(n) < 0.5,
        friction=uniform(config.friction, n),
        stiffness=robot.stiffness * uniform(config.stiffness_scale, n, joints),
        damping=robot.damping * uniform(config.damping_scale, n, joints)
        + uniform(config.joint_damping, n, joints),
        effort=robot.effort_limit * uniform(config.effort_scale, n, 1),
        armature_scale=uniform(config.armature_scale, n, joints),
        latency=rng.integers(low, high, n, endpoint=True),
        held_arms=np.array(
            [list(held_arm_pose(robot, config, rng).values()) for _ in range(n)]
        ),
    )


@dataclass(frozen=True, kw_only=True)
class HandDraw:
    """The numbers drawn for N scenes; joints in robot order."""

    tops: list[Tabletop]
    mass_scale: Array  # of every body of the robot, (N, bodies)
    stiffness: Array  # [N m/rad], (N, n)
    damping: Array  # [N m s/rad], viscous friction of the joints included, (N, n)
    latency: NDArray[np.int64]  # of commands, in physics steps, (N,)
    spawned: Tabletop  # whose cup is in the scene before anything is written

    def write(self, view: RobotView, cups: ObjectView) -> None:
        """Give the robots their masses and gains, the cups size, mass and friction."""
        tensor = _tensors(view)
        scale = tensor(self.mass_scale)
        still = torch.zeros(*scale.shape, 3, device=view.device)
        view.change_masses(scale, torch.zeros_like(scale), still)
        view.set_gains(tensor(self.stiffness), tensor(self.damping))
        radius, height, mass, friction = (
            tensor([getattr(top, name) for top in self.tops])
            for name in ("cup_radius", "cup_height", "cup_mass", "friction")
        )
        width = radius / self.spawned.cup_radius
        length = height / self.spawned.cup_height
        if bool(((width != 1.0) | (length != 1.0)).any()):
            cups.stretch(width, length)
        # Of a solid cylinder.
        across = mass * (3 * radius**2 + height**2) / 12
        cups.set_mass(mass, torch.stack([across, across, mass * radius**2 / 2], -1))
        cups.set_friction(friction)


def draw_hands(
    view: RobotView,
    training: HandTrainingConfig,
    rng: np.random.Generator,
    spawned: Tabletop,
    *,
    sizes_differ: bool,
) -> HandDraw:
    """Draw N scenes; if sizes cannot differ, every cup is as large as the spawned."""
    config, robot, side = training.randomization, view.robot, training.side
    n, joints = len(view.origins), list(robot.joint_names)
    low, high = config.latency_steps
    tops = [draw_tabletop(config, rng) for _ in range(n)]
    if not sizes_differ:
        radius, height = spawned.cup_radius, spawned.cup_height
        tops = [replace(top, cup_radius=radius, cup_height=height) for top in tops]
    stiffness, damping = np.ones((2, n, len(joints)))
    viscous = np.zeros_like(damping)
    waist = [joints.index(joint) for joint in robot.joints_of("waist")]
    stiffness[:, waist] = damping[:, waist] = HELD
    arm, hand = (robot.joints_of(f"{side}_{part}") for part in ("arm", "hand"))
    # Fingers are light: keep their friction in proportion.
    for part, share in ((arm, 1.0), (hand, 0.05)):
        place = [joints.index(joint) for joint in part]
        shape = (n, len(place))
        stiffness[:, place] = rng.uniform(*config.gain, shape)
        damping[:, place] = rng.uniform(*config.gain, shape)
        viscous[:, place] = share * rng.uniform(*config.joint_damping, shape)
    return HandDraw(
        tops=tops,
        mass_scale=rng.uniform(*config.mass_scale, (n, view.asset.num_bodies)),
        stiffness=robot.stiffness * stiffness,
        damping=robot.damping * damping + viscous,
        latency=rng.integers(low, high, n, endpoint=True),
        spawned=spawned,
    )


def _tensors(view: RobotView) -> Tensors:
    """Return what makes float32 tensors on the robots' device."""

    def tensor(values: Any) -> torch.Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=view.device)

    return tensor
