"""Imitation: the student comes to do what the expert says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.training_schema import HandTrainingConfig, PpoConfig

torch = pytest.importorskip("torch", reason="students are taught with torch")

from skills.training.hand_env import HandEnv  # noqa: E402
from skills.training.imitation import (  # noqa: E402
    Dataset,
    ImitationProgress,
    imitate,
)
from skills.training.ppo import CappedPPO, make_ppo  # noqa: E402

N = 8
PPO = PpoConfig(num_envs=N, symmetric=False, hidden=(16,), steps_per_env=4)


@pytest.fixture
def env() -> Iterator[HandEnv]:
    config = HandTrainingConfig(skill="grasp", ppo=PPO)
    env = HandEnv(load_robot(), config, threads=1)
    yield env
    env.close()


def home(env: HandEnv) -> np.ndarray:
    """An expert that brings every joint back to the default pose."""
    return np.asarray(0.2 * (env.task.default - env.task.target) / env.task.scale)


def taught(env: HandEnv) -> tuple[CappedPPO, list[ImitationProgress]]:
    torch.manual_seed(0)
    actor, critic = env.observe()
    ppo = make_ppo(PPO, actor.shape[1], critic.shape[1], 14, None)
    progress: list[ImitationProgress] = []
    imitate(
        env,
        ppo,
        home,
        steps=6 * 20 * N,
        seed=0,
        round_steps=20,
        batch=128,
        updates_per_round=30,
        learning_rate=3e-3,
        report=progress.append,
    )
    return ppo, progress


def test_the_student_comes_near_the_expert(env: HandEnv) -> None:
    _, progress = taught(env)
    losses = [round.loss for round in progress]
    assert losses[-1] < 0.3 * losses[0]


def test_rounds_count_steps_and_hand_over_to_the_student(env: HandEnv) -> None:
    _, progress = taught(env)
    assert [round.steps for round in progress] == [160, 320, 480, 640, 800, 960]
    shares = [round.expert_share for round in progress]
    # It falls from one by 1.5 / 6 in every round, to a tenth at least.
    assert shares == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.1, 0.1])


def test_the_noise_of_the_actor_is_left_alone(env: HandEnv) -> None:
    ppo, _ = taught(env)
    std = ppo.actor.distribution.log_std_param.detach().exp()
    assert_allclose(std, np.full(14, PPO.init_std), rtol=1e-6)


def test_the_same_seed_teaches_the_same() -> None:
    weights = []
    for _ in range(2):
        env = HandEnv(load_robot(), HandTrainingConfig(skill="grasp", ppo=PPO), 1)
        ppo, _ = taught(env)
        weights.append(ppo.actor.mlp[0].weight.detach().numpy())
        env.close()
    assert_array_equal(weights[0], weights[1])


def test_a_full_dataset_forgets_its_oldest_rows() -> None:
    data = Dataset(5, 2, 1)
    for start in (0, 3):
        rows = np.arange(start, start + 3, dtype=np.float32)[:, None]
        data.add(np.repeat(rows, 2, axis=1), -rows)
    assert data.filled == 5
    assert sorted(data.obs[:, 0]) == [1, 2, 3, 4, 5]
    assert_array_equal(data.action[:, 0], -data.obs[:, 0])
