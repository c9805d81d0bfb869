"""A policy's weights seed an actor: the same output, whatever the new inputs say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import ConfigError
from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig, PpoConfig
from skills.description import PolicyDescription
from skills.observations import Term
from skills.policy_contract import PolicyMismatch

torch = pytest.importorskip("torch", reason="actors are torch networks")
pytest.importorskip("onnx", reason="policies are read with onnx")

from skills.training.export import export_policy  # noqa: E402
from skills.training.leg_task import describe  # noqa: E402
from skills.training.ppo import make_ppo  # noqa: E402
from skills.training.symmetric import SymmetricMLP, no_mirror  # noqa: E402
from skills.training.warm_start import warm_start, warm_start_critic  # noqa: E402

HIDDEN = (16, 8)
Export = Callable[..., Path]


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def described(robot: RobotConfig, skill: str) -> PolicyDescription:
    """Balance sees what walk sees, and how fast the arms move."""
    moving = skill == "balance"
    return describe(robot, LegTrainingConfig(skill=skill, moving_arms=moving))


def actor_for(
    description: PolicyDescription, hidden: tuple[int, ...], *, tied: bool
) -> Any:
    size, actions = description.observation_size, len(description.action.joints)
    seen, acted = description.observation_mirror(), description.action_mirror()
    mirrors = (seen, no_mirror(size), acted) if tied else None
    config = PpoConfig(num_envs=2, hidden=hidden, symmetric=tied)
    return make_ppo(config, size, size, actions, mirrors).actor


def outputs(actor: Any, observations: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return np.asarray(actor.mlp(torch.from_numpy(observations)))


def sightings(description: PolicyDescription) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.normal(size=(8, description.observation_size)).astype(np.float32)


@pytest.fixture
def export(g1: RobotConfig, tmp_path: Path) -> Export:
    """Write an actor as a policy file."""

    def write(actor: Any, description: PolicyDescription) -> Path:
        path = tmp_path / f"{description.skill}.onnx"
        mlp = actor.mlp
        export_policy(
            mlp.dense() if isinstance(mlp, SymmetricMLP) else actor,
            description,
            g1,
            path,
            config_digest="none",
            golden_observations=sightings(description),
        )
        return path

    return write


def widened(
    old: PolicyDescription, new: PolicyDescription, seen: np.ndarray
) -> np.ndarray:
    """Return observations of `new` that show what `seen` shows, and noise elsewhere.

    Walk's velocities are those of the legs, which come first in those of balance.
    """
    rng = np.random.default_rng(4)
    parts, start = [], 0
    for before, after in zip(old.observations, new.observations, strict=True):
        assert before.name == after.name
        extra = rng.normal(size=(len(seen), after.size - before.size))
        parts += [seen[:, start : start + before.size], extra.astype(np.float32)]
        start += before.size
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("tied", [True, False])
def test_balance_begins_as_walk_and_is_deaf_to_its_new_inputs(
    g1: RobotConfig, export: Export, tied: bool
) -> None:
    walk, balance = described(g1, "walk"), described(g1, "balance")
    assert balance.observation_size == walk.observation_size + 14  # the arms' speeds
    teacher = actor_for(walk, HIDDEN, tied=tied)
    student = actor_for(balance, HIDDEN, tied=tied)
    warm_start(student, balance, export(teacher, walk))
    seen = sightings(walk)
    expected = outputs(teacher, seen)
    assert np.abs(expected).max() > 1e-3
    assert_allclose(outputs(student, widened(walk, balance, seen)), expected, atol=1e-6)


def test_a_term_with_another_scale_is_another_input(
    g1: RobotConfig, export: Export
) -> None:
    walk = described(g1, "walk")
    teacher, student = (actor_for(walk, HIDDEN, tied=False) for _ in range(2))
    scaled = replace(walk, observations=tuple(map(doubled, walk.observations)))
    warm_start(student, scaled, export(teacher, walk))
    weight = student.mlp[0].weight
    assert not weight[:, 6:9].any()  # velocity_command, after two terms of 3
    assert torch.equal(weight[:, :6], teacher.mlp[0].weight[:, :6])


def doubled(term: Term) -> Term:
    twice = 2 * term.scale if term.name == "velocity_command" else term.scale
    return replace(term, scale=twice)


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("hidden", [(32, 8), (8, 8), (16,), (16, 8, 8)])
def test_other_hidden_layers_are_refused(
    g1: RobotConfig, export: Export, tied: bool, hidden: tuple[int, ...]
) -> None:
    walk = described(g1, "walk")
    path = export(actor_for(walk, HIDDEN, tied=tied), walk)
    with pytest.raises(
        ConfigError,
        match=r"walk.onnx has hidden layers \[16, 8\], this training \[.*\]; set "
        r"ppo.hidden to those of the policy",
    ):
        warm_start(actor_for(walk, hidden, tied=tied), walk, path)


def test_a_lopsided_policy_does_not_seed_a_symmetric_network(
    g1: RobotConfig, export: Export
) -> None:
    walk = described(g1, "walk")
    path = export(actor_for(walk, HIDDEN, tied=False), walk)
    with pytest.raises(
        ConfigError, match=r"walk.onnx is not left-right symmetric; set ppo.symmetric"
    ):
        warm_start(actor_for(walk, HIDDEN, tied=True), walk, path)


def test_a_policy_of_other_joints_is_refused(g1: RobotConfig, policies: Any) -> None:
    walk = described(g1, "walk")
    with pytest.raises(
        ConfigError,
        match=r"the actions of grasp.onnx have other joints than those of w",
    ):
        warm_start(
            actor_for(walk, HIDDEN, tied=True), walk, policies.path / "grasp.onnx"
        )


def test_a_policy_whose_actions_are_scaled_otherwise_is_refused(
    g1: RobotConfig, export: Export
) -> None:
    walk = described(g1, "walk")
    actor = actor_for(walk, HIDDEN, tied=False)
    half = tuple(0.5 * scale for scale in walk.action.scale)
    other = replace(walk, action=replace(walk.action, scale=half))
    with pytest.raises(ConfigError, match=r"have other scale than those of walk"):
        warm_start(actor, walk, export(actor, other))


def test_only_layers_with_elu_are_taken_over(
    g1: RobotConfig, export: Export, tmp_path: Path
) -> None:
    walk = described(g1, "walk")
    actor = actor_for(walk, HIDDEN, tied=False)
    actor.mlp[1] = torch.nn.Tanh()
    with pytest.raises(
        ConfigError, match=r"walk.onnx also has nodes Tanh; only linear"
    ):
        warm_start(actor, walk, export(actor, walk))


def test_a_file_that_is_no_policy_is_refused(g1: RobotConfig, tmp_path: Path) -> None:
    walk = described(g1, "walk")
    path = tmp_path / "walk.onnx"
    path.write_bytes(b"half")
    with pytest.raises(PolicyMismatch, match=r"walk.onnx is no whole ONNX file"):
        warm_start(actor_for(walk, HIDDEN, tied=False), walk, path)


def critic_for(size: int, hidden: tuple[int, ...] = HIDDEN) -> Any:
    mirrors = (no_mirror(4), no_mirror(size), no_mirror(2))
    return make_ppo(PpoConfig(num_envs=2, hidden=hidden), 4, size, 2, mirrors).critic


def kept(critic: Any, folder: Path) -> Path:
    path = folder / "checkpoint.pt"
    torch.save({"critic_state_dict": critic.state_dict()}, path)
    return path


def test_a_critic_begins_as_another_whatever_the_inputs_new_to_it_say(
    tmp_path: Path,
) -> None:
    old, new = critic_for(6), critic_for(9)
    warm_start_critic(new, kept(old, tmp_path))
    seen = np.random.default_rng(0).normal(size=(5, 9)).astype(np.float32)
    assert_allclose(outputs(new, seen), outputs(old, seen[:, :6]), atol=1e-6)


@pytest.mark.parametrize(
    "other", [critic_for(9), critic_for(6, (8, 8))], ids=["wider", "smaller"]
)
def test_a_critic_that_does_not_fit_is_refused(other: Any, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"the critic of .*checkpoint\.pt has another"
    ):
        warm_start_critic(critic_for(6), kept(other, tmp_path))
