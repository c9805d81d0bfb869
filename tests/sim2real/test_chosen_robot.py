"""Which robot a run is on: hidden ones by seed, identified ones by file."""

from __future__ import annotations

import pytest

from configs.loader import ConfigError, load_robot
from sim2real.chosen_robot import choose_robot
from sim2real.identified import describe_parameters, save_identified
from sim2real.randomization import hidden_robot

ROBOT = load_robot()


def test_nothing_said_is_the_nominal_robot():
    assert choose_robot(None, ROBOT) is None


def test_a_hidden_robot_by_its_seed_and_the_same_from_a_file(tmp_path):
    third = hidden_robot(ROBOT, 3)
    assert choose_robot("hidden:3", ROBOT) == third
    path = tmp_path / "third.yaml"
    save_identified(path, describe_parameters(ROBOT, third))
    assert choose_robot(str(path), ROBOT) == third


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("hidden:x", r"hidden:x: expected a seed of 0 or more, such as hidden:3\."),
        ("hidden:", r"hidden:: expected a seed"),
        ("hidden", r"which one\? Name its seed: hidden:3\."),
        ("nobody", r"nobody\.yaml: no such file"),
    ],
)
def test_a_robot_that_is_not_there_is_refused_in_one_line(word, answer):
    with pytest.raises(ConfigError, match=answer):
        choose_robot(word, ROBOT)
