"""`praxis train` and `praxis evaluate`, from the command line to the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("torch", reason="skills are trained with torch")
pytest.importorskip("onnx", reason="policies are exported with onnx")
pytest.importorskip("tensorboard", reason="training writes its figures for it")

from app.cli import app
from configs.loader import load_robot
from skills.policy import Policy
from skills.training import evaluate_legs

BATCH = 8 * 4
SETTINGS = ("-o", "ppo.steps_per_env=4", "-o", "ppo.hidden=[16, 8]")


def praxis(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def complaint(*words: object) -> str:
    """Run a command that must be refused; return its one line."""
    result = praxis(*words)
    assert result.exit_code == 2
    assert result.stderr.startswith("praxis: ") and result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run: 8 robots, two iterations."""
    folder = tmp_path_factory.mktemp("runs") / "walk"
    steps = ("--steps", 2 * BATCH, "--num-envs", 8, "--seed", 3)
    result = praxis("train", "walk", "--run", folder, *steps, *SETTINGS)
    assert result.exit_code == 0
    assert "train walk: 8 environments" in result.stdout
    return folder


def test_training_leaves_a_policy_that_the_robot_accepts(run: Path) -> None:
    policy = Policy.load(run / "walk.onnx", load_robot(), control_dt=0.02)
    assert policy.contract.notes["steps"] == 2 * BATCH
    assert policy.contract.notes["seed"] == 3
    for name in ("config.yaml", "curve.csv", "curve.png", "checkpoint.pt"):
        assert (run / name).is_file()
    assert "note: steps" in praxis("policy", "show", run / "walk.onnx").stdout


def test_a_run_is_not_written_over_but_goes_on(run: Path) -> None:
    assert "already holds a run; go on with --resume" in complaint(
        "train", "walk", "--run", run
    )
    more = ("--resume", "--steps", 3 * BATCH)
    assert praxis("train", "walk", "--run", run, *more).exit_code == 0
    policy = Policy.load(run / "walk.onnx", load_robot())
    assert policy.contract.notes["steps"] == 3 * BATCH
    assert len((run / "curve.csv").read_text().splitlines()) == 4


def test_there_must_be_something_to_go_on_from(tmp_path: Path) -> None:
    line = complaint("train", "walk", "--run", tmp_path, "--resume")
    assert "holds no checkpoint to resume" in line


def test_a_run_goes_to_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", "walk", "--steps", BATCH, "--num-envs", 8, *SETTINGS)
    assert praxis(*words).exit_code == 0
    assert (tmp_path / "runs" / "walk" / "walk.onnx").is_file()


def test_a_policy_to_begin_from_must_be_there(tmp_path: Path) -> None:
    start = ("-o", f"warm_start={tmp_path / 'walk.onnx'}", "--num-envs", 8)
    line = complaint("train", "balance", "--run", tmp_path / "run", *start)
    assert "warm_start: there is no policy file" in line


def test_a_policy_is_measured(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_legs, "PUSH_DIRECTIONS", (0.0,))
    path = tmp_path / "walk.json"
    words = ("--episodes", 1, "--seed", 4, "--json", path, "--policies", run)
    result = praxis("evaluate", "walk", *words)
    assert result.exit_code == 0
    assert f"report: {path}" in result.stdout.replace("\n", "")
    report = json.loads(path.read_text())
    assert (report["skill"], report["seed"]) == ("walk", 4)
    assert report["tracking"]["commands"] == 12  # a minute of them, 5 s each
    assert set(report) >= {"robot", "revision", "tracking", "pushes"}


def test_what_cannot_be_measured_is_one_line(run: Path, tmp_path: Path) -> None:
    policies = ("--policies", tmp_path)
    assert "walk.onnx" in complaint("evaluate", "grasp", *policies)
    assert "1 episode or more" in complaint("evaluate", "walk", "--episodes", 0)
    nowhere = tmp_path / "nowhere" / "walk.json"
    assert "there is no folder" in complaint("evaluate", "walk", "--json", nowhere)
