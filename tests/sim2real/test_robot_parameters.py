"""How one robot differs from the nominal one: values by joint, checks, equality."""

from __future__ import annotations

from dataclasses import replace

import pytest
from numpy.testing import assert_array_equal

from configs.loader import ConfigError, load_robot
from sim2real.robot_parameters import JOINT_KINDS, KINDS, RobotParameters

ROBOT = load_robot()
NOMINAL = RobotParameters.nominal(ROBOT)
KNEE = ROBOT.joint_names.index("left_knee_joint")
ELBOW = ROBOT.joint_names.index("left_elbow_joint")


def test_the_nominal_robot_differs_in_nothing():
    assert NOMINAL.is_nominal
    assert NOMINAL.differences() == ()
    assert NOMINAL.strength.shape == (43,)
    assert RobotParameters.of(ROBOT, {}) == NOMINAL


def test_the_narrowest_name_of_a_joint_counts():
    said = {"left_knee_joint": 0.7, "all": 0.9, "legs": 0.8, "left_leg": 0.75}
    strength = RobotParameters.of(ROBOT, {"strength": said}).strength
    assert strength[KNEE] == 0.7
    assert strength[ROBOT.joint_names.index("left_hip_yaw_joint")] == 0.75
    assert strength[ROBOT.joint_names.index("right_knee_joint")] == 0.8
    assert strength[ELBOW] == 0.9


def test_differences_are_named():
    changed = RobotParameters.of(
        ROBOT, {"payload": {"left": 0.5}, "damping_add": 0.1, "gyro_bias": [0, 0, 0.1]}
    )
    assert changed.differences() == ("damping_add", "payload", "gyro_bias")
    assert changed != NOMINAL
    assert changed != replace(changed, payload={"left": 0.4})
    assert changed == replace(changed, payload={"left": 0.5})
    assert changed != "a robot"


def test_vectors_cannot_be_changed_behind_its_back():
    with pytest.raises(ValueError, match="read-only"):
        NOMINAL.strength[0] = 0.5


def test_every_field_has_a_neutral_value_within_its_bounds():
    for kind in KINDS.values():
        assert kind.low <= kind.neutral <= kind.high
    for name, kind in JOINT_KINDS.items():
        assert_array_equal(getattr(NOMINAL, name), kind.neutral)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"weight": 1}, "there is no parameter 'weight' of a robot. Known: armature_"),
        ({"strength": {"tail": 1}}, "strength: g1_dex3 has no joint or group 'tail'."),
        ({"strength": 9}, "strength: expected 0.05 to 2, got 9."),
        ({"base_mass_add": -9.0}, "base_mass_add: expected -7 to 30 kg, got -9."),
        ({"jitter_s": float("nan")}, "jitter_s: expected 0 to 0.2 s, got nan."),
        ({"payload": {"tail": 1}}, "payload of tail: expected one of left, right."),
        ({"payload": {"left": -1}}, "payload of left: expected 0 to 20 kg, got -1."),
        ({"base_com_add": [1, 2]}, "base_com_add: expected 3 values, got shape (2,)."),
        ({"strength": [1, 2]}, "strength: expected 43 values, got shape (2,)."),
        ({"jitter_s": [0.1]}, "jitter_s: expected 1 value, got shape (1,)."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(values, words):
    with pytest.raises(ConfigError) as caught:
        RobotParameters.of(ROBOT, values)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
