"""Ranges and draws: the same seed the same robot, bounds, groups, files, mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError

from configs.loader import ConfigError, load_robot, load_scene
from sim2real.randomization import (
    RANDOMIZATION_DIR,
    Randomization,
    hidden_robot,
    hidden_surroundings,
    link_names,
    load_randomization,
)

ROBOT = load_robot()
SHIPPED = sorted(path.stem for path in RANDOMIZATION_DIR.glob("*.yaml"))
LEFT_LEG = [ROBOT.joint_names.index(name) for name in ROBOT.joints_of("left_leg")]
WAIST = [ROBOT.joint_names.index(name) for name in ROBOT.joints_of("waist")]


def draw(ranges: Randomization, seed: int = 0):
    return ranges.draw(ROBOT, np.random.default_rng(seed))


def test_hidden_robots_are_those_of_their_seed():
    one = hidden_robot(ROBOT, 3)
    assert one == hidden_robot(ROBOT, 3)
    assert one != hidden_robot(ROBOT, 4)
    assert len(one.differences()) > 20
    assert hidden_surroundings(3) == hidden_surroundings(3)
    assert hidden_surroundings(3) != hidden_surroundings(4)


def test_nothing_named_nothing_differs():
    assert draw(Randomization()).is_nominal
    assert draw(load_randomization("nominal")).is_nominal


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_drawn_lies_in_its_range(name):
    ranges = load_randomization(name)
    for seed in range(5):
        robot = draw(ranges, seed)
        low, high = ranges.strength.bounds(ROBOT, "strength", 1.0)
        assert ((robot.strength >= low) & (robot.strength <= high)).all()
        assert ranges.base_mass_add[0] <= robot.base_mass_add
        assert robot.base_mass_add <= ranges.base_mass_add[1]
        for axis in robot.base_com_add:
            assert ranges.base_com_add[0] <= axis <= ranges.base_com_add[1]


def test_joints_of_a_limb_lie_at_the_same_share_of_their_ranges():
    ranges = Randomization.model_validate(
        {"strength": {"legs": [0.6, 0.8], "left_knee_joint": [0.2, 0.4]}}
    )
    drawn = draw(ranges).strength
    knee = ROBOT.joint_names.index("left_knee_joint")
    others = [i for i in LEFT_LEG if i != knee]
    assert len(set(drawn[others])) == 1
    assert drawn[knee] == pytest.approx(drawn[others[0]] - 0.4)
    assert_array_equal(drawn[WAIST], 1.0)


def test_each_says_what_has_a_draw_of_its_own():
    for each, values in (("robot", 1), ("limb", 7), ("joint", 43)):
        ranges = {"strength": {"all": [0.5, 1.0], "each": each}}
        drawn = draw(Randomization.model_validate(ranges)).strength
        assert len(set(drawn)) == values


def test_multiples_include_both_ends_as_often_as_the_others():
    late = {"all": [0.0, 0.02], "each": "joint", "multiple_of": 0.005}
    ranges = Randomization.model_validate({"command_delay_s": late})
    drawn = np.concatenate([draw(ranges, s).command_delay_s for s in range(60)])
    steps, counts = np.unique(np.round(drawn / 0.005, 6), return_counts=True)
    assert_array_equal(steps, [0, 1, 2, 3, 4])
    assert counts.min() > 0.8 * len(drawn) / 5


def test_a_payload_is_in_one_hand_of_its_share_of_the_robots():
    ranges = Randomization(payload=(0.2, 0.5), payload_share=0.5)
    loads = [draw(ranges, seed).payload for seed in range(200)]
    assert 70 < sum(bool(load) for load in loads) < 130
    assert all(len(load) <= 1 for load in loads)
    assert {side for load in loads for side in load} == {"left", "right"}


def test_every_link_has_a_mass_of_its_own():
    scales = draw(Randomization(link_mass_scale=(0.9, 1.1))).link_mass_scale
    assert tuple(scales) == link_names(ROBOT.mjcf)
    assert len(set(scales.values())) == len(scales) == 44


def test_ranges_widen_from_the_nominal_robot():
    ranges = Randomization.model_validate(
        {
            "strength": {"legs": [0.8, 1.0], "waist": [0.6, 1.2]},
            "base_mass_add": [-1.0, 3.0],
            "friction_scale": [0.5, 1.4],
            "jitter_s": [0.05, 0.15],
        }
    )
    half, twice = ranges.widened(0.5), ranges.widened(2.0)
    assert half.strength.ranges == {"legs": (0.9, 1.0), "waist": (0.8, 1.1)}
    assert half.base_mass_add == (-0.5, 1.5)
    assert_allclose(half.friction_scale, (0.75, 1.2))
    assert twice.base_mass_add == (-2.0, 6.0)
    assert_allclose(twice.friction_scale, (0.01, 1.8))  # no less is possible
    assert_allclose(twice.jitter_s, (0.1, 0.2))  # no more is possible
    assert draw(ranges.widened(0.0)).is_nominal
    assert ranges.widened(1.0) == ranges


def test_loose_objects_change_and_furniture_stays():
    ranges = Randomization(
        object_mass_scale=(2.0, 2.0),
        object_size_scale=(1.1, 1.1),
        object_friction_scale=(0.5, 0.5),
    )
    place = ranges.draw_surroundings(np.random.default_rng(0))
    scene = load_scene("kitchen")
    before = {thing.name: thing for thing in scene.objects}
    after = {thing.name: thing for thing in place.of_scene(scene).objects}
    assert after["table"] == before["table"]
    cup, was = after["cup"], before["cup"]
    assert_allclose(cup.mass, np.multiply(was.mass, 2.0))
    assert_allclose(cup.radius, np.multiply(was.radius, 1.1))
    assert_allclose(cup.friction, np.multiply(was.friction, 0.5))


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"strength": [0.0, 1.0]}, r"strength of all: expected a range within 0\.05 t"),
        ({"base_mass_add": [-9, 0]}, r"base_mass_add: .* -7 to 30 kg, got \[-9, 0\]"),
        ({"push_speed": [0, 9]}, r"push_speed: expected a range within 0 to 3 m/s"),
        ({"jitter_s": [0.1, 0.0]}, r"expected \[low, high\] with finite numbers"),
        ({"weight": [0, 1]}, "Extra inputs"),
        ({"payload_share": 2}, "less than or equal to 1"),
    ],
)
def test_ranges_that_cannot_be_are_refused(ranges, words):
    with pytest.raises(ValidationError, match=words):
        Randomization.model_validate(ranges)


def test_a_joint_that_the_robot_lacks_is_refused_when_drawn():
    ranges = Randomization.model_validate({"strength": {"tail": [0.5, 1.0]}})
    with pytest.raises(ConfigError, match="strength: g1_dex3 has no joint or group 't"):
        draw(ranges)


def test_a_mistake_in_a_file_is_one_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("strenght: [0.8, 1.0]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key 'strenght'") as caught:
        load_randomization(str(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"Known here: default, hard, hidden, nomin"):
        load_randomization("easy")
