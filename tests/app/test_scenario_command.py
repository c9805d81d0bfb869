"""Scenarios from the command line: marks, tables, JSON, and Ctrl-C."""

from __future__ import annotations

import io
import json
import signal

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app import scenario_command
from app.aftermath import Answer
from app.cli import app
from app.judge import Judgement, Verdict
from app.options import RunOptions
from app.result import EpisodeResult
from app.scenario_command import carry_out_trials, read_trials
from configs.loader import ConfigError

STAND = """\
text: the robot stands and nothing happens
why: it is quick
task: stand for 1 second
right: [success]
"""


@pytest.fixture
def standing(tmp_path):
    path = tmp_path / "standing.yaml"
    path.write_text(STAND)
    return str(path)


def trials(name, **options):
    return read_trials(name, RunOptions(backend="fake", **options))


class Terminal(io.StringIO):
    """A terminal at which somebody presses Ctrl-C when a word appears."""

    def __init__(self, word):
        super().__init__()
        self._word = word

    def write(self, text):
        if self._word and self._word in text:
            self._word = ""
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def carry_out(read, word="", **paths):
    terminal = Terminal(word)
    console = Console(file=terminal, width=160, force_terminal=True)
    return carry_out_trials(read, console, **paths), terminal.getvalue()


def test_the_table_and_the_report_say_how_many_answers_were_right(standing, tmp_path):
    path = tmp_path / "all.json"
    code, text = carry_out(trials(standing, episodes=3, seed=4), json=path)
    assert code == 0
    assert "3 of 3" in text and "1.0 s" in text
    (scenario,) = json.loads(path.read_text())["scenarios"]
    assert scenario["scenario"] == "standing"
    assert scenario["right"] == scenario["successes"] == 3
    assert scenario["right_ci95"] == [0.4385, 1.0]
    assert scenario["median_s"] == 1.0
    assert scenario["interrupted"] is False
    assert [e["seed"] for e in scenario["episodes"]] == [4, 5, 6]
    assert scenario["episodes"][0]["right"] is True
    assert scenario["episodes"][0]["why"] == "success is right"
    assert "praxis" in scenario["versions"]


def test_a_wrong_answer_is_told_with_its_seed(standing):
    wrong = STAND.replace("[success]", "[object_lost]")
    with open(standing, "w", encoding="utf-8") as file:
        file.write(wrong)
    code, text = carry_out(trials(standing, episodes=1))
    assert code == 0  # wrong, but not made up
    assert "standing, seed 1: success is not right (object_lost)" in text


def test_ctrl_c_keeps_what_is_done(standing, tmp_path):
    path = tmp_path / "all.json"
    read = trials(standing, episodes=500)
    code, text = carry_out(read, word="2 right", json=path)
    assert code == 1
    (scenario,) = json.loads(path.read_text())["scenarios"]
    assert 2 <= len(scenario["episodes"]) < 500
    assert scenario["interrupted"] is True
    assert "standing: not run, because the operator stopped: " in text


def test_a_false_success_is_a_failure_of_the_command(standing, monkeypatch):
    def lie(result, aftermath):
        told = Judgement(verdict=Verdict.CONTRADICTS, reason="it lies on the floor")
        false = EpisodeResult(
            seed=0,
            success=True,
            failure=None,
            sentence="task done",
            duration_s=1.0,
            judgement=told,
        )
        return Answer(
            result=false, right=False, why="false", disturbed_at=None, disturbance=""
        )

    monkeypatch.setattr(scenario_command, "_answer_of", lie)
    code, _ = carry_out(trials(standing, episodes=1))
    assert code == 1


def test_a_rehearsed_cup_that_is_hidden_is_not_found():
    (read,) = trials("cup_absent", episodes=1)
    code, _ = carry_out([read])
    assert code == 0
    (answer,) = read.answers
    assert answer.right
    assert answer.result.failure.value == "object_lost"
    assert answer.disturbance == "cup was hidden"


def test_a_cup_on_the_shelf_is_left_alone_by_the_real_policies():
    pytest.importorskip("mujoco")
    (read,) = read_trials("cup_on_shelf", RunOptions(episodes=1))
    code, _ = carry_out([read])
    assert code == 0
    (answer,) = read.answers
    assert answer.right and answer.result.verified


def test_all_means_all_that_ship():
    names = [trial.name for trial in trials("all")]
    assert names == sorted(names)
    assert "cup_moved" in names and "robot_pushed" in names


def test_one_trace_does_not_hold_many_scenarios(tmp_path):
    with pytest.raises(ConfigError, match="--trace takes one scenario"):
        carry_out(trials("all"), trace=tmp_path / "t.jsonl")


def test_a_trace_tells_what_happened(standing, tmp_path):
    path = tmp_path / "t.jsonl"
    carry_out(trials(standing, episodes=2), trace=path)
    heads = [line for line in path.read_text().splitlines() if '"trace": 1' in line]
    assert len(heads) == 2


def test_a_change_that_does_not_fit_names_the_file(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(STAND + "changes: {spoon: {yaw: 1.0}}\n")
    with pytest.raises(ConfigError, match=r"odd\.yaml: scene kitchen has no 'spoon'"):
        trials(str(path))


def test_the_list_shows_every_scenario_and_what_is_right():
    result = CliRunner().invoke(app, ["scenario", "list"])
    assert result.exit_code == 0
    for name in ("cup_absent", "cup_knocked", "cup_moved", "cup_on_shelf"):
        assert name in result.stdout
    assert "if it is lost also" in " ".join(result.stdout.split())


def test_a_scenario_that_is_not_there_is_one_line():
    result = CliRunner().invoke(app, ["scenario", "earthquake"])
    assert result.exit_code == 2
    assert "Known here: cup_absent" in result.stderr
