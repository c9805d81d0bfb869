"""Which policies and which adapter a stage of `praxis prove` has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.prove.stages import (
    STAGES,
    Ingredients,
    Method,
    Missing,
    drawn_robot,
    method_of,
    what_it_uses,
)
from configs.loader import ConfigError, load_robot
from sim2real.adaptation.adapter import NoAdapter
from sim2real.adaptation.choice import Several
from sim2real.adaptation.estimating import EstimatingAdapter
from sim2real.adaptation.known_robot import KnownRobotAdapter
from sim2real.identified import describe_parameters, save_identified
from sim2real.randomization import hidden_robot
from skills.library import POLICY_DIR


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Return a folder with the file of hidden robot 3."""
    robot = load_robot()
    told = describe_parameters(robot, hidden_robot(robot, 3))
    save_identified(tmp_path / "hidden_3.yaml", told)
    return tmp_path


def test_each_stage_has_its_method(known: Path) -> None:
    robot = load_robot()
    (known / "walk.onnx").write_bytes(b"a network trained on random robots")
    used = Ingredients(identified=known, randomised=known)
    adapters = {}
    for stage in STAGES:
        method = method_of(stage, robot, 3, used)
        assert isinstance(method, Method)
        adapters[stage] = type(method.adapter)
        random = stage in ("randomised", "all")
        assert method.files == ({"walk": known / "walk.onnx"} if random else {})
        assert (method.known is not None) == (stage in ("identified", "all"))
    assert adapters == {
        "nominal": NoAdapter,
        "randomised": NoAdapter,
        "identified": KnownRobotAdapter,
        "adapted": EstimatingAdapter,
        "all": Several,
    }


def test_a_robot_without_a_file_is_not_identified(known: Path) -> None:
    lacking = method_of("identified", load_robot(), 4, Ingredients(identified=known))
    assert isinstance(lacking, Missing)
    assert lacking.reason == (
        "hidden robot 4 is not identified: --identified FOLDER with hidden_4.yaml"
    )


def test_other_motors_are_not_those_that_were_identified(known: Path) -> None:
    lacking = method_of("identified", load_robot(), 3, Ingredients(weak=0.8))
    assert lacking == Missing(
        reason="with --weak the robots are others than those that were identified"
    )
    named = Ingredients(weak=0.8, identified=known)
    assert isinstance(method_of("identified", load_robot(), 3, named), Method)


def test_walk_wide_is_found_by_itself(tmp_path: Path) -> None:
    used = Ingredients(policies=tmp_path)
    lacking = method_of("randomised", load_robot(), 3, used)
    assert isinstance(lacking, Missing)
    assert f"there is no walk_wide.onnx in {tmp_path}" in lacking.reason
    shutil.copy(POLICY_DIR / "walk.onnx", tmp_path / "walk_wide.onnx")
    method = method_of("randomised", load_robot(), 3, used)
    assert isinstance(method, Method)
    assert method.walk == tmp_path / "walk_wide.onnx"
    plain = method_of("nominal", load_robot(), 3, used)
    assert isinstance(plain, Method)
    assert plain.walk == tmp_path / "walk.onnx"
    assert "walk_wide.onnx" in what_it_uses("randomised", used)


def test_an_adaptive_policy_walks_where_there_is_one(tmp_path: Path) -> None:
    for name in ("walk_wide", "walk_adaptive"):
        (tmp_path / f"{name}.onnx").write_bytes(b"a network")
    walks = {}
    for stage in ("nominal", "randomised", "adapted", "all"):
        method = method_of(stage, load_robot(), 3, Ingredients(policies=tmp_path))
        assert isinstance(method, Method)
        walks[stage] = method.walk.stem
    assert walks == {
        "nominal": "walk",
        "randomised": "walk_wide",
        "adapted": "walk_adaptive",
        "all": "walk_adaptive",
    }


def test_all_motors_may_be_given_one_strength() -> None:
    robot = load_robot()
    weak, hidden = drawn_robot(robot, 2, 0.8), drawn_robot(robot, 2, None)
    assert set(weak.strength.tolist()) == {0.8}
    assert weak.payload == hidden.payload
    with pytest.raises(ConfigError, match=r"--weak 0.1: expected a share between"):
        drawn_robot(robot, 2, 0.1)
