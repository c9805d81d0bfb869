"""Which engine trains, and how several processes train together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from configs.loader import ConfigError

torch = pytest.importorskip("torch", reason="the trainer")
pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training.engines import Engine  # noqa: E402
from skills.training.train import curve_columns  # noqa: E402
from skills.training.workers import Workers, workers_of_environment  # noqa: E402

ROOT = Path(__file__).parents[3]
SETTINGS = {"RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown engine 'gazebo'\. Known"):
        Engine(name="gazebo").check()


@pytest.mark.parametrize("wrong", [{"device": "cuda"}, {"physics": "newton"}])
def test_what_only_isaac_lab_understands_is_refused_elsewhere(
    wrong: dict[str, str],
) -> None:
    with pytest.raises(ConfigError, match="--engine isaaclab"):
        Engine(**wrong).check()


def test_a_process_without_partners_is_told_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="Start it with torchrun"):
        workers_of_environment()


def test_torchrun_says_who_a_worker_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    workers = workers_of_environment()
    assert workers == Workers(rank=1, count=4, local_rank=1)
    assert not workers.first
    assert workers.device("cuda") == "cuda:1"
    assert workers.device("cpu") == "cpu"
    assert workers.ppo_settings == {
        "global_rank": 1,
        "local_rank": 1,
        "world_size": 4,
    }


def test_two_workers_train_one_policy(tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings = ("ppo.steps_per_env=8", "ppo.hidden=[16]", "ppo.mini_batches=1")
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node=2", "--", str(ROOT / "app" / "cli.py")),
        *("train", "walk", "--distributed", "--num-envs", "4", "--steps", "256"),
        *("--run", str(run), "-o", "ppo.epochs=1"),
        *(word for setting in settings for word in ("-o", setting)),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (run / "walk.onnx").is_file()
    assert "4 environments in each of 2 workers" in done.stdout
    columns = curve_columns(run / "curve.csv")
    lines = (run / "curve.csv").read_text().splitlines()[1:]
    steps = [int(line.split(",")[columns.index("steps")]) for line in lines]
    assert steps == [64, 128, 192, 256]  # 2 workers x 4 robots x 8 ticks
