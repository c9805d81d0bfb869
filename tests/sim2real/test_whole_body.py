"""Centre of mass and sites agree with MuJoCo's, for any posture."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from sim2real.kinematics import KinematicsError
from sim2real.whole_body import WholeBody

TWO_RODS = """
<mujoco>
  <worldbody>
    <body name="base">
      <inertial pos="0 0 1" mass="3" diaginertia="1 1 1"/>
      <body name="upper" pos="1 0 0">
        <inertial pos="1 0 0" mass="1" diaginertia="1 1 1"/>
        <joint name="hinge" axis="0 0 1"/>
        <body name="bolted" pos="2 0 0">
          <inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/>
          <site name="tip" pos="0 0 0.5"/>
        </body>
      </body>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.fixture
def two_rods(tmp_path: Path) -> Path:
    """A hinge on a base, with a body bolted to its end."""
    path = tmp_path / "two_rods.xml"
    path.write_text(TWO_RODS)
    return path


def test_two_rods_by_hand(two_rods: Path) -> None:
    body = WholeBody(two_rods, "base", ["hinge"], ["tip"])
    straight, turned = body.posture(np.array([[0.0], [np.pi / 2]])).com
    assert body.mass == 5.0
    assert_allclose(straight, [(2 + 3) / 5, 0, 3 / 5], atol=1e-12)
    assert_allclose(turned, [(1 + 1) / 5, (1 + 2) / 5, 3 / 5], atol=1e-12)


def test_a_site_of_a_bolted_body_moves_with_the_hinge(two_rods: Path) -> None:
    posture = WholeBody(two_rods, "base", ["hinge"], ["tip"]).posture(
        np.array([np.pi / 2])
    )
    assert_allclose(posture.site_pos, [[1, 2, 0.5]], atol=1e-12)
    assert_allclose(posture.site_rot[0, :, 0], [0, 1, 0], atol=1e-12)


def test_joints_that_are_not_named_stay_at_zero(two_rods: Path) -> None:
    posture = WholeBody(two_rods, "base", [], ["tip"]).posture(np.zeros(0))
    assert_allclose(posture.com, [1, 0, 0.6], atol=1e-12)


def test_the_g1_agrees_with_mujoco() -> None:
    g1 = load_robot()
    model = mujoco.MjModel.from_xml_path(str(g1.mjcf))
    data = mujoco.MjData(model)
    sites = (g1.sites.left_foot, g1.sites.right_foot)
    body = WholeBody(g1.mjcf, g1.base_body, g1.joint_names, sites)
    rng = np.random.default_rng(0)
    joint_pos = rng.uniform(*g1.joint_range.T, (3, len(g1.joint_names)))
    posture = body.posture(joint_pos)
    root = model.body(g1.base_body)
    start = model.jnt_qposadr[root.jntadr[0]]
    for row in range(3):
        data.qpos[start : start + 7] = [0, 0, 0, 1, 0, 0, 0]
        for name, value in zip(g1.joint_names, joint_pos[row], strict=True):
            data.joint(name).qpos[0] = value
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        assert_allclose(posture.com[row], data.subtree_com[root.id], atol=1e-9)
        for number, site in enumerate(sites):
            there = data.site(site)
            assert_allclose(posture.site_pos[row, number], there.xpos, atol=1e-9)
            turned = there.xmat.reshape(3, 3)
            assert_allclose(posture.site_rot[row, number], turned, atol=1e-9)
    assert body.mass == pytest.approx(model.body_subtreemass[root.id])


@pytest.mark.parametrize(
    ("base", "joints", "sites", "message"),
    [
        ("pelvis", [], [], "the MJCF has no body 'pelvis'"),
        ("base", ["knee"], [], "the MJCF has no joint 'knee' below body 'base'"),
        ("base", [], ["toe"], "the MJCF has no site 'toe' below body 'base'"),
    ],
)
def test_what_is_missing_is_named(
    two_rods: Path, base: str, joints: list[str], sites: list[str], message: str
) -> None:
    with pytest.raises(KinematicsError, match=message):
        WholeBody(two_rods, base, joints, sites)
