"""The G1, objects around it, and small random policies for its skills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import wxyz_from_rpy, wxyz_from_yaw
from skills.description import (
    PolicyDescription,
    hand_description,
    legs_description,
)
from skills.mirror import joint_mirror
from skills.policy import Policy

FLIP_Y = np.array([1.0, -1.0, 1.0])
FLIP_SPIN = np.array([-1.0, 1.0, -1.0])
FLIP_QUAT = np.array([1.0, -1.0, 1.0, -1.0])


@dataclass(frozen=True)
class PolicyFolder:
    """A folder with one small random policy for each skill."""

    path: Path
    robot: RobotConfig

    def load(self, skill: str, *, mirrored: bool = False) -> Policy:
        return Policy.load(self.path / f"{skill}.onnx", self.robot, mirrored=mirrored)


@pytest.fixture(scope="session")
def g1() -> RobotConfig:
    return load_robot()


@pytest.fixture
def standing(g1: RobotConfig) -> Callable[..., RobotState]:
    """Make the state of a robot that stands in its default pose."""

    def make(
        x: float = 0.0, y: float = 0.0, yaw: float = 0.0, **changes: Any
    ) -> RobotState:
        n = len(g1.joint_names)
        fields: dict[str, Any] = {
            "time": 0.0,
            "joint_pos": g1.default_joint_pos,
            "joint_vel": np.zeros(n),
            "joint_effort": np.zeros(n),
            "base_pos_w": np.array([x, y, g1.standing_height]),
            "base_quat_wxyz": wxyz_from_yaw(np.float64(yaw)),
            "base_lin_vel_w": np.zeros(3),
            "base_ang_vel": np.zeros(3),
        }
        return RobotState(**{**fields, **changes})

    return make


@pytest.fixture
def table() -> ObjectState:
    """A table of 0.8 x 1.2 m, 0.7 m high, in the middle of the world."""
    return ObjectState(
        name="table",
        kind="table",
        pos_w=np.array([0.0, 0.0, 0.35]),
        quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        lin_vel_w=np.zeros(3),
        half_size=np.array([0.4, 0.6, 0.35]),
        movable=False,
    )


@pytest.fixture
def cup_at() -> Callable[..., ObjectState]:
    """Make a cup, 6 cm wide and 10 cm high, with its centre at a point."""

    def make(x: float, y: float, z: float = 0.75, **changes: Any) -> ObjectState:
        fields: dict[str, Any] = {
            "name": "cup",
            "kind": "cup",
            "pos_w": np.array([x, y, z]),
            "quat_wxyz": np.array([1.0, 0.0, 0.0, 0.0]),
            "lin_vel_w": np.zeros(3),
            "half_size": np.array([0.03, 0.03, 0.05]),
            "movable": True,
        }
        return ObjectState(**{**fields, **changes})

    return make


@pytest.fixture
def random_state(g1: RobotConfig, standing: Callable[..., RobotState]) -> RobotState:
    """A robot that leans a little and moves."""
    rng = np.random.default_rng(5)
    n = len(g1.joint_names)
    low, high = g1.joint_range.T
    spread = rng.uniform(-0.3, 0.3, n)
    return standing(
        joint_pos=np.clip(g1.default_joint_pos + spread, low, high),
        joint_vel=rng.normal(0.0, 1.0, n),
        base_quat_wxyz=wxyz_from_rpy(*(np.float64(v) for v in (0.1, -0.2, 0.0))),
        base_ang_vel=rng.normal(0.0, 0.5, 3),
    )


@pytest.fixture
def mirror_image(g1: RobotConfig) -> Callable[..., Any]:
    """Make the image of a robot or an object across the world's x-z plane."""
    mirror = joint_mirror(g1.joint_names)

    def image(of: RobotState | ObjectState) -> RobotState | ObjectState:
        if isinstance(of, ObjectState):
            return replace(
                of, pos_w=of.pos_w * FLIP_Y, quat_wxyz=of.quat_wxyz * FLIP_QUAT
            )
        return replace(
            of,
            joint_pos=mirror(of.joint_pos),
            joint_vel=mirror(of.joint_vel),
            base_pos_w=of.base_pos_w * FLIP_Y,
            base_quat_wxyz=of.base_quat_wxyz * FLIP_QUAT,
            base_ang_vel=of.base_ang_vel * FLIP_SPIN,
        )

    return image


@pytest.fixture(scope="session")
def policies(g1: RobotConfig, tmp_path_factory: pytest.TempPathFactory) -> PolicyFolder:
    """Random policies for every skill, made as the trainer makes them."""
    torch = pytest.importorskip("torch", reason="policies are exported with torch")
    pytest.importorskip("onnx", reason="policies are exported with onnx")
    from skills.training.export import export_policy

    folder = tmp_path_factory.mktemp("policies")
    for seed, description in enumerate(_descriptions(g1)):
        torch.manual_seed(seed)
        size = description.observation_size
        golden = np.random.default_rng(seed).normal(size=(8, size))
        export_policy(
            torch.nn.Sequential(
                torch.nn.Linear(size, 8),
                torch.nn.ELU(),
                torch.nn.Linear(8, len(description.action.joints)),
            ),
            description,
            g1,
            folder / f"{description.skill}.onnx",
            config_digest="none",
            golden_observations=golden.astype(np.float32),
        )
    return PolicyFolder(folder, g1)


def _descriptions(robot: RobotConfig) -> list[PolicyDescription]:
    legs = [
        legs_description(
            skill,
            robot.joints_of("legs", "waist"),
            robot.joints_of("left_arm", "right_arm"),
            action_scale=0.25,
            action_clip=6.0,
            control_dt=0.02,
            arm_velocity=skill == "balance",
        )
        for skill in ("walk", "balance")
    ]
    hands = [
        hand_description(
            skill,
            robot.joints_of("right_arm", "right_hand"),
            arm_scale=0.025,
            hand_scale=0.06,
            action_clip=1.5,
            control_dt=0.02,
        )
        for skill in ("grasp", "manipulate")
    ]
    return [*legs, *hands]
