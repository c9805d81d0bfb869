"""The four practices run in Isaac Lab; each takes about a minute to build.

Only one simulation lives at a time, so every environment is built, tried and closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("isaaclab", reason="Isaac Lab 3, see docs/isaaclab.md")

import torch

from configs.training_schema import LegTrainingConfig
from skills.training.run import training_config

# Isaac Lab and Newton warn of much that is not ours, from their import on.
pytestmark = pytest.mark.filterwarnings("default")

N, STEPS = 4, 200
WALK = ("walk", "balance")
HANDS = ("grasp", "manipulate")


@pytest.fixture(scope="module", params=[*WALK, *HANDS])
def env(request: pytest.FixtureRequest) -> Iterator[Any]:
    # One grasp of every cup will do.
    few = ["grasps_kept=1"] if request.param in HANDS else []
    config, _ = training_config(request.param, [f"ppo.num_envs={N}", *few])
    made: Any
    if isinstance(config, LegTrainingConfig):
        from skills.training.isaaclab_env import IsaacLabLegEnv, leg_env_cfg

        made = IsaacLabLegEnv(leg_env_cfg("g1_dex3", config))
    else:
        from skills.training.isaaclab_hand_env import IsaacLabHandEnv, hand_env_cfg

        made = IsaacLabHandEnv(hand_env_cfg("g1_dex3", config))
    yield made
    made.close()


def test_random_actions_give_finite_observations_and_rewards(env: Any) -> None:
    seen, _ = env.reset()
    sizes = {name: values.shape for name, values in seen.items()}
    assert sizes["policy"] == (N, env.task.description.observation_size)
    assert sizes["critic"] == (N, env.task.critic_size)
    actions = torch.randn(STEPS, N, env.task.k, generator=torch.manual_seed(0))
    for action in actions:
        seen, reward, lost, late, _ = env.step(action)
        assert torch.isfinite(seen["policy"]).all()
        assert torch.isfinite(seen["critic"]).all()
        assert torch.isfinite(reward).all()
        assert lost.shape == late.shape == (N,)
    assert "blown_up" not in env.task.log.read()


def test_a_robot_that_blew_up_begins_anew(env: Any) -> None:
    env.reset()
    env.task.time[:] = 0.0
    view, ids = env.view, torch.tensor([1], dtype=torch.int32)
    wild = torch.full((1, len(env.robot.joint_names)), float("nan"))
    view.asset.write_joint_velocity_to_sim_index(velocity=wild, env_ids=ids)
    rest = torch.zeros(N, env.task.k)
    seen, reward, lost, _, _ = env.step(rest)
    assert bool(lost[1])
    for _ in range(5):
        assert torch.isfinite(seen["policy"]).all()
        assert torch.isfinite(reward).all()
        seen, reward, lost, _, _ = env.step(rest)
        assert not bool(lost[1])


def test_hands_find_what_was_drawn_for_them(env: Any) -> None:
    if env.task.config.skill not in HANDS:
        pytest.skip("of legs there is no table")
    env.restart()
    for _ in range(10):
        env.task.act(torch.zeros(N, env.task.k))
        env.drive()
    sensors, tops = env.task.sensors, env.tops
    height = [top.base_height for top in tops]
    np.testing.assert_allclose(sensors.base_pos_w[:, 2], height, atol=1e-4)
    waist = [top.waist for top in tops]
    np.testing.assert_allclose(sensors.waist_pos, waist, atol=0.01)
    standing = [top.table_height + top.cup_height / 2 for top in tops]
    if env.task.config.skill == "grasp":
        np.testing.assert_allclose(sensors.cup_pos_w[:, 2], standing, atol=2e-3)
    assert len({top.cup_radius for top in tops}) == N
