"""`praxis randomize show` and `--robot-parameters`: tables, pictures, mistakes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from configs.loader import load_robot
from sim2real.identified import describe_parameters, save_identified
from sim2real.robot_parameters import RobotParameters

ROBOT = load_robot()


def praxis(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_table_names_every_range_and_its_draws():
    result = praxis("randomize", "show", "hidden", "--samples", "20")
    assert result.exit_code == 0
    assert "hidden: 20 robots, seed 0" in result.stdout
    lines = {line.split()[0]: line for line in result.stdout.splitlines()[2:] if line}
    assert "0.75 to 1" in lines["strength"]
    assert "all" in lines["strength"]
    assert "[kg]" in lines["base_mass_add"]
    assert "-0.5 to 3" in lines["base_mass_add"]
    assert "light_scale" not in lines


def test_the_nominal_ranges_say_that_nothing_differs():
    result = praxis("randomize", "show", "nominal", "--samples", "1")
    assert "every robot is the nominal one" in result.stdout


def test_a_picture_is_drawn(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="praxis[train]")
    ranges, out = tmp_path / "mine.yaml", tmp_path / "ranges.png"
    ranges.write_text("strength: {legs: [0.8, 1]}\njitter_s: [0, 0.01]\n")
    words = ("--samples", "30", "--out", str(out))
    result = praxis("randomize", "show", str(ranges), *words)
    assert result.exit_code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_file_of_ones_own(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("strength: {left_knee_joint: [0.5, 0.6]}\n", encoding="utf-8")
    result = praxis("randomize", "show", str(path), "--samples", "5")
    assert "knee" in result.stdout and "0.5 to 0.6" in result.stdout


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("randomize", "show", "easy"), "easy.yaml: no such file"),
        (("randomize", "show", "--samples", "0"), "--samples 0: expected 1 or more"),
        (
            ("run", "stand", "--robot-parameters", "hidden:x"),
            "hidden:x: expected a seed",
        ),
        (
            ("run", "stand", "--robot-parameters", "hidden:1", "--backend", "fake"),
            "is for the mujoco backend, not for fake",
        ),
        (
            ("evaluate", "walk", "--robot-parameters", "nobody"),
            "nobody.yaml: no such file",
        ),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], answer: str):
    result = praxis(*words)
    assert result.exit_code == 2
    assert answer in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_picture_without_matplotlib_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = praxis("randomize", "show", "--out", "x.png")
    assert result.exit_code == 2
    assert "--out needs matplotlib" in result.stderr


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="praxis[train]")
    ranges, out = tmp_path / "mine.yaml", str(tmp_path / "nowhere" / "x.png")
    ranges.write_text("jitter_s: [0, 0.01]\n")
    result = praxis("randomize", "show", str(ranges), "--samples", "2", "--out", out)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_task_is_carried_out_on_the_robot_of_a_file(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    parameters = RobotParameters.of(ROBOT, {"strength": 0.95, "base_mass_add": 0.5})
    save_identified(path, describe_parameters(ROBOT, parameters))
    words = ("run", "stand for 1 second", "--scene", "empty", "--no-trace")
    result = praxis(*words, "--robot-parameters", str(path))
    assert result.exit_code == 0, result.output
