"""`praxis task` looks at task files, and `-p` tells one what to do today."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.options import read_parameters
from planners.task_file import TASK_DIR, task_schema


def praxis(*words):
    """Run a command; return its exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def complaint(*words):
    """Run a command that must be refused; return its one line."""
    code, out, stderr = praxis(*words)
    assert (code, out) == (2, "")
    assert stderr.startswith("praxis: ")
    assert stderr.count("\n") == 1
    return stderr


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


# --- check -------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in TASK_DIR.glob("*.yaml")))
def test_every_task_that_ships_passes_in_the_kitchen(name):
    code, out, _ = praxis("task", "check", name)
    assert code == 0
    assert out.splitlines()[-1] == "ok"


def test_a_task_is_shown_as_a_numbered_list(write):
    path = write(
        "text: bring {what}\n"
        "parameters: {what: a cup}\n"
        "steps:\n"
        "  - repeat: 2\n"
        "    steps:\n"
        "      - {skill: walk, args: {target: table}, retries: 1}\n"
        "  - unless: on(cup, shelf)\n"
        "    then: [{goal: 'on(cup, shelf)'}]\n"
        "    else: [{skill: balance, args: {duration_s: 2}}]\n"
        "deadline_s: 90\n"
    )
    code, out, _ = praxis("task", "check", path, "--param", "what=my cup")
    assert code == 0
    assert out.splitlines() == [
        "bring my cup (deadline_s: 90)",
        "  1. repeat twice:",
        "    1.1. walk(target=table) (retries: 1)",
        "  2. unless on(cup, shelf):",
        "    2.1. on(cup, shelf)",
        "    2.else.1. balance(duration_s=2)",
        "ok",
    ]


def test_another_scene_has_other_things():
    words = ("task", "check", "tidy", "-p", "object=box", "-p", "place=table")
    assert praxis(*words, "--scene", "workshop")[0] == 0
    line = complaint(*words)
    assert "tidy.yaml: item 1, on(box, table): there is no 'box' in the scene" in line


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{skill: fly}", "item 1, fly(): there is no skill 'fly'"),
        ("{skill: grasp}", "item 1, grasp(): argument 'object' is missing"),
        ("{skill: grasp, args: {object: mug}}", "there is no 'mug' in the scene"),
        ("{skill: grasp, args: {cup: cup}}", "grasp has no argument 'cup'"),
        ("{skill: balance, args: {duration_s: long}}", "expected a number, got 'long'"),
    ],
)
def test_what_does_not_fit_the_skills_or_the_scene_is_named(write, step, message):
    line = complaint("task", "check", write(f"steps: [{step}]\n"))
    assert message in line
    assert "mine.yaml" in line


def test_a_mistake_in_the_file_is_named(write):
    line = complaint("task", "check", write("steps: [{skill: walk, speed: 1}]\n"))
    assert "mine.yaml: unknown key 'steps.0.speed'" in line


def test_a_goal_that_no_skill_reaches_is_named(write):
    # A table is fixed to the world.
    line = complaint("task", "check", write("goals: ['on(table, shelf)']\n"))
    assert "mine.yaml: " in line
    assert "table" in line


def test_a_sentence_is_no_file():
    line = complaint("task", "check", "walk to table")
    assert "walk to table.yaml: no such file. Known here: cup_on_shelf_goal, " in line


# --- list and schema ---------------------------------------------------------------


def test_tasks_are_listed_with_what_they_may_be_told(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    code, out, _ = praxis("task", "list")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines.keys() == {"task", *(path.stem for path in TASK_DIR.glob("*.yaml"))}
    assert "tidy the cup away to the shelf" in lines["tidy"]
    assert "object=cup, place=shelf" in lines["tidy"]
    assert "first=table, second=shelf, times=2" in lines["patrol"]


def test_the_schema_is_printed_or_written(tmp_path):
    code, out, _ = praxis("task", "schema")
    assert code == 0
    assert json.loads(out) == task_schema()
    path = tmp_path / "task.schema.json"
    assert praxis("task", "schema", "--out", path)[:2] == (0, "")
    published = TASK_DIR / "task.schema.json"
    assert path.read_text("utf-8") == published.read_text("utf-8")


def test_the_schema_is_not_written_where_there_is_no_folder(tmp_path):
    line = complaint("task", "schema", "--out", tmp_path / "nowhere" / "a.json")
    assert "there is no folder" in line


# --- parameters --------------------------------------------------------------------


def test_parameters_are_read_as_key_and_value():
    words = ["object=cup", "text = a=b "]
    assert read_parameters(words) == {"object": "cup", "text": "a=b"}
    assert read_parameters([]) is None


@pytest.mark.parametrize("word", ["object", "=cup", ""])
def test_what_is_no_parameter_is_said(word):
    line = complaint("tree", "tidy", "-p", word)
    assert f"-p {word}".strip() in line
    assert "expected key=value, such as object=cup" in line


def test_a_parameter_that_the_file_does_not_declare_is_named():
    line = complaint("run", "stand", "--backend", "fake", "-p", "minutes=1")
    assert "stand.yaml: parameters.minutes: there is no parameter 'minutes'" in line


def test_a_sentence_takes_no_parameters():
    line = complaint("run", "walk to table", "-p", "object=cup")
    assert "-p object=... is for task files, 'walk to table' is none" in line


def test_a_run_does_what_its_parameters_say():
    code, out, _ = praxis("run", "stand", "--backend", "fake", "-p", "seconds=1")
    assert code == 0
    assert "balance(duration_s=1)" in out


def test_parameters_are_settings_of_a_run():
    words = ("run", "tidy", "-p", "place=table", "--print-config")
    code, out, _ = praxis(*words)
    assert code == 0
    assert "parameters.place: table  # command line" in out.splitlines()
