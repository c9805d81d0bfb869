"""Questions for the whole world are answered at once, by measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import wxyz_from_rpy
from skills.contract import Check, Failure, GoalError, Predicate, Snapshot
from skills.predicate_names import PREDICATES
from skills.predicates import Hands
from skills.questions import question

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]


@pytest.fixture(scope="module")
def hands(g1: RobotConfig) -> Hands:
    return Hands(g1)


def ask(text: str, hands: Hands, state: RobotState, *things: ObjectState) -> Check:
    predicate = Predicate.parse(text)
    condition = question(predicate, hands)
    assert condition.predicate == predicate
    return condition.check(
        Snapshot(state=state, objects={thing.name: thing for thing in things})
    )


@pytest.mark.parametrize(("x", "z", "expected"), [(0.3, 0.75, 1), (0.45, 0.75, 0)])
def test_on_is_seen_at_the_first_look(
    hands: Hands,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    x: float,
    z: float,
    expected: int,
) -> None:
    answer = ask("on(cup, table)", hands, standing(-1.0), table, cup_at(x, 0.0, z))
    assert answer.holds is bool(expected)
    assert answer.reason == "cup is 0 cm above table, moving at 0.00 m/s"


def test_on_something_that_nobody_knows(hands: Hands, standing: Standing) -> None:
    answer = ask("on(cup, sofa)", hands, standing())
    assert answer == Check(holds=False, reason="cup is not seen")


def test_holding_is_clear_of_the_surface(
    hands: Hands, standing: Standing, cup_at: CupAt, table: ObjectState
) -> None:
    state = standing()
    site, _ = hands.frame("left", state)
    x, y, z = (float(v) for v in state.base_pos_w + site)
    cup = cup_at(x, y, z)  # 5 cm from its centre to its bottom
    assert ask("holding(robot, cup)", hands, state, cup).holds
    # The table's top is at z: raised or lowered to 0.5 and 1.5 cm below the cup.
    for gap, held in ((0.005, False), (0.015, True)):
        top = z - 0.05 - gap
        below = replace(table, pos_w=np.array([0.0, 0.0, top - 0.35]))
        assert ask("holding(cup)", hands, state, cup, below).holds is held


@pytest.mark.parametrize(
    ("x", "speed", "expected"),
    [(-0.84, 0.0, True), (-0.86, 0.0, False), (-0.84, 0.11, True), (-0.84, 0.13, 0)],
)
def test_at_is_near_the_outline_and_nearly_still(
    hands: Hands,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    x: float,
    speed: float,
    expected: bool,
) -> None:
    # The table reaches from -0.4 to 0.4 m; the cup stands on it, 0.3 m further in.
    state = standing(x, base_lin_vel_w=np.array([0.0, speed, 0.0]))
    for place in ("table", "cup"):
        answer = ask(f"at({place})", hands, state, table, cup_at(-0.1, 0.0))
        assert answer.holds is bool(expected)
        assert answer.reason == (
            f"the robot is {-0.4 - x:.2f} m from {place}, near is 0.45 m, moving at "
            f"{speed:.2f} m/s"
        )


def test_at_a_cup_on_the_floor_is_near_the_cup(
    hands: Hands, standing: Standing, cup_at: CupAt
) -> None:
    cup = cup_at(0.47, 0.0, 0.05)  # its outline is 3 cm nearer
    assert ask("at(cup)", hands, standing(), cup).holds
    assert not ask("at(cup)", hands, standing(-0.02), cup).holds
    assert ask("at(cup)", hands, standing()).reason == "cup is not seen"


@pytest.mark.parametrize(
    ("y", "expected"), [(0.33, True), (-0.33, True), (0.35, False), (-0.35, False)]
)
def test_either_hand_may_reach(
    hands: Hands, standing: Standing, cup_at: CupAt, y: float, expected: bool
) -> None:
    answer = ask("in_reach(cup)", hands, standing(), cup_at(0.3, y))
    assert answer.holds is expected
    assert answer.reason == f"cup is 0.30 m ahead and {y:+.2f} m to the left"


def test_without_hands_nothing_is_in_reach(
    g1: RobotConfig, standing: Standing, cup_at: CupAt
) -> None:
    sites = g1.sites.model_copy(update={"left_grasp": None, "right_grasp": None})
    hands = Hands(g1.model_copy(update={"sites": sites}))
    answer = ask("in_reach(cup)", hands, standing(), cup_at(0.3, 0.0))
    assert answer == Check(holds=False, reason="the robot has no hand for cup")


def test_seen_and_upright(hands: Hands, standing: Standing, cup_at: CupAt) -> None:
    assert ask("visible(cup)", hands, standing(), cup_at(5.0, 0.0)).holds
    assert not ask("visible(cup)", hands, standing()).holds
    fallen = np.asarray(wxyz_from_rpy(*(np.float64(v) for v in (0.0, 0.7, 0.0))))
    assert ask("upright(robot)", hands, standing()).holds
    assert not ask("upright()", hands, standing(base_quat_wxyz=fallen)).holds


def test_every_named_predicate_can_be_asked(hands: Hands) -> None:
    for name, known in PREDICATES.items():
        condition = question(Predicate(name, known.args), hands)
        assert isinstance(condition.failure, Failure)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("under(cup, table)", r"no predicate 'under' \(known: on\(object, surface\), "),
        ("on(cup)", r"on\(cup\) names 1 instead of 2 things; write it as on\(object"),
        ("upright(cup)", r"upright\(cup\) names 1 instead of 0 things; write it as"),
    ],
)
def test_a_question_that_nobody_can_answer(hands: Hands, text: str, words: str) -> None:
    with pytest.raises(GoalError, match=words):
        question(Predicate.parse(text), hands)


@pytest.mark.parametrize(("z", "expected"), [(0.75, True), (0.05, False)])
def test_a_need_that_is_no_goal_can_be_waited_for(
    hands: Hands, standing: Standing, cup_at: CupAt, z: float, expected: bool
) -> None:
    answer = ask("reachable(cup)", hands, standing(), cup_at(0.3, 0.0, z))
    assert answer.holds is expected
