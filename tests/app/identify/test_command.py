"""`praxis identify`: record, fit and show, and one line for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from app.cli import app
from configs.loader import load_robot
from sim2real.identified import load_identified

ROBOT = load_robot()


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["identify", *(str(word) for word in words)])
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


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
        (["record", "--out", "a.mcap", "--on", "ice"], "--on ice: expected stand or"),
        (
            ["record", "--out", "a.mcap", "--on", "ground", "--group", "legs"],
            "--group legs: on the ground the legs move, and only they",
        ),
        (
            ["record", "--out", "a.mcap", "--on", "ground", "--size", "2"],
            "size 2 of the swings",
        ),
        (["record", "--out", "a.mcap", "--parameters", "hidden:x"], "expected a seed"),
        (
            ["fit", "a.mcap", "--each", "finger"],
            "--each finger: expected limb or joint",
        ),
        (["show", "nobody"], "nobody.yaml: no such file"),
        (["check", "--robots", "0"], "--robots 0: expected 1 or more"),
        (["check", "--jobs", "0"], "--jobs 0: expected 1 or more"),
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
