"""Every training file can be used, and hands keep their own defaults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from configs.loader import CONFIG_DIR, ConfigError, load, parse, read_yaml
from configs.training_schema import (
    AdaptiveLegTrainingConfig,
    HandTrainingConfig,
    LegTrainingConfig,
    PpoConfig,
    SelectorTrainingConfig,
    Settings,
)
from skills.locomotion import REWARDS
from skills.manipulation import HAND_REWARDS

LEGS = ("walk", "balance", "walk_wide", "walk_adaptive")
ALL = sorted((CONFIG_DIR / "training").glob("*.yaml"))
FILES = [path for path in ALL if path.stem != "selector"]


def schema_of(path: Path) -> type[LegTrainingConfig] | type[HandTrainingConfig]:
    if path.stem == "walk_adaptive":
        return AdaptiveLegTrainingConfig
    return LegTrainingConfig if path.stem in LEGS else HandTrainingConfig


def test_there_is_a_file_for_every_skill() -> None:
    names = ["balance", "grasp", "manipulate", "selector", "walk"]
    names += ["walk_adaptive", "walk_wide"]
    assert [path.stem for path in ALL] == names


def test_the_learned_planner_has_settings_of_its_own() -> None:
    config = load(SelectorTrainingConfig, CONFIG_DIR / "training" / "selector.yaml")
    assert (config.skill, config.discount_per_s) == ("selector", 0.995)
    with pytest.raises(ConfigError, match="algorithm: expected 'dqn', 'ppo' or 'a2c'"):
        parse(
            SelectorTrainingConfig,
            {"skill": "selector", "algorithm": "sarsa"},
            "x.yaml",
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_training_file_loads_and_names_its_skill(path: Path) -> None:
    config = load(schema_of(path), path)
    assert config.skill == path.stem
    assert config.rewards


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_reward_of_a_training_file_exists(path: Path) -> None:
    known = REWARDS if path.stem in LEGS else HAND_REWARDS
    assert set(load(schema_of(path), path).rewards) <= set(known)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_mini_batches_of_a_training_file_are_of_one_size(path: Path) -> None:
    ppo = load(schema_of(path), path).ppo
    assert ppo.num_envs * ppo.steps_per_env % ppo.mini_batches == 0
    assert all(size % 2 == 0 for size in ppo.hidden)  # halves of symmetric networks


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_unknown_key_is_named(path: Path) -> None:
    data = {**read_yaml(path), "reward": {}}
    with pytest.raises(
        ConfigError, match=rf"{path.name}: unknown key 'reward'. Known keys: skill, see"
    ):
        parse(schema_of(path), data, path.name)


def test_a_hand_that_sets_one_number_of_ppo_keeps_its_other_defaults() -> None:
    usual = HandTrainingConfig(skill="grasp").ppo
    assert not usual.symmetric
    data = {"skill": "grasp", "ppo": {"num_envs": 64}}
    changed = parse(HandTrainingConfig, data, "grasp.yaml").ppo
    assert changed == usual.model_copy(update={"num_envs": 64})


def test_a_hand_takes_a_whole_ppo_config_as_it_is() -> None:
    ppo = PpoConfig(num_envs=64)
    assert HandTrainingConfig(skill="grasp", ppo=ppo).ppo == ppo


def test_an_unknown_key_of_a_hands_ppo_is_named() -> None:
    data = {"skill": "grasp", "ppo": {"envs": 64}}
    with pytest.raises(ConfigError, match=r"unknown key 'ppo.envs'. Known keys: num_e"):
        parse(HandTrainingConfig, data, "grasp.yaml")


# --- stages ---------------------------------------------------------------------------


def staged(*stages: dict[str, object]) -> LegTrainingConfig:
    """A walk whose settings change on the way."""
    return LegTrainingConfig(
        skill="walk",
        rewards={"alive": 1.0, "height": -20.0},
        randomization={"push_speed": 0.6},
        stages=stages,
    )


def test_a_stage_changes_what_it_names_and_keeps_the_rest() -> None:
    config = staged(
        {"start": 100, "rewards": {"height": -30.0}},
        {"start": 200, "push_speed": 1.2, "keep_standing": True},
    )
    first = Settings(
        rewards={"alive": 1.0, "height": -20.0}, push_speed=0.6, keep_standing=False
    )
    second = replace(first, rewards={"alive": 1.0, "height": -30.0})
    assert config.settings_at(0) == config.settings_at(99) == first
    assert config.settings_at(100) == config.settings_at(199) == second
    third = replace(second, push_speed=1.2, keep_standing=True)
    assert config.settings_at(200) == config.settings_at(10**9) == third


def test_without_stages_nothing_changes() -> None:
    assert staged().settings_at(10**9) == staged().settings_at(0)


def test_stages_come_in_order() -> None:
    with pytest.raises(ValueError, match=r"stages start at \[200, 100\]; each has to"):
        staged({"start": 200}, {"start": 100})
