"""The skills of a robot come with their policies, or one line says what is missing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from configs.schema import RobotConfig
from skills.library import make_skills
from skills.policy import PolicyMismatch


def without_hands(robot: RobotConfig) -> RobotConfig:
    joints = [j.model_dump() for j in robot.joints if "_hand_" not in j.name]
    return RobotConfig.model_validate({**robot.model_dump(), "joints": joints})


def test_every_skill_has_its_own_name(policies: Any, g1: RobotConfig) -> None:
    skills = make_skills(g1, policies.path)
    assert {name: skill.name for name, skill in skills.items()} == {
        name: name for name in skills
    }
    assert set(skills) == {"walk", "balance", "grasp", "manipulate"}


def test_a_robot_without_hands_has_the_skills_of_its_legs(
    policies: Any, g1: RobotConfig
) -> None:
    assert set(make_skills(without_hands(g1), policies.path)) == {"walk", "balance"}


@pytest.mark.parametrize("missing", ["walk", "balance", "grasp", "manipulate"])
def test_a_missing_policy_is_named_with_the_way_to_get_it(
    policies: Any, g1: RobotConfig, tmp_path: Path, missing: str
) -> None:
    for path in policies.path.glob("*.onnx"):
        if path.stem != missing:
            shutil.copy(path, tmp_path)
    sentence = (
        f"there is no policy {missing}.onnx in {tmp_path}; "
        f"train one: praxis train {missing}"
    )
    with pytest.raises(PolicyMismatch, match=re.escape(sentence)):
        make_skills(g1, tmp_path)


def test_another_policy_file_may_take_the_place_of_a_skills_own(
    policies: Any, g1: RobotConfig, tmp_path: Path
) -> None:
    for path in policies.path.glob("*.onnx"):
        if path.stem != "walk":
            shutil.copy(path, tmp_path)
    wide = shutil.copy(policies.path / "walk.onnx", tmp_path / "walk_wide.onnx")
    assert "walk" in make_skills(g1, tmp_path, files={"walk": Path(wide)})
    gone = tmp_path / "gone.onnx"
    with pytest.raises(PolicyMismatch, match=f"no policy gone.onnx in {tmp_path}"):
        make_skills(g1, tmp_path, files={"walk": gone})
