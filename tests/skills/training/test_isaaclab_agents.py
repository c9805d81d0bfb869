"""Isaac Lab's own learners get what our training files say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot

torch = pytest.importorskip("torch", reason="the learners' arrays")
tensordict = pytest.importorskip("tensordict", reason="comes with rsl_rl")
pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training.arrays import TorchArrays  # noqa: E402
from skills.training.isaaclab_agents import (  # noqa: E402
    agent_settings,
    iterations,
    with_mirror_images,
)
from skills.training.leg_task import PRIVILEGED, LegTask  # noqa: E402
from skills.training.run import SKILLS, training_config  # noqa: E402

LIBRARIES = ("rsl_rl", "skrl", "sb3")


def settings(library: str, skill: str = "walk", *overrides: str) -> dict[str, Any]:
    return agent_settings(library, training_config(skill, overrides)[0])


@pytest.mark.parametrize("skill", SKILLS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_every_skill_has_settings_for_every_library(library: str, skill: str) -> None:
    assert settings(library, skill)["seed"] == 1


def test_rsl_rl_gets_ppo_and_networks_of_the_training_file() -> None:
    found = settings("rsl_rl", "walk", "ppo.gamma=0.9", "ppo.hidden=[32,16]")
    assert found["experiment_name"] == "praxis_walk"
    assert found["num_steps_per_env"] == 24
    assert found["actor"]["hidden_dims"] == found["critic"]["hidden_dims"] == [32, 16]
    assert found["actor"]["distribution"] == {"init_std": 0.5, "std_type": "log"}
    assert found["algorithm"]["gamma"] == 0.9
    assert found["algorithm"]["num_learning_epochs"] == 4


def test_only_the_critic_sees_what_a_robot_cannot_know() -> None:
    groups = settings("rsl_rl")["obs_groups"]
    assert groups == {"actor": ["policy"], "critic": ["critic"]}
    models = settings("skrl")["models"]
    assert models["policy"]["network"][0]["input"] == "OBSERVATIONS"
    assert models["value"]["network"][0]["input"] == "STATES"


def test_skrl_gets_ppo_and_networks_of_the_training_file() -> None:
    found = settings("skrl", "walk", "ppo.hidden=[32,16]", "ppo.init_std=1.0")
    assert found["agent"]["rollouts"] == 24
    assert found["agent"]["experiment"]["directory"] == "praxis_walk"
    assert found["agent"]["learning_rate_scheduler_kwargs"] == {"kl_threshold": 0.015}
    assert found["models"]["policy"]["initial_log_std"] == 0.0
    for model in ("policy", "value"):
        assert found["models"][model]["network"][0]["layers"] == [32, 16]
    assert found["trainer"]["timesteps"] == 1221 * 24


def test_sb3_gets_ppo_and_networks_of_the_training_file() -> None:
    found = settings("sb3", "walk", "ppo.init_std=1.0")
    assert found["n_timesteps"] == 1221 * 24 * 1024
    assert found["policy_kwargs"]["net_arch"] == [256, 128, 64]
    assert found["policy_kwargs"]["log_std_init"] == 0.0
    assert found["n_minibatches"] == 4


def test_the_last_batch_of_a_training_may_be_too_much() -> None:
    walk, _ = training_config("walk", ["total_steps=26000000"])
    assert iterations(walk) == 1058  # 26,000,000 / (1024 * 24) = 1057.9


def test_where_the_file_asks_for_imitation_only_ppo_runs_as_long() -> None:
    grasp, _ = training_config("grasp", [])
    assert grasp.total_steps == 0
    assert iterations(grasp) == 184  # 3,000,000 / (512 * 32) = 183.1


def test_a_batch_is_followed_by_its_mirror_image() -> None:
    walk, _ = training_config("walk", [])
    task = LegTask(
        load_robot(), walk, TorchArrays(0, "cpu"), torch.zeros(3, PRIVILEGED)
    )
    env = SimpleNamespace(unwrapped=SimpleNamespace(task=task))
    actions = torch.randn(3, task.k)
    obs = tensordict.TensorDict(
        {
            "policy": torch.randn(3, task.description.observation_size),
            "critic": torch.randn(3, task.critic_size),
        },
        batch_size=[3],
    )
    more, moved = with_mirror_images(env, obs, actions)
    assert more is not None and moved is not None
    assert more.batch_size == (6,)
    assert_array_equal(more["policy"][:3], obs["policy"])
    left = task.legs.index("left_knee_joint"), task.legs.index("right_knee_joint")
    assert_allclose(moved[3:, left[0]], actions[:, left[1]])
    roll = task.legs.index("waist_roll_joint")
    assert_allclose(moved[3:, roll], -actions[:, roll])
    mirror = task.critic_mirror()
    expected = mirror(np.asarray(obs["critic"]))
    assert_allclose(more["critic"][3:], expected)


def test_what_is_not_there_is_not_mirrored() -> None:
    env = SimpleNamespace(unwrapped=SimpleNamespace(task=None))
    assert with_mirror_images(env, None, None) == (None, None)
