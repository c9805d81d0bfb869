"""Empty hands open and go home; what holds something stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from skills.contract import Snapshot
from skills.idle_hands import IdleHands
from skills.predicates import Hands

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]


@pytest.fixture
def idle(g1: RobotConfig) -> IdleHands:
    return IdleHands(g1, Hands(g1))


def home(
    idle: IdleHands, g1: RobotConfig, state: RobotState, *things: ObjectState
) -> set[str]:
    """Return the groups all of whose joints are sent home."""
    snapshot = Snapshot(state=state, objects={thing.name: thing for thing in things})
    sent = idle.go_home(snapshot)
    names = {n for n, is_sent in zip(g1.joint_names, sent, strict=True) if is_sent}
    groups = ("left_hand", "right_hand", "left_arm", "right_arm")
    found = {group for group in groups if set(g1.joints_of(group)) <= names}
    assert names == set(g1.joints_of(*found))
    return found


def held(g1: RobotConfig, state: RobotState, cup: ObjectState) -> ObjectState:
    """Return the cup in the right hand of a robot that looks along +x."""
    site, _ = Hands(g1).frame("right", state)
    return replace(cup, pos_w=state.base_pos_w + np.asarray(site))


ARMS = {"left_arm", "right_arm"}
FINGERS = {"left_hand", "right_hand"}


def test_far_from_furniture_empty_arms_go_home(
    idle: IdleHands, g1: RobotConfig, standing: Standing
) -> None:
    assert home(idle, g1, standing()) == ARMS | FINGERS


@pytest.mark.parametrize(("away", "expected"), [(0.5, ARMS | FINGERS), (0.4, FINGERS)])
def test_beside_furniture_only_the_fingers_open(
    idle: IdleHands,
    g1: RobotConfig,
    standing: Standing,
    table: ObjectState,
    away: float,
    expected: set[str],
) -> None:
    edge = float(table.pos_w[0] - table.half_size[0])
    state = standing(edge - away, float(table.pos_w[1]))
    assert home(idle, g1, state, table) == expected


def test_the_hand_that_holds_the_cup_and_its_arm_stay(
    idle: IdleHands, g1: RobotConfig, standing: Standing, cup_at: CupAt
) -> None:
    state = standing()
    cup = held(g1, state, cup_at(0.0, 0.0))
    assert home(idle, g1, state, cup) == {"left_hand", "left_arm"}


def test_a_cup_that_is_hidden_is_not_let_go(
    idle: IdleHands, g1: RobotConfig, standing: Standing, cup_at: CupAt
) -> None:
    state = standing()
    home(idle, g1, state, held(g1, state, cup_at(0.0, 0.0)))
    assert home(idle, g1, state) == {"left_hand", "left_arm"}


def test_a_cup_that_is_seen_elsewhere_has_left_the_hand(
    idle: IdleHands, g1: RobotConfig, standing: Standing, cup_at: CupAt
) -> None:
    state = standing()
    home(idle, g1, state, held(g1, state, cup_at(0.0, 0.0)))
    assert home(idle, g1, state, cup_at(1.5, 0.0)) == ARMS | FINGERS
    idle.reset()
    assert home(idle, g1, state) == ARMS | FINGERS
