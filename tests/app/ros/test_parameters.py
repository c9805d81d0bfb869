"""The table of parameters, and the page that lists what to know."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ros.build import make_all_skills, read_setting
from app.ros.node_parameters import NODE, frames_by_thing
from app.ros.parameter import BadParameter, Parameter, checked
from app.ros.parameters import VIRTUAL_ROBOT
from configs.loader import ConfigError
from skills.library import policy_path

DEFAULTS = {parameter.name: parameter.default for parameter in NODE}


def test_names_are_unique_and_texts_are_sentences() -> None:
    for table in (NODE, VIRTUAL_ROBOT):
        names = [parameter.name for parameter in table]
        assert len(set(names)) == len(names)
        assert all(
            parameter.text.endswith(".") or "[" in parameter.text for parameter in table
        )


def test_the_type_is_that_of_the_default() -> None:
    kinds = {parameter.name: parameter.kind for parameter in NODE}
    assert kinds["once"] == "bool"
    assert kinds["seed"] == "integer"
    assert kinds["status_hz"] == "double"
    assert kinds["object_frames"] == "string[]"
    assert kinds["task"] == "string"


def test_what_is_no_member_of_the_list_is_refused() -> None:
    with pytest.raises(BadParameter, match="planner: expected one of tree, learned"):
        checked(NODE, {"planner": "llm"})


def test_half_a_range_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="x: expected both ends of a range"):
        Parameter(name="x", default=1.0, text="x", low=0.0)


def test_frames_of_things() -> None:
    assert frames_by_thing(["", "cup: cup_frame"]) == {"cup": "cup_frame"}
    with pytest.raises(BadParameter, match="expected thing:frame, such as cup:cup_f"):
        frames_by_thing(["cup"])


def test_g1_is_the_robot_with_hands() -> None:
    setting = read_setting(DEFAULTS)
    assert setting.robot.name == "g1_dex3"
    assert setting.options.policies is None


def test_a_scene_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_setting({**DEFAULTS, "scene": "moon"})


def test_policy_files_are_chosen_by_skill_and_checked(tmp_path: Path) -> None:
    setting = read_setting(DEFAULTS)
    walk = policy_path("walk")
    assert "drive" in make_all_skills(setting, {"walk": str(walk)})
    for files, text in (
        ({"fly": str(walk)}, "there is no skill 'fly'"),
        ({"walk": str(tmp_path / "none.onnx")}, "no such policy file"),
        ({"walk": str(policy_path("grasp"))}, "is a policy of grasp, not of walk"),
    ):
        with pytest.raises(ConfigError, match=text):
            make_all_skills(setting, files)


def test_live_parameters_are_told_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ros2.md").read_text(encoding="utf-8")
    for parameter in NODE:
        if parameter.live:
            assert f"`{parameter.name}`" in page
