"""`praxis parity`: a table, the first difference, and a file for the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from app.options import physics_option
from app.parity_command import show_parity
from configs.loader import ConfigError

pytest.importorskip("mujoco", reason="the reference engine")


def test_mujoco_agrees_with_itself(tmp_path: Path) -> None:
    console, report = Console(record=True, width=120), tmp_path / "parity.json"
    assert show_parity(
        "mujoco", console, robot="g1_dex3", states=2, seed=0, output=report
    )
    text = console.export_text()
    assert "golden pairs hold for 6 of 6 policies" in text
    assert "mujoco agrees with mujoco" in text
    figures = json.loads(report.read_text())
    assert figures["agrees"] is True
    assert {"what": "default pose", "worst": 0.0, "allowed": 1e-6}.items() <= figures[
        "rows"
    ][0].items()


def test_an_engine_without_physics_cannot_be_compared() -> None:
    with pytest.raises(ConfigError, match="the fake backend cannot be put into"):
        show_parity("fake", Console(), robot="g1_dex3", states=1, seed=0)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(ConfigError, match="unknown backend 'gazebo'"):
        show_parity("gazebo", Console(), robot="g1_dex3", states=1, seed=0)


def test_only_isaac_lab_has_a_choice_of_physics() -> None:
    assert physics_option("isaaclab", "newton-warp") == {"physics": "newton-warp"}
    assert physics_option("mujoco", None) == {}
    with pytest.raises(ConfigError, match="mujoco has its own"):
        physics_option("mujoco", "newton")
