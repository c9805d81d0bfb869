"""`praxis prove`: what is measured, what is lacking, what is told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.cli import app
from app.prove.command import prove
from app.prove.options import ProveOptions
from configs.loader import ConfigError

Options = Callable[..., ProveOptions]


def run(given: ProveOptions, **outputs: Any) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=250)
    complete = prove(given, console, **{"json": None, "plot": None, **outputs})
    assert isinstance(console.file, io.StringIO)
    return complete, console.file.getvalue()


def test_what_was_measured_is_not_measured_again(
    measured: Path, options: Options
) -> None:
    complete, text = run(options(), json=measured)
    assert complete
    assert "robot 0, nominal" not in text
    assert "adapted against nominal: velocity error -48 %" in text
    assert "tasks +25 points" in text
    assert "falls under pushes +0 points" in text
    figures = json.loads(measured.read_text())["figures"]
    assert figures["adapted"]["task"]["count"] == 3
    assert figures["adapted"]["task"]["of"] == 4


def test_only_what_is_asked_for_is_told(measured: Path, options: Options) -> None:
    _, text = run(options(robots=1, measures="walk"), json=measured)
    assert "velocity error -50 %" in text
    assert "task" not in text


def test_a_picture_is_drawn(measured: Path, options: Options, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture")
    run(options(), json=measured, plot=tmp_path / "proof.png")
    assert (tmp_path / "proof.png").stat().st_size > 5000
    with pytest.raises(ConfigError, match=r"expected a name ending in \.png"):
        run(options(), json=measured, plot=tmp_path / "proof.jpg")


def test_a_stage_without_its_ingredient_says_so(
    measured: Path, options: Options, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    given = options(stages="randomised,identified", identified=empty, randomised=empty)
    complete, text = run(given)
    assert not complete
    assert "randomised: no policies trained on random robots: there is no walk" in text
    assert "identified: hidden robot 0 is not identified" in text


def test_what_is_left_is_measured_and_kept(
    measured: Path, options: Options, short_walk: None
) -> None:
    data = json.loads(measured.read_text())
    gone = data["records"].pop("nominal/1/walk/0")
    measured.write_text(json.dumps(data))
    complete, text = run(options(measures="walk"), json=measured)
    assert complete
    assert "1 of 1: robot 1, nominal, walk: commands 1" in text
    anew = json.loads(measured.read_text())["records"]["nominal/1/walk/0"]
    assert 0.0 < anew["velocity_error_m_s"] < 1.2
    assert anew != gone


def test_the_command_refuses_in_one_line() -> None:
    result = CliRunner().invoke(app, ["prove", "--stages", "magic"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
