"""`--planner learned`, `praxis model skills`, `praxis evaluate selector`."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from app.build import build, read_plan
from app.cli import app
from app.control_loop import Episode
from app.options import RunOptions
from app.selector_command import evaluate_selector
from planners.learned import LearnedPlanner
from skills.library import POLICY_DIR
from skills.selector.model_file import MODEL_FILE
from skills.selector.policy import SelectorPolicy

DELIVER = "put the cup on the shelf"


def praxis(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def complaint(*words: object) -> str:
    result = praxis(*words)
    assert result.exit_code == 2, result.output
    return result.stderr


def test_the_learned_planner_carries_a_sentence_out() -> None:
    options = RunOptions(backend="fake", planner="learned")
    parts = build(read_plan(DELIVER, options))
    made = []

    def remember(*args, **more):
        made.append(parts.make_planner(*args, **more))
        return made[-1]

    result = Episode(replace(parts, make_planner=remember), 0).run()
    assert isinstance(made[0], LearnedPlanner)
    assert result.done
    assert result.sentence.endswith("on(cup, shelf)")
    assert parts.runner.started >= 4


def test_a_task_with_two_goals_is_for_the_tree() -> None:
    words = ("run", "put the cup on the shelf then walk to the table", "--no-trace")
    line = complaint(*words, "--backend", "fake", "--planner", "learned")
    assert "is a goal of its own" in line
    assert "use --planner tree" in line


def test_without_a_policy_it_is_said_how_to_train_one(tmp_path: Path) -> None:
    words = ("run", DELIVER, "--backend", "fake", "--planner", "learned", "--no-trace")
    line = complaint(*words, "--policies", tmp_path)
    assert "there is no selector.onnx" in line
    assert "praxis train selector" in line


def test_both_planners_are_measured(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "report.json"
    report = evaluate_selector(
        RunOptions(backend="fake", episodes=1),
        Console(file=out, width=200),
        json_path=path,
        imagined=4,
    )
    assert json.loads(path.read_text()) == report
    assert set(report["model"]) == {"on", "holding", "at"}
    assert set(report["fake"]) == {"on", "holding"}
    for planners in (*report["model"].values(), *report["fake"].values()):
        assert set(planners) == {"tree", "learned"}
    tree = report["fake"]["on"]["tree"]
    assert (tree["success_rate"], tree["skills_mean"]) == (1.0, 4.0)
    assert report["model"]["on"]["tree"]["episodes"] == 4
    assert "on, learned, seed 1: done after" in out.getvalue()
    assert "1 of 1" in out.getvalue()


def test_a_report_needs_a_folder(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "report.json"
    assert "there is no folder" in complaint("evaluate", "selector", "--json", nowhere)


def test_measuring_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "skills.json"
    words = ("model", "skills", "--backend", "fake", "--episodes", 1, "--out", path)
    assert praxis(*words).exit_code == 0
    assert json.loads(path.read_text())["episodes"] == 1
    assert "another seed" in complaint(*words, "--seed", 3)


@pytest.mark.parametrize("algorithm", ["dqn", "ppo", "a2c"])
def test_every_setting_of_the_training_is_shown(algorithm: str) -> None:
    words = ("train", "selector", "--algo", algorithm, "--steps", 500, "--num-envs", 3)
    lines = praxis(*words, "--print-config").stdout.splitlines()
    assert f"algorithm: {algorithm}  # command line" in lines
    assert "total_steps: 500  # command line" in lines
    assert "num_envs: 3  # command line" in lines
    assert "discount_per_s: 0.995  # default" in lines


def test_an_algorithm_that_is_none() -> None:
    line = complaint("train", "selector", "--algo", "sarsa")
    assert "algorithm: expected 'dqn', 'ppo' or 'a2c', got 'sarsa'" in line


def test_what_ships_belongs_together() -> None:
    policy = SelectorPolicy.load(POLICY_DIR / "selector.onnx")
    executions = json.loads(MODEL_FILE.read_text())["executions"]
    assert policy.contract.notes["executions"] == executions
