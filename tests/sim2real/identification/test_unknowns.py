"""Unknowns are scaled to their joint and end up where they belong."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.identification.parts import PARTS, unknowns_of
from sim2real.identification.unknowns import applied, unknown, value_of
from sim2real.robot_parameters import RobotParameters


def test_friction_is_scaled_to_the_torque_of_the_joint(robot: RobotConfig) -> None:
    hip = unknown(robot, "friction_loss_add", "left_hip_pitch_joint")
    thumb = unknown(robot, "friction_loss_add", "left_hand_thumb_1_joint")
    # 1 % of 88 N m and of 1.4 N m.
    assert hip.spread == pytest.approx(0.88)
    assert thumb.spread == pytest.approx(0.014)
    assert hip.nominal == thumb.nominal == 0.0


def test_values_are_put_in_by_limb_joint_body_side_and_axis(robot: RobotConfig) -> None:
    values = {
        unknown(robot, "strength", "left_leg"): 0.8,
        unknown(robot, "encoder_bias", "waist_yaw_joint"): 0.02,
        unknown(robot, "link_mass_scale", "left_knee_link"): 1.1,
        unknown(robot, "payload", "left"): 0.4,
        unknown(robot, "base_mass_add"): 2.0,
        unknown(robot, "base_com_add", "1"): 0.01,
    }
    told = applied(
        robot, RobotParameters.nominal(robot), list(values), list(values.values())
    )
    assert_allclose(told.strength[:7], [0.8] * 6 + [1.0])
    assert told.encoder_bias[robot.joint_names.index("waist_yaw_joint")] == 0.02
    assert told.link_mass_scale == {"left_knee_link": 1.1}
    assert told.payload == {"left": 0.4}
    assert told.base_mass_add == 2.0
    assert_allclose(told.base_com_add, [0.0, 0.01, 0.0])
    for one, value in values.items():
        assert value_of(robot, told, one) == value


def test_a_leg_has_five_shared_unknowns_six_biases_and_all_its_links(
    robot: RobotConfig,
) -> None:
    names = [one.name for one in unknowns_of(robot, PARTS[0])]
    assert names[:5] == [
        "armature_scale of left_leg",
        "damping_add of left_leg",
        "friction_loss_add of left_leg",
        "strength of left_leg",
        "command_delay_s of left_leg",
    ]
    assert sum(name.startswith("encoder_bias") for name in names) == 6
    links = [name for name in names if name.startswith("link_mass_scale")]
    # The ankle's fork of 74 g, too: a mass that is certain would weigh all others.
    assert len(links) == 6
    # And how the delay is made up, which smoothes fast sweeps.
    assert {"observation_delay_s", "jitter_s"} <= set(names)
    assert len(names) == 19


def test_every_joint_may_have_its_own_and_gains_may_be_sought(
    robot: RobotConfig,
) -> None:
    own = unknowns_of(robot, PARTS[0], each="joint", gains=True)
    # 6 x (armature, damping, friction, strength, two gains, bias), 3 of time, 6 links.
    assert len(own) == 6 * 7 + 3 + 6


def test_the_small_motors_of_a_wrist_have_a_friction_of_their_own(
    robot: RobotConfig,
) -> None:
    wrist = "left_wrist_pitch_joint+left_wrist_yaw_joint"
    found = {one.name: one for one in unknowns_of(robot, PARTS[2])}
    assert f"friction_loss_add of {wrist}" in found
    assert f"armature_scale of {wrist}" not in found
    one = found[f"friction_loss_add of {wrist}"]
    told = applied(robot, RobotParameters.nominal(robot), [one], [0.03])
    joints = [
        n for n, v in zip(robot.joint_names, told.friction_loss_add, strict=True) if v
    ]
    assert joints == wrist.split("+")
    assert value_of(robot, told, one) == 0.03


def test_waist_and_arms_also_seek_the_trunks_load_and_payloads(
    robot: RobotConfig,
) -> None:
    names = {one.name for one in unknowns_of(robot, PARTS[2])}
    assert {"base_mass_add", "base_com_add of 2", "payload of right"} <= names
    assert "link_mass_scale of torso_link" not in names


def test_an_arm_moves_its_fingers_as_one_mass(robot: RobotConfig) -> None:
    (fingers,) = (
        one
        for one in unknowns_of(robot, PARTS[2])
        if one.field == "link_mass_scale" and "left_hand" in one.key
    )
    links = fingers.key.split("+")
    assert len(links) == 7 and "left_hand_thumb_0_link" in links
    told = applied(robot, RobotParameters.nominal(robot), [fingers], [1.03])
    assert told.link_mass_scale == dict.fromkeys(links, 1.03)
    assert value_of(robot, told, fingers) == 1.03
