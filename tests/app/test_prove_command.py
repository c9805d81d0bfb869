"""`praxis prove`: what is asked for, what is lacking, what is told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.cli import app
from app.prove_command import ProveOptions, prove
from app.prove_measures import HEAVY_CUP, with_heavy_cup
from app.prove_report import (
    against_nominal,
    key_of,
    mean_and_half,
    summary,
)
from app.prove_stages import (
    STAGES,
    Ingredients,
    Method,
    Missing,
    drawn_robot,
    method_of,
)
from configs.loader import ConfigError, load_robot, load_scene
from sim2real.adaptation.adapter import NoAdapter
from sim2real.adaptation.choice import Several
from sim2real.adaptation.estimating import EstimatingAdapter
from sim2real.adaptation.known_robot import KnownRobotAdapter
from sim2real.identified import describe_parameters, save_identified
from sim2real.randomization import hidden_robot


def options(**given: Any) -> ProveOptions:
    usual: dict[str, Any] = {
        "robots": 2,
        "seed": 0,
        "stages": "nominal,adapted",
        "measures": None,
        "episodes": 2,
        "identified": None,
        "randomised": None,
        "heavy_cup": False,
        "weak": None,
        "policies": None,
    }
    return ProveOptions.of(**{**usual, **given})


def records() -> dict[str, dict[str, Any]]:
    """Two robots: adaptation halves the error and saves one task of four."""
    found: dict[str, dict[str, Any]] = {}
    for stage, error, tasks in (("nominal", 0.1, 2), ("adapted", 0.05, 3)):
        done = 0
        for robot in (0, 1):
            found[key_of(stage, robot, "walk")] = {
                "commands": 10,
                "falls": 0,
                "velocity_error_m_s": error + 0.01 * robot,
                "turn_error_rad_s": 0.05,
            }
            found[key_of(stage, robot, "pushes")] = {"pushes": 8, "falls": 1}
            for number in (0, 1):
                done += 1
                for name in ("grasp", "task"):
                    found[key_of(stage, robot, name, number)] = {
                        "success": done <= tasks
                    }
    return found


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    data = {"head": options().head(), "records": records()}
    path.write_text(json.dumps(data))
    return path


def run(given: ProveOptions, **outputs: Any) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=250)
    complete = prove(given, console, **{"json": None, "plot": None, **outputs})
    assert isinstance(console.file, io.StringIO)
    return complete, console.file.getvalue()


def test_what_was_measured_is_not_measured_again(measured: Path) -> None:
    complete, text = run(options(), json=measured)
    assert complete
    assert "robot 1 of 2" not in text
    assert "adapted against nominal: velocity error -48 %" in text
    assert "tasks +25 points" in text
    assert "falls under pushes +0 points" in text
    figures = json.loads(measured.read_text())["figures"]
    assert figures["adapted"]["task"]["count"] == 3
    assert figures["adapted"]["task"]["of"] == 4


def test_only_what_is_asked_for_is_told(measured: Path) -> None:
    _, text = run(options(robots=1, measures="walk"), json=measured)
    assert "velocity error -50 %" in text
    assert "task" not in text


def test_a_picture_is_drawn(measured: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture")
    run(options(), json=measured, plot=tmp_path / "proof.png")
    assert (tmp_path / "proof.png").stat().st_size > 5000
    with pytest.raises(ConfigError, match=r"expected a name ending in \.png"):
        run(options(), json=measured, plot=tmp_path / "proof.jpg")


def test_a_stage_without_its_ingredient_says_so(measured: Path) -> None:
    complete, text = run(options(stages="nominal,randomised,identified"), json=measured)
    assert not complete
    assert "randomised: no policies trained on random robots: --randomised" in text
    assert "identified: hidden robot 0 is not identified" in text


def test_measurements_of_other_settings_are_not_mixed_in(measured: Path) -> None:
    with pytest.raises(ConfigError, match=r"was measured with weak None, not 0\.8"):
        run(options(weak=0.8), json=measured)


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text("[]")
    with pytest.raises(ConfigError, match="it is there and holds no measurements"):
        run(options(), json=path)
    assert path.read_text() == "[]"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"robots": 0}, "--robots 0: expected 1 or more"),
        ({"episodes": 0}, "--episodes 0: expected 1 or more"),
        ({"seed": -1}, "--seed -1: expected 0 or more"),
        ({"stages": "magic"}, "--stages magic: expected some of nominal,randomised"),
        ({"measures": ""}, "--measures : expected some of walk,pushes,grasp,task"),
        ({"identified": Path("nowhere")}, "--identified nowhere: there is no such"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        options(**given)


def test_the_command_refuses_in_one_line() -> None:
    result = CliRunner().invoke(app, ["prove", "--stages", "magic"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_each_stage_has_its_method(tmp_path: Path) -> None:
    robot = load_robot()
    known = describe_parameters(robot, hidden_robot(robot, 3))
    save_identified(tmp_path / "hidden_3.yaml", known)
    used = Ingredients(identified=tmp_path, randomised=tmp_path)
    adapters = {}
    for stage in STAGES:
        method = method_of(stage, robot, 3, used)
        assert isinstance(method, Method)
        adapters[stage] = type(method.adapter)
        expected = tmp_path if stage in ("randomised", "all") else None
        assert method.policies == expected
    assert adapters == {
        "nominal": NoAdapter,
        "randomised": NoAdapter,
        "identified": KnownRobotAdapter,
        "adapted": EstimatingAdapter,
        "all": Several,
    }
    assert isinstance(method_of("identified", robot, 4, used), Missing)


def test_all_motors_may_be_given_one_strength() -> None:
    robot = load_robot()
    weak, hidden = drawn_robot(robot, 2, 0.8), drawn_robot(robot, 2, None)
    assert set(weak.strength.tolist()) == {0.8}
    assert weak.payload == hidden.payload
    with pytest.raises(ConfigError, match=r"--weak 0.1: expected a share between"):
        drawn_robot(robot, 2, 0.1)


def test_a_heavy_cup_is_half_a_kilogram() -> None:
    scene = with_heavy_cup(load_scene("kitchen"))
    masses = [thing.mass for thing in scene.objects if thing.kind == "cup"]
    assert masses == [HEAVY_CUP]


def test_a_mean_has_students_interval() -> None:
    # Two values 0.2 apart: deviation 0.1414, over root 2 that is 0.1, times 12.71.
    mean, half = mean_and_half([0.1, 0.3])
    assert mean == pytest.approx(0.2)
    assert half == pytest.approx(1.271, abs=1e-3)


def test_a_zero_is_told_as_a_zero() -> None:
    same = {
        key.replace("adapted", "all"): value
        for key, value in records().items()
        if key.startswith("nominal")
    }
    both = {**same, **{k.replace("nominal", "all"): v for k, v in same.items()}}
    lines = against_nominal(summary(both, ("nominal", "all")))
    assert lines == [
        "all against nominal: velocity error +0 %, falls under pushes +0 points, "
        "grasps +0 points, tasks +0 points"
    ]


@pytest.mark.parametrize("stage", ["nominal", "adapted"])
def test_a_hidden_robot_is_measured(stage: str, monkeypatch: Any) -> None:
    """A short walk, for real: the same robot and commands in both stages."""
    import app.prove_measures as measures

    monkeypatch.setattr(measures, "COMMANDS", 1)
    monkeypatch.setattr(measures, "COMMAND_S", 3.0)
    monkeypatch.setattr(measures, "STAND_S", 0.5)
    robot = load_robot()
    method = method_of(stage, robot, 0, Ingredients())
    assert isinstance(method, Method)
    result = measures.walking(robot, drawn_robot(robot, 0, None), method, 0)
    assert result["commands"] == 1
    assert 0.0 < result["velocity_error_m_s"] < 1.2
