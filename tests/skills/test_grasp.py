"""Grasp says what it needs, and its left hand is the mirror image of the right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import rotate, wxyz_from_rpy
from skills.contract import Failure, Goal, GoalError, Snapshot
from skills.grasp import LIFT, Grasp
from skills.mirror import joint_mirror
from skills.policy import Policy
from skills.predicates import Hands

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]
MirrorImage = Callable[..., Any]
TABLE_X = 0.65  # of the table's middle, ahead of the pelvis [m]


@pytest.fixture
def both(policies: Any) -> dict[str, Policy]:
    return {
        "right": policies.load("grasp"),
        "left": policies.load("grasp", mirrored=True),
    }


@pytest.fixture
def grasp(both: dict[str, Policy], g1: RobotConfig) -> Grasp:
    return Grasp(both, Hands(g1))


def look(state: RobotState, *things: ObjectState) -> Snapshot:
    return Snapshot(state=state, objects={thing.name: thing for thing in things})


def before_table(table: ObjectState) -> ObjectState:
    return replace(table, pos_w=np.array([TABLE_X, 0.0, 0.35]))


def take(side: str | None = None, name: str = "cup") -> Goal:
    args = {"object": name} if side is None else {"object": name, "side": side}
    return Goal(skill="grasp", args=args)


# --- what it promises -----------------------------------------------------------------


def test_the_contract_names_what_it_needs_and_promises(
    grasp: Grasp,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
) -> None:
    snapshot = look(standing(), before_table(table), cup_at(0.3, -0.1))
    contract = grasp.contract(take("left"), snapshot)
    assert contract.joints == g1.joints_of("left_arm", "left_hand")
    assert [c.name for c in contract.pre] == [
        "visible(cup)",
        "upright(robot)",
        "free(left_hand)",
        "reachable(cup)",
        "in_reach(cup)",
    ]
    assert [c.name for c in contract.hold] == [
        "visible(cup)",
        "upright(robot)",
        "not_dropped(cup)",
    ]
    assert [c.name for c in contract.post] == ["holding(cup)"]
    assert contract.hold[0].failure is Failure.OBJECT_LOST
    assert contract.timeout_s > 2.0  # the time that the cup must stay up


@pytest.mark.parametrize(("y", "side"), [(-0.05, "right"), (0.05, "left")])
def test_without_a_side_the_hand_on_the_cups_side_takes_it(
    grasp: Grasp,
    standing: Standing,
    cup_at: CupAt,
    y: float,
    side: str,
    g1: RobotConfig,
) -> None:
    contract = grasp.contract(take(), look(standing(), cup_at(0.3, y)))
    assert contract.joints == g1.joints_of(f"{side}_arm", f"{side}_hand")


def test_a_hand_at_work_keeps_its_object(
    grasp: Grasp, standing: Standing, cup_at: CupAt, g1: RobotConfig
) -> None:
    grasp.start(take(), look(standing(), cup_at(0.3, 0.02)))
    nudged = look(standing(), cup_at(0.3, -0.02))
    assert grasp.contract(take(), nudged).joints[0].startswith("left")
    grasp.stop()
    assert grasp.contract(take(), nudged).joints[0].startswith("right")


def test_what_lies_in_a_hand_is_that_hands(
    grasp: Grasp, standing: Standing, cup_at: CupAt, g1: RobotConfig
) -> None:
    state = standing()
    site, _ = Hands(g1).frame("right", state)
    held = cup_at(*(state.base_pos_w + site + np.array([0.0, 0.05, 0.0])))
    assert grasp.contract(take(), look(state, held)).joints[0].startswith("right")


def test_an_object_that_is_not_there(grasp: Grasp, standing: Standing) -> None:
    with pytest.raises(
        GoalError, match=r"grasp: there is no 'cup' here \(seen: nothing\)"
    ):
        grasp.contract(take(), look(standing()))


def test_furniture_cannot_be_lifted(
    grasp: Grasp, standing: Standing, table: ObjectState
) -> None:
    with pytest.raises(GoalError, match="grasp: table is a table and cannot be lifted"):
        grasp.contract(take(name="table"), look(standing(), table))


def test_a_hand_that_the_robot_lacks(
    grasp: Grasp, standing: Standing, cup_at: CupAt
) -> None:
    with pytest.raises(
        GoalError, match=r"grasp: there is no 'third' hand \(known: right, left\)"
    ):
        grasp.contract(take("third"), look(standing(), cup_at(0.3, 0.0)))


# --- what the hand sees ---------------------------------------------------------------


def test_signals_by_hand(
    grasp: Grasp,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
) -> None:
    state = standing()
    cup = cup_at(0.3, -0.1, 0.75)
    grasp.start(take("right"), look(state, before_table(table), cup))
    run = grasp._run
    assert run is not None
    site, rotation = Hands(g1).frame("right", state)
    signals = run.signals(state, cup)
    in_hand = rotation.T @ (np.array([0.3, -0.1, 0.75 - g1.standing_height]) - site)
    assert_allclose(signals["object_pos_hand"], in_hand, atol=1e-12)
    assert_allclose(signals["object_size"], [0.03, 0.05])
    assert_allclose(signals["hand_pos_base"], site)
    # The table's top is 0.7 m high; an upright robot's clearance is plain height,
    # and 25 cm is all that matters.
    assert site[2] + g1.standing_height - 0.7 > 0.25
    assert_allclose(signals["hand_clearance"], [0.25])
    goal = rotation.T @ np.array([0.0, 0.0, LIFT])
    assert_allclose(signals["object_to_goal_hand"], goal, atol=1e-12)
    assert_allclose(signals["up_hand"], rotation[2], atol=1e-12)
    assert_allclose(signals["object_up_hand"], rotation[2], atol=1e-12)


def test_a_hidden_object_is_where_it_was_last_seen(
    grasp: Grasp, standing: Standing, cup_at: CupAt
) -> None:
    snapshot = look(standing(), cup_at(0.3, -0.1))

    def two_steps(second: Snapshot) -> np.ndarray:
        grasp.start(take("right"), snapshot)
        grasp.step(snapshot)
        return grasp.step(second).joint_pos

    assert_array_equal(two_steps(look(standing())), two_steps(snapshot))


# --- the other hand -------------------------------------------------------------------


def test_a_mirrored_policy_in_the_mirror_image_moves_the_other_side_exactly(
    both: dict[str, Policy],
    random_state: RobotState,
    mirror_image: MirrorImage,
    g1: RobotConfig,
) -> None:
    right, left = both["right"], both["left"]
    assert right.joints == g1.joints_of("right_arm", "right_hand")
    assert left.joints == g1.joints_of("left_arm", "left_hand")
    state = random_state
    image = mirror_image(state)
    right.reset(state)
    left.reset(image)
    assert_array_equal(right.target, left.target)
    assert_array_equal(right.measured(state), left.measured(image))
    rng = np.random.default_rng(0)
    both_sides = joint_mirror((*right.joints, *left.joints))
    for _ in range(30):  # long enough for some targets to reach their limits
        signals = {
            term.name: 3.0 * rng.normal(size=term.size)
            for term in right.contract.observations
            if term.name in right.contract.signals
        }
        here, there = right.act(state, signals), left.act(image, signals)
        assert_array_equal(right.last_observation, left.last_observation)
        assert_array_equal(both_sides(np.concatenate([here, here]))[14:], there)
        low, high = g1.joint_range[[g1.joint_names.index(n) for n in left.joints]].T
        assert (there >= low - 1e-12).all() and (there <= high + 1e-12).all()


def test_the_left_hand_grasps_a_mirrored_cup_like_the_right_hand(
    grasp: Grasp,
    random_state: RobotState,
    mirror_image: MirrorImage,
    table: ObjectState,
    cup_at: CupAt,
) -> None:
    tilt = wxyz_from_rpy(*(np.float64(v) for v in (0.2, 0.1, 0.7)))
    things = [before_table(table), cup_at(0.3, -0.12, quat_wxyz=np.asarray(tilt))]
    up = rotate(things[1].quat_wxyz, np.array([0.0, 0.0, 1.0]))
    image_up = rotate(mirror_image(things[1]).quat_wxyz, np.array([0.0, 0.0, 1.0]))
    assert_allclose(image_up, up * [1.0, -1.0, 1.0], atol=1e-12)

    def targets(side: str, state: RobotState, things: list[ObjectState]) -> np.ndarray:
        snapshot = look(state, *things)
        grasp.start(take(side), snapshot)
        return np.array([grasp.step(snapshot).joint_pos for _ in range(5)])

    right = targets("right", random_state, things)
    left = targets("left", mirror_image(random_state), [*map(mirror_image, things)])
    names = (*grasp._policies["right"].joints, *grasp._policies["left"].joints)
    image = joint_mirror(names)(np.concatenate([right, right], axis=1))[:, 14:]
    # The two arms of the MJCF differ in the fifth decimal.
    assert_allclose(left, image, atol=1e-5)
    assert np.abs(np.diff(left, axis=0)).max() > 1e-3
