"""Every mistake in a YAML file is one line that names the file and the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from configs.loader import ConfigError, load, load_robot, load_scene, parse, read_yaml
from configs.schema import Config, RobotConfig

ROBOT = """\
name: arm
revision: "1"
mjcf: arm.xml
base_body: base
standing_height: 0.5
sites: {imu: imu, left_foot: left_foot, right_foot: right_foot}
joints:
  - {name: left_knee_joint, default_pos: 0.3, stiffness: 150, damping: 4,
     range: [-0.1, 2.8], effort: 139, velocity: 20}
  - {name: waist_yaw_joint, default_pos: 0.0, stiffness: 200, damping: 5,
     range: [-2.6, 2.6], effort: 88, velocity: 32}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        path = tmp_path / "arm.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_a_robot_file_becomes_vectors_in_its_own_order(write: Write) -> None:
    robot = load(RobotConfig, write(ROBOT))
    assert robot.joint_names == ("left_knee_joint", "waist_yaw_joint")
    np.testing.assert_array_equal(robot.stiffness, [150.0, 200.0])
    np.testing.assert_array_equal(robot.joint_range, [[-0.1, 2.8], [-2.6, 2.6]])


def test_the_mjcf_is_found_beside_the_robot_file(write: Write) -> None:
    path = write(ROBOT)
    assert load_robot(str(path)).mjcf == path.parent / "arm.xml"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "base_body: base",
            "base_body: base\ncolour: red",
            "unknown key 'colour'. Known keys: name, revision, mjcf, base_body, "
            "standing_height, sites, joints.",
        ),
        (
            "stiffness: 200",
            "stifness: 200, stiffness: 200",
            "unknown key 'joints.1.stifness'. Known keys: name, default_pos, "
            "stiffness, damping, range, effort, velocity.",
        ),
        (
            "stiffness: 200",
            "stiffness: soft",
            "joints.1.stiffness: expected a valid number, got 'soft'.",
        ),
        (
            "damping: 5",
            "damping: -5",
            "joints.1.damping: expected greater than or equal to 0, got -5.",
        ),
        (
            "sites: {imu: imu, left_foot: left_foot, right_foot: right_foot}",
            "sites: [imu]",
            "sites: expected a valid dictionary or instance of SiteNames, got ['imu'].",
        ),
        ("effort: 88, ", "", "key 'joints.1.effort' is missing."),
        ('revision: "1"\n', "", "key 'revision' is missing."),
        (
            "default_pos: 0.3",
            "default_pos: 3.0",
            "joints.0: left_knee_joint: default_pos 3.0 rad lies outside its range "
            "[-0.1, 2.8] rad; move one of them.",
        ),
        (
            "standing_height: 0.5",
            "standing_height: 0.5: 0.6",
            "is not valid YAML (line 5, column 21: "
            "mapping values are not allowed here).",
        ),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(
    write: Write, right: str, wrong: str, message: str
) -> None:
    assert right in ROBOT
    path = write(ROBOT.replace(right, wrong))
    with pytest.raises(ConfigError) as caught:
        load(RobotConfig, path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- walk\n- grasp\n", "expected a mapping of keys to values, got list."),
        ("", "expected a mapping of keys to values, got NoneType."),
        (
            "name: \x01",
            "is not valid YAML (unacceptable character #x0001: special characters "
            'are not allowed in "<unicode string>", position 6).',
        ),
    ],
)
def test_a_file_that_holds_no_mapping_is_refused(
    write: Write, text: str, message: str
) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arm.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(ConfigError, match=r"arm\.yaml: cannot be read \(.*utf-8"):
        read_yaml(path)


def test_a_missing_file_lists_its_neighbours(write: Write) -> None:
    path = write(ROBOT).with_name("leg.yaml")
    with pytest.raises(ConfigError) as caught:
        load_robot(str(path))
    assert str(caught.value) == f"{path}: no such file. Known here: arm."


def test_a_missing_file_in_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file\. Known here: none\."):
        read_yaml(tmp_path / "leg.yaml")


def test_an_unknown_robot_name_lists_the_robots() -> None:
    with pytest.raises(ConfigError, match=r"g2\.yaml: no such file.*g1_dex3"):
        load_robot("g2")


def test_an_unknown_scene_name_lists_the_scenes() -> None:
    with pytest.raises(ConfigError, match=r"moon\.yaml: no such file\. Known here: "):
        load_scene("moon")


class Push(Config):
    """A value of two possible types, as scenes have them."""

    speed: float | tuple[float, float]


def test_every_type_that_a_value_may_have_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Push, {"speed": "fast"}, "push.yaml")
    assert str(caught.value) == (
        "push.yaml: speed: expected a valid number or a valid tuple, got 'fast'."
    )


def test_the_deepest_mistake_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Push, {"speed": [0.5, "fast"]}, "push.yaml")
    assert str(caught.value) == (
        "push.yaml: speed.1: expected a valid number, got 'fast'."
    )
