"""The practice of the legs is the same on numpy and on torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from configs.training_schema import LegTrainingConfig

torch = pytest.importorskip("torch", reason="the other kind of arrays")
pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training.arrays import NumpyArrays, TorchArrays  # noqa: E402
from skills.training.leg_env import LegEnv  # noqa: E402
from skills.training.leg_task import LegSensors, LegTask  # noqa: E402

N = 6
REWARDS = {
    "track_velocity": 1.0,
    "track_mean_velocity": 1.0,
    "contact_phase": 0.4,
    "off_balance": -20.0,
    "joint_acc": -1e-7,
    "action_jerk": -0.01,
    "joint_limits": -4.0,
    "power": -1e-3,
}


@pytest.fixture
def env() -> Iterator[LegEnv]:
    config = LegTrainingConfig.model_validate(
        {
            "skill": "balance",
            "moving_arms": True,
            "rewards": REWARDS,
            "ppo": {"num_envs": N},
        }
    )
    env = LegEnv(load_robot(), config, threads=1)
    yield env
    env.close()


def on_torch(task: LegTask) -> LegTask:
    """Return the same task on torch, in the same state."""
    arrays = TorchArrays(0, "cpu")
    twin = LegTask(task.robot, task.config, arrays, torch.tensor(task.privileged))
    for name, value in vars(task).items():
        if isinstance(value, np.ndarray):
            setattr(twin, name, torch.tensor(value))
    return twin


def tensors(sensors: LegSensors) -> LegSensors:
    values = {f.name: getattr(sensors, f.name) for f in fields(sensors)}
    return LegSensors(**{k: torch.tensor(v) for k, v in values.items()})


def test_rewards_and_observations_agree(env: LegEnv) -> None:
    rng = np.random.default_rng(3)
    env.task.noise[:] = 0.0
    env.task.arm_next[:] = env.task.next_push[:] = env.task.next_command[:] = 100.0
    env.task.command[:] = rng.uniform(-0.5, 0.5, (N, 3))
    twin = on_torch(env.task)
    for _ in range(4):
        action = rng.normal(0.0, 0.5, (N, env.k)).astype(np.float32)
        reward, done, late = env.step(action)
        assert not done.any()
        twin.act(torch.tensor(action))
        twin.advance()
        twin.see(tensors(env.task.sensors))
        here, fallen, over = twin.judge(torch.zeros(N, dtype=torch.bool))
        assert_allclose(here.numpy(), reward, atol=1e-6)
        assert not fallen.any()
        assert over.tolist() == late.tolist()
        assert_allclose(twin.target.numpy(), env.task.target, atol=1e-6)
        assert_allclose(twin.arm_target.numpy(), env.task.arm_target, atol=1e-6)
        for here, there in zip(twin.observe(), env.observe(), strict=True):
            assert_allclose(here.numpy(), there, atol=1e-5)
    assert twin.log.read() == pytest.approx(env.log.read(), abs=1e-5)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_what_is_drawn_stays_within_its_bounds(env: LegEnv, kind: str) -> None:
    task = env.task
    if kind == "torch":
        task = on_torch(task)
    everyone = task.arrays.where(task.time >= 0.0)
    task.begin(everyone)
    hold = task.config.commands.hold_s
    assert float(task.next_command.min()) >= hold[0]
    assert float(task.next_command.max()) <= hold[1]
    task.next_push[:] = 0.0
    due, change = task.due_pushes()
    assert len(due) == N
    sizes = (change[:, 0] ** 2 + change[:, 1] ** 2) ** 0.5
    assert float(sizes.max()) <= task.settings.push_speed * task.ramp
    task.arm_next[:] = 0.0
    task.act(task.arrays.zeros(N, task.k))
    low, high = np.asarray(task.arm_low), np.asarray(task.arm_high)
    goal = np.asarray(task.arm_goal)
    assert (goal >= low - 1e-6).all()
    assert (goal <= high + 1e-6).all()


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_the_same_seed_draws_the_same_numbers(kind: str) -> None:
    def drawn(seed: int) -> Any:
        arrays = (
            TorchArrays(seed, "cpu")
            if kind == "torch"
            else NumpyArrays(np.random.default_rng(seed))
        )
        return np.asarray([*arrays.uniform(2.0, 3.0, 5), *arrays.normal(0.1, 5)])

    assert_allclose(drawn(1), drawn(1))
    assert not np.allclose(drawn(1), drawn(2))
    assert ((drawn(1)[:5] >= 2.0) & (drawn(1)[:5] <= 3.0)).all()
