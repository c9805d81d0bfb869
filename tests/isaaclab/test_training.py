"""Three iterations of learning in Isaac Lab make a policy that a run accepts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("isaaclab", reason="Isaac Lab 3, see docs/isaaclab.md")

from skills.library import POLICY_DIR
from skills.training.run import training_config

ENVS, ITERATIONS = 16, 3
TASKS = {
    "walk": "walk 1 meter",
    "balance": "stand for 2 seconds",
    "grasp": "grasp cup",
    "manipulate": "grasp cup and place it on the table",
}


@pytest.mark.parametrize("skill", TASKS)
def test_three_iterations_end_in_a_policy_that_a_run_accepts(
    skill: str, tmp_path: Path
) -> None:
    config, _ = training_config(skill, [])
    steps = ITERATIONS * ENVS * config.ppo.steps_per_env
    run = tmp_path / skill
    settings = ("--num-envs", str(ENVS), "--steps", str(steps), "--run", str(run))
    few = ("-o", "grasps_kept=1") if skill == "manipulate" else ()
    trained = _praxis("train", skill, "--engine", "isaaclab", *settings, *few)
    assert trained.returncode == 0, trained.stderr[-2000:]
    policies = tmp_path / "policies"
    shutil.copytree(POLICY_DIR, policies)
    shutil.copy(run / f"{skill}.onnx", policies)
    ended = _praxis("run", TASKS[skill], "--policies", str(policies), "--no-trace")
    # 2 would be a policy that does not fit; what so young a policy does is its affair.
    assert ended.returncode in (0, 1), ended.stderr


def _praxis(*words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(program, capture_output=True, text=True, check=False)
