"""What differs from robot to robot in Isaac Lab: the ranges of the training file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from sim2real.isaaclab.object_view import ObjectView
from sim2real.isaaclab.robot_view import RobotView
from sim2real.mujoco_model import PHYSICS_DT
from sim2real.randomization import Randomization
from sim2real.robot_parameters import RobotParameters
from skills.training.hand_models import Tabletop, draw_tabletop
from skills.training.leg_models import FLOOR_FRICTION, held_arm_pose
from skills.training.ranges import ranges_of_hands, ranges_of_legs

Array = NDArray[np.float64]
NOT_WRITTEN = (
    *("friction_loss_add", "corner_speed_share", "encoder_bias"),
    *("restitution", "ground_slope", "ground_roughness"),
)
"""Parameters of a robot that Isaac Lab is not told here."""
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
    """Draw N robots.

    Raises:
        ConfigError: for ranges, or a curriculum, that Isaac Lab does not follow.
    """
    config, robot = training.randomization, view.robot
    if training.curriculum is not None:
        raise ConfigError("curriculum: is for --engine mujoco. Drop it.")
    drawn = draw_robots(robot, ranges_of_legs(config), len(view.origins), rng)
    n = len(view.origins)
    strength = _stacked(drawn, "strength")
    stiffness = strength * _stacked(drawn, "stiffness_scale")
    damping = strength * _stacked(drawn, "damping_gain_scale")
    limit = strength * _stacked(drawn, "effort_limit_scale")
    payload = np.array([sum(one.payload.values()) for one in drawn])
    return LegDraw(
        mass_scale=_mass_scale(drawn, view.asset.body_names),
        torso_mass=_stacked(drawn, "base_mass_add"),
        torso_com=_stacked(drawn, "base_com_add"),
        payload=payload,
        payload_left=np.array(["left" in one.payload for one in drawn]),
        friction=FLOOR_FRICTION * _stacked(drawn, "friction_scale"),
        stiffness=robot.stiffness * stiffness,
        damping=robot.damping * damping + _stacked(drawn, "damping_add"),
        effort=robot.effort_limit * limit,
        armature_scale=_stacked(drawn, "armature_scale"),
        latency=_latency(drawn),
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
    drawn = draw_robots(robot, ranges_of_hands(config), n, rng)
    tops = [draw_tabletop(config, rng) for _ in range(n)]
    if not sizes_differ:
        radius, height = spawned.cup_radius, spawned.cup_height
        tops = [replace(top, cup_radius=radius, cup_height=height) for top in tops]
    stiffness, damping = np.ones((2, n, len(joints)))
    viscous = np.zeros_like(damping)
    waist = [joints.index(joint) for joint in robot.joints_of("waist")]
    stiffness[:, waist] = damping[:, waist] = HELD
    place = [joints.index(j) for j in robot.joints_of(f"{side}_arm", f"{side}_hand")]
    strength = _stacked(drawn, "strength")
    stiffness[:, place] = (strength * _stacked(drawn, "stiffness_scale"))[:, place]
    damping[:, place] = (strength * _stacked(drawn, "damping_gain_scale"))[:, place]
    viscous[:, place] = _stacked(drawn, "damping_add")[:, place]
    return HandDraw(
        tops=tops,
        mass_scale=_mass_scale(drawn, view.asset.body_names),
        stiffness=robot.stiffness * stiffness,
        damping=robot.damping * damping + viscous,
        latency=_latency(drawn),
        spawned=spawned,
    )


def draw_robots(
    robot: RobotConfig, ranges: Randomization, count: int, rng: np.random.Generator
) -> list[RobotParameters]:
    """Draw robots that Isaac Lab can simulate.

    Raises:
        ConfigError: for ranges of what is not written into Isaac Lab.
    """
    drawn = [ranges.draw(robot, rng) for _ in range(count)]
    asked = {name for one in drawn for name in one.differences()} & set(NOT_WRITTEN)
    if asked:
        raise ConfigError(
            f"ranges: --engine isaaclab does not write {', '.join(sorted(asked))}. "
            "Leave them out of the ranges, or train with --engine mujoco."
        )
    return drawn


def _stacked(drawn: Sequence[RobotParameters], field: str) -> Array:
    """Return one field of all robots, (N, ...)."""
    return np.array([getattr(one, field) for one in drawn])


def _mass_scale(drawn: Sequence[RobotParameters], bodies: Sequence[str]) -> Array:
    return np.array(
        [[one.link_mass_scale.get(name, 1.0) for name in bodies] for one in drawn]
    )


def _latency(drawn: Sequence[RobotParameters]) -> NDArray[np.int64]:
    """Return the mean delay of a robot's commands in whole physics steps, (N,)."""
    late = _stacked(drawn, "command_delay_s").mean(1) / PHYSICS_DT
    return np.rint(late).astype(np.int64)


def _tensors(view: RobotView) -> Tensors:
    """Return what makes float32 tensors on the robots' device."""

    def tensor(values: Any) -> torch.Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=view.device)

    return tensor
