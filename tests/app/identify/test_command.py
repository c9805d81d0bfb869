"""`praxis identify`: record, fit, show and check, and one line for bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from app.cli import app
from app.identify.figures import figures_of
from app.identify.finished import FinishedFile
from app.identify.unveil import Row, true_value
from configs.loader import load_robot
from sim2real.identification import excitation
from sim2real.identification.fit import Finding
from sim2real.identification.unknowns import unknown
from sim2real.identified import load_identified
from sim2real.robot_parameters import RobotParameters

ROBOT = load_robot()


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["identify", *(str(word) for word in words)])
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only fingers, and only for a moment."""
    hands = next(sweep for sweep in excitation.SWEEPS if sweep.name == "hands")
    short = replace(hands, groups=("left_hand",), fit_s=1.2, judge_s=1.0)
    monkeypatch.setattr(excitation, "SWEEPS", (short,))
    monkeypatch.setattr(excitation, "MOVE_S", 0.6)


def test_a_hand_is_recorded_fitted_and_shown(
    brief: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    log, file = tmp_path / "hand.mcap", tmp_path / "hand.yaml"
    code, said, wrong = run("record", "--out", log, "--parameters", "hidden:3")
    assert (code, wrong) == (0, "")
    assert "s recorded in" in said

    code, said, wrong = run("fit", log, "--out", file, "--report", tmp_path / "page")
    assert (code, wrong) == (0, "")
    assert "held-out joint positions" in said
    found = load_identified(str(file))
    assert found.source == "hand.mcap"
    figures = found.figures
    assert (
        figures["held_out_error_identified_rad"]
        < figures["held_out_error_nominal_rad"] / 2
    )
    delay = found.estimate(ROBOT, "command_delay_s", "left_hand_thumb_0_joint")
    assert isinstance(delay.value, float) and 0.0 < delay.value < 0.04
    page = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 3
    assert "not identifiable" in page
    assert not list(tmp_path.glob("*.partial.json"))

    code, said, wrong = run("show", file)
    assert (code, wrong) == (0, "")
    assert "command_delay_s" in said and "not identifiable" in said


def test_a_missing_log_is_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "a.yaml"
    code, said, wrong = run("fit", tmp_path / "none.mcap", "--out", out)
    assert (code, said) == (2, "")
    assert wrong.startswith("praxis: ") and "none.mcap" in wrong
    assert not out.exists()


def test_a_truncated_log_is_one_line(brief: None, tmp_path: Path) -> None:
    log = tmp_path / "hand.mcap"
    run("record", "--out", log)
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    code, said, wrong = run("fit", log, "--out", tmp_path / "a.yaml")
    assert (code, said) == (2, "")
    assert "is truncated" in wrong


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["record", "--out", "a.mcap", "--group", "tail"], "no group 'tail' to excite"),
        (
            ["record", "--out", "a.mcap", "--backend", "fake", "--parameters", "x"],
            "--parameters x is for the mujoco backend, not for fake",
        ),
        (["record", "--out", "no/where/a.mcap"], "there is no folder"),
        (["record", "--out", "a.mcap", "--parameters", "hidden:x"], "expected a seed"),
        (
            ["fit", "a.mcap", "--each", "finger"],
            "--each finger: expected limb or joint",
        ),
        (["show", "nobody"], "nobody.yaml: no such file"),
        (["check", "--robots", "0"], "--robots 0: expected 1 or more"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    words: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said, wrong = run(*words)
    assert (code, said) == (2, "")
    assert line in wrong


def test_a_recording_that_was_stopped_says_why_and_fails(
    brief: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim2real.identification.recording import RecordingLimits

    tight = {
        name: field.default for name, field in RecordingLimits.model_fields.items()
    }
    tight["error"] = 0.01
    monkeypatch.setattr(
        "sim2real.identification.recording.RecordingLimits",
        lambda: RecordingLimits(**tight),
    )
    code, _, wrong = run("record", "--out", tmp_path / "a.mcap")
    assert code == 1
    assert "rad from its target, more than 0.01 rad" in wrong
    assert "will not be fitted" in wrong


# --- going on with an interrupted fit -----------------------------------------------


def test_parts_that_are_done_are_kept_for_the_same_logs_and_settings(
    tmp_path: Path,
) -> None:
    log, path = tmp_path / "a.mcap", tmp_path / "a.partial.json"
    log.write_bytes(b"one")
    found = {
        unknown(ROBOT, "strength", "left_leg"): Finding(value=0.9, deviation=0.01),
        unknown(ROBOT, "payload", "left"): Finding(value=0, deviation=9, reason="no"),
    }
    FinishedFile(path, [log], {"each": "limb"}).put("left leg", found)
    again = FinishedFile(path, [log], {"each": "limb"})
    assert again.get("left leg") == found
    assert again.get("right leg") is None
    assert FinishedFile(path, [log], {"each": "joint"}).get("left leg") is None
    log.write_bytes(b"two")
    assert FinishedFile(path, [log], {"each": "limb"}).get("left leg") is None
    again.remove()
    assert not path.exists() and again.get("left leg") is None


def test_a_broken_file_of_finished_parts_is_no_obstacle(tmp_path: Path) -> None:
    log, path = tmp_path / "a.mcap", tmp_path / "a.partial.json"
    log.write_bytes(b"one")
    path.write_text("[1, 2")
    assert FinishedFile(path, [log], {}).get("left leg") is None


# --- the figures of a check ---------------------------------------------------------


def row(field: str, truth: float, value: float, deviation: float, why: str = "") -> Row:
    finding = Finding(value=value, deviation=deviation, reason=why)
    return Row(robot=1, field=field, key="left_leg", truth=truth, finding=finding)


def test_the_figures_are_medians_shares_and_ratios_of_what_was_told() -> None:
    rows = [
        row("strength", 0.8, 0.84, 0.03),  # 5 %, inside
        row("armature_scale", 1.0, 1.2, 0.05),  # 20 %, outside
        row("damping_add", 0.5, 0.55, 0.03),  # 10 %, inside
        row("friction_loss_add", 0.001, 0.1, 0.2),  # no share of nearly nothing; inside
        row("payload", 0.5, 0.0, 1.0, "nothing in the log depends on it"),
        row("command_delay_s", 0.010, 0.011, 0.001),
        row("encoder_bias", 0.0, 0.5, 0.01),  # is told, but not counted
    ]
    overall = figures_of(rows, {1: (0.03, 0.01), 2: (0.04, 0.005)}, [1.0])["overall"]
    assert overall["median_error"] == pytest.approx(0.10)
    assert overall["median_delay_error_s"] == pytest.approx(0.001)
    assert overall["coverage"] == pytest.approx(4 / 5)
    assert overall["identifiable_share"] == pytest.approx(5 / 6)
    # Root mean squares: 0.0353553 and 0.0079057.
    assert overall["prediction_ratio"] == pytest.approx(4.4721, abs=1e-3)


def test_the_true_delay_is_what_a_log_can_tell() -> None:
    truth = RobotParameters.of(
        ROBOT,
        {"command_delay_s": 0.010, "observation_delay_s": 0.004, "jitter_s": 0.002},
    )
    # Command and reading are each later by half of the jitter, on average.
    delay = unknown(ROBOT, "command_delay_s", "left_leg")
    assert true_value(ROBOT, truth, delay) == pytest.approx(0.016)
    assert true_value(ROBOT, truth, unknown(ROBOT, "strength", "left_leg")) == 1.0


def test_the_true_load_of_the_trunk_is_all_that_makes_it_heavier() -> None:
    truth = RobotParameters.of(
        ROBOT, {"base_mass_add": 1.0, "link_mass_scale": {"torso_link": 1.05}}
    )
    # 1 kg and 5 % of 7.818 kg.
    found = true_value(ROBOT, truth, unknown(ROBOT, "base_mass_add"))
    assert found == pytest.approx(1.3909)


def test_a_check_unveils_the_truth_after_the_fit(brief: None, tmp_path: Path) -> None:
    path = tmp_path / "check.json"
    words = ("--seed", 4, "--json", path, "--files", tmp_path)
    code, said, wrong = run("check", "--robots", 1, *words)
    assert (code, wrong) == (0, "")
    assert "hidden:4:" in said and "truth inside the 95 % interval" in said
    figures = json.loads(path.read_text("utf-8"))
    assert figures["robots"] == [4]
    assert load_identified(str(tmp_path / "hidden_4.yaml")).source == "hidden_4.mcap"
    assert figures["overall"]["prediction_ratio"] > 2.0
