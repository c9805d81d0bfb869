"""A stopped task is kept in a file; a file that is none is refused in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.build import read_plan
from app.options import RunOptions
from app.stopped_task import DEFAULT, how_to_go_on, read_stopped, save_stopped
from configs.loader import CONFIG_DIR, ConfigError

PROGRESS = {
    "item": 0,
    "repeats": [],
    "kept": [1],
    "spent_s": 12.4,
    "recoveries": [[1, "dropped", "REGRASP", 2]],
}


def plan(request="cup_to_shelf", **options):
    return read_plan(request, RunOptions(backend="fake", **options))


@pytest.fixture
def file(tmp_path):
    """A task that was stopped, and what is changed in its file."""
    path = tmp_path / "stopped.json"
    save_stopped(path, plan(), PROGRESS)

    def change(*keys, to):
        data = json.loads(path.read_text())
        inner = data
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to
        path.write_text(json.dumps(data))
        return path

    return change


def refusal(path):
    """Read a file that must be refused; return the line."""
    with pytest.raises(ConfigError) as error:
        read_stopped(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_task_comes_back_as_it_was_kept(tmp_path):
    before = plan(seed=7, time_limit_s=120.0, episodes=1, realtime=True)
    save_stopped(tmp_path / "a.json", before, PROGRESS)
    after = read_stopped(tmp_path / "a.json")
    assert after.task == before.task
    assert after.task.text == before.task.text
    assert after.progress == PROGRESS
    assert (after.robot, after.scene) == (before.robot, before.scene)
    assert after.options.model_dump() == {
        **RunOptions().model_dump(),
        "backend": "fake",
        "seed": 7,
        "time_limit_s": 120.0,
    }
    assert read_stopped(tmp_path / "a.json", realtime=True).options.realtime


@pytest.mark.parametrize(
    ("asked", "kept"), [("tree", "tree"), ("learned", "learned"), ("llm", "tree")]
)
def test_a_language_model_is_not_asked_again(tmp_path, asked, kept):
    before = plan()
    options = before.options.model_copy(update={"planner": asked})
    save_stopped(tmp_path / "a.json", replace(before, options=options), PROGRESS)
    assert read_stopped(tmp_path / "a.json").options.planner == kept


def test_a_parameter_is_part_of_the_task_then(tmp_path):
    before = plan("patrol", parameters={"times": "5"})
    save_stopped(tmp_path / "a.json", before, {**PROGRESS, "repeats": [3]})
    after = read_stopped(tmp_path / "a.json")
    assert after.task == before.task
    assert after.options.parameters == {}


def test_a_file_of_ones_own_is_found_from_another_folder(tmp_path, monkeypatch):
    shipped = CONFIG_DIR / "scenes" / "kitchen.yaml"
    (tmp_path / "mine.yaml").write_text(shipped.read_text())
    monkeypatch.chdir(tmp_path)
    save_stopped(Path("a.json"), plan(scene="mine.yaml", policies=Path("p")), PROGRESS)
    monkeypatch.chdir("/")
    after = read_stopped(tmp_path / "a.json")
    assert after.options.scene == str(tmp_path / "mine.yaml")
    assert after.options.policies == tmp_path / "p"


def test_the_default_place_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_stopped(DEFAULT, plan(), PROGRESS)
    assert read_stopped(tmp_path / "runs" / "stopped.task.json").progress == PROGRESS


def test_the_command_can_be_pasted_into_a_shell():
    assert how_to_go_on(Path("a b.json")) == "praxis resume 'a b.json'"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        save_stopped(tmp_path / "nowhere" / "a.json", plan(), PROGRESS)


# --- what is refused ---------------------------------------------------------------


def test_a_file_that_is_not_there_says_where_they_come_from(tmp_path):
    line = refusal(tmp_path / "a.json")
    assert line.endswith(
        "a.json: no such file. `praxis run` writes one when it is stopped."
    )


def test_a_folder_is_no_file(tmp_path):
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"[1, 2]",
        b'{"steps": []}',
        b"\xff\xfe\x00",
        b'{"stopped_task": 1, "progress": NaN}',
        b"[" * 100_000,
    ],
    ids=["empty", "text", "list", "other", "bytes", "nan", "deep"],
)
def test_a_foreign_file_is_no_stopped_task(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert "a.json: is no stopped task. Expected a file that" in refusal(path)


def test_half_a_file_is_no_stopped_task(file):
    path = file("stopped_task", to=1)
    path.write_text(path.read_text()[:-40])
    assert "is no stopped task" in refusal(path)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_is_named(file, version):
    line = refusal(file("stopped_task", to=version))
    assert f"expected format 1, got {version!r}; it is from another version" in line


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("more",), 1, "unknown key 'more'. Known keys: stopped_task, task, progress"),
        (("progress",), {}, "key 'progress.item' is missing"),
        (("progress", "item"), -1, "progress.item: "),
        (("progress", "item"), "two", "progress.item: expected a valid integer"),
        (("progress", "spent_s"), -0.1, "progress.spent_s: "),
        (("progress", "repeats"), [-1], "progress.repeats.0: "),
        (("progress", "recoveries"), [[1, "hungry", "RETRY", 1]], "recoveries.0.1: "),
        (("progress", "recoveries"), [[1, "dropped", "PRAY", 1]], "of RETRY, REAPP"),
        (("options", "seed"), "x", "options.seed: expected a valid integer, got 'x'"),
        (("options", "scene"), "cellar", "cellar.yaml: no such file"),
        (("options", "fly"), True, "unknown key 'options.fly'"),
        (("task", "steps"), [], "a.json, task: "),
        (("task", "steps"), [{"skill": 3}], ", task: steps.0"),
        (("task",), 5, "task: expected a valid dictionary, got 5"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(file, keys, value, words):
    line = refusal(file(*keys, to=value))
    assert words.replace("a.json", "stopped.json") in line


def test_only_one_episode_goes_on_whatever_the_file_says(file):
    assert read_stopped(file("options", "episodes", to=5)).options.episodes == 1
