"""`--planner llm` on the command line: settings, the task it shows, and the key."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import app
from configs.loader import CONFIG_DIR

KEY = "sk-0123456789abcdef"
SENTENCE = "would you kindly get hold of my coffee"
FETCH = {
    "steps": [
        {"skill": "walk", "args": {"target": "table", "reach": "cup"}},
        {"skill": "grasp", "args": {"object": "cup"}},
    ]
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Settings of the person who runs the tests must not be used."""
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"PRAXIS_LLM_{name}", raising=False)


@pytest.fixture
def settings(llm):
    """Options that lead to the stub."""
    return ("--planner", "llm", "--llm-url", llm.url, "--llm-model", "parrot-1")


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


def test_the_task_is_shown_and_then_carried_out(llm, settings):
    llm.say(FETCH)
    code, out, _ = praxis("run", SENTENCE, "--backend", "fake", "--no-trace", *settings)
    assert code == 0
    shown = [
        "understood as:",
        "  1. walk(target=table, reach=cup)",
        "  2. grasp(object=cup)",
    ]
    assert out.splitlines()[:3] == shown
    assert "holding(cup)" in out


def test_a_goal_is_carried_out_too(llm, settings):
    llm.say({"goals": ["on(cup, shelf)"]})
    code, out, _ = praxis("run", SENTENCE, "--backend", "fake", "--no-trace", *settings)
    assert code == 0
    assert "  1. on(cup, shelf)" in out.splitlines()


def test_its_tree_can_be_looked_at(llm, settings):
    llm.say(FETCH)
    code, out, _ = praxis("tree", SENTENCE, *settings)
    assert code == 0
    assert "holding(cup)" in out


def test_a_task_that_no_skill_can_reach_is_asked_for_again(llm, settings):
    llm.say({"goals": ["on(table, cup)"]}, FETCH)
    code, _, _ = praxis("tree", SENTENCE, *settings)
    assert code == 0
    assert "refused" in llm.told[-1]
    assert len(llm.questions) == 2


@pytest.mark.parametrize(
    "steps",
    [
        [{"skill": "balance", "args": {"duration_s": -5}}],
        [{"skill": "walk", "args": {"target": "table", "speed": 9_999}}],
        [{"skill": "walk", "args": {"forward": 9_999}}],
        [{"skill": "grasp", "args": {"object": "shelf"}}],
        [{"if": "on(table, cup)", "then": [{"skill": "fly"}]}],
    ],
)
def test_what_no_robot_can_do_is_refused_by_the_skills(llm, settings, steps):
    llm.say({"steps": steps})
    line = complaint("tree", SENTENCE, *settings)
    assert "3 answers and none is a task that can be carried out here" in line


def test_a_robot_without_hands_is_given_no_task_for_them(llm, settings, tmp_path):
    folder = CONFIG_DIR / "robots"
    data = yaml.safe_load((folder / "g1_dex3.yaml").read_text())
    data["joints"] = [j for j in data["joints"] if "_hand_" not in j["name"]]
    data["mjcf"] = str(folder / data["mjcf"])
    del data["sites"]["left_grasp"], data["sites"]["right_grasp"]
    robot = tmp_path / "handless.yaml"
    robot.write_text(yaml.safe_dump(data))
    llm.say(FETCH)
    line = complaint("tree", SENTENCE, "--robot", robot, *settings)
    assert "there is no skill 'grasp' (known: " in line
    assert '"grasp"' not in llm.told[1]


def test_the_settings_may_come_from_the_environment(llm, monkeypatch):
    monkeypatch.setenv("PRAXIS_LLM_URL", llm.url)
    monkeypatch.setenv("PRAXIS_LLM_MODEL", "parrot-2")
    monkeypatch.setenv("PRAXIS_LLM_KEY", KEY)
    llm.say(FETCH)
    code, out, _ = praxis("run", SENTENCE, "--planner", "llm", "--print-config")
    assert code == 0
    assert f"llm_url: {llm.url}  # environment PRAXIS_LLM_URL" in out
    assert "llm_model: parrot-2  # environment PRAXIS_LLM_MODEL" in out
    assert f"task.text: {SENTENCE}  # command line" in out
    assert "task.items.1: grasp(object=cup)  # language model" in out
    assert llm.questions[0]["model"] == "parrot-2"
    assert llm.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_an_option_goes_before_the_environment(llm, settings, monkeypatch):
    monkeypatch.setenv("PRAXIS_LLM_MODEL", "parrot-2")
    llm.say(FETCH)
    _, out, _ = praxis("run", SENTENCE, *settings, "--print-config")
    assert "llm_model: parrot-1  # command line" in out
    assert llm.questions[0]["model"] == "parrot-1"


def test_the_key_is_in_nothing_that_is_written(llm, settings, monkeypatch, tmp_path):
    monkeypatch.setenv("PRAXIS_LLM_KEY", KEY)
    said = []
    outputs = [
        *("--json", tmp_path / "result.json"),
        *("--record", tmp_path / "signals.npz"),
        *("--trace", tmp_path / "run.trace.jsonl"),
    ]
    llm.say({**FETCH, "text": KEY})
    said += praxis("run", SENTENCE, "--backend", "fake", *outputs, *settings)
    said += praxis("run", SENTENCE, "--print-config", *settings)
    said += praxis("tree", SENTENCE, *settings)
    llm.replies.clear()
    llm.say({"steps": [{"skill": KEY}]})
    said += praxis("run", SENTENCE, *settings)
    llm.replies.clear()
    llm.refuse(401, f"Incorrect API key provided: {KEY}")
    said += praxis("run", SENTENCE, *settings)
    assert [word for word in said if isinstance(word, int)] == [0, 0, 0, 2, 2]
    assert KEY not in "".join(map(str, said))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert all(KEY.encode() not in path.read_bytes() for path in written)


def test_the_model_is_not_asked_unless_told_to(llm, monkeypatch):
    monkeypatch.setenv("PRAXIS_LLM_URL", llm.url)
    monkeypatch.setenv("PRAXIS_LLM_MODEL", "parrot-2")
    code, out, _ = praxis("run", "walk to table and grasp cup", "--print-config")
    assert code == 0
    assert llm.questions == []
    assert llm.url not in out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--planner", "llm"), "needs --llm-url, or PRAXIS_LLM_URL in the environment"),
        (
            ("--planner", "llm", "--llm-url", "http://localhost:9/v1"),
            "needs --llm-model, or PRAXIS_LLM_MODEL in the environment",
        ),
        (
            ("--llm-url", "http://me:hunter2@localhost/v1"),
            "--llm-url is of use with --planner llm only",
        ),
        (("--llm-model", "x"), "--llm-model is of use with --planner llm only"),
        (
            ("--planner", "oracle"),
            "planner: expected 'tree', 'llm' or 'learned', got 'oracle'",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(words, line):
    told = complaint("run", SENTENCE, "--print-config", *words)
    assert line in told
    assert "hunter2" not in told


def test_a_task_file_needs_no_model(settings):
    line = complaint("run", "fetch_cup", *settings)
    assert "--planner llm reads a sentence, fetch_cup is a task file" in line


def test_an_endpoint_that_is_not_there_is_one_line():
    words = ("--planner", "llm", "--llm-url", "http://127.0.0.1:9", "--llm-model", "x")
    assert "127.0.0.1 cannot be reached" in complaint("run", SENTENCE, *words)
