"""A limb's kinematics by hand, against MuJoCo's own, and by finite differences."""

from __future__ import annotations

from math import pi
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.kinematics import Chain, KinematicsError
from sim2real.mujoco_model import robot_spec
from sim2real.rotations import wxyz_from_rpy

SITES = ("left_grasp", "right_grasp", "left_foot", "right_foot", "imu_in_torso")

TWO_LINKS = """
<mujoco>
  <worldbody>
    <body name="base" pos="5 6 7">
      <freejoint/>
      <site name="on_base" pos="0.1 0.2 0.3"/>
      <body name="upper">
        <joint name="first" axis="0 0 2"/>
        <body name="plate" pos="0.4 0 0">
          <body name="lower" pos="0.6 0 0">
            <joint name="second"/>
            <site name="tip" pos="0.5 0 0"/>
          </body>
        </body>
      </body>
      <body name="nothing_here"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.fixture
def two_links(tmp_path: Path) -> Path:
    """Links of 1.0 m and 0.5 m in a plane; a plate without a joint between them."""
    path = tmp_path / "two_links.xml"
    path.write_text(TWO_LINKS)
    return path


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def model(robot: RobotConfig) -> Any:
    return robot_spec(robot).compile()


def random_poses(robot: RobotConfig, count: int) -> np.ndarray:
    low, high = robot.joint_range.T
    return np.random.default_rng(4).uniform(low, high, (count, len(low)))


def of_chain(chain: Chain, robot: RobotConfig, joint_pos: np.ndarray) -> np.ndarray:
    return joint_pos[:, [robot.joint_names.index(n) for n in chain.joint_names]]


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        ((0.0, 0.0), (1.5, 0.0, 0.0)),
        ((pi / 2, 0.0), (0.0, 1.5, 0.0)),
        ((pi / 2, -pi / 2), (0.5, 1.0, 0.0)),
        ((0.0, pi), (0.5, 0.0, 0.0)),
    ],
)
def test_two_links_by_hand(
    two_links: Path, angles: tuple[float, float], expected: tuple[float, ...]
) -> None:
    chain = Chain(two_links, "base", "tip")
    assert chain.joint_names == ("first", "second")
    position, rotation = chain.forward(np.array(angles))
    assert_allclose(position, expected, atol=1e-12)
    along = [np.cos(sum(angles)), np.sin(sum(angles)), 0.0]
    assert_allclose(rotation[:, 0], along, atol=1e-12)


def test_jacobian_of_two_links_by_hand(two_links: Path) -> None:
    _, _, jacobian = Chain(two_links, "base", "tip").jacobian(np.zeros(2))
    first, second = (0, 1.5, 0, 0, 0, 1), (0, 0.5, 0, 0, 0, 1)
    assert_allclose(jacobian.T, [first, second], atol=1e-12)


def test_a_site_on_the_base_itself_needs_no_joint(two_links: Path) -> None:
    chain = Chain(two_links, "base", "on_base")
    assert chain.joint_names == ()
    position, rotation, jacobian = chain.jacobian(np.zeros((4, 0)))
    assert_allclose(position, np.tile([0.1, 0.2, 0.3], (4, 1)))
    assert_allclose(rotation, np.tile(np.eye(3), (4, 1, 1)))
    assert jacobian.shape == (4, 6, 0)


@pytest.mark.parametrize("site", SITES)
def test_position_rotation_and_jacobian_are_those_of_mujoco(
    site: str, robot: RobotConfig, model: Any
) -> None:
    chain = Chain(robot.mjcf, robot.base_body, site)
    poses = random_poses(robot, 5)
    position, rotation, jacobian = chain.jacobian(of_chain(chain, robot, poses))
    place = [int(model.joint(name).qposadr[0]) for name in robot.joint_names]
    column = [int(model.joint(name).dofadr[0]) for name in chain.joint_names]
    body = int(model.site(site).bodyid[0])
    data = mujoco.MjData(model)
    angles = (np.float64(v) for v in (0.4, -0.3, 1.1))
    data.qpos[:7] = [0.3, -0.2, 0.9, *wxyz_from_rpy(*angles)]
    for i, pose in enumerate(poses):
        data.qpos[place] = pose
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        base = data.body(robot.base_body)
        into_base = base.xmat.reshape(3, 3).T
        assert_allclose(
            position[i], into_base @ (data.site(site).xpos - base.xpos), atol=1e-9
        )
        assert_allclose(
            rotation[i], into_base @ data.xmat[body].reshape(3, 3), atol=1e-9
        )
        linear, angular = np.zeros((3, model.nv)), np.zeros((3, model.nv))
        mujoco.mj_jacSite(model, data, linear, angular, model.site(site).id)
        assert_allclose(jacobian[i, :3], into_base @ linear[:, column], atol=1e-9)
        assert_allclose(jacobian[i, 3:], into_base @ angular[:, column], atol=1e-9)


def test_jacobian_is_the_finite_difference_of_the_position(
    robot: RobotConfig,
) -> None:
    chain = Chain(robot.mjcf, robot.base_body, "right_grasp")
    pose = of_chain(chain, robot, random_poses(robot, 1))[0]
    _, _, jacobian = chain.jacobian(pose)
    step = 1e-6 * np.eye(len(pose))
    ahead, _ = chain.forward(pose + step)  # one row for each joint
    behind, _ = chain.forward(pose - step)
    assert_allclose(jacobian[:3], (ahead - behind).T / 2e-6, atol=1e-7)


def test_any_batch_shape_gives_the_numbers_of_one(robot: RobotConfig) -> None:
    chain = Chain(robot.mjcf, robot.base_body, "left_grasp")
    poses = of_chain(chain, robot, random_poses(robot, 6))
    position, rotation = chain.forward(poses.reshape(2, 3, -1))
    assert position.shape == (2, 3, 3)
    assert rotation.shape == (2, 3, 3, 3)
    for i, pose in enumerate(poses):
        one, turned = chain.forward(pose)
        assert_allclose(position[i // 3, i % 3], one, atol=1e-12)
        assert_allclose(rotation[i // 3, i % 3], turned, atol=1e-12)


@pytest.mark.parametrize("site", ["right_grasp", "on_base"])
def test_tensors_give_the_numbers_of_numpy(
    site: str, robot: RobotConfig, two_links: Path
) -> None:
    torch = pytest.importorskip("torch", reason="the other kind of arrays")
    if site == "on_base":
        chain = Chain(two_links, "base", site)
    else:
        chain = Chain(robot.mjcf, robot.base_body, site)
    rng = np.random.default_rng(5)
    poses = rng.uniform(-1.0, 1.0, (5, len(chain.joint_names)))
    expected = chain.jacobian(poses)
    for kind, close in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        tensor = torch.tensor(poses, dtype=kind)
        for here, there in zip(chain.jacobian(tensor), expected, strict=True):
            assert here.dtype == kind
            assert here.shape == there.shape
            assert_allclose(here.numpy(), there, atol=close)
        for here, there in zip(chain.forward(tensor), expected, strict=False):
            assert_allclose(here.numpy(), there, atol=close)


def test_the_precision_is_that_of_the_joints(robot: RobotConfig) -> None:
    chain = Chain(robot.mjcf, robot.base_body, "right_grasp")
    pose = of_chain(chain, robot, random_poses(robot, 1))[0]
    for kind in (np.float64, np.float32, np.float64):
        assert {part.dtype.type for part in chain.jacobian(pose.astype(kind))} == {kind}


def test_joints_in_whole_numbers_are_refused(two_links: Path) -> None:
    chain = Chain(two_links, "base", "tip")
    for _ in range(2):
        with pytest.raises(
            KinematicsError, match="floating-point numbers, int64 came; convert them"
        ):
            chain.forward(np.zeros(2, np.int64))


def test_an_unknown_base_is_named(two_links: Path) -> None:
    with pytest.raises(KinematicsError, match="the MJCF has no body 'pelvis'"):
        Chain(two_links, "pelvis", "tip")


def test_a_site_that_is_not_below_the_base_is_named(two_links: Path) -> None:
    with pytest.raises(
        KinematicsError, match="no site 'tip' below body 'nothing_here'"
    ):
        Chain(two_links, "nothing_here", "tip")
