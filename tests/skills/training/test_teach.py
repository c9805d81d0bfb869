"""A fresh learner is given what its config says, and only that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from rich.console import Console

from configs.loader import ConfigError, load_robot
from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, LegTrainingConfig, PpoConfig
from sim2real.mujoco_model import CONTROL_DT

torch = pytest.importorskip("torch", reason="learners are torch networks")
pytest.importorskip("onnx", reason="policies are read with onnx")

from skills.training.hand_env import HandEnv  # noqa: E402
from skills.training.hand_expert import grasp_action  # noqa: E402
from skills.training.leg_env import LegEnv  # noqa: E402
from skills.training.ppo import CappedPPO  # noqa: E402
from skills.training.teach import expert_action, teach  # noqa: E402
from skills.training.train import learner_for  # noqa: E402

# The random policies of the tests have one hidden layer of 8.
LEGS = PpoConfig(num_envs=2, hidden=(8,), symmetric=False)
HANDS = PpoConfig(num_envs=4, hidden=(8,), symmetric=False)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def weights(ppo: CappedPPO) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in ppo.actor.mlp.parameters()]


@pytest.fixture
def legs(robot: RobotConfig) -> Iterator[LegEnv]:
    env = LegEnv(robot, LegTrainingConfig(skill="balance", ppo=LEGS), threads=1)
    yield env
    env.close()


@pytest.fixture
def hands(robot: RobotConfig) -> Iterator[HandEnv]:
    env = HandEnv(robot, HandTrainingConfig(skill="grasp", ppo=HANDS), threads=1)
    yield env
    env.close()


def test_legs_may_begin_from_nothing(
    legs: LegEnv, tmp_path: Path, console: Console
) -> None:
    ppo = learner_for(legs, legs.config)
    before = weights(ppo)
    teach(legs, ppo, legs.config, tmp_path, console)
    for here, there in zip(before, weights(ppo), strict=True):
        assert_array_equal(here, there)
    assert printed(console) == "" and not list(tmp_path.iterdir())


def test_legs_may_begin_as_a_policy_file(
    legs: LegEnv, policies: Any, tmp_path: Path, console: Console
) -> None:
    source = policies.path / "walk.onnx"
    config = legs.config.model_copy(update={"warm_start": str(source)})
    ppo = learner_for(legs, config)
    teach(legs, ppo, config, tmp_path, console)
    assert printed(console) == "the actor begins as walk.onnx\n"
    observations, expected = policies.load("walk").contract.golden_pairs()
    with torch.no_grad():
        actions = ppo.actor.mlp(torch.from_numpy(observations)).numpy()
    assert_allclose(actions, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere/walk.onnx", r"no policy file nowhere.walk\.onnx; train nowhere"),
        ("hop", r"no policy file .*policies.hop\.onnx; train hop first, or leave warm"),
    ],
)
def test_a_policy_that_is_not_there_is_named(
    legs: LegEnv, tmp_path: Path, console: Console, source: str, words: str
) -> None:
    config = legs.config.model_copy(update={"warm_start": source})
    with pytest.raises(ConfigError, match=f"warm_start: there is {words}"):
        teach(legs, learner_for(legs, config), config, tmp_path, console)


def test_a_hand_is_taught_and_the_counts_begin_anew(
    hands: HandEnv, tmp_path: Path, console: Console
) -> None:
    config = hands.config.model_copy(update={"imitation_steps": 2 * 100 * 4})
    ppo = learner_for(hands, config)
    before = weights(ppo)
    teach(hands, ppo, config, tmp_path, console)
    assert not np.array_equal(before[0], weights(ppo)[0])
    lines = printed(console).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("imitation: 400 steps, expert acts in 100%, loss ")
    assert lines[1].startswith("imitation: 800 steps, expert acts in 25%, loss ")
    assert hands.total_steps == 0
    assert (tmp_path / "imitated.pt").is_file()


def test_a_hand_without_imitation_is_left_alone(
    hands: HandEnv, tmp_path: Path, console: Console
) -> None:
    config = hands.config.model_copy(update={"imitation_steps": 0})
    ppo = learner_for(hands, config)
    before = weights(ppo)
    teach(hands, ppo, config, tmp_path, console)
    assert_array_equal(before[0], weights(ppo)[0])
    assert printed(console) == "" and not list(tmp_path.iterdir())


def test_the_experts_action_moves_the_targets_as_the_expert_wants(
    hands: HandEnv,
) -> None:
    arm, hand = grasp_action(hands.view())
    before = hands.task.target.copy()
    action = expert_action(hands)
    assert action.dtype == np.float32 and action.shape == (4, 14)
    hands.latency[:] = 0
    hands.step(action)
    wanted = np.concatenate([arm, hand], axis=1)
    most = hands.config.action_clip * hands.task.scale
    expected = before + np.clip(wanted, -most, most)
    low, high = hands.task.limits.T
    assert_allclose(hands.task.target, np.clip(expected, low, high), atol=1e-6)
    assert hands.task.time == pytest.approx(CONTROL_DT)
