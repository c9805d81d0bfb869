"""Every run leaves a trace: whole, small, and the same twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.build import build, read_plan
from app.control_loop import Episode
from app.episodes import run_episodes
from app.options import RunOptions
from app.records.trace_file import DEFAULT, TraceFile, open_trace
from configs.loader import ConfigError
from sim2real.backends.pace import Pace
from sim2real.robot import BackendError

STAND = "stand for 1 second"


def trace(path, request="fetch_cup", *, seed=2, episodes=1, **options):
    """Run on the fake backend; return the lines of the trace."""
    assembly = build(read_plan(request, RunOptions(backend="fake", **options)))
    warned: list[str] = []
    file = TraceFile(path, scene="kitchen", backend="fake", warn=warned.append)
    for _ in run_episodes(assembly, seed, episodes, observers=[file]):
        pass
    file.close()
    assert warned == []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_trace_begins_with_what_was_asked_for(tmp_path):
    head, first, *_ = trace(tmp_path / "t")
    assert head == {
        "trace": 1,
        "episode": 1,
        "text": "walk to table and grasp cup",
        "scene": "kitchen",
        "backend": "fake",
        "robot": "g1_dex3",
        "seed": 2,
    }
    assert first["id"] == "0"
    assert list(first) == ["tick", "time", "id", "node", "kind", "status", "reason"]


def test_a_trace_ends_with_the_result(tmp_path):
    last = trace(tmp_path / "t")[-1]
    assert last["success"] is True
    assert last["failure"] is None
    assert last["sentence"].startswith("task done in ")
    assert last["verdict"] == "not judged"
    assert last["judge"] == "there is no physics to judge by"


def test_skills_begin_and_end_in_a_trace(tmp_path):
    lines = [line for line in trace(tmp_path / "t") if line.get("kind") == "RunSkill"]
    grasp = [line for line in lines if line["node"].startswith("grasp(object=cup")]
    statuses = [line["status"] for line in grasp]
    assert statuses.index("running") < statuses.index("success")


def test_every_node_is_there_from_the_beginning(tmp_path):
    at_first = [line for line in trace(tmp_path / "t") if line.get("tick") == 0]
    assert {line["id"] for line in at_first} >= {"0", "0.0", "0.1"}


def test_a_trace_is_small(tmp_path):
    trace(tmp_path / "t")
    assert (tmp_path / "t").stat().st_size < 50_000


def test_the_same_scenario_gives_the_same_trace_twice(tmp_path):
    assert trace(tmp_path / "a", episodes=2) == trace(tmp_path / "b", episodes=2)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_same_scenario_gives_the_same_trace_at_any_speed(tmp_path, monkeypatch):
    waits: list[float] = []

    def wait(pace: Pace) -> None:
        waits.append(1.0)  # as long as it takes

    monkeypatch.setattr(Pace, "wait", wait)
    trace(tmp_path / "slow", STAND, realtime=True)
    assert len(waits) > 50  # a second of ticks was waited for
    trace(tmp_path / "fast", STAND)
    assert (tmp_path / "slow").read_bytes() == (tmp_path / "fast").read_bytes()


def test_episodes_follow_each_other(tmp_path):
    lines = trace(tmp_path / "t", STAND, seed=4, episodes=2)
    heads = [line for line in lines if "trace" in line]
    assert [(head["episode"], head["seed"]) for head in heads] == [(1, 4), (2, 5)]
    assert sum("verdict" in line for line in lines) == 2


def test_an_event_of_the_safety_filter_is_noted(tmp_path, assemble):
    assembly = assemble(STAND)
    moments = []

    class Keeper:
        def begin(self, assembly, seed, moment): ...
        def tick(self, moment):
            moments.append(moment)

        def end(self, result): ...
        def close(self): ...

    file = TraceFile(tmp_path / "t", scene="kitchen", backend="fake", warn=print)
    assembly.safety.filter = _limp(assembly.safety.filter)
    Episode(assembly, 0, observers=[file, Keeper()]).run()
    file.close()
    lines = [json.loads(line) for line in (tmp_path / "t").read_text().splitlines()]
    noted = [line for line in lines if "hazard" in line]
    assert [line["text"] for line in noted] == [e.text for e in moments[-1].events]
    assert noted[0]["hazard"] == "bad_command"


def _limp(through):
    """Make a filter see commands that are no numbers."""

    def wrong(command, state, health):
        spoilt = replace(command, joint_pos=command.joint_pos * float("nan"))
        return through(spoilt, state, health)

    return wrong


def test_a_run_that_breaks_off_leaves_whole_lines(tmp_path, assemble):
    assembly = assemble("fetch_cup")
    step, count = assembly.backend.step, 0

    def unplugged(command):
        nonlocal count
        count += 1
        if count == 100:
            raise BackendError("the robot was unplugged")
        if count > 100:
            raise AssertionError
        return step(command)

    assembly.backend.step = unplugged
    file = TraceFile(tmp_path / "t", scene="kitchen", backend="fake", warn=print)
    Episode(assembly, 0, observers=[file]).run()
    text = (tmp_path / "t").read_text()  # not closed yet
    assert text.endswith("\n")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1]["failure"] == "hardware"
    assert "unplugged" in lines[-1]["sentence"]
    # How the tree was left is noted too.
    assert "interrupted, the skill was stopped" in text
    file.close()


def test_a_full_disk_does_not_stop_the_robot(assemble):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full on this system")
    warned: list[str] = []
    file = TraceFile(full, scene="kitchen", backend="fake", warn=warned.append)
    result = Episode(assemble(STAND), 0, observers=[file]).run()
    file.close()
    assert result.success
    assert warned == ["the trace /dev/full ends here (No space left on device)"]


def test_the_default_place_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = open_trace(None, scene="kitchen", backend="fake", warn=print)
    assert file is not None
    file.close()
    assert (tmp_path / DEFAULT).read_text() == ""


def test_without_the_default_place_a_person_is_warned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").write_text("a file where a folder should be")
    warned: list[str] = []
    file = open_trace(None, scene="kitchen", backend="fake", warn=warned.append)
    assert file is None
    (line,) = warned
    assert line.startswith("no trace is kept: runs/last.trace.jsonl: the trace cannot")


def test_a_chosen_place_must_be_writable(tmp_path):
    path = tmp_path / "nowhere" / "t.jsonl"
    with pytest.raises(ConfigError, match=r"t\.jsonl: the trace cannot be written.*no"):
        open_trace(path, scene="kitchen", backend="fake", warn=print)


def test_a_run_that_still_writes_keeps_its_file(tmp_path):
    path = tmp_path / "t"
    path.write_text("an earlier run\n")
    with path.open("a") as still_writing:
        trace(path, STAND)
        still_writing.write("one more line\n")
    assert "one more line" not in path.read_text()
