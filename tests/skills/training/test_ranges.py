"""The training files' robots in the one description that all engines share."""

from __future__ import annotations

import numpy as np
import pytest

from configs.loader import ConfigError, load_robot
from configs.training_schema import HandRandomization, LegRandomization
from sim2real.randomization import load_randomization
from skills.training.ranges import ranges_of_hands, ranges_of_legs

ROBOT = load_robot()


def test_the_keys_of_a_leg_training_mean_what_they_meant():
    ranges = ranges_of_legs(LegRandomization())
    assert ranges.friction_scale == (0.4 / 0.8, 1.2 / 0.8)
    assert ranges.link_mass_scale == (0.9, 1.1)
    assert ranges.base_mass_add == (-1.0, 2.0)
    assert ranges.base_com_add == (-0.03, 0.03)
    assert (ranges.payload, ranges.payload_share) == ((0.0, 1.2), 0.5)
    assert ranges.stiffness_scale.ranges == {"all": (0.85, 1.15)}
    assert ranges.effort_limit_scale.ranges == {"all": (0.9, 1.0)}
    assert ranges.command_delay_s.ranges == {"all": (0.0, 0.02)}
    drawn = [ranges.draw(ROBOT, np.random.default_rng(s)) for s in range(40)]
    steps = {round(float(one.command_delay_s[0]) / 0.005, 6) for one in drawn}
    assert steps == {0, 1, 2, 3, 4}
    # Whole steps for a whole robot; gains for every joint.
    assert all(len(set(one.command_delay_s)) == 1 for one in drawn)
    assert len(set(drawn[0].stiffness_scale)) == 43
    not_drawn = {"strength", "friction_loss_add", "corner_speed_share", "gyro_bias"}
    assert not not_drawn & {name for one in drawn for name in one.differences()}


def test_the_keys_of_a_hand_training_mean_what_they_meant():
    ranges = ranges_of_hands(HandRandomization())
    low, high = ranges.damping_add.bounds(ROBOT, "damping_add", 0.0)
    finger = ROBOT.joint_names.index("right_hand_index_0_joint")
    elbow = ROBOT.joint_names.index("right_elbow_joint")
    assert (low[elbow], high[elbow]) == (0.0, 0.2)
    assert high[finger] == pytest.approx(0.05 * 0.2)
    assert ranges.stiffness_scale == ranges.damping_gain_scale
    assert ranges.base_mass_add == (0.0, 0.0)


def test_a_file_takes_the_place_of_the_keys():
    hard = load_randomization("hard")
    assert ranges_of_legs(LegRandomization(ranges="hard")) == hard
    assert ranges_of_hands(HandRandomization(ranges="hard")) == hard
    with pytest.raises(ConfigError, match="Known here: default, hard"):
        ranges_of_legs(LegRandomization(ranges="easy"))
