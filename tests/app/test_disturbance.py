"""A disturbance waits for its moment, acts once, and is the same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import numpy as np
import pytest

from app.control_loop import Episode
from app.disturbance import Disturbance
from app.faults.meddling import from_rim, in_hand
from app.scenario import DisturbanceConfig
from configs.loader import load_robot
from skills.predicates import Hands

HALF_WAY = {"skill": "walk", "covered": 0.8}
HELD = {"holds": "holding(cup)", "for_s": 0.2}


class Acts:
    """The fake world; notes where the cup was and what was done to it."""

    def __init__(self, backend):
        self.pushes, self.strikes, self.moves = [], [], []
        self._backend = backend
        self.robot, self.control_dt = backend.robot, backend.control_dt

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def push(self, velocity):
        self.pushes.append(velocity)

    def move_object(self, name, pos_w):
        self.moves.append((self.true_objects()[name], pos_w))
        self._backend.move_object(name, pos_w)

    def strike_object(self, name, velocity, force):
        self.strikes.append((velocity, force))
        if len(self.strikes) == 3:
            self._backend.strike_object(name, velocity, force)


@pytest.fixture
def disturbed(assemble):
    """Run an episode with a disturbance; return the world, it, and the result."""

    def run(seed=0, **config):
        assembly = assemble()
        world = Acts(assembly.backend)
        disturbance = Disturbance(
            DisturbanceConfig(**config), world, assembly.runner, Hands(load_robot())
        )
        assembly = replace(assembly, meddle=disturbance.prepare)
        result = Episode(assembly, seed, observers=[disturbance]).run()
        return world, disturbance, result

    return run


def test_a_push_comes_once_half_way_in_any_level_direction(disturbed):
    directions = set()
    for seed in (0, 1):
        world, disturbance, _ = disturbed(seed, kind="push", speed=0.6, when=HALF_WAY)
        (push,) = world.pushes
        assert np.linalg.norm(push) == pytest.approx(0.6)
        assert push[2] == 0.0
        assert disturbance.over and disturbance.at > 1.0
        assert disturbance.what == "the robot was pushed by 0.6 m/s"
        directions.add(round(float(push[0]), 6))
    assert len(directions) == 2


def test_the_same_seed_is_disturbed_in_the_same_way(disturbed):
    runs = [disturbed(3, kind="push", speed=0.6, when=HALF_WAY) for _ in range(2)]
    (first, one, _), (second, other, _) = runs
    assert one.at == other.at
    assert (first.pushes[0] == second.pushes[0]).all()


def test_a_moved_cup_stays_on_its_table_near_a_rim_and_is_grasped(disturbed):
    for seed in (0, 1):
        world, _, result = disturbed(
            seed, kind="move", object="cup", distance=0.2, when=HALF_WAY
        )
        ((before, there),) = world.moves
        moved = there - before.pos_w
        assert hypot(moved[0], moved[1]) == pytest.approx(0.2)
        assert moved[2] == pytest.approx(0.0, abs=1e-6)
        cup = replace(before, pos_w=there)
        assert 0.05 <= from_rim(cup, world.true_objects()["table"]) <= 0.20
        assert result.success


def test_a_knock_ends_when_the_cup_is_out_of_the_hand(disturbed):
    world, disturbance, _ = disturbed(
        kind="knock", object="cup", speed=1.0, force=50.0, when=HELD
    )
    assert len(world.strikes) == 3  # the third one did it
    velocity, force = world.strikes[0]
    assert np.linalg.norm(velocity) == pytest.approx(1.0)
    assert force == 50.0
    assert disturbance.over
    assert disturbance.what == "cup was hit for 0.06 s"


def test_what_was_taken_out_of_the_hand_stands_on_the_table_again(disturbed):
    world, disturbance, result = disturbed(kind="put_back", object="cup", when=HELD)
    ((before, there),) = world.moves
    table = world.true_objects()["table"]
    assert before.pos_w[2] > there[2]
    assert 0.05 <= from_rim(replace(before, pos_w=there), table) <= 0.20
    assert 0.15 <= np.linalg.norm((there - before.pos_w)[:2]) <= 0.25
    assert disturbance.what == "cup was taken out of the hand and put on table"
    assert result.success  # it was grasped again
    assert result.duration_s > disturbance.at


def test_what_is_hidden_at_the_start_is_never_seen(disturbed):
    world, disturbance, result = disturbed(kind="hide", object="cup")
    assert disturbance.at == 0.0
    assert "cup" not in world.objects()
    assert result.failure is not None and result.failure.value == "object_lost"


def test_a_moment_that_never_comes_leaves_the_world_alone(disturbed):
    when = {"holds": "on(cup, shelf)"}
    world, disturbance, result = disturbed(kind="push", speed=0.6, when=when)
    assert world.pushes == []
    assert disturbance.at is None and disturbance.what == ""
    assert result.success


def test_a_cup_far_from_the_robot_is_in_no_hand(assemble):
    backend = assemble().backend
    state = backend.reset(seed=0)
    assert not in_hand(Hands(load_robot()), state, backend.objects()["cup"])
