"""Predicates answer by measurements, and say which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import pi

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import rotate, wxyz_from_rpy
from skills.contract import Check, Condition, Failure, Predicate, Snapshot
from skills.furniture import Pose2D
from skills.predicates import (
    Hands,
    Lasting,
    advancing,
    arrived,
    at,
    carried,
    hand_away,
    hand_free,
    height_above_support,
    holding,
    in_base,
    in_reach,
    not_dropped,
    on_hand_side,
    pose_of,
    resting_on,
    tilt_of,
    upright,
    visible,
)

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]


@pytest.fixture(scope="module")
def hands(g1: RobotConfig) -> Hands:
    return Hands(g1)


def tilted(roll: float, pitch: float = 0.0) -> np.ndarray:
    return np.asarray(wxyz_from_rpy(np.float64(roll), np.float64(pitch), np.float64(0)))


def look(state: RobotState, *things: ObjectState) -> Snapshot:
    return Snapshot(state=state, objects={thing.name: thing for thing in things})


def in_hand(hands: Hands, side: str, state: RobotState) -> np.ndarray:
    """Return the point in the world where a hand holds things."""
    site, _ = hands.frame(side, state)
    return np.asarray(state.base_pos_w + rotate(state.base_quat_wxyz, site))


def test_a_hand_is_where_the_state_says_however_often_it_is_asked(
    g1: RobotConfig, standing: Standing
) -> None:
    hands, state = Hands(g1), standing()
    site, _ = hands.frame("right", state)
    assert hands.frame("right", state)[0] is site  # asked of the same state
    raised = state.joint_pos.copy()
    raised[g1.joint_names.index("right_elbow_joint")] += 0.5
    moved, _ = hands.frame("right", replace(state, joint_pos=raised))
    assert np.linalg.norm(moved - site) > 0.05


def test_a_point_ahead_of_a_turned_robot(standing: Standing) -> None:
    state = standing(1.0, 2.0, pi / 2)
    assert_allclose(in_base(state, np.array([1.0, 2.5, 0.784])), [0.5, 0, 0], atol=1e-9)
    here = pose_of(state)
    assert (here.x, here.y, here.yaw) == pytest.approx((1.0, 2.0, pi / 2))


@pytest.mark.parametrize(
    ("roll", "pitch", "expected"), [(0, 0, 0), (0.3, 0, 0.3), (0, -1.2, 1.2)]
)
def test_tilt_is_the_angle_to_the_vertical(
    standing: Standing, roll: float, pitch: float, expected: float
) -> None:
    state = standing(base_quat_wxyz=tilted(roll, pitch))
    assert tilt_of(state) == pytest.approx(expected, abs=1e-7)


def test_upright_up_to_its_limit(standing: Standing) -> None:
    condition = upright()
    assert condition.name == "upright(robot)"
    assert condition.failure is Failure.UNSTABLE
    good = condition.check(look(standing(base_quat_wxyz=tilted(0.59))))
    assert good == Check(holds=True, reason="the robot leans 34 degrees")
    assert not condition.check(look(standing(base_quat_wxyz=tilted(0.61)))).holds


def test_visible_is_what_perception_reports(standing: Standing, cup_at: CupAt) -> None:
    condition = visible("cup")
    assert (condition.name, condition.failure) == ("visible(cup)", Failure.OBJECT_LOST)
    assert condition.check(look(standing(), cup_at(1, 0))) == Check(
        holds=True, reason="cup is seen"
    )
    assert condition.check(look(standing())) == Check(
        holds=False, reason="cup is not seen"
    )


class Switch:
    """A predicate that a test turns on and off."""

    def __init__(self) -> None:
        self.on = True

    def __call__(self, snapshot: Snapshot) -> Check:
        return Check(holds=self.on, reason="the switch")


def test_what_must_last_begins_anew_after_every_break(standing: Standing) -> None:
    switch = Switch()
    lasting = Lasting(switch, 0.4)

    def ask(time: float) -> Check:
        return lasting(look(standing(time=time)))

    assert ask(0.0) == Check(holds=False, reason="the switch, for 0.0 of 0.4 s")
    assert not ask(0.3).holds
    assert ask(0.4).holds
    switch.on = False
    assert ask(0.5) == Check(holds=False, reason="the switch")
    switch.on = True
    assert not ask(0.6).holds
    assert ask(1.0) == Check(holds=True, reason="the switch, for 0.4 of 0.4 s")


def test_time_in_which_nobody_asked_does_not_count(standing: Standing) -> None:
    lasting = Lasting(Switch(), 0.4)
    for time in (0.0, 0.6, 1.2, 1.8):
        assert not lasting(look(standing(time=time))).holds
    assert lasting(look(standing(time=2.2))).holds
    assert not lasting(look(standing(time=0.0))).holds  # a new run has begun


def test_at_wants_place_heading_and_rest_for_half_a_second(standing: Standing) -> None:
    def asked_twice(**state: float) -> Check:
        condition = at(Pose2D(x=1.0, y=0.0, yaw=0.0), "table", distance=0.1, turn=0.105)
        assert condition.name == "at(table)"
        assert condition.failure is Failure.OUT_OF_REACH
        speed = np.array([state.pop("speed", 0.0), 0.0, 0.0])
        for time in (0.0, 0.5):
            answer = condition.check(
                look(standing(**state, time=time, base_lin_vel_w=speed))
            )
        return answer

    good = asked_twice(x=1.06, y=0.06, yaw=0.1)
    assert good.holds
    assert good.reason == (
        "8 cm and 6 degrees from the stance beside table, moving at 0.00 m/s, "
        "for 0.5 of 0.5 s"
    )
    assert not asked_twice(x=1.08, y=0.07).holds
    assert not asked_twice(x=1.0, yaw=-0.11).holds
    assert not asked_twice(x=1.0, speed=0.11).holds


def test_height_above_what_is_below(
    standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    cup = cup_at(0.1, 0.0, 0.87)
    assert height_above_support(cup, look(standing(), table)) == pytest.approx(0.12)
    assert height_above_support(cup, look(standing())) == pytest.approx(0.82)


def test_holding_is_near_the_grip_off_every_surface_and_upright(
    hands: Hands, standing: Standing, cup_at: CupAt
) -> None:
    state = standing()
    x, y, z = in_hand(hands, "left", state)
    either = holding("cup", hands, None, lifted=0.1)
    assert (either.name, either.failure) == ("holding(cup)", Failure.DROPPED)
    centre = cup_at(x + 0.05, y, z)
    assert either.check(look(state, centre)) == Check(
        holds=True,
        reason=f"cup is 5 cm from the hand's grip, {100 * (z - 0.05):.0f} cm above "
        "the surface, tilted 0 degrees",
    )
    assert holding("cup", hands, "left", lifted=0.1).check(look(state, centre)).holds
    right = holding("cup", hands, "right", lifted=0.1)
    assert not right.check(look(state, centre)).holds
    assert not either.check(look(state, cup_at(x + 0.09, y, z))).holds
    fallen = cup_at(x, y, z, quat_wxyz=tilted(0.6))
    assert not either.check(look(state, fallen)).holds
    high = holding("cup", hands, None, lifted=z)
    assert not high.check(look(state, centre)).holds
    assert either.check(look(state)) == Check(holds=False, reason="cup is not seen")


def test_a_grasp_must_hold_for_its_duration(
    hands: Hands, standing: Standing, cup_at: CupAt
) -> None:
    condition = holding("cup", hands, "right", lifted=0.1, duration=2.0)
    cup = cup_at(*in_hand(hands, "right", standing()))
    times = np.arange(0.0, 2.01, 0.1)
    answers = [condition.check(look(standing(time=t), cup)).holds for t in times]
    assert answers == [False] * 20 + [True]


def test_a_robot_without_hands_holds_nothing(
    g1: RobotConfig, standing: Standing, cup_at: CupAt
) -> None:
    sites = g1.sites.model_copy(update={"left_grasp": None, "right_grasp": None})
    hands = Hands(g1.model_copy(update={"sites": sites}))
    assert hands.sides == ()
    cup = cup_at(0.3, 0.0)
    assert hands.holder(standing(), cup) is None
    answer = holding("cup", hands, None, lifted=0.01).check(look(standing(), cup))
    assert answer == Check(holds=False, reason="the robot has no hand for cup")


def test_resting_on_a_surface(
    standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    target = np.array([0.1, 0.2])

    def asked_twice(*things: ObjectState) -> Check:
        condition = resting_on("cup", "table", point=target, radius=0.05)
        assert condition.name == "on(cup, table)"
        assert condition.failure is Failure.DROPPED
        for time in (0.0, 0.3):
            answer = condition.check(look(standing(time=time), *things))
        return answer

    good = asked_twice(table, cup_at(0.1, 0.24, 0.76))
    assert good.holds
    assert good.reason == (
        "cup is 1 cm above table, 4 cm from the target, moving at 0.00 m/s, "
        "for 0.3 of 0.3 s"
    )
    assert not asked_twice(table, cup_at(0.1, 0.26)).holds  # off the target
    assert not asked_twice(table, cup_at(0.1, 0.2, 0.77)).holds  # in the air
    moving = cup_at(0.1, 0.2, lin_vel_w=np.array([0.0, 0.06, 0.0]))
    assert not asked_twice(table, moving).holds
    leaning = cup_at(0.1, 0.2, quat_wxyz=tilted(0.3))
    assert not asked_twice(table, leaning).holds
    assert asked_twice(table).reason == "cup is not seen"
    assert asked_twice(cup_at(0.1, 0.2)).reason == "table is not seen"


def test_resting_anywhere_on_it_asks_for_no_point(
    standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    condition = resting_on("cup", "table", point=None, radius=0.05)
    for time in (0.0, 0.3):
        answer = condition.check(look(standing(time=time), table, cup_at(0.39, -0.59)))
    assert answer.holds and "target" not in answer.reason
    beyond = resting_on("cup", "table", point=None, radius=0.05)
    assert not beyond.check(look(standing(), table, cup_at(0.41, 0.0))).holds


@pytest.mark.parametrize(
    ("x", "y", "left", "right"),
    [
        (0.3, 0.0, True, True),
        (0.3, 0.2, True, False),
        (0.3, -0.2, False, True),
        (0.45, 0.0, False, False),
        (0.13, 0.0, False, False),
        (0.3, 0.35, False, False),
    ],
)
def test_reach_of_both_arms(
    hands: Hands,
    standing: Standing,
    cup_at: CupAt,
    x: float,
    y: float,
    left: bool,
    right: bool,
) -> None:
    for side, expected in (("left", left), ("right", right)):
        condition = in_reach("cup", hands, side)
        assert condition.name == "in_reach(cup)"
        assert condition.failure is Failure.OUT_OF_REACH
        answer = condition.check(look(standing(), cup_at(x, y)))
        assert answer.holds is expected
        assert answer.reason == f"cup is {x:.2f} m ahead and {y:+.2f} m to the left"
        assert condition.check(look(standing())).reason == "cup is not seen"


def test_a_free_hand_holds_nothing_else(
    hands: Hands, standing: Standing, cup_at: CupAt, table: ObjectState
) -> None:
    state = standing()
    held = cup_at(*in_hand(hands, "left", state), name="mug")

    def free(side: str, but: str = "cup") -> Condition:
        return hand_free(hands, side, but=but)

    assert free("left").name == "free(left_hand)"
    assert free("left").check(look(state, held, table)) == Check(
        holds=False, reason="the left hand holds mug"
    )
    assert free("right").check(look(state, held)) == Check(
        holds=True, reason="the right hand is free"
    )
    assert free("left", but="mug").check(look(state, held)).holds


def test_what_stands_under_the_hand_is_not_held(
    hands: Hands, standing: Standing, cup_at: CupAt, table: ObjectState
) -> None:
    state = standing()
    x, y, z = in_hand(hands, "left", state)
    cup = cup_at(x, y, z, name="mug")
    bottom = z - 0.05
    below = replace(table, pos_w=np.array([0.0, 0.0, bottom - 0.35]))
    assert hand_free(hands, "left", but="cup").check(look(state, cup, below)).holds
    lower = replace(table, pos_w=np.array([0.0, 0.0, bottom - 0.35 - 0.02]))
    carried = hand_free(hands, "left", but="cup").check(look(state, cup, lower))
    assert not carried.holds


@pytest.mark.parametrize(("side", "off", "away"), [("left", 9, 0), ("right", 11, 1)])
def test_a_hand_is_away_10_cm_from_the_centre(
    hands: Hands, standing: Standing, cup_at: CupAt, side: str, off: int, away: int
) -> None:
    state = standing()
    cup = cup_at(*(in_hand(hands, side, state) + np.array([off / 100, 0.0, 0.0])))
    condition = hand_away("cup", hands)
    assert (condition.name, condition.failure) == ("let_go(cup)", Failure.TIMEOUT)
    assert condition.check(look(state, cup)) == Check(
        holds=bool(away), reason=f"the hand is {off} cm from cup"
    )
    assert condition.check(look(state)) == Check(holds=False, reason="cup is not seen")


@pytest.mark.parametrize(
    ("x", "y", "left", "right"),
    [
        (0.3, 0.0, True, True),
        (0.3, 0.13, True, False),  # an arm works 12 cm across the middle
        (0.3, -0.13, False, True),
        (0.3, -0.37, False, True),
        (0.3, -0.39, False, False),
        (0.15, 0.0, True, True),
        (0.13, 0.0, False, False),
        (0.45, 0.0, True, True),
        (0.47, 0.0, False, False),
    ],
)
def test_where_an_arm_can_work(
    standing: Standing, x: float, y: float, left: bool, right: bool
) -> None:
    # The robot looks along y: what is ahead of it is y, what is to its left is -x.
    state = standing(1.0, 2.0, pi / 2)
    point = np.array([1.0 - y, 2.0 + x, 0.75])
    for side, expected in (("left", left), ("right", right)):
        condition = on_hand_side("spot", point, side)
        assert condition.name == "in_reach(spot)"
        assert condition.failure is Failure.OUT_OF_REACH
        answer = condition.check(look(state))
        assert answer.holds is expected
        assert answer.reason == (
            f"the spot is {x:.2f} m ahead and {y:+.2f} m to the left"
        )


def test_conditions_say_what_they_ask(hands: Hands) -> None:
    stance, point = Pose2D(x=0.0, y=0.0, yaw=0.0), np.zeros(3)
    spot = Predicate("spot_in_reach", ("cup", "shelf"))
    asked = {
        "upright()": upright(),
        "visible(cup)": visible("cup"),
        "at(table)": at(stance, "table", distance=0.1, turn=0.1),
        "holding(cup)": holding("cup", hands, "left", lifted=0.1),
        "carried(cup)": carried("cup", hands, None),
        "on(cup, shelf)": resting_on("cup", "shelf", point=None, radius=0.05),
        "spot_in_reach(cup, shelf)": on_hand_side(
            "spot", point, "left", predicate=spot
        ),
        "in_reach(cup)": in_reach("cup", hands, "left"),
        "in_reach(cup, left)": in_reach("cup", hands, "left", asked=True),
        "free(left)": hand_free(hands, "left", but="cup", asked=True),
    }
    assert [str(c.predicate) for c in asked.values()] == list(asked)
    assert on_hand_side("spot", point, "left").predicate is None
    assert hand_away("cup", hands).predicate is None


def test_resting_without_a_duration_is_seen_at_once(
    standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    now = resting_on("cup", "table", point=None, radius=0.05, duration=0.0)
    answer = now.check(look(standing(), table, cup_at(0.1, 0.0)))
    assert answer == Check(
        holds=True, reason="cup is 0 cm above table, moving at 0.00 m/s"
    )


def test_arrived_is_nothing_left_to_walk_or_turn(standing: Standing) -> None:
    left = {"way": 0.09, "turn": -0.1}
    condition = arrived(
        lambda here: (left["way"], left["turn"]),
        "moved(1 m forward)",
        "the place",
        distance=0.1,
        turn=0.105,
    )
    assert (condition.name, condition.failure) == (
        "moved(1 m forward)",
        Failure.OUT_OF_REACH,
    )
    assert not condition.check(look(standing())).holds
    assert condition.check(look(standing(time=0.5))) == Check(
        holds=True,
        reason="9 cm and 6 degrees from the place, moving at 0.00 m/s, "
        "for 0.5 of 0.5 s",
    )
    left["turn"] = -2 * pi
    assert not condition.check(look(standing(time=0.6))).holds


def test_only_what_was_lifted_can_be_dropped(
    hands: Hands, standing: Standing, cup_at: CupAt
) -> None:
    state = standing()
    condition = not_dropped("cup", hands, "right")
    assert condition.failure is Failure.DROPPED
    on_the_floor = cup_at(0.5, 0.0)
    held = replace(on_the_floor, pos_w=in_hand(hands, "right", state))
    assert condition.check(look(state, on_the_floor)).holds
    assert condition.check(look(state, held)).holds
    assert condition.check(look(state)).holds  # hidden is not dropped
    answer = condition.check(look(state, on_the_floor))
    assert not answer.holds
    assert "cup was lifted and is" in answer.reason
    # Whoever asks anew has not seen it lifted.
    assert not_dropped("cup", hands, "right").check(look(state, on_the_floor)).holds


def test_a_robot_without_its_arms_joints_has_no_hands(g1: RobotConfig) -> None:
    legs = [joint for joint in g1.joints if joint.name in g1.joints_of("legs")]
    walker = RobotConfig.model_validate({**g1.model_dump(), "joints": legs})
    assert Hands(walker).sides == ()


def test_a_walk_that_does_not_get_on_for_5_s_is_blocked(standing: Standing) -> None:
    way = advancing(lambda here: (2.0 - here.x, 0.0))

    def asked(time: float, x: float, yaw: float = 0.0) -> bool:
        return way.check(look(standing(time=time, x=x, yaw=yaw))).holds

    assert way.failure is Failure.BLOCKED
    assert asked(0.0, 0.0) and asked(4.9, 0.1)
    assert not asked(5.0, 0.1)
    assert asked(5.1, 0.2)  # it got on: time begins anew
    assert asked(10.0, 0.2) and not asked(10.2, 0.2)
    assert asked(10.3, 0.2, yaw=0.4)  # turning is getting on too
    assert asked(20.0, 1.8)  # nearly there: it may take its time
    assert asked(30.0, 1.8)
