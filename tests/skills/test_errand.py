"""A walk leads where it was asked, and follows what it is to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import cos, hypot, pi, sin

import numpy as np
import pytest

from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import wxyz_from_yaw
from skills.contract import Condition, Goal, GoalError, Predicate, Snapshot
from skills.errand import Errand, promise
from skills.furniture import Pose2D, turn_between
from skills.predicates import Hands, pose_of
from skills.steering import SteeringLimits
from skills.walk_stance import stance_beside

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]
DT = 0.02
LIMITS = SteeringLimits()


@pytest.fixture(scope="module")
def hands(g1: RobotConfig) -> Hands:
    return Hands(g1)


class Walker:
    """An ideal robot that goes where its errand leads."""

    def __init__(
        self, hands: Hands, state: RobotState, things: tuple[ObjectState, ...]
    ) -> None:
        self.hands = hands
        self.state = state
        self.things = {thing.name: thing for thing in things}
        self.errand: Errand | None = None

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(state=self.state, objects=dict(self.things))

    def ask(self, **args: str | float) -> tuple[Errand, Condition]:
        """Return an errand, not begun, and what it promises."""
        errand = Errand(
            Goal(skill="walk", args=args),
            self.snapshot,
            choose=stance_beside,
            hands=self.hands,
            limits=LIMITS,
        )
        there = promise(errand, lambda: self.errand, distance=0.1, turn=0.105)
        return errand, there

    def start(self, **args: str | float) -> Condition:
        self.errand, there = self.ask(**args)
        self.errand.start(self.snapshot)
        return there

    def walk(self, seconds: float) -> Iterator[Pose2D]:
        """Walk; yield the pose after every tick."""
        assert self.errand is not None
        for _ in range(round(seconds / DT)):
            vx, vy, wz = self.errand.step(self.snapshot)
            yaw = pose_of(self.state).yaw
            over_ground = np.array(
                [cos(yaw) * vx - sin(yaw) * vy, sin(yaw) * vx + cos(yaw) * vy, 0.0]
            )
            self.state = replace(
                self.state,
                time=self.state.time + DT,
                base_pos_w=self.state.base_pos_w + over_ground * DT,
                base_quat_wxyz=wxyz_from_yaw(np.float64(yaw + wz * DT)),
                base_lin_vel_w=over_ground,
            )
            yield pose_of(self.state)

    def walk_until(self, there: Condition, limit: float = 60.0) -> float:
        """Walk until a promise is kept; return how long that took [s]."""
        begun = self.state.time
        for _ in self.walk(limit):
            if there.check(self.snapshot).holds:
                return self.state.time - begun
        raise AssertionError(there.check(self.snapshot).reason)

    def put(self, thing: ObjectState) -> None:
        self.things[thing.name] = thing


@pytest.fixture
def walker(hands: Hands, standing: Standing) -> Callable[..., Walker]:
    def make(
        *things: ObjectState, x: float = 0.0, y: float = 0.0, yaw: float = 0.0
    ) -> Walker:
        return Walker(hands, standing(x, y, yaw), things)

    return make


# --- displacements --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({"forward": 2.0}, "moved(2 m forward)"),
        ({"forward": -0.3}, "moved(0.3 m back)"),
        ({"forward": -2.0}, "moved(2 m back)"),
        ({"left": 1.5}, "moved(1.5 m left)"),
        ({"left": -0.2}, "moved(0.2 m right)"),
        ({"forward": 1.0, "left": -1.0}, "moved(1 m forward, 1 m right)"),
    ],
)
def test_a_distance_is_walked_straight_without_turning_round(
    walker: Callable[..., Walker], args: dict[str, float], name: str
) -> None:
    robot = walker(x=1.0, y=2.0, yaw=pi / 2)  # ahead is y, its left is -x
    there = robot.start(**args)
    assert there.name == name
    forward, left = args.get("forward", 0.0), args.get("left", 0.0)
    far = hypot(forward, left)
    for here in robot.walk(far / 0.2 + 3.0):
        kept = there.check(robot.snapshot).holds
        assert here.yaw == pytest.approx(pi / 2, abs=0.01)
        ahead, aside = here.y - 2.0, 1.0 - here.x
        assert abs(ahead * left - aside * forward) / far < 0.01  # off the line
    assert kept
    assert (ahead, aside) == pytest.approx((forward, left), abs=LIMITS.leave)


@pytest.mark.parametrize(
    ("turn", "name"),
    [
        (pi / 2, "moved(90 degrees left)"),
        (-1.5 * pi, "moved(270 degrees right)"),
        (2 * pi, "moved(360 degrees left)"),
        (-5 * pi, "moved(900 degrees right)"),
    ],
)
def test_a_turn_is_made_in_full_and_on_the_spot(
    walker: Callable[..., Walker], turn: float, name: str
) -> None:
    robot = walker(yaw=2.0)
    there = robot.start(turn=turn)
    assert there.name == name
    turned, before = 0.0, 2.0
    for here in robot.walk(abs(turn) / 0.6 + 4.0):
        turned += turn_between(before, here.yaw)
        before = here.yaw
        assert hypot(here.x, here.y) < 0.01
        kept = there.check(robot.snapshot).holds
        assert not kept or abs(turned - turn) < 0.105
    assert kept
    assert turned == pytest.approx(turn, abs=LIMITS.leave_yaw)


def test_it_moves_first_and_turns_there(walker: Callable[..., Walker]) -> None:
    robot = walker()
    there = robot.start(forward=1.0, turn=-pi / 2)
    for here in robot.walk(12.0):
        if here.x < 1.0 - LIMITS.leave - 0.01:
            assert here.yaw == pytest.approx(0.0, abs=0.01)
        kept = there.check(robot.snapshot).holds
    assert kept
    assert here.yaw == pytest.approx(-pi / 2, abs=LIMITS.leave_yaw)


def test_before_it_has_begun_a_whole_turn_is_still_to_make(
    walker: Callable[..., Walker],
) -> None:
    robot = walker(yaw=0.5)
    errand, there = robot.ask(turn=2 * pi)
    assert errand.left(pose_of(robot.state)) == pytest.approx((0.0, 2 * pi))
    answer = there.check(robot.snapshot)
    assert not answer.holds
    assert answer.reason == "0 cm and 360 degrees from the place, moving at 0.00 m/s"
    assert there.predicate is None  # nothing to plan for


def test_the_place_stays_where_it_was_when_the_walk_began(
    walker: Callable[..., Walker],
) -> None:
    robot = walker()
    early = robot.ask(forward=1.0)[1]  # as a planner asks, before the start
    there = robot.start(forward=1.0)
    list(robot.walk(2.0))
    assert robot.errand is not None
    stance = robot.errand.stance
    assert (stance.x, stance.y, stance.yaw) == pytest.approx((1.0, 0.0, 0.0))
    robot.walk_until(there)
    assert early.check(robot.snapshot).reason == there.check(
        robot.snapshot
    ).reason.replace("0.5 of", "0.0 of")
    # Asked again, it is another metre.
    robot.errand = None
    again = robot.ask(forward=1.0)[1].check(robot.snapshot)
    assert again.reason.startswith("100 cm")


@pytest.mark.parametrize(
    ("args", "fastest"),
    [
        ({"forward": 3.0}, 0.7),
        ({"forward": 3.0, "speed": 1.0}, 1.0),
        ({"forward": 3.0, "speed": 0.3}, 0.3),
        ({"forward": -3.0}, 0.4),
        ({"forward": -3.0, "speed": 1.0}, 0.4),
        ({"forward": -3.0, "speed": 0.2}, 0.2),
        ({"left": 3.0}, 0.25),
        ({"left": 3.0, "speed": 0.15}, 0.15),
    ],
)
def test_the_fastest_speed_on_the_way(
    walker: Callable[..., Walker], args: dict[str, float], fastest: float
) -> None:
    robot = walker()
    robot.start(**args)
    speeds = [hypot(*robot.state.base_lin_vel_w[:2]) for _ in robot.walk(8.0)]
    assert max(speeds) == pytest.approx(fastest)


def test_a_walk_to_a_target_keeps_to_the_speed(
    walker: Callable[..., Walker], table: ObjectState
) -> None:
    robot = walker(table, x=-2.5, y=0.5)
    there = robot.start(target="table", speed=0.2)
    for _ in robot.walk(10.0):
        assert hypot(*robot.state.base_lin_vel_w[:2]) < 0.201
    robot.walk_until(there)


def test_the_time_it_may_take(walker: Callable[..., Walker]) -> None:
    robot = walker()
    assert robot.ask(forward=2.0)[0].timeout_s == pytest.approx(25.0 + 12.0)
    assert robot.ask(turn=-pi)[0].timeout_s == pytest.approx(25.0 + 4.0 * pi)
    slow = robot.ask(forward=2.0, speed=0.1)[0]
    assert slow.timeout_s == pytest.approx(25.0 + 40.0)


@pytest.mark.parametrize(
    ("start", "args"),
    [
        ((-2.0, 0.0), {"forward": 1.4}),  # 20 cm before the edge
        ((-0.6, 0.0), {"forward": 0.2}),
        ((-0.6, 0.0), {"left": 2.0, "forward": 0.3}),  # past the corner, through it
        ((-2.0, 0.0), {"forward": 5.0}),
    ],
)
def test_furniture_in_the_way(
    walker: Callable[..., Walker],
    table: ObjectState,
    start: tuple[float, float],
    args: dict[str, float],
) -> None:
    robot = walker(table, x=start[0], y=start[1])
    with pytest.raises(
        GoalError, match=r"walk: the table is in the way of .* m forward.*; walk less"
    ):
        robot.ask(**args)


@pytest.mark.parametrize(
    ("start", "args"),
    [
        ((-2.0, 0.0), {"forward": 1.3}),  # 30 cm before the edge
        ((-2.0, 0.9), {"forward": 5.0}),  # past it, 30 cm from its side
        ((-0.6, 0.0), {"forward": -0.3}),  # back from it
        ((-0.6, 0.0), {"left": 0.5}),  # along it
    ],
)
def test_room_enough(
    walker: Callable[..., Walker],
    table: ObjectState,
    start: tuple[float, float],
    args: dict[str, float],
) -> None:
    walker(table, x=start[0], y=start[1]).ask(**args)


def test_loose_things_are_not_in_the_way(
    walker: Callable[..., Walker], cup_at: CupAt
) -> None:
    walker(cup_at(1.0, 0.0, 0.05)).ask(forward=2.0)


# --- following ------------------------------------------------------------------------


def test_a_cup_that_is_moved_is_followed(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-2.5)
    early = robot.ask(target="cup", reach="cup", side="right")[1]
    there = robot.start(target="cup", reach="cup", side="right")
    assert there.predicate == Predicate("at", ("cup",))
    list(robot.walk(2.0))
    robot.put(cup_at(-0.3, 0.2))
    robot.walk_until(there)
    assert robot.errand is not None
    # 10 cm behind the edge: the pelvis 17 cm before it, the cup 14 cm to the right.
    stance = robot.errand.stance
    assert (stance.x, stance.y) == pytest.approx((-0.57, 0.34))
    here = pose_of(robot.state)
    assert hypot(here.x + 0.57, here.y - 0.34) < 0.1
    assert "from the stance beside cup" in early.check(robot.snapshot).reason
    assert (
        early.check(robot.snapshot).reason.split(",")[0]
        == (there.check(robot.snapshot).reason.split(",")[0])
    )


def test_a_promise_is_of_the_present_stance(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-0.6, y=-0.36)
    there = robot.start(target="cup", side="right")
    early = there.check(robot.snapshot)
    assert early.reason.startswith("50 cm")
    next(robot.walk(DT))
    robot.state = replace(robot.state, time=robot.state.time + 0.5)
    robot.put(cup_at(-0.3, 0.2))
    next(robot.walk(DT))
    assert there.check(robot.snapshot).reason.startswith("70 cm")


@pytest.mark.parametrize(("by", "follows"), [(0.039, False), (0.041, True)])
def test_a_little_is_not_followed(
    walker: Callable[..., Walker],
    table: ObjectState,
    cup_at: CupAt,
    by: float,
    follows: bool,
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-2.5)
    robot.start(target="table", reach="cup", side="right")
    assert robot.errand is not None
    before = robot.errand.stance
    robot.put(cup_at(-0.3, by))
    list(robot.walk(1.0))
    assert (robot.errand.stance != before) is follows


def test_it_chooses_anew_at_most_every_half_second(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-2.5)
    robot.start(target="cup", side="right")
    assert robot.errand is not None
    stances = [robot.errand.stance.y]
    for tick, _ in enumerate(robot.walk(2.0)):
        robot.put(cup_at(-0.3, 0.002 * tick))  # 10 cm/s
        if robot.errand.stance.y != stances[-1]:
            stances.append(robot.errand.stance.y)
    assert len(stances) == 1 + 3  # at 0.5, 1.0 and 1.5 s


def test_what_is_hidden_is_where_it_was(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-1.5)
    there = robot.start(target="cup", side="right")
    list(robot.walk(0.6))
    del robot.things["cup"]
    robot.walk_until(there)
    assert robot.errand is not None
    assert robot.errand.stance.y == pytest.approx(0.14)


def test_when_its_table_is_hidden_the_last_stance_must_do(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-1.5)
    there = robot.start(target="table", reach="cup", side="right")
    list(robot.walk(0.6))
    del robot.things["table"]
    robot.put(cup_at(-0.3, 0.2))
    robot.walk_until(there)
    assert robot.errand is not None
    assert robot.errand.stance.y == pytest.approx(0.14)


def test_what_is_in_the_hand_is_not_run_after(
    walker: Callable[..., Walker], hands: Hands, cup_at: CupAt
) -> None:
    robot = walker(cup_at(1.0, 0.0, 0.05))
    robot.start(target="cup")
    assert robot.errand is not None
    before = robot.errand.stance
    list(robot.walk(0.6))
    site, _ = hands.frame("right", robot.state)
    robot.put(cup_at(*(robot.state.base_pos_w + site)))
    next(robot.walk(DT))
    assert robot.errand.stance == before


def test_arrived_it_stays(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.0), x=-1.5)
    robot.walk_until(robot.start(target="cup", side="right"))
    list(robot.walk(1.0))
    assert robot.errand is not None
    before = robot.errand.stance
    robot.put(cup_at(-0.3, 0.2))
    list(robot.walk(1.0))
    assert robot.errand.stance == before


def test_a_stance_nearby_is_stepped_to_without_turning_away(
    walker: Callable[..., Walker], table: ObjectState
) -> None:
    robot = walker(table, x=-0.65, y=0.1, yaw=0.3)
    there = robot.start(target="table", carrying="cup")
    for here in robot.walk(8.0):
        kept = there.check(robot.snapshot).holds
        assert -0.1 < here.yaw < 0.31
    assert kept


def test_it_steps_back_from_the_furniture_before_it_turns(
    walker: Callable[..., Walker], table: ObjectState
) -> None:
    shelf = replace(table, name="shelf", pos_w=np.array([-0.5, 3.0, 0.35]))
    robot = walker(table, shelf, x=-0.6, y=0.3)
    there = robot.start(target="shelf")
    for here in robot.walk(20.0):
        kept = there.check(robot.snapshot).holds
        if here.y < 1.0 and abs(here.yaw) > 0.1:
            assert here.x < -0.4 - 0.3
    assert kept


def test_another_stance_at_the_furniture_is_gone_to_clear_of_it(
    walker: Callable[..., Walker], table: ObjectState, cup_at: CupAt
) -> None:
    robot = walker(table, cup_at(-0.3, 0.16), x=-0.6, y=0.0)
    there = robot.start(target="cup", side="right")
    for here in robot.walk(12.0):
        kept = there.check(robot.snapshot).holds
        assert abs(here.yaw) < 0.02
        assert here.x < -0.4 - 0.3 or not 0.1 < here.y < 0.2
    assert kept


def test_a_stance_behind_the_corner_is_not(
    walker: Callable[..., Walker], table: ObjectState
) -> None:
    # Straight to its front at (-0.6, 0.4) the way goes through the corner.
    robot = walker(table, x=-0.2, y=0.8, yaw=-0.5)
    robot.start(target="table", carrying="cup")
    for here in robot.walk(12.0):
        out = max(abs(here.x) - 0.4, abs(here.y) - 0.6)
        assert out > 0.11
