"""The running skill's reward, of what a robot can measure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from sim2real.backends.mujoco_backend import MujocoBackend
from skills.contract import Goal, Snapshot
from skills.library import make_skills
from skills.reward import RunningReward
from skills.runner import SkillRunner


@pytest.fixture(scope="module")
def standing() -> tuple[SkillRunner, Snapshot]:
    robot = load_robot()
    backend = MujocoBackend(robot, load_scene("kitchen"))
    runner = SkillRunner(robot, make_skills(robot))
    state = backend.reset(1)
    for _ in range(10):
        command = runner.step(Snapshot(state=state, objects=backend.objects()))
        state = backend.step(command)
    return runner, Snapshot(state=state, objects=backend.objects())


def test_a_standing_robot_is_rewarded_for_being_alive(
    standing: tuple[SkillRunner, Snapshot],
) -> None:
    runner, snapshot = standing
    rewards = RunningReward(load_robot())
    total = rewards.step(snapshot, runner.active(), runner.policies())
    assert total is not None
    assert total == pytest.approx(sum(rewards.terms.values()))
    assert rewards.terms["alive"] > 0.0
    assert rewards.terms["height"] <= 0.0
    assert "contact_phase" not in rewards.terms  # no robot measures contact forces


def test_a_tilted_robot_is_worth_less(standing: tuple[SkillRunner, Snapshot]) -> None:
    runner, snapshot = standing
    rewards = RunningReward(load_robot())
    upright = rewards.step(snapshot, runner.active(), runner.policies())
    tilted = replace(
        snapshot.state, base_quat_wxyz=np.array([np.cos(0.2), np.sin(0.2), 0.0, 0.0])
    )
    leaning = rewards.step(
        Snapshot(state=tilted, objects={}), runner.active(), runner.policies()
    )
    assert upright is not None
    assert leaning is not None
    assert leaning < upright


def test_nobody_active_has_no_reward(standing: tuple[SkillRunner, Snapshot]) -> None:
    runner, snapshot = standing
    assert RunningReward(load_robot()).step(snapshot, (), runner.policies()) is None


def test_a_hand_is_rewarded_for_reaching() -> None:
    robot = load_robot()
    backend = MujocoBackend(robot, load_scene("kitchen"))
    runner = SkillRunner(robot, make_skills(robot))
    state = backend.reset(1)
    snapshot = Snapshot(state=state, objects=backend.objects())
    runner.start(Goal(skill="grasp", args={"object": "cup"}), snapshot)
    runner.step(snapshot)
    rewards = RunningReward(robot)
    assert rewards.step(snapshot, runner.active(), runner.policies()) is not None
    assert 0.0 <= rewards.terms["reach"] <= 2.0
    assert "lift" not in rewards.terms  # it needs to know where the object stood
