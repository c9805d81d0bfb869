"""Which file says how the robot at work differs from its model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.adaptation.known_file import known_in, known_robot, text_of
from sim2real.identified import IdentifiedRobot, describe_parameters, save_identified
from sim2real.robot_parameters import RobotParameters


def write(path: Path, robot: RobotConfig, strength: float) -> Path:
    weak = RobotParameters.of(robot, {"strength": strength})
    save_identified(path, describe_parameters(robot, weak))
    return path


def strength_of(known: RobotParameters | None) -> float:
    assert known is not None
    return float(known.strength[0])


def test_nothing_named_is_nothing_known(robot: RobotConfig) -> None:
    assert known_robot(None, robot) is None
    assert text_of(robot, None) == ""
    assert known_in("", robot) is None


def test_a_file_and_a_folder_with_one_are_found(
    robot: RobotConfig, tmp_path: Path
) -> None:
    path = write(tmp_path / "mine.yaml", robot, 0.8)
    assert strength_of(known_robot(str(path), robot)) == 0.8
    assert strength_of(known_robot(str(tmp_path), robot)) == 0.8


def test_a_folder_with_hidden_robots_has_the_one_at_work(
    robot: RobotConfig, tmp_path: Path
) -> None:
    for seed, strength in ((3, 0.8), (4, 0.9)):
        write(tmp_path / f"hidden_{seed}.yaml", robot, strength)
    assert strength_of(known_robot(str(tmp_path), robot, "hidden:4")) == 0.9
    with pytest.raises(ConfigError, match=r"there is no hidden_5.yaml in it"):
        known_robot(str(tmp_path), robot, "hidden:5")
    with pytest.raises(ConfigError, match=r"expected one YAML file in it, found 2"):
        known_robot(str(tmp_path), robot)


def test_a_log_says_it_again(robot: RobotConfig) -> None:
    weak = RobotParameters.of(robot, {"strength": {"legs": 0.8}})
    assert known_in(text_of(robot, weak), robot) == weak


def test_what_is_not_there_is_refused(robot: RobotConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--identified nobody: there is no file"):
        known_robot("nobody", robot)
    with pytest.raises(ConfigError, match=r"--identified .*gone.yaml: "):
        known_robot(str(tmp_path / "gone.yaml"), robot)


def test_another_robot_or_revision_is_refused(
    robot: RobotConfig, tmp_path: Path
) -> None:
    for name, revision in (("g1_other", robot.revision), (robot.name, "rev_2")):
        path = tmp_path / "other.yaml"
        save_identified(path, IdentifiedRobot(robot=name, revision=revision))
        sentence = f"of {name} revision {revision}, the robot is {robot.name}"
        with pytest.raises(ConfigError, match=re.escape(sentence)):
            known_robot(str(path), robot)
