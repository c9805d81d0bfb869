"""The expert carries above the goal, lowers, opens and backs off, by what it sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skills.training.hand_expert import CLOSED, OPEN, HandView
from skills.training.place_expert import HOVER, place_action

HALF_CLOSED = np.array([0.0, -0.5, -0.5, 0.7, 0.7, 0.7, 0.7])
# Damped least squares with an arm that moves freely: x / (1 + 2e-3), a step is 0.11.
GAIN = 0.11 / 1.002


def seen(**changes: Any) -> HandView:
    """A level hand that points ahead; each of its first six joints moves one axis.

    The cup, 10 cm high and 3 cm in radius, stands at the goal, in the closed hand.
    """
    site = np.array([[0.3, -0.1, 0.0]])
    fields: dict[str, Any] = {
        "arm_pos": np.zeros((1, 7)),
        "hand_pos": HALF_CLOSED[None],
        "target": np.concatenate([np.zeros(7), CLOSED])[None],
        "site": site,
        "rotation": np.eye(3)[None],
        "jacobian": np.eye(6, 7)[None],
        "arm_limits": np.tile([-3.0, 3.0], (7, 1)),
        "up": np.array([[0.0, 0.0, 1.0]]),
        "cup": site,
        "cup_up": np.array([[0.0, 0.0, 1.0]]),
        "cup_radius": np.array([0.03]),
        "cup_height": np.array([0.1]),
        "lifted": np.array([0.0]),
        "clearance": np.array([0.08]),
        "goal": site,
    }
    return HandView(**{**fields, **changes})


def act(in_air: bool = False, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    arm, hand = place_action(seen(**changes), np.array([in_air]))
    return arm[0], hand[0]


def goal_at(*way: float) -> np.ndarray:
    """Return a goal that lies this way from the cup [m]."""
    return seen().cup + np.array(way)


def test_a_cup_is_carried_above_its_goal() -> None:
    # 4 cm aside, 10 cm below: half of each, the height less the hover and 6 cm at most.
    arm, hand = act(goal=goal_at(0.0, 0.04, -0.10))
    assert_allclose(arm[:3], GAIN * np.array([0.0, 0.02, -0.03]), rtol=1e-3)
    assert not hand.any()
    low, _ = act(goal=goal_at(0.0, 0.04, -HOVER))
    assert_allclose(low[:3], GAIN * np.array([0.0, 0.02, 0.0]), rtol=1e-3, atol=1e-9)


def test_it_is_lowered_once_it_is_above_the_goal() -> None:
    arm, hand = act(goal=goal_at(0.01, 0.0, -HOVER))
    assert_allclose(arm[:3], GAIN * np.array([0.005, 0.0, -0.015]), rtol=1e-3)
    assert not hand.any()


@pytest.mark.parametrize("gap", [0.0, 0.003])
def test_a_cup_that_stands_at_its_goal_is_let_go(gap: float) -> None:
    arm, hand = act(goal=goal_at(0.015, 0.0, -gap))
    assert not arm.any()
    # No finger's target moves further than 0.035 rad in a tick.
    assert_allclose(hand, np.clip(OPEN - CLOSED, -0.035, 0.035))


def test_a_cup_that_hangs_is_not_let_go() -> None:
    _, hand = act(goal=goal_at(0.0, 0.0, -0.006))
    assert not hand.any()
    _, hand = act(goal=goal_at(0.03, 0.0, 0.0))  # stands, but 3 cm off
    assert not hand.any()


def test_a_hand_that_lies_on_the_table_lets_the_cup_drop_a_little() -> None:
    goal = goal_at(0.0, 0.0, -0.02)
    assert not act(goal=goal, clearance=np.array([0.07]))[1].any()
    assert act(goal=goal, clearance=np.array([0.06]))[1].any()


def test_an_open_hand_backs_off_until_it_is_gone() -> None:
    away = {"hand_pos": np.zeros((1, 7))}
    arm, _ = act(**away)
    assert_allclose(arm[:3], GAIN * np.array([-0.05, -0.015, 0.0]), rtol=1e-3)
    beyond = seen().site - [0.15, 0.0, 0.0]
    arm, _ = act(**away, site=beyond)
    assert not arm.any()


def test_a_goal_in_the_air_is_kept() -> None:
    arm, hand = act(in_air=True)
    assert not arm.any() and not hand.any()
    arm, _ = act(in_air=True, goal=goal_at(0.0, 0.0, 0.02))
    assert_allclose(arm[:3], GAIN * np.array([0.0, 0.0, 0.01]), rtol=1e-3)


def test_a_lost_cup_is_not_chased() -> None:
    arm, _ = act(
        site=seen().site + np.array([0.0, 0.1, 0.0]), goal=goal_at(0.1, 0.0, 0.0)
    )
    assert not arm.any()


def test_a_cup_that_leans_rights_itself_but_in_the_air_it_is_righted() -> None:
    lean = {"cup_up": np.array([[np.sin(0.1), 0.0, np.cos(0.1)]])}
    still, _ = act(**lean, goal=goal_at(0.0, 0.05, -0.1))
    assert_allclose(still[3:], 0.0, atol=1e-9)
    turned, _ = act(in_air=True, **lean)
    assert turned[4] < -1e-4  # about -y: z towards -x, upright again
