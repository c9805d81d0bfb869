"""What an engine reports against the robot's YAML and MJCF."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.loader import load_robot
from sim2real.usd.articulation_check import (
    articulation_differences,
    expected_articulation,
)

ROBOT = load_robot()
OURS = expected_articulation(ROBOT)
PER_JOINT = (
    "lower_limit",
    "upper_limit",
    "armature",
    "stiffness",
    "damping",
    "effort_limit",
    "velocity_limit",
)


def picked(order):
    """Return what we expect with the joints in another order, or fewer of them."""
    values = {name: getattr(OURS, name)[order] for name in PER_JOINT}
    names = tuple(OURS.joint_names[index] for index in order)
    return replace(OURS, joint_names=names, **values)


def test_our_own_numbers_do_not_differ():
    assert articulation_differences(ROBOT, OURS) == []


def test_the_order_of_joints_is_free():
    order = np.random.default_rng(0).permutation(len(OURS.joint_names))
    assert articulation_differences(ROBOT, picked(order)) == []


def test_rounding_to_float32_is_no_difference():
    rounded = {name: getattr(OURS, name).astype(np.float32) for name in PER_JOINT}
    assert articulation_differences(ROBOT, replace(OURS, **rounded)) == []


def test_a_missing_joint_is_named():
    assert articulation_differences(ROBOT, picked(np.arange(1, 43))) == [
        "joint left_hip_pitch_joint: missing"
    ]


def test_a_strange_or_repeated_joint_is_named():
    names = ("tail_joint", *OURS.joint_names[1:42], OURS.joint_names[41])
    assert articulation_differences(ROBOT, replace(OURS, joint_names=names))[:4] == [
        "joint left_hip_pitch_joint: missing",
        "joint right_hand_index_1_joint: missing",
        "joint tail_joint: the robot has no such joint",
        "joint right_hand_index_0_joint: reported 2 times",
    ]


@pytest.mark.parametrize(
    ("quantity", "line"),
    [
        ("lower_limit", "lower_limit expected -0.08727 rad, got 0.91273 rad"),
        ("upper_limit", "upper_limit expected 2.8798 rad, got 3.8798 rad"),
        ("armature", "armature expected 0.0251019 kg m^2, got 1.0251 kg m^2"),
        ("stiffness", "stiffness expected 150 N m/rad, got 151 N m/rad"),
        ("damping", "damping expected 4 N m s/rad, got 5 N m s/rad"),
        ("effort_limit", "effort_limit expected 139 N m, got 140 N m"),
        ("velocity_limit", "velocity_limit expected 20 rad/s, got 21 rad/s"),
    ],
)
def test_a_value_that_differs_is_shown_with_its_unit(quantity, line):
    values = getattr(OURS, quantity).copy()
    values[OURS.joint_names.index("left_knee_joint")] += 1.0
    reported = replace(OURS, **{quantity: values})
    assert articulation_differences(ROBOT, reported) == [
        f"joint left_knee_joint: {line}"
    ]


def test_a_number_that_is_none_differs():
    values = OURS.stiffness.copy()
    values[0] = np.nan
    assert articulation_differences(ROBOT, replace(OURS, stiffness=values)) == [
        "joint left_hip_pitch_joint: stiffness expected 100 N m/rad, got nan N m/rad"
    ]


def test_bodies_are_compared_by_name():
    masses = dict(OURS.body_masses)
    masses["pelvis"] = 4.0
    del masses["torso_link"]
    masses["hat"] = 0.1
    assert articulation_differences(ROBOT, replace(OURS, body_masses=masses)) == [
        "body torso_link: missing",
        "body hat: the robot has no such body",
        "body pelvis: mass expected 3.813 kg, got 4 kg",
    ]


def test_vectors_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match=r"armature: expected \(43,\), got \(2,\)"):
        replace(OURS, armature=np.zeros(2))
