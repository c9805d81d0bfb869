"""`praxis evaluate` writes a report, and refuses what it cannot measure."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from configs.loader import ConfigError

pytest.importorskip("mujoco", reason="evaluations are simulated")

from skills.library import policy_path
from skills.policy import PolicyMismatch
from skills.training import evaluate, evaluate_legs
from skills.training.evaluate import EVALUATIONS, evaluate_skill


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def folder(policies: Any, tmp_path: Path) -> Path:
    """A folder of one's own with the random policies."""
    for file in policies.path.glob("*.onnx"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_a_report_lies_beside_the_policy(folder: Path, console: Console) -> None:
    result = evaluate_skill(
        "grasp",
        episodes=1,
        seed=2,
        json_path=None,
        console=console,
        policy_dir=folder,
    )
    path = folder / "grasp.evaluation.json"
    assert json.loads(path.read_text()) == result
    head = {key: result[key] for key in ("skill", "robot", "seed", "episodes")}
    assert head == {"skill": "grasp", "robot": "g1_dex3", "seed": 2, "episodes": 1}
    assert result["revision"]
    assert {"success_rate", "ci95", "failures", "records"} <= set(result)
    assert f"report: {path}" in printed(console)
    assert "1 of 1: seed 2 failed" in printed(console)


def test_a_report_goes_where_it_is_wanted(
    folder: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_legs, "PUSH_DIRECTIONS", (0.0,))
    path = folder / "mine.json"
    evaluate_skill(
        "balance",
        episodes=1,
        seed=0,
        json_path=path,
        console=console,
        policy_dir=folder,
    )
    assert json.loads(path.read_text())["moving_arms"]["episodes"] == 1
    assert not (folder / "balance.evaluation.json").exists()


def test_an_unknown_skill_is_refused(console: Console) -> None:
    with pytest.raises(
        ConfigError,
        match=r"there is no skill 'hop' to evaluate \(known: walk, balance, arrival, ",
    ):
        evaluate_skill("hop", episodes=1, seed=0, json_path=None, console=console)


@pytest.mark.parametrize("count", [0, -3])
def test_no_episodes_are_refused(console: Console, count: int) -> None:
    with pytest.raises(
        ConfigError,
        match=f"evaluate grasp: expected 1 episode or more, got {count}",
    ):
        evaluate_skill("grasp", episodes=count, seed=0, json_path=None, console=console)


@pytest.mark.parametrize("skill", list(EVALUATIONS))
def test_a_missing_policy_is_named(
    skill: str, console: Console, tmp_path: Path
) -> None:
    with pytest.raises(
        PolicyMismatch, match=r"(walk|balance|walk_wide|walk_adaptive)\.onnx"
    ):
        evaluate_skill(
            skill,
            episodes=1,
            seed=0,
            json_path=None,
            console=console,
            policy_dir=tmp_path,
        )
    assert not list(tmp_path.iterdir())


def test_make_evaluate_measures_every_policy_that_ships(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(skill: str, **how: Any) -> None:
        asked.append((skill, how["episodes"]))

    monkeypatch.setattr(evaluate, "evaluate_skill", note)
    evaluate.main()
    there = [
        s for s in EVALUATIONS if not s.startswith("walk_") or policy_path(s).is_file()
    ]
    assert asked == [(skill, None) for skill in there]


def test_make_evaluate_names_a_policy_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(skill: str, **how: Any) -> None:
        raise PolicyMismatch(f"there is no policy {skill}.onnx")

    monkeypatch.setattr(evaluate, "evaluate_skill", refuse)
    with pytest.raises(SystemExit, match=r"praxis: there is no policy walk\.onnx"):
        evaluate.main()


def test_figures_of_a_concrete_robot_are_kept_only_where_told(
    folder: Path, console: Console, tmp_path: Path
) -> None:
    told: dict[str, Any] = {"episodes": 1, "seed": 2, "console": console}
    told["policy_dir"] = folder
    result = evaluate_skill(
        "grasp", json_path=None, robot_parameters="hidden:1", **told
    )
    assert result["robot_parameters"] == "hidden:1"
    assert not (folder / "grasp.evaluation.json").exists()
    assert '"success_rate"' in printed(console)
    path = tmp_path / "mine.json"
    evaluate_skill("grasp", json_path=path, robot_parameters="hidden:1", **told)
    assert json.loads(path.read_text()) == result
