"""Manipulate finds a free spot, says what it needs, and its hands are mirror images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import hypot, pi
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import rotate
from skills.contract import (
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Snapshot,
)
from skills.manipulate import APART, MARGIN, Manipulate
from skills.mirror import joint_mirror
from skills.predicates import Hands

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]
MirrorImage = Callable[..., Any]
PUT = Goal(skill="manipulate", args={"object": "cup", "target": "table"})


@pytest.fixture(scope="module")
def hands(g1: RobotConfig) -> Hands:
    return Hands(g1)


@pytest.fixture
def manipulate(policies: Any, hands: Hands) -> Manipulate:
    both = {
        "right": policies.load("manipulate"),
        "left": policies.load("manipulate", mirrored=True),
    }
    return Manipulate(both, hands)


@pytest.fixture
def ahead(table: ObjectState) -> ObjectState:
    """The table (0.8 x 1.2 m, 0.7 m high), its front edge at x = 0.15 m."""
    return replace(table, pos_w=np.array([0.55, 0.0, 0.35]))


def look(state: RobotState, *things: ObjectState) -> Snapshot:
    return Snapshot(state=state, objects={thing.name: thing for thing in things})


def held(
    hands: Hands, side: str, state: RobotState, cup_at: CupAt, **changes: Any
) -> ObjectState:
    """The cup, in a hand."""
    site, _ = hands.frame(side, state)
    point = state.base_pos_w + rotate(state.base_quat_wxyz, site)
    return cup_at(*point, **changes)


def lasting(condition: Condition, state: RobotState, *things: ObjectState) -> Check:
    """Ask for half a second; a thing must stand still for 0.3 s to rest."""
    for time in (0.0, 0.25, 0.5):
        answer = condition.check(look(replace(state, time=time), *things))
    return answer


# --- what it promises -----------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_contract_is_of_the_hand_that_holds_the_thing(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
    side: str,
) -> None:
    state = standing()
    snapshot = look(state, ahead, held(hands, side, state, cup_at))
    contract = manipulate.contract(PUT, snapshot)
    assert contract.goal is PUT
    assert contract.joints == g1.joints_of(f"{side}_arm", f"{side}_hand")
    assert [c.name for c in contract.pre] == [
        "upright(robot)",
        "holding(cup)",
        "in_reach(spot on table)",
    ]
    assert [c.name for c in contract.hold] == ["upright(robot)"]
    assert [c.name for c in contract.post] == ["on(cup, table)", "let_go(cup)"]
    assert contract.timeout_s > 5.0
    assert all(condition.check(snapshot).holds for condition in contract.pre)
    assert contract.pre[2].failure is Failure.OUT_OF_REACH


def test_the_hand_that_holds_it_comes_before_the_one_that_was_named(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
) -> None:
    state = standing()
    left = replace(PUT, args={**PUT.args, "side": "left"})

    def joint(goal: Goal, cup: ObjectState) -> str:
        return manipulate.contract(goal, look(state, ahead, cup)).joints[0]

    assert joint(left, held(hands, "right", state, cup_at)).startswith("right")
    on_the_table = cup_at(0.4, -0.2)
    assert joint(left, on_the_table).startswith("left")
    assert joint(PUT, on_the_table).startswith("right")


def test_a_spot_too_far_ahead_is_out_of_reach(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
) -> None:
    # 30 cm further back the nearest spot inside the rim is 0.3 + 0.15 + 0.075 m ahead.
    state = standing(x=-0.3)
    snapshot = look(state, ahead, held(hands, "right", state, cup_at))
    assert manipulate.contract(PUT, snapshot).pre[2].check(snapshot) == Check(
        holds=False,
        reason="the spot on table is 0.53 m ahead and -0.14 m to the left",
    )


def test_what_stands_there_already_counts_anywhere_on_the_surface(
    manipulate: Manipulate, standing: Standing, ahead: ObjectState, cup_at: CupAt
) -> None:
    cup = cup_at(0.8, 0.4)
    on = manipulate.contract(PUT, look(standing(), ahead, cup)).post[0]
    assert lasting(on, standing(), ahead, cup).holds


def test_what_is_held_must_come_to_the_spot(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
) -> None:
    state = standing()
    snapshot = look(state, ahead, held(hands, "right", state, cup_at))

    def lands(contract: Contract, x: float, y: float) -> bool:
        return lasting(contract.post[0], state, ahead, cup_at(x, y)).holds

    before = manipulate.contract(PUT, snapshot)
    assert lands(before, 0.31, -0.14)
    assert not lands(before, 0.31, -0.08)  # 6 cm off
    manipulate.start(PUT, snapshot)
    # The hand has let go, the robot has swayed: the spot is that of the start.
    let_go = look(standing(x=0.05), ahead, cup_at(0.31, -0.14))
    during = manipulate.contract(PUT, let_go)
    assert lands(during, 0.31, -0.14) and not lands(during, 0.31, -0.08)
    assert during.joints[0].startswith("right")
    manipulate.stop()
    assert lands(manipulate.contract(PUT, let_go), 0.31, -0.08)


# --- the spot -------------------------------------------------------------------------


def spot(
    manipulate: Manipulate, side: str, state: RobotState, *things: ObjectState
) -> np.ndarray:
    cup, support = things[:2]
    return manipulate.free_spot(side, cup, support, look(state, *things))


def test_the_spot_is_where_the_arm_works_best(
    manipulate: Manipulate, standing: Standing, ahead: ObjectState, cup_at: CupAt
) -> None:
    cup = cup_at(0.0, 0.0)
    # The cup's centre stands half its height above the table's top.
    right = spot(manipulate, "right", standing(), cup, ahead)
    assert_allclose(right, [0.31, -0.14, 0.75], atol=1e-12)
    left = spot(manipulate, "left", standing(), cup, ahead)
    assert_allclose(left, [0.31, 0.14, 0.75], atol=1e-12)


def test_the_spot_keeps_away_from_the_rim(
    manipulate: Manipulate, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    cup = cup_at(0.0, 0.0)
    # The robot looks along y at the long table's end at y = -0.6; its best place,
    # y = -0.9 + 0.31, lies within 7.5 cm of it.
    state = standing(0.0, -0.9, pi / 2)
    right = spot(manipulate, "right", state, cup, table)
    assert_allclose(right, [0.14, -0.525, 0.75], atol=1e-12)
    # On a surface smaller than two margins only the middle is left.
    stool = replace(table, half_size=np.array([0.07, 0.07, 0.35]))
    assert_allclose(spot(manipulate, "right", state, cup, stool)[:2], [0, 0], atol=1e-9)


def test_the_spot_is_apart_from_other_things(
    manipulate: Manipulate, standing: Standing, ahead: ObjectState, cup_at: CupAt
) -> None:
    cup, state = cup_at(0.0, 0.0), standing()
    mug = cup_at(0.31, -0.14, name="mug")
    x, y, _ = spot(manipulate, "right", state, cup, ahead, mug)
    assert APART < hypot(x - 0.31, y + 0.14) < APART + 0.01
    assert x >= 0.15 + MARGIN
    # What is beside the table, and the cup itself, are in nobody's way.
    beside = cup_at(0.1, -0.14, name="mug")
    here = cup_at(0.31, -0.14)
    assert_allclose(
        spot(manipulate, "right", state, here, ahead, beside)[:2], [0.31, -0.14]
    )


def test_a_full_surface_gives_the_best_place_all_the_same(
    manipulate: Manipulate, standing: Standing, ahead: ObjectState, cup_at: CupAt
) -> None:
    crowd = [
        cup_at(x, y, name=f"mug_{x:.1f}_{y:.1f}")
        for x in np.arange(0.1, 0.6, 0.1)
        for y in np.arange(-0.4, 0.2, 0.1)
    ]
    crowd = [mug for mug in crowd if mug.pos_w[0] > 0.15]
    best = spot(manipulate, "right", standing(), cup_at(0.0, 0.0), ahead, *crowd)
    assert_allclose(best[:2], [0.31, -0.14])


# --- goals that make no sense ---------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            {"object": "mug", "target": "table"},
            r"manipulate: there is no 'mug' here \(seen: table, cup\)",
        ),
        (
            {"object": "cup", "target": "shelf"},
            r"manipulate: there is no 'shelf' here \(seen: table, cup\)",
        ),
        (
            {"object": "cup", "target": "cup"},
            "manipulate: cup is a cup, nothing is put down on it; name a piece of fur",
        ),
        (
            {"object": "table", "target": "table"},
            "manipulate: table is a table and cannot be held",
        ),
        (
            {"object": "cup", "target": "table", "side": "third"},
            r"manipulate: there is no 'third' hand \(known: right, left\)",
        ),
    ],
)
def test_a_goal_that_makes_no_sense(
    manipulate: Manipulate,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
    args: dict[str, str],
    message: str,
) -> None:
    goal = Goal(skill="manipulate", args=args)
    with pytest.raises(GoalError, match=message):
        manipulate.contract(goal, look(standing(), ahead, cup_at(0.3, -0.1)))


# --- what the hand is told ------------------------------------------------------------


def test_the_hand_is_told_the_spot_and_the_surface(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
) -> None:
    state = standing()
    cup = held(hands, "right", state, cup_at)
    manipulate.start(PUT, look(state, ahead, cup))
    run = manipulate._run
    assert run is not None
    _, rotation = hands.frame("right", state)
    signals = run.signals(state, cup)
    way = np.array([0.31, -0.14, 0.75]) - cup.pos_w
    assert_allclose(signals["object_to_goal_hand"], rotation.T @ way, atol=1e-12)
    assert run.support_w == pytest.approx(0.7)  # the target's top, not the floor


def test_a_closed_hand_keeps_its_squeeze_when_it_begins(
    manipulate: Manipulate,
    hands: Hands,
    standing: Standing,
    ahead: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
) -> None:
    state = standing()
    commanded = g1.default_joint_pos + 0.1
    snapshot = look(state, ahead, held(hands, "right", state, cup_at))
    manipulate.start(PUT, replace(snapshot, commanded=commanded))
    run = manipulate._run
    assert run is not None
    place = [g1.joint_names.index(name) for name in run.policy.joints]
    assert_array_equal(run.policy.target, commanded[place])


def test_the_left_hand_puts_down_in_the_mirror_image_like_the_right_hand(
    manipulate: Manipulate,
    hands: Hands,
    random_state: RobotState,
    mirror_image: MirrorImage,
    ahead: ObjectState,
    cup_at: CupAt,
) -> None:
    things = [
        ahead,
        held(hands, "right", random_state, cup_at),
        cup_at(0.33, -0.17, name="mug"),
    ]

    def targets(state: RobotState, things: list[ObjectState]) -> np.ndarray:
        snapshot = look(state, *things)
        manipulate.start(PUT, snapshot)
        moved = [manipulate.step(snapshot) for _ in range(5)]
        manipulate.stop()
        return np.array([step.joint_pos for step in moved])

    right = targets(random_state, things)
    left = targets(mirror_image(random_state), [*map(mirror_image, things)])
    names = (
        *manipulate._policies["right"].joints,
        *manipulate._policies["left"].joints,
    )
    image = joint_mirror(names)(np.concatenate([right, right], axis=1))[:, 14:]
    # The two arms of the MJCF differ in the fifth decimal.
    assert_allclose(left, image, atol=1e-5)
    assert np.abs(np.diff(left, axis=0)).max() > 1e-3
