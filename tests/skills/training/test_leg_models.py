"""The robots of walk and balance: the G1 with its arms welded, and what differs."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from configs.training_schema import LegRandomization
from sim2real.mujoco_model import robot_spec
from skills.mirror import mirror_name
from skills.training.leg_models import (
    leg_spec,
    random_arm_pose,
    wild_arm_pose,
)
from skills.training.leg_robots import LegRobots

LEGS_AND_WAIST = 15
SAME = LegRandomization(
    friction=(0.8, 0.8),
    mass_scale=(1.0, 1.0),
    torso_mass=(0.0, 0.0),
    torso_com=0.0,
    payload=(0.0, 0.0),
    stiffness_scale=(1.0, 1.0),
    damping_scale=(1.0, 1.0),
    effort_scale=(1.0, 1.0),
    armature_scale=(1.0, 1.0),
    joint_damping=(0.0, 0.0),
    random_arms_share=0.0,
)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def pose(robot: RobotConfig) -> dict[str, float]:
    """A pose of both arms and hands."""
    rng = np.random.default_rng(6)
    hands = robot.joints_of("left_hand", "right_hand")
    ranges = dict(zip(robot.joint_names, robot.joint_range, strict=True))
    fingers = {name: float(rng.uniform(*ranges[name])) for name in hands}
    return random_arm_pose(robot, rng) | fingers


def at_start(model: Any, robot: RobotConfig, pose: dict[str, float]) -> Any:
    """Put the joints that a model has into the default pose, or that given."""
    data = mujoco.MjData(model)
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True)) | pose
    data.qpos[:7] = [0, 0, 0.784, 1, 0, 0, 0]
    for i in range(1, model.njnt):
        joint = model.joint(i)
        data.qpos[joint.qposadr[0]] = default[joint.name]
    mujoco.mj_forward(model, data)
    return data


def test_welding_the_arms_changes_neither_mass_nor_its_centre(
    robot: RobotConfig, pose: dict[str, float]
) -> None:
    whole = robot_spec(robot).compile()
    welded = leg_spec(robot, pose).compile()
    assert welded.nu == welded.njnt - 1 == LEGS_AND_WAIST
    assert welded.body_mass.sum() == pytest.approx(whole.body_mass.sum(), abs=1e-9)
    here, there = at_start(whole, robot, pose), at_start(welded, robot, pose)
    assert_allclose(there.subtree_com[0], here.subtree_com[0], atol=1e-9)
    feet = [robot.sites.left_foot, robot.sites.right_foot]
    for foot in feet:
        assert_allclose(there.site(foot).xpos, here.site(foot).xpos, atol=1e-9)


def test_welding_keeps_how_hard_the_robot_is_to_turn(
    robot: RobotConfig, pose: dict[str, float]
) -> None:
    inertia = []
    for model in (robot_spec(robot).compile(), leg_spec(robot, pose).compile()):
        data = at_start(model, robot, pose)
        columns = np.zeros((6, model.nv))  # of the mass matrix, those of the base
        for i, unit in enumerate(np.eye(model.nv)[:6]):
            mujoco.mj_mulM(model, data, columns[i], unit)
        inertia.append(columns[:, :6])
    assert_allclose(inertia[1], inertia[0], atol=1e-6)


def test_a_payload_adds_its_mass_in_the_hand(
    robot: RobotConfig, pose: dict[str, float]
) -> None:
    empty = leg_spec(robot, pose).compile()
    laden = leg_spec(robot, pose, ("left", 1.5)).compile()
    total = float(empty.body_mass.sum())
    assert laden.body_mass.sum() == pytest.approx(total + 1.5)
    here, there = at_start(empty, robot, pose), at_start(laden, robot, pose)
    hand = here.site("left_grasp").xpos
    expected = (total * here.subtree_com[0] + 1.5 * hand) / (total + 1.5)
    assert_allclose(there.subtree_com[0], expected, atol=1e-9)


def test_only_the_feet_touch_the_floor(
    robot: RobotConfig, pose: dict[str, float]
) -> None:
    model = leg_spec(robot, pose).compile()
    names = {model.geom(i).name for i in range(model.ngeom)} - {"floor"}
    assert names
    assert all(name.startswith(("left_foot", "right_foot")) for name in names)


def test_sensors_of_the_torso_and_the_feet(
    robot: RobotConfig, pose: dict[str, float]
) -> None:
    model = leg_spec(robot, pose).compile()
    data = at_start(model, robot, pose)
    assert_allclose(data.sensor("torso_z").data, [0, 0, 1], atol=1e-9)
    left, right = data.sensor("left_pos").data, data.sensor("right_pos").data
    assert left[1] > 0.05 and right[1] < -0.05
    assert_allclose(left * [1, -1, 1], right, atol=1e-4)
    assert_allclose(data.sensor("left_x").data, [1, 0, 0], atol=1e-6)


def test_arm_poses_keep_to_the_joints_ranges(robot: RobotConfig) -> None:
    rng = np.random.default_rng(0)
    arms = robot.joints_of("left_arm", "right_arm")
    ranges = dict(zip(robot.joint_names, robot.joint_range, strict=True))
    for draw in (random_arm_pose, wild_arm_pose):
        for _ in range(30):
            pose = draw(robot, rng)
            assert tuple(pose) == arms
            assert all(ranges[n][0] <= v <= ranges[n][1] for n, v in pose.items())


def test_both_arms_are_drawn_from_mirrored_spans(robot: RobotConfig) -> None:
    rng = np.random.default_rng(0)
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    drawn = [random_arm_pose(robot, rng) for _ in range(300)]
    for left in robot.joints_of("left_arm"):
        right = mirror_name(left)
        sign = -1.0 if "roll" in left or "yaw" in left else 1.0
        here = np.array([pose[left] - default[left] for pose in drawn])
        there = sign * np.array([pose[right] - default[right] for pose in drawn])
        assert_allclose(there.min(), here.min(), atol=0.1)
        assert_allclose(there.max(), here.max(), atol=0.1)


def test_wild_shoulders_stay_outside_the_trunk(robot: RobotConfig) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        pose = wild_arm_pose(robot, rng)
        assert pose["left_shoulder_roll_joint"] >= 0.0
        assert pose["right_shoulder_roll_joint"] <= 0.0


def test_without_randomisation_every_robot_is_the_g1(robot: RobotConfig) -> None:
    robots = LegRobots(robot, SAME, 4, moving_arms=False, rng=np.random.default_rng(0))
    models, welded = robots.models, robots.welded
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    for model, pose in zip(models, welded, strict=True):
        assert pose == {name: default[name] for name in pose}
        # A hand that holds something holds a gram.
        assert model.body_mass.sum() == pytest.approx(
            robot_spec(robot).compile().body_mass.sum(), abs=2e-3
        )
        assert_array_equal(model.actuator_gainprm[:, 0], robot.stiffness[:15])
        assert_array_equal(-model.actuator_biasprm[:, 2], robot.damping[:15])
        assert_array_equal(model.actuator_forcerange[:, 1], robot.effort_limit[:15])


def test_randomised_numbers_lie_in_their_ranges(robot: RobotConfig) -> None:
    config = LegRandomization()
    robots = LegRobots(robot, config, 6, moving_arms=True, rng=np.random.default_rng(0))
    models, welded = robots.models, robots.welded
    assert all(
        set(w) == set(robot.joints_of("left_hand", "right_hand")) for w in welded
    )
    stiffness = robot.stiffness[:29]
    seen = set()
    for model in models:
        assert model.nu == 29
        scale = model.actuator_gainprm[:, 0] / stiffness
        assert (scale >= 0.85).all() and (scale <= 1.15).all()
        assert_array_equal(model.actuator_biasprm[:, 1], -model.actuator_gainprm[:, 0])
        friction = model.geom_friction[:, 0]
        assert 0.4 <= friction[0] <= 1.2 and (friction == friction[0]).all()
        effort = model.actuator_forcerange[:, 1] / robot.effort_limit[:29]
        assert (effort >= 0.9).all() and (effort <= 1.0).all()
        assert (model.dof_damping[6:] <= 0.4).all()
        seen.add(float(model.body_mass.sum()))
    assert len(seen) == 6
