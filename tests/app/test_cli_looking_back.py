"""The command line: traces, their stories, and pictures of trees."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from app.cli import app
from configs.loader import CONFIG_DIR

RUN = ("run", "fetch_cup", "--backend", "fake")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Run in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


def test_a_run_leaves_a_trace_that_can_be_told():
    assert praxis(*RUN)[0] == 0
    code, out, _ = praxis("explain", "runs/last.trace.jsonl")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith('The task was "walk to table and grasp cup", in scene')
    assert lines[1].startswith(
        "At 0.0 s it began with walk(target=table, reach=cup), because at(table) did "
    )
    assert "walk(target=table, reach=cup) ended well after" in lines[2]
    assert "it was over: task done in " in lines[-2]
    assert lines[-1].startswith("Nobody judged whether that is true")


def test_a_trace_is_the_same_twice(folder):
    for name in ("a", "b"):
        praxis(*RUN, "--trace", name)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_an_episode_can_be_chosen(folder):
    praxis(*RUN, "--episodes", 2, "--trace", "both")
    code, out, _ = praxis("explain", "both", "--episode", 2)
    assert code == 0
    assert out.startswith("Episode 2 of 2\n")
    assert "there is no episode 3; it has 1 to 2" in complaint(
        "explain", "both", "--episode", 3
    )


def test_after_a_failure_the_story_is_pointed_at(folder):
    (folder / "t.yaml").write_text(
        "text: too slow\ndeadline_s: 1\nsteps: [{skill: walk, args: {target: shelf}}]\n"
    )
    code, out, _ = praxis("run", "t.yaml", "--backend", "fake")
    assert code == 1
    assert out.endswith("the whole story: praxis explain runs/last.trace.jsonl\n")
    assert "praxis explain" not in praxis(*RUN)[1]


def test_a_run_without_a_trace_leaves_none(folder):
    assert praxis(*RUN, "--no-trace")[0] == 0
    assert list(folder.iterdir()) == []


def test_a_trace_and_none_exclude_each_other():
    line = complaint(*RUN, "--trace", "a", "--no-trace")
    assert "--trace and --no-trace exclude each other" in line


def test_a_trace_that_cannot_be_written_is_refused_before_anything_moves(folder):
    assert "there is no folder" in complaint(*RUN, "--trace", "nowhere/a")
    assert "is a folder" in complaint(*RUN, "--trace", folder)


def test_without_the_default_place_the_run_goes_on(folder):
    (folder / "runs").write_text("a file where a folder should be")
    code, out, _ = praxis(*RUN)
    assert code == 0
    assert out.count("no trace is kept: ") == 1


def test_a_file_that_is_no_trace_is_one_line(folder):
    (folder / "a").write_text("words\n")
    assert "a: line 1 is no line of a trace" in complaint("explain", "a")
    assert "no such file" in complaint("explain", "b")


def test_a_killed_run_leaves_whole_lines(folder):
    program = [sys.executable, "-m", "app.cli", *RUN, "--episodes", "500"]
    trace = folder / "t"
    with subprocess.Popen(
        [*program, "--trace", str(trace)],
        cwd=CONFIG_DIR.parent,
        stdout=subprocess.DEVNULL,
    ) as run:
        while not trace.exists() or trace.stat().st_size < 5_000:
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.02)
                pytest.fail("the run ended before it was killed")
        run.send_signal(signal.SIGKILL)
    code, out, _ = praxis("explain", trace)
    assert code == 0
    assert 'The task was "walk to table and grasp cup"' in out


def test_a_tree_is_drawn(folder):
    words = ("tree", "fetch_cup", "--svg", "a.svg", "--dot", "a.dot")
    code, out, _ = praxis(*words)
    assert code == 0
    assert "walk(target=table, reach=cup)" in out
    picture = ElementTree.parse(folder / "a.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "grasp(object=cup)" in (folder / "a.dot").read_text()


@pytest.mark.parametrize("option", ["--svg", "--dot"])
def test_a_picture_that_cannot_be_written_is_refused(option):
    line = complaint("tree", "fetch_cup", option, "nowhere/a")
    assert "there is no folder" in line
