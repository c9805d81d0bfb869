"""On the ground a robot squats, shifts its weight and steps, and stays on its feet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.identify import ground
from app.identify.ground import EXERCISES, Exercise, GroundMotion
from configs.loader import load_robot, load_scene
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.identification.phases import KEY, phases_from_text
from sim2real.robot import JointCommand
from sim2real.robot_log import read_robot_log

ROBOT = load_robot()
KNEE = ROBOT.joint_names.index("left_knee_joint")


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """One quick squat and one step."""
    exercises = (
        Exercise(kind="stand", duration_s=0.2),
        Exercise(kind="squats", duration_s=2.0),
        Exercise(kind="steps", duration_s=0.6),
    )
    monkeypatch.setattr(ground, "EXERCISES", exercises)
    monkeypatch.setattr(ground, "SWAY_S", 2.0)


def test_it_says_what_it_does_when() -> None:
    phases = GroundMotion(ROBOT).phases
    assert [(p.name, p.start_s, p.end_s) for p in phases] == [
        ("squats", 2.0, 14.0),
        ("shifts", 14.0, 22.0),
        ("steps", 22.0, 28.0),
        ("steps back", 29.5, 35.5),
    ]
    # A fit never sees them.
    assert all(p.on == "ground" and p.held_out for p in phases)
    assert GroundMotion(ROBOT).duration == sum(e.duration_s for e in EXERCISES) == 37.0


def done(motion: GroundMotion) -> tuple[list[JointCommand], list[float]]:
    """Return the commands and the heights of the pelvis [m]."""
    backend = MujocoBackend(ROBOT, load_scene("empty"))
    state = backend.reset(0)
    plan = motion.begin(state)
    commands, heights = [], []
    for _ in range(round(motion.duration / 0.02)):
        commands.append(plan.command(state.time, state))
        state = backend.step(commands[-1])
        heights.append(float(state.base_pos_w[2]))
    return commands, heights


def test_it_squats_and_rises_again_and_commands_do_not_jump(brief: None) -> None:
    commands, heights = done(GroundMotion(ROBOT))
    # Hips and ankles turn by 0.3 rad: thighs and shins of 0.3 m lower it by a few cm.
    assert heights[0] - 0.12 < min(heights[10:110]) < heights[0] - 0.05
    assert heights[-1] > heights[0] - 0.05
    knees = np.array([command.joint_pos[KNEE] for command in commands])
    assert np.abs(np.diff(knees)).max() < 0.2
    _, half = done(GroundMotion(ROBOT, size=0.5))
    assert min(heights[10:110]) + 0.02 < min(half[10:110]) < half[0] - 0.02


def test_the_command_records_it(brief: None, tmp_path: Path) -> None:
    path = tmp_path / "ground.mcap"
    words = ["identify", "record", "--on", "ground", "--out", str(path)]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stderr) == (0, "")
    log = read_robot_log(path, ROBOT)
    phases = phases_from_text(log.metadata[KEY], "ground.mcap")
    assert [phase.name for phase in phases] == ["squats", "steps"]
    assert "effort" in log.streams
