"""What a hand is told and what it is rewarded for, by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from math import exp
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skills.manipulation import HAND_REWARDS, HandState, hand_signals

K = 14  # arm and hand
SHAPES: dict[str, tuple[int, ...]] = {
    "site_to_object": (3,),
    "hand_up": (3,),
    "up": (3,),
    "tips_to_object": (3, 3),
    "object_up_w": (3,),
    "object_vel_w": (3,),
    "joint_vel": (K,),
    "action": (K,),
    "action_rate": (K,),
    "target_error": (K,),
}


def at_rest(**changes: Any) -> HandState:
    """One hand at its object, which stands still; some things are different."""
    values = {f.name: np.zeros((1, *SHAPES.get(f.name, ()))) for f in fields(HandState)}
    for name in ("hand_up", "up", "object_up_w"):
        values[name][:] = [0.0, 0.0, 1.0]
    values["object_radius"][:] = 0.03
    values["object_height"][:] = 0.1
    state = HandState(**values)
    return replace(state, **{k: np.array([v], float) for k, v in changes.items()})


def reward(name: str, **changes: Any) -> float:
    return float(HAND_REWARDS[name](at_rest(**changes))[0])


def joints(*values: float) -> list[float]:
    return [*values, *[0.0] * (K - len(values))]


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("reach", {}, 1.0),
        ("reach", {"site_to_object": [0.06, 0.0, 0.08]}, exp(-1.0)),
        # Tips on the rim, seen from above; how high they are does not matter.
        (
            "enclose",
            {"tips_to_object": [[0.03, 0, 0.5], [0, -0.03, 0], [-0.03, 0, 0]]},
            1.0,
        ),
        # One tip on the rim, one in the middle, one 6 cm away from the rim.
        (
            "enclose",
            {"tips_to_object": [[0.03, 0, 0], [0, 0, 0], [0, 0.09, 0]]},
            (1.0 + exp(-1.0) + exp(-2.0)) / 3,
        ),
        ("lift", {"lifted": 0.04}, 0.4),
        ("lift", {"lifted": 0.3}, 1.0),
        ("lift", {"lifted": -0.2}, 0.0),
        ("at_goal", {"lifted": 0.03, "goal_distance": 0.04}, exp(-1.0)),
        ("at_goal", {"lifted": 0.01, "goal_distance": 0.0}, 0.0),
        ("upright", {}, 0.0),
        ("upright", {"object_up_w": [0.6, 0.0, 0.8]}, 0.36),
        ("pushed", {"moved": 0.05}, 0.03),
        ("pushed", {"moved": 0.01}, 0.0),
        ("pushed", {"moved": 0.9}, 0.2),
        ("pushed", {"moved": 0.05, "lifted": 0.03}, 0.0),
        ("object_speed", {"object_vel_w": [0.3, 0.0, -0.4]}, 0.25),
        ("object_speed", {"object_vel_w": [3.0, 0.0, 0.0]}, 1.0),
        ("hand_tilt", {}, 0.0),
        ("hand_tilt", {"hand_up": [0.6, 0.0, 0.8]}, 0.2),
        ("hand_tilt", {"hand_up": [0.0, 0.0, -1.0]}, 2.0),
        ("action_size", {"action": joints(0.3, -0.4)}, 0.25),
        ("action_rate", {"action_rate": joints(0.3, -0.4)}, 0.25),
        ("joint_speed", {"joint_vel": joints(3.0, -4.0)}, 25.0),
        ("strain", {"target_error": joints(0.3, -0.4)}, 0.25),
        ("strain", {"target_error": [0.0] * 7 + [1.0] * 7}, 0.0),  # fingers may
    ],
)
def test_rewards_by_hand(name: str, changes: dict[str, Any], expected: float) -> None:
    assert reward(name, **changes) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", list(HAND_REWARDS))
def test_rewards_of_a_batch_are_those_of_each(name: str) -> None:
    rng = np.random.default_rng(2)
    values = {
        f.name: 0.1 * rng.normal(size=(5, *SHAPES.get(f.name, ())))
        for f in fields(HandState)
    }
    batch = HAND_REWARDS[name](HandState(**values))
    assert batch.shape == (5,)
    for i in range(5):
        one = HandState(**{key: value[i] for key, value in values.items()})
        assert_allclose(HAND_REWARDS[name](one), batch[i])


@pytest.mark.parametrize("name", list(HAND_REWARDS))
def test_rewards_of_tensors_are_those_of_arrays(name: str) -> None:
    torch = pytest.importorskip("torch", reason="the other kind of arrays")
    rng = np.random.default_rng(3)
    values = {
        f.name: 0.1 * rng.normal(size=(5, *SHAPES.get(f.name, ())))
        for f in fields(HandState)
    }
    tensors = {key: torch.tensor(value) for key, value in values.items()}
    here = HAND_REWARDS[name](HandState(**tensors))
    there = HAND_REWARDS[name](HandState(**values))
    assert_allclose(here.numpy(), there, atol=1e-12)


def test_every_reward_goes_by_its_functions_name() -> None:
    names = {name: f.__name__ for name, f in HAND_REWARDS.items()}
    assert names == {name: name for name in HAND_REWARDS}


def test_signals_of_a_turned_hand_by_hand() -> None:
    # The hand's x axis is the pelvis' y axis: a quarter turn to the left.
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    signals = hand_signals(
        site=np.array([0.3, -0.1, -0.02]),
        rotation=turned,
        up=np.array([0.0, 0.0, 1.0]),
        object_pos_b=np.array([0.4, 0.1, -0.02]),
        object_up_b=np.array([0.6, 0.0, 0.8]),
        object_size=np.array([0.03, 0.05]),
        goal_pos_b=np.array([0.4, 0.1, 0.11]),
        support_height_b=np.float64(-0.08),
        joint_target=np.array([0.5, 0.1]),
        joint_pos=np.array([0.4, 0.3]),
    )
    expected = {
        "object_pos_hand": [0.2, -0.1, 0.0],
        "object_up_hand": [0.0, -0.6, 0.8],
        "object_size": [0.03, 0.05],
        "object_to_goal_hand": [0.0, 0.0, 0.13],
        "up_hand": [0.0, 0.0, 1.0],
        "hand_pos_base": [0.3, -0.1, -0.02],
        "hand_clearance": [0.06],
        "joint_target_error": [0.1, -0.2],
    }
    assert set(signals) == set(expected)
    for name, value in expected.items():
        assert_allclose(signals[name], value, atol=1e-12, err_msg=name)
