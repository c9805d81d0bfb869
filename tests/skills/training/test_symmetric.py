"""Networks that cannot tell left from right."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from skills.description import PolicyDescription, legs_description
from skills.mirror import Mirror

torch = pytest.importorskip("torch", reason="networks are trained with torch")

from skills.training.symmetric import SymmetricMLP, no_mirror  # noqa: E402


@pytest.fixture(scope="module")
def walk() -> PolicyDescription:
    robot = load_robot()
    return legs_description(
        "walk",
        robot.joints_of("legs", "waist"),
        robot.joints_of("left_arm", "right_arm"),
        action_scale=0.25,
        action_clip=6.0,
        control_dt=0.02,
        arm_velocity=False,
    )


def shaken(given: Mirror, result: Mirror) -> SymmetricMLP:
    """A network whose every parameter is random, the biases too."""
    torch.manual_seed(3)
    network = SymmetricMLP(given, (16, 8, 8), result).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0.0, 0.5)
    return network


def test_the_mirrored_input_gives_the_mirrored_output(walk: PolicyDescription) -> None:
    seen, acted = walk.observation_mirror(), walk.action_mirror()
    network = shaken(seen, acted)
    values = np.random.default_rng(0).normal(size=(20, walk.observation_size))
    with torch.no_grad():
        here = network(torch.tensor(values)).numpy()
        there = network(torch.tensor(seen(values))).numpy()
    # Only the order in which the numbers are added up differs.
    assert_allclose(there, acted(here), atol=1e-12)
    assert np.abs(here - acted(here)).max() > 0.1


def test_a_value_is_the_same_in_the_mirror(walk: PolicyDescription) -> None:
    seen = walk.observation_mirror()
    network = shaken(seen, no_mirror(1))
    values = np.random.default_rng(0).normal(size=(20, walk.observation_size))
    with torch.no_grad():
        here = network(torch.tensor(values)).numpy()
        there = network(torch.tensor(seen(values))).numpy()
    assert_allclose(there, here, atol=1e-12)


def test_it_stays_symmetric_while_it_learns() -> None:
    swap = Mirror.of([1, 0], [1, 1])
    torch.manual_seed(0)
    network = SymmetricMLP(swap, (8, 8), swap)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    values = torch.randn(16, 2)
    for _ in range(5):
        loss = (network(values) - torch.tensor([1.0, -2.0])).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert_allclose(
        network(values.flip(1)).detach(), network(values).detach().flip(1), atol=1e-5
    )


def test_the_ordinary_network_computes_the_same(walk: PolicyDescription) -> None:
    network = shaken(walk.observation_mirror(), walk.action_mirror()).float()
    dense = network.dense()
    assert [type(layer).__name__ for layer in dense] == [
        *("Linear", "ELU") * 3,
        "Linear",
    ]
    assert dense[0].in_features == walk.observation_size
    assert dense[-1].out_features == 15
    values = torch.randn(20, walk.observation_size)
    assert_allclose(dense(values).detach(), network(values).detach(), atol=1e-5)


def test_a_shrunken_output_is_smaller_by_the_factor() -> None:
    swap = Mirror.of([1, 0], [1, 1])
    torch.manual_seed(0)
    network = SymmetricMLP(swap, (4,), swap)
    values = torch.randn(5, 2)
    before = network(values).detach()
    network.shrink_output(0.1)
    assert_allclose(network(values).detach(), 0.1 * before, rtol=1e-5)
