"""Overrides of the command line go over the file; mistakes are one clear line."""

from __future__ import annotations

import pytest

from configs.loader import CONFIG_DIR, ConfigError, read_yaml
from configs.overrides import apply_overrides, origins
from configs.training_schema import LegTrainingConfig

DATA = {"skill": "walk", "ppo": {"num_envs": 16}, "rewards": {"alive": 0.5}}


def overridden(*overrides: str) -> LegTrainingConfig:
    return apply_overrides(LegTrainingConfig, DATA, overrides, "walk.yaml")


def test_without_overrides_the_file_is_taken_as_it_is() -> None:
    config = overridden()
    assert config.ppo.num_envs == 16
    assert config.rewards == {"alive": 0.5}


def test_overrides_lie_over_the_file_and_leave_the_rest() -> None:
    config = overridden(
        "ppo.hidden=[32, 16]", "rewards.effort=-1e-5", "seed=7", "commands.vx=[0, 1]"
    )
    assert config.ppo.hidden == (32, 16)
    assert config.ppo.num_envs == 16
    assert config.rewards == {"alive": 0.5, "effort": -1e-5}
    assert config.seed == 7
    assert config.commands.vx == (0.0, 1.0)
    assert config.commands.vy == (-0.4, 0.4)


def test_the_last_override_wins() -> None:
    assert overridden("seed=3", "seed=4").seed == 4


def test_the_data_of_the_file_is_not_changed() -> None:
    data = {"skill": "walk", "ppo": {"num_envs": 16}}
    apply_overrides(LegTrainingConfig, data, ["ppo.num_envs=4"], "walk.yaml")
    assert data == {"skill": "walk", "ppo": {"num_envs": 16}}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", r"override 'seed': expected key=value, such as ppo.num_envs=64\."),
        ("=4", r"override '=4': expected key=value"),
        ("skill.name=4", r"override 'skill.name=4': 'skill' has no parts\."),
        ("seed=[1,", r"override 'seed=\[1,': '\[1,' is not a value in YAML\."),
        ("seed=2020-13-45", r"'2020-13-45' is not a value in YAML\."),
        ("sead=4", r"walk.yaml with sead=4: unknown key 'sead'. Known keys: skill, s"),
        ("ppo.envs=4", r"unknown key 'ppo.envs'. Known keys: num_envs, steps_per_env"),
        ("ppo.gamma=fast", r"ppo.gamma: expected a valid number.* got 'fast'"),
        ("commands.vx=3", r"commands.vx: expected a valid tuple"),
        ("ppo.symmetric=perhaps", r"ppo.symmetric: expected a valid boolean"),
    ],
)
def test_a_wrong_override_is_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        overridden(override)


def test_every_setting_says_where_it_came_from() -> None:
    overrides = ["seed=7", "commands.vx=[0, 1]"]
    config = overridden(*overrides)
    rows = {
        key: (value, origin)
        for key, value, origin in origins(config, DATA, overrides, "walk.yaml")
    }
    assert rows["seed"] == (7, "command line")
    assert rows["commands.vx"] == ((0.0, 1.0), "command line")
    assert rows["commands.vy"] == ((-0.4, 0.4), "default")
    assert rows["ppo.num_envs"] == (16, "walk.yaml")
    assert rows["ppo.gamma"] == (0.99, "default")
    assert rows["rewards.alive"] == (0.5, "walk.yaml")
    assert rows["skill"] == ("walk", "walk.yaml")


def test_a_section_that_is_overridden_whole_comes_from_the_command_line() -> None:
    overrides = ["ppo={num_envs: 4}"]
    rows = origins(overridden(*overrides), DATA, overrides, "walk.yaml")
    assert {origin for key, _, origin in rows if key.startswith("ppo.")} == {
        "command line"
    }


def test_the_files_of_training_take_overrides() -> None:
    data = read_yaml(CONFIG_DIR / "training" / "walk.yaml")
    config = apply_overrides(LegTrainingConfig, data, ["rewards.alive=9"], "walk.yaml")
    assert config.rewards == {**data["rewards"], "alive": 9.0}
