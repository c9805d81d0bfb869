"""The mirror image of a joint vector is that of the robot."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.mujoco_model import robot_spec
from skills.mirror import Mirror, flips, join, joint_mirror, mirror_name


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.mark.parametrize(
    ("joint", "other"),
    [
        ("left_knee_joint", "right_knee_joint"),
        ("right_hand_thumb_0_joint", "left_hand_thumb_0_joint"),
        ("waist_yaw_joint", "waist_yaw_joint"),
    ],
)
def test_a_joint_has_its_like_on_the_other_side(joint: str, other: str) -> None:
    assert mirror_name(joint) == other


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        ("left_hip_pitch_joint", False),
        ("left_hip_roll_joint", True),
        ("left_hip_yaw_joint", True),
        ("left_knee_joint", False),
        ("waist_yaw_joint", True),
        ("left_elbow_joint", False),
        ("left_hand_thumb_0_joint", False),
        ("left_hand_thumb_1_joint", True),
        ("left_hand_index_0_joint", True),
    ],
)
def test_turns_about_x_and_z_change_their_sign(joint: str, expected: bool) -> None:
    assert flips(joint) == expected


def test_a_joint_vector_by_hand() -> None:
    mirror = joint_mirror(("left_hip_roll_joint", "right_hip_roll_joint", "waist_yaw"))
    assert_allclose(mirror(np.array([0.1, 0.2, 0.3], np.float32)), [-0.2, -0.1, -0.3])


def test_mirroring_twice_changes_nothing(robot: RobotConfig) -> None:
    mirror = joint_mirror(robot.joint_names)
    pos = np.random.default_rng(0).normal(size=(5, 43)).astype(np.float32)
    assert_array_equal(mirror(mirror(pos)), pos)


def test_joined_mirrors_act_on_their_own_parts() -> None:
    swap, flip = Mirror.of([1, 0], [1, 1]), Mirror.of([0], [-1])
    both = join([swap, flip, swap])
    values = np.array([1, 2, 3, 4, 5], np.float32)
    assert_array_equal(both(values), [2, 1, -3, 5, 4])


def test_a_vector_with_one_side_only_is_an_error() -> None:
    with pytest.raises(
        ValueError,
        match="'left_knee_joint' cannot be mirrored: 'right_knee_joint' is not in",
    ):
        joint_mirror(("left_knee_joint",))


def test_the_range_of_a_mirrored_joint_is_the_mirrored_range(
    robot: RobotConfig,
) -> None:
    assert len(robot.joints) == 43
    joints = {joint.name: joint for joint in robot.joints}
    for joint in robot.joints:
        low, high = joint.range
        expected = (-high, -low) if flips(joint.name) else (low, high)
        assert_allclose(
            joints[mirror_name(joint.name)].range,
            expected,
            atol=1e-9,
            err_msg=joint.name,
        )


def test_pose_and_gains_of_the_robot_are_symmetric(robot: RobotConfig) -> None:
    mirror = joint_mirror(robot.joint_names)
    assert_allclose(mirror(robot.default_joint_pos), robot.default_joint_pos)
    for values in (robot.stiffness, robot.damping, robot.effort_limit):
        assert_array_equal(values[mirror.index], values)


def test_a_mirrored_pose_is_the_mirror_image_of_the_body(robot: RobotConfig) -> None:
    model = robot_spec(robot).compile()
    place = [int(model.joint(name).qposadr[0]) for name in robot.joint_names]

    def body_positions(pos: np.ndarray) -> dict[str, np.ndarray]:
        data = mujoco.MjData(model)
        data.qpos[:7] = [0, 0, 1, 1, 0, 0, 0]
        data.qpos[place] = pos
        mujoco.mj_kinematics(model, data)
        return {model.body(i).name: data.xpos[i] for i in range(1, model.nbody)}

    low, high = robot.joint_range.T
    pos = np.random.default_rng(3).uniform(low, high)
    here = body_positions(pos)
    there = body_positions(joint_mirror(robot.joint_names)(pos))
    for name, (x, y, z) in here.items():
        # The numbers of the MJCF are rounded: a hundredth of a millimetre.
        assert_allclose(there[mirror_name(name)], [x, -y, z], atol=2e-5, err_msg=name)
