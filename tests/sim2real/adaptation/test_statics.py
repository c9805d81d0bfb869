"""Gravity torques of limbs, worked out by hand and by MuJoCo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.adaptation.statics import Limbs, down_in_base
from sim2real.kinematics import KinematicsError
from sim2real.rotations import project_gravity

# An arm along x that turns about y: 2 kg half a metre out, the tip one metre out. On
# it a thumb with a joint of its own: 1 kg, 0.2 m from the arm's end.
ARM = """
<mujoco><worldbody><body name="base">
  <inertial pos="0 0 0" mass="9"/>
  <body name="arm" pos="0 0 0.3">
    <joint name="lift" axis="0 1 0"/>
    <inertial pos="0.5 0 0" mass="2"/>
    <site name="tip" pos="1 0 0"/>
    <body name="thumb" pos="1 0 0">
      <joint name="bend" axis="0 0 1"/>
      <inertial pos="0.2 0 0" mass="1"/>
    </body>
  </body>
  <body name="post" pos="0 0 0.1"><inertial pos="0 0 0" mass="1"/>
    <site name="top" pos="0 0 0.1"/></body>
</body></worldbody></mujoco>
"""
DOWN = np.array([0.0, 0.0, -1.0])


@pytest.fixture
def mjcf(tmp_path: Path) -> Path:
    path = tmp_path / "arm.xml"
    path.write_text(ARM)
    return path


def test_a_level_arm_needs_its_weight_times_its_lever(mjcf: Path) -> None:
    limbs = Limbs(mjcf, "base", ["tip"], {})
    load = limbs.load(np.array([[0.0]]), DOWN)
    # Turning about +y lowers +x, so holding is negative: 2 kg at 0.5 m, 1 kg at 1.2 m.
    assert_allclose(load.holding, [[-9.81 * (2 * 0.5 + 1 * 1.2)]])
    assert_allclose(load.tip_holding, [[-9.81]])
    assert_allclose(load.tip, [[1.0, 0.0, 0.3]])
    assert_allclose(load.jacobian[0, :, 0], [0, 0, -1, 0, 1, 0], atol=1e-12)


def test_a_hanging_arm_needs_nothing(mjcf: Path) -> None:
    limbs = Limbs(mjcf, "base", ["tip"], {})
    load = limbs.load(np.array([[np.pi / 2]]), DOWN)
    assert_allclose(load.holding, [[0.0]], atol=1e-12)


def test_a_joint_beside_the_chain_rests_where_it_is_said_to(mjcf: Path) -> None:
    limbs = Limbs(mjcf, "base", ["tip"], {"bend": np.pi / 2})
    load = limbs.load(np.array([[0.0]]), DOWN)
    assert_allclose(load.holding, [[-9.81 * (2 * 0.5 + 1 * 1.0)]])


@pytest.mark.parametrize(
    ("base", "sites", "sentence"),
    [
        ("trunk", ["tip"], "the MJCF has no body 'trunk'"),
        ("base", ["toe"], "the MJCF has no site 'toe' below body 'base'"),
        (
            "base",
            ["tip", "top"],
            r"limbs of different lengths \(\[0, 1\] joints\) to tip, top",
        ),
    ],
)
def test_what_is_not_there_is_named(
    mjcf: Path, base: str, sites: list[str], sentence: str
) -> None:
    with pytest.raises(KinematicsError, match=sentence):
        Limbs(mjcf, base, sites, {})


def test_arms_of_the_g1_agree_with_mujoco(robot: RobotConfig) -> None:
    mujoco = pytest.importorskip("mujoco", reason="the reference")
    from sim2real.mujoco_model import robot_spec

    model = robot_spec(robot).compile()
    data = mujoco.MjData(model)
    rng = np.random.default_rng(3)
    pose = robot.default_joint_pos.copy()
    arms = robot.joints_of("left_arm", "right_arm")
    index = [robot.joint_names.index(name) for name in arms]
    pose[index] += rng.uniform(-0.4, 0.4, len(index))
    quat = np.array([0.9, 0.2, -0.1, 0.3])
    data.qpos[3:7] = quat / np.linalg.norm(quat)
    places = [int(model.joint(name).qposadr[0]) for name in robot.joint_names]
    data.qpos[places] = pose
    mujoco.mj_forward(model, data)
    rest = dict(zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True))
    sites = [str(robot.sites.left_grasp), str(robot.sites.right_grasp)]
    limbs = Limbs(robot.mjcf, robot.base_body, sites, rest)
    chains = [[robot.joint_names.index(n) for n in c] for c in limbs.joint_names]
    load = limbs.load(pose[np.array(chains)], project_gravity(data.qpos[3:7]))
    for side, names in enumerate(limbs.joint_names):
        dofs = [int(model.joint(name).dofadr[0]) for name in names[-7:]]
        assert_allclose(load.holding[side, -7:], data.qfrc_bias[dofs], atol=1e-9)


def test_down_is_where_gravity_points() -> None:
    for quat in ([1.0, 0, 0, 0], [0.5, 0.5, -0.5, 0.5], [0.9, 0.1, -0.3, 0.3]):
        unit = np.array(quat) / np.linalg.norm(quat)
        assert_allclose(down_in_base(unit), project_gravity(unit), atol=1e-12)
