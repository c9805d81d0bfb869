"""Files of what is known about one robot: there and back, intervals, mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from configs.loader import ConfigError, load_robot
from sim2real.identified import (
    IdentifiedRobot,
    describe_parameters,
    load_identified,
    save_identified,
)
from sim2real.robot_parameters import RobotParameters

ROBOT = load_robot()
HEAD = f"robot: {ROBOT.name}\nrevision: {ROBOT.revision}\n"


def written(tmp_path, text: str) -> str:
    path = tmp_path / "some.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return str(path)


def test_parameters_come_back_as_they_were_written(tmp_path):
    parameters = RobotParameters.of(
        ROBOT,
        {
            "strength": {"all": 0.9, "legs": 0.8, "left_knee_joint": 0.7},
            "encoder_bias": np.linspace(-0.01, 0.01, 43),
            "command_delay_s": 0.007,
            "payload": {"left": 0.5},
            "link_mass_scale": {"torso_link": 1.1},
            "base_com_add": [0.01, 0.0, -0.02],
            "jitter_s": 0.003,
        },
    )
    path = tmp_path / "new" / "robot.yaml"
    save_identified(path, describe_parameters(ROBOT, parameters, source="a test"))
    read = load_identified(str(path))
    assert read.source == "a test"
    assert read.robot_parameters(ROBOT) == parameters
    assert "command_delay_s: {all: 0.007}" in path.read_text(encoding="utf-8")


def test_what_could_not_be_told_is_nominal(tmp_path):
    name = written(
        tmp_path,
        "parameters:\n"
        "  strength: {legs: {value: 0.8, interval: [0.75, 0.85]},\n"
        "             left_knee_joint: {identifiable: false}}\n"
        "  base_mass_add: {value: 1.5, interval: [1.0, 2.0]}\n"
        "  payload: {left: {identifiable: false}}\n",
    )
    read = load_identified(name)
    parameters = read.robot_parameters(ROBOT)
    assert parameters.differences() == ("strength", "base_mass_add")
    knee = read.estimate(ROBOT, "strength", "left_knee_joint")
    assert not knee.identifiable and knee.value is None
    assert read.estimate(ROBOT, "strength", "right_knee_joint").interval == (0.75, 0.85)
    assert read.estimate(ROBOT, "base_mass_add").value == 1.5
    assert not read.estimate(ROBOT, "strength", "left_elbow_joint").identifiable
    assert not read.estimate(ROBOT, "jitter_s").identifiable


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("weight: 1", "there is no parameter 'weight' of a robot; known: armature"),
        (
            "strength: {legs: {value: 1, interval: [2, 1]}}",
            "parameters.strength.legs: expected an interval [low, high] with low <= h",
        ),
        (
            "strength: {legs: {}}",
            "parameters.strength.legs: expected a value, or 'identifiable: false'",
        ),
        (
            "base_com_add: {value: [0, 0, 0], interval: [0, 1]}",
            "parameters.base_com_add: expected an interval [low, high] for each comp",
        ),
        ("payload: 1", "payload: expected values by name"),
        ("jitter_s: {knee: 1}", "jitter_s: expected one value, not values by name"),
    ],
)
def test_a_mistake_in_a_file_is_one_line(tmp_path, entry, words):
    name = written(tmp_path, f"parameters: {{{entry}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_identified(name)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parameters_of_another_robot_are_refused():
    other = IdentifiedRobot(robot="h1", revision="2")
    with pytest.raises(ConfigError, match=r"are of h1 revision 2, the robot is g1_d"):
        other.robot_parameters(ROBOT)


def test_a_file_that_is_not_there_and_one_that_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r"nobody\.yaml: no such file"):
        load_identified("nobody")
    (tmp_path / "file").touch()
    robot = describe_parameters(ROBOT, RobotParameters.nominal(ROBOT))
    with pytest.raises(ConfigError, match="cannot be written"):
        save_identified(tmp_path / "file" / "x.yaml", robot)
