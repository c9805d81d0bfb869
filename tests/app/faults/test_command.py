"""`praxis faults` and `praxis check`: tables, exit codes, and what they are worth."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

import app.faults.command as faults_command
from app.check_command import check_policies
from app.cli import app
from app.faults.command import choose_cases, show_faults
from app.faults.trial import Outcome, inject
from configs.loader import ConfigError, load_robot
from sim2real.faults.catalogue import CASES

CASE = {case.name: case for case in CASES}

QUICK = (
    "state_stops",
    "state_duplicated",
    "policy_nan_walking",
    "policy_slow",
    "hijacked",
    "commands_stop",
)


@pytest.mark.parametrize("name", QUICK)
def test_a_robot_that_pretends_reacts_as_expected(name):
    outcome = inject(CASE[name], "fake", 1, "g1_dex3")
    assert outcome.complaints == ()


@pytest.mark.parametrize(
    ("name", "failure"), [("policy_nan", "contract"), ("state_stops", "hardware")]
)
def test_a_robot_with_physics_stands_and_the_task_fails_typed(name, failure):
    pytest.importorskip("mujoco")
    outcome = inject(CASE[name], "mujoco", 1, "g1_dex3")
    assert outcome.complaints == ()
    assert not outcome.fell
    assert outcome.failure == failure


def test_the_robot_outlives_a_process_that_is_killed():
    outcome = inject(CASE["node_killed"], "fake", 1, "g1_dex3")
    assert outcome.complaints == ()
    assert outcome.detected_by == "command watchdog"
    assert outcome.latency_ms == 120.0


GOOD = Outcome(
    case=CASE["hijacked"],
    backend="mujoco",
    detected_by="authority",
    reaction="stand (balance)",
    latency_ms=20.0,
    fell=False,
    drop_speed=0.1,
    failure="operator",
)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"detected_by": ""}, "detected by nobody, expected authority"),
        ({"reaction": "ok"}, "reaction ok, expected stand (balance)"),
        ({"latency_ms": 100.0}, "after 100 ms, expected 40"),
        ({"fell": True}, "it fell"),
    ],
)
def test_what_is_not_as_expected_is_said(changes, complaint):
    assert GOOD.complaints == ()
    assert replace(GOOD, **changes).complaints == (complaint,)


def test_the_table_and_the_file_hold_every_fault(monkeypatch, tmp_path):
    nothing = {"detected_by": "", "reaction": "ok", "latency_ms": None}
    bad = replace(GOOD, case=CASE["pushed"], fell=True, **nothing)
    made = iter([GOOD, bad])
    monkeypatch.setattr(faults_command, "inject", lambda *asked: next(made))
    console = Console(width=200, record=True)
    file = tmp_path / "faults.json"
    good = show_faults(
        [GOOD.case, bad.case],
        console,
        backend="mujoco",
        seed=1,
        robot="g1_dex3",
        output=file,
    )
    assert not good
    text = console.export_text()
    assert "pushed: it fell" in text
    assert "1 of 2 faults as expected" in text
    data = json.loads(file.read_text())
    assert not data["as_expected"]
    assert [row["ok"] for row in data["faults"]] == [True, False]
    assert data["faults"][0]["task_failed_as"] == "operator"


def test_a_fake_robot_is_spared_what_it_cannot_feel():
    names = {case.name for case in choose_cases((), "fake")}
    assert "pushed" not in names
    assert "state_stops" in names
    assert len(choose_cases((), "mujoco")) == len(CASES)
    with pytest.raises(ConfigError, match="'pushed' needs a robot that feels"):
        choose_cases(["pushed"], "fake")


def test_an_unknown_fault_is_refused_with_the_known_ones():
    result = CliRunner().invoke(app, ["faults", "--only", "meteor"])
    assert result.exit_code == 2
    assert "there is no fault 'meteor'. Known: state_stops, " in result.output


def test_faults_at_the_command_line(tmp_path):
    file = tmp_path / "faults.json"
    result = CliRunner().invoke(
        app,
        ["faults", "--backend", "fake", "--only", "hijacked", "--json", str(file)],
    )
    assert result.exit_code == 0, result.output
    assert "1 of 1 faults as expected" in result.output
    assert json.loads(file.read_text())["faults"][0]["detected_by"] == "authority"


def test_check_at_the_command_line(tmp_path):
    file = tmp_path / "checks.json"
    result = CliRunner().invoke(
        app, ["check", "--backend", "fake", "--json", str(file)]
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())["checks"]
    assert f"{len(rows)} of {len(rows)} checks passed" in result.output
    assert rows[-1] == {
        "name": "policy manipulate",
        "passed": True,
        "reason": "fits g1_dex3, 16 golden pairs hold",
    }


def test_check_fails_where_a_policy_is_missing(tmp_path):
    result = CliRunner().invoke(
        app, ["check", "--backend", "fake", "--policies", str(tmp_path)]
    )
    assert result.exit_code == 1
    assert "FAILED" in result.output


def test_a_policy_for_another_robot_fails_with_its_reason(tmp_path):
    robot = load_robot()
    other = robot.model_copy(update={"revision": "g1_23dof"})
    rows = check_policies(other, tmp_path)
    assert rows[0].reason == f"there is no walk.onnx in {tmp_path}"
    from skills.library import POLICY_DIR

    rows = check_policies(other, POLICY_DIR)
    assert not rows[0].passed
    assert "was trained for revision g1_29dof_rev_1_0+dex3_1" in rows[0].reason
