"""`praxis compare`: two engines side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from configs.loader import ConfigError

pytest.importorskip("torch", reason="the evaluations lie with the trainer")
pytest.importorskip("mujoco", reason="the reference engine")

from app.compare_command import compare_engines, table_of

WALKED = {
    "command": [0.5, 0.0, 0.0],
    "seconds": 10.0,
    "fell": False,
    "velocity_error_m_s": 0.0512,
    "turn_error_rad_s": 0.02,
}
STOOD = {"seconds": 20.0, "pushed_m_s": 0.5, "fell": False, "feet_drift_m": 0.0123}
PUSHED = {"speed_m_s": 0.8, "survived": 8, "of": 8}


def shown(scores: dict[str, dict[str, object]]) -> str:
    console = Console(record=True, width=140)
    console.print(table_of(scores))
    return console.export_text()


def test_the_table_has_a_column_for_each_engine() -> None:
    good = {"walking": [WALKED], "standing": STOOD, "pushes": PUSHED}
    bad = {
        "walking": [{"command": [0.5, 0.0, 0.0], "seconds": 10.0, "fell": True}],
        "standing": {**STOOD, "fell": True},
        "pushes": {**PUSHED, "survived": 3},
    }
    text = shown({"mujoco": good, "isaaclab": bad})
    assert "0.051, 0.020" in text
    assert text.count("fell") == 2
    assert "8 of 8" in text
    assert "3 of 8" in text


def test_mujoco_walks_stands_and_bears_pushes(tmp_path: Path) -> None:
    path = tmp_path / "engines.json"
    console = Console(quiet=True)
    scores = compare_engines("mujoco", console, robot="g1_dex3", output=path)
    assert json.loads(path.read_text()) == scores
    figures = scores["mujoco"]
    assert not any(row["fell"] for row in figures["walking"])
    assert figures["walking"][0]["velocity_error_m_s"] < 0.1
    assert not figures["standing"]["fell"]


def test_an_engine_that_pretends_is_refused() -> None:
    with pytest.raises(ConfigError, match="the fake backend has no physics"):
        compare_engines("fake", Console(), robot="g1_dex3")
