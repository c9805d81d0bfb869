"""What is no trace is refused in one line."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from app.records.trace_reading import read_trace
from configs.loader import ConfigError
from planners.story import Ending, Incident
from planners.trace import Change

HEAD = {
    "trace": 1,
    "episode": 1,
    "text": "stand",
    "scene": "kitchen",
    "backend": "fake",
    "robot": "g1_dex3",
    "seed": 0,
}
CHANGE = Change(
    tick=5, time=0.1, id="0.2", node="a", kind="RunSkill", status="running", reason="b"
)
INCIDENT = Incident(tick=6, time=0.12, hazard="fall", text="it fell")
ENDING = Ending(
    time=3.0,
    success=False,
    failure="unstable",
    sentence="it fell",
    verdict="agrees",
    judge=None,
)


@pytest.fixture
def written(tmp_path):
    """Write lines into a file; return its path."""

    def write(*lines):
        path = tmp_path / "t.jsonl"
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        path.write_text("".join(f"{text}\n" for text in texts))
        return path

    return write


def refused(path):
    """Return the one line that says why a file is refused."""
    with pytest.raises(ConfigError) as error:
        read_trace(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_was_written_is_read(written):
    lines = map(asdict, (CHANGE, INCIDENT, ENDING))
    (account,) = read_trace(written(HEAD, *lines))
    assert account.text == "stand"
    assert account.seed == 0
    assert account.changes == (CHANGE,)
    assert account.incidents == (INCIDENT,)
    assert account.ending == ENDING


def test_each_episode_has_its_account(written):
    again = {**HEAD, "episode": 2, "seed": 1}
    first, second = read_trace(written(HEAD, asdict(ENDING), again, asdict(CHANGE)))
    assert (first.seed, first.changes, first.ending) == (0, (), ENDING)
    assert (second.seed, second.changes, second.ending) == (1, (CHANGE,), None)


def test_a_missing_file(tmp_path):
    line = refused(tmp_path / "t.jsonl")
    assert "t.jsonl: no such file. `praxis run` writes runs/last.trace.jsonl" in line


def test_a_folder(tmp_path):
    assert "cannot be read (Is a directory)" in refused(tmp_path)


def test_an_empty_file(written):
    assert "is empty; its run was over before it began" in refused(written())


def test_a_binary_file(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    assert "t.npz: is no trace but a binary file" in refused(path)


@pytest.mark.parametrize(
    "line",
    [
        "words",
        "[1, 2]",
        '{"time": 0.0, "step": "1/2 walk", "tree": {}}',
        "[" * 100_000,
        "",
    ],
)
def test_a_foreign_file(written, line):
    assert "line 1 is no line of a trace. Give a file that" in refused(written(line))


def test_a_foreign_line_further_down(written):
    assert "line 2 is no line of a trace" in refused(written(HEAD, {"a": 1}))
    assert "line 3 is no line of a trace" in refused(written(HEAD, asdict(CHANGE), "}"))


def test_a_file_that_was_cut_short(written):
    path = written(HEAD, asdict(CHANGE))
    path.write_text(path.read_text()[:-20])
    assert "line 2 is cut short; the file is damaged" in refused(path)


def test_a_trace_of_another_version(written):
    line = refused(written({**HEAD, "trace": 9}))
    assert "line 1 is of trace format 9, this version reads 1" in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": "late"}, "line 2: time: input should be a valid number"),
        ({"id": "a.b"}, "line 2: 'a.b' is no place in a tree"),
        ({"status": None}, "line 2: status: input should be a valid string"),
    ],
)
def test_a_damaged_line(written, change, words):
    assert words in refused(written(HEAD, {**asdict(CHANGE), **change}))


def test_a_line_that_lacks_something(written):
    assert "line 2: tick: field required" in refused(written(HEAD, {"id": "0"}))
    assert "line 1: episode: field required" in refused(written({"trace": 1}))
