"""What every simulated backend lets an evaluation do to its world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.robot import BackendError, JointCommand

ROBOT = load_robot()
STAND = JointCommand(
    joint_pos=ROBOT.default_joint_pos, stiffness=ROBOT.stiffness, damping=ROBOT.damping
)


@pytest.fixture(params=["mujoco", "fake"])
def backend(request: pytest.FixtureRequest) -> Iterator[Any]:
    backend = make_backend(request.param, ROBOT, load_scene("kitchen"))
    yield backend
    backend.close()


@pytest.fixture
def mujoco() -> Iterator[Any]:
    backend = make_backend("mujoco", ROBOT, load_scene("kitchen"))
    yield backend
    backend.close()


def test_a_moved_cup_stands_where_it_was_put(backend):
    backend.reset(seed=0)
    cup = backend.true_objects()["cup"]
    there = cup.pos_w + np.array([0.1, 0.05, 0.0])
    backend.move_object("cup", there)
    assert_allclose(backend.true_objects()["cup"].pos_w, there)
    backend.step(STAND)
    assert_allclose(backend.objects()["cup"].pos_w, there, atol=1e-3)


def test_a_hidden_cup_is_there_but_not_reported_until_the_next_reset(backend):
    backend.reset(seed=0)
    backend.hide_object("cup")
    assert "cup" not in backend.objects()
    backend.step(STAND)
    assert "cup" not in backend.objects()
    assert "cup" in backend.true_objects()
    backend.reset(seed=0)
    assert "cup" in backend.objects()


@pytest.mark.parametrize("name", ["spoon", "table"])
def test_only_what_is_loose_can_be_moved_or_struck(backend, name):
    backend.reset(seed=0)
    expected = rf"cannot meddle with '{name}'\. Known: cup\."
    with pytest.raises(BackendError, match=expected):
        backend.move_object(name, np.zeros(3))
    with pytest.raises(BackendError, match=expected):
        backend.strike_object(name, np.ones(3), 10.0)


def test_only_what_is_there_can_be_hidden(backend):
    backend.reset(seed=0)
    with pytest.raises(BackendError, match=r"'spoon'\. Known: table, shelf, cup\."):
        backend.hide_object("spoon")


def test_a_world_that_was_not_reset_cannot_be_meddled_with(backend):
    with pytest.raises(BackendError, match="call reset first"):
        backend.move_object("cup", np.zeros(3))


def test_the_same_meddling_gives_the_same_run_to_the_bit(backend):
    runs = []
    for _ in range(2):
        backend.reset(seed=5)
        cup = backend.true_objects()["cup"]
        backend.move_object("cup", cup.pos_w + np.array([0.05, 0.0, 0.0]))
        backend.push(np.array([0.3, 0.1, 0.0]))
        states = []
        for tick in range(20):
            if tick < 5:
                backend.strike_object("cup", np.array([0.5, 0.0, 0.0]), 20.0)
            states.append(backend.step(STAND))
        runs.append((states[-1], backend.objects()["cup"]))
    (first, first_cup), (second, second_cup) = runs
    assert_array_equal(first.joint_pos, second.joint_pos)
    assert_array_equal(first.base_pos_w, second.base_pos_w)
    assert_array_equal(first_cup.pos_w, second_cup.pos_w)


def test_the_fake_hand_lets_go_of_what_is_struck():
    fake = make_backend("fake", ROBOT, load_scene("kitchen"))
    fake.reset(seed=0)
    fake.attach("cup", "right")
    fake.step(STAND)
    fake.strike_object("cup", np.array([1.0, 0.0, 0.0]), 10.0)
    cup = fake.true_objects()["cup"]
    assert cup.pos_w[2] == pytest.approx(cup.half_size[2])  # on the floor


def test_a_strike_drives_a_free_cup_no_faster_than_it_is_itself(mujoco):
    mujoco.reset(seed=0)
    cup = mujoco.true_objects()["cup"]
    mujoco.move_object("cup", cup.pos_w + np.array([0.0, 0.0, 1.0]))  # in the air
    for _ in range(3):
        mujoco.strike_object("cup", np.array([0.6, 0.0, 0.0]), 1e4)
        mujoco.step(STAND)
    velocity = mujoco.true_objects()["cup"].lin_vel_w
    assert_allclose(velocity[:2], [0.6, 0.0], atol=1e-3)
    assert velocity[2] == pytest.approx(-9.81 * 0.06, rel=0.01)  # it falls as ever


def test_a_strike_is_no_stronger_than_told_and_ends_with_the_step(mujoco):
    mujoco.reset(seed=0)
    cup = mujoco.true_objects()["cup"]
    mass = float(mujoco.model.body("cup").mass[0])
    mujoco.move_object("cup", cup.pos_w + np.array([0.0, 0.0, 1.0]))
    mujoco.strike_object("cup", np.array([0.0, 9.0, 0.0]), 2.0)
    mujoco.step(STAND)
    gained = mujoco.true_objects()["cup"].lin_vel_w[1]
    assert gained == pytest.approx(2.0 / mass * 0.02, rel=0.01)  # F / m * t
    mujoco.step(STAND)
    assert mujoco.true_objects()["cup"].lin_vel_w[1] == pytest.approx(gained, rel=0.01)


def test_a_strike_nowhere_is_none(mujoco):
    mujoco.reset(seed=0)
    before = mujoco.true_objects()["cup"].pos_w
    mujoco.strike_object("cup", np.zeros(3), 100.0)
    mujoco.step(STAND)
    assert_allclose(mujoco.true_objects()["cup"].pos_w, before, atol=1e-3)
