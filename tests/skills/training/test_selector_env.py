"""The model as an environment: rewards and ends worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="the environment is one of gymnasium")

from configs.loader import ConfigError
from configs.training_schema import SelectorTrainingConfig
from skills.selector.model import SkillModel
from skills.selector.observation import NAMES
from skills.selector.words import CHOICES
from skills.training.selector_env import SelectorEnv, roll_out

MODEL = Path(__file__).parents[2] / "skills_model.json"


@pytest.fixture(scope="module")
def model() -> SkillModel:
    return SkillModel.read(MODEL)


def settings(**given: Any) -> SelectorTrainingConfig:
    return SelectorTrainingConfig(skill="selector", **given)


def run(env: SelectorEnv, *choices: str) -> list[tuple[Any, ...]]:
    return [env.step(np.int64(CHOICES.index(choice))) for choice in choices]


def test_gymnasium_takes_it_for_an_environment(model: SkillModel) -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(SelectorEnv(model, settings()), skip_render_check=True)


def test_a_walk_is_worth_less_the_longer_it_takes(model: SkillModel) -> None:
    env = SelectorEnv(model, settings(goals={"at": 1.0}), lasting=True)
    env.reset(seed=0)
    [(_, reward, over, cut, info)] = run(env, "go")
    # The start costs 0.01, each of 8 s 0.002; the success is worth 0.995 ** 8.
    assert reward == pytest.approx(0.995**8 - 0.026)
    assert (over, cut, info["end"]) == (True, False, "success")


def test_the_way_to_the_shelf(model: SkillModel) -> None:
    env = SelectorEnv(model, settings(goals={"on": 1.0}), lasting=True)
    env.reset(seed=1)
    steps = run(env, "approach", "grasp")
    while "timeout" in [steps[-1][4]["end"]]:
        steps += run(env, "grasp")
    assert [step[1] for step in steps[:1]] == [pytest.approx(-0.03)]
    assert not any(step[2] for step in steps)


def test_a_proposal_that_cannot_begin_ends_the_episode(model: SkillModel) -> None:
    env = SelectorEnv(model, settings(goals={"holding": 1.0}), lasting=True)
    for choice in ("grasp", "place", "turn"):  # out of reach, no use, never measured
        env.reset(seed=0)
        [(_, reward, over, _, info)] = run(env, choice)
        assert (reward, over, info["end"]) == (-0.3, True, "refused")


def test_discounting_ends_episodes_as_often_as_it_should(model: SkillModel) -> None:
    env = SelectorEnv(
        model, settings(goals={"on": 1.0}, exploring_starts=0.0, discount_per_s=0.95)
    )
    over = 0
    for seed in range(600):
        env.reset(seed=seed)
        over += run(env, "approach")[0][2]
    # After 10 s the episode goes on with a probability of 0.95 ** 10 = 0.599.
    assert over / 600 == pytest.approx(1 - 0.95**10, abs=0.06)


def test_a_roll_out_is_discounted_by_time(model: SkillModel) -> None:
    config = settings(goals={"at": 1.0})
    env = SelectorEnv(model, config, lasting=True)
    ways = iter(["wait", "go"])  # nobody measured waiting there
    one = roll_out(env, config, lambda _: CHOICES.index(next(ways)), 0)
    assert (one.goal, one.success, one.skills, one.end) == ("at", False, 0, "refused")
    one = roll_out(env, config, lambda _: CHOICES.index("go"), 0)
    assert (one.success, one.skills, one.seconds) == (True, 1, 8.0)
    assert one.value == pytest.approx(0.995**8 - 0.026)


def test_some_episodes_begin_in_the_middle(model: SkillModel) -> None:
    env = SelectorEnv(model, settings(goals={"on": 1.0}, exploring_starts=1.0))
    holding = NAMES.index("fact: holding")
    begun = [env.reset(seed=seed)[0][holding] for seed in range(50)]
    assert 0.0 < sum(begun) < 50.0


def test_a_goal_that_is_none(model: SkillModel) -> None:
    with pytest.raises(ConfigError, match="there is no 'under'"):
        SelectorEnv(model, settings(goals={"under": 1.0}))


def test_a_model_without_episodes(model: SkillModel) -> None:
    with pytest.raises(ConfigError, match="has no episode for on, holding, at"):
        SelectorEnv(SkillModel(model.source), settings())
