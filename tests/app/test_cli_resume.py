"""Stop a run with Ctrl-C, and go on with it: the command line from end to end."""

from __future__ import annotations

import json
import signal

import pytest
from typer.testing import CliRunner

from app.cli import app
from sim2real.backends.fake_backend import FakeBackend

CARRYING = 600  # a control tick of `cup_to_shelf`
FILE = "runs/stopped.task.json"
RUN = ("run", "cup_to_shelf", "--backend", "fake")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Leave what runs write in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ctrl_c(monkeypatch):
    """Have somebody press Ctrl-C at certain control ticks of the next run."""

    def at(*ticks):
        left, step = list(ticks), FakeBackend.step
        now = iter(range(1_000_000))

        def press(backend, command):
            if next(now) in left:
                signal.raise_signal(signal.SIGINT)
            return step(backend, command)

        monkeypatch.setattr(FakeBackend, "step", press)

    return at


def praxis(*words):
    """Run a command; return its exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def complaint(*words):
    """Run a command that must be refused; return its one line."""
    code, _, stderr = praxis(*words)
    assert code == 2
    assert stderr.startswith("praxis: ")
    assert stderr.count("\n") == 1
    return stderr


def test_a_run_is_stopped_kept_and_resumed(own_folder, ctrl_c):
    ctrl_c(CARRYING)
    code, out, _ = praxis(*RUN, "--seed", 4)
    assert code == 1
    assert "stopping safely for the operator; another Ctrl-C stops at once" in out
    assert "stopped by the operator; standing after" in out
    assert out.splitlines()[-1] == f"to go on with the task: praxis resume {FILE}"
    assert json.loads((own_folder / FILE).read_text())["options"]["seed"] == 4

    code, out, _ = praxis("resume", FILE, "--json", "result.json")
    assert code == 0
    assert out.startswith("going on with: walk to table and grasp cup then carry it")
    assert "on(cup, shelf)" in out.splitlines()[-1]
    report = json.loads((own_folder / "result.json").read_text())
    assert [episode["seed"] for episode in report["episodes"]] == [4]


def test_a_resumed_run_can_be_stopped_again(own_folder, ctrl_c):
    ctrl_c(100, 400)
    assert praxis(*RUN, "--save-stopped", "first.json")[0] == 1
    code, out, _ = praxis("resume", "first.json", "--save-stopped", "second.json")
    assert code == 1
    assert "praxis resume second.json" in out
    first, second = (
        json.loads((own_folder / f"{name}.json").read_text())["progress"]["spent_s"]
        for name in ("first", "second")
    )
    assert second > first + 1.0
    assert praxis("resume", "second.json")[0] == 0


def test_the_second_ctrl_c_keeps_the_task_too(own_folder, ctrl_c):
    ctrl_c(CARRYING, CARRYING + 5)
    code, out, _ = praxis(*RUN)
    assert code == 1
    assert "(operator): stopped by the operator\n" in out
    assert (own_folder / FILE).is_file()


def test_a_run_that_succeeds_keeps_nothing(own_folder):
    assert praxis("run", "stand", "--backend", "fake")[0] == 0
    assert not (own_folder / FILE).exists()


def test_of_many_episodes_nothing_is_kept(own_folder, ctrl_c):
    ctrl_c(CARRYING)
    code, out, _ = praxis(*RUN, "--episodes", 3)
    assert code == 1
    assert "praxis resume" not in out
    assert not (own_folder / FILE).exists()


def test_a_default_place_that_cannot_be_written_is_no_failure_of_the_run(
    own_folder, ctrl_c
):
    (own_folder / "runs").write_text("a file, not a folder")
    ctrl_c(CARRYING)
    code, out, _ = praxis(*RUN, "--no-trace")
    assert code == 1
    assert "the task is not kept: runs/stopped.task.json: cannot be written" in out


def test_a_place_without_a_folder_is_refused_before_the_robot_moves():
    line = complaint(*RUN, "--save-stopped", "nowhere/a.json")
    assert "there is no folder" in line


def test_many_episodes_cannot_be_kept():
    line = complaint(*RUN, "--episodes", 2, "--save-stopped", "a.json")
    assert "--save-stopped takes one episode; drop --episodes." in line


def test_what_is_no_stopped_task_is_refused(own_folder):
    assert "a.json: no such file" in complaint("resume", "a.json")
    (own_folder / "a.json").write_text("{}")
    assert "a.json: is no stopped task" in complaint("resume", "a.json")


def test_progress_of_another_task_is_refused(own_folder, ctrl_c):
    ctrl_c(CARRYING)
    praxis(*RUN)
    data = json.loads((own_folder / FILE).read_text())
    data["progress"]["item"] = 9
    (own_folder / FILE).write_text(json.dumps(data))
    line = complaint("resume", FILE)
    assert "the task cannot go on: this progress belongs to another task" in line


def test_a_trace_is_wanted_or_not(ctrl_c):
    ctrl_c(CARRYING)
    praxis(*RUN)
    line = complaint("resume", FILE, "--trace", "a.jsonl", "--no-trace")
    assert "--trace and --no-trace exclude each other" in line
