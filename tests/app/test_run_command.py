"""A run that is interrupted stops safely and keeps what it has."""

from __future__ import annotations

import io
import json
import signal

from rich.console import Console

from app.build import read_plan
from app.options import RunOptions
from app.run_command import Outputs, carry_out

FETCH = "walk to table and grasp cup"


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


def run(request, tmp_path, terminal, **options):
    """Run on the fake backend; return the exit code and the report."""
    plan = read_plan(request, RunOptions(backend="fake", **options))
    path = tmp_path / "result.json"
    console = Console(file=terminal, width=200, force_terminal=options != {})
    code = carry_out(plan, Outputs(json=path), console)
    return code, json.loads(path.read_text())


def test_ctrl_c_ends_a_task_as_stopped_by_the_operator(tmp_path):
    terminal = Terminal("▶ grasp(object=cup)")
    code, report = run(FETCH, tmp_path, terminal)
    assert code == 1
    assert report["interrupted"] is True
    assert report["failures"] == {"operator": 1}
    assert "stopped by the operator" in report["episodes"][0]["sentence"]
    assert "stopped by the operator" in terminal.getvalue()


def test_ctrl_c_keeps_the_episodes_that_are_complete(tmp_path):
    terminal = Terminal("2 done")
    code, report = run("stand for 1 second", tmp_path, terminal, episodes=500)
    assert code == 1
    assert report["interrupted"] is True
    assert report["asked"] == 500
    assert 2 <= len(report["episodes"]) < 500
    assert report["success_rate"] == 1.0
    assert report["failures"] == {}
    assert "not run, because the operator stopped: " in terminal.getvalue()


def test_a_terminal_sees_the_tree(tmp_path):
    terminal = Terminal("")
    code, _ = run("stand for 1 second", tmp_path, terminal, seed=1)
    assert code == 0
    assert "balance(duration_s=1)" in terminal.getvalue()
    assert "safety: ok" in terminal.getvalue()
