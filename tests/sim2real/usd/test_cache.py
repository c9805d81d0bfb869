"""The cache of USD files: by content, whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pxr import Usd

from configs.loader import ConfigError, load_robot, load_scene
from sim2real.usd.cache import default_folder, robot_usd, scene_usd, write_whole


def test_the_same_robot_is_written_once(tmp_path, robot):
    path = robot_usd(robot, tmp_path)
    os.utime(path, (1.0, 1.0))
    assert robot_usd(load_robot(), tmp_path) == path
    assert path.stat().st_mtime == 1.0
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.name.startswith("g1_dex3-") and path.suffix == ".usda"


def test_a_file_can_be_opened(tmp_path, robot):
    stage = Usd.Stage.Open(str(robot_usd(robot, tmp_path)))
    assert stage.GetDefaultPrim().GetName() == "g1_dex3"


def test_a_change_in_the_yaml_makes_another_file(tmp_path, robot):
    softer = robot.joints[0].model_copy(update={"velocity": 31.0})
    changed = robot.model_copy(update={"joints": (softer, *robot.joints[1:])})
    assert robot_usd(changed, tmp_path) != robot_usd(robot, tmp_path)


def test_a_change_in_the_mjcf_makes_another_file_and_a_comment_does_not(
    tmp_path, robot
):
    text = robot.mjcf.read_text()
    heavier = tmp_path / "heavier.xml"
    heavier.write_text(text.replace('mass="3.813"', 'mass="3.814"'))
    commented = tmp_path / "commented.xml"
    commented.write_text(text.replace("<worldbody>", "<worldbody><!-- here -->"))
    folder = tmp_path / "usd"
    first = robot_usd(robot, folder)
    assert robot_usd(robot.model_copy(update={"mjcf": heavier}), folder) != first
    assert robot_usd(robot.model_copy(update={"mjcf": commented}), folder) == first


def test_each_seed_has_its_file(tmp_path):
    scene = load_scene("kitchen")
    one, two = scene_usd(scene, 1, tmp_path), scene_usd(scene, 2, tmp_path)
    assert one != two
    assert one.name.startswith("kitchen-seed1-")
    assert scene_usd(scene, 1, tmp_path) == one
    assert "def Cylinder" in one.read_text()


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch, robot):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        robot_usd(robot, tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert robot_usd(robot, tmp_path).is_file()


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "a.usda"
    write_whole(path, "one")
    write_whole(path, "two")
    assert path.read_text() == "two"
    assert [file.name for file in path.parent.iterdir()] == ["a.usda"]


def test_a_folder_that_is_a_file_is_refused(tmp_path, robot):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written .*Name another folder"):
        robot_usd(robot, blocked)


def test_the_cache_lies_where_the_user_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "praxis" / "usd"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_folder() == Path(tmp_path / "home" / ".cache" / "praxis" / "usd")


def test_without_usd_core_a_line_says_what_to_install(tmp_path, monkeypatch, robot):
    for name in [*sys.modules]:
        if name.startswith("sim2real.usd.") and name != "sim2real.usd.cache":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(ConfigError) as caught:
        robot_usd(robot, tmp_path)
    assert str(caught.value) == (
        "writing USD needs usd-core, which is not installed. "
        "Install it: pip install 'praxis[usd]'."
    )
    assert list(tmp_path.iterdir()) == []
