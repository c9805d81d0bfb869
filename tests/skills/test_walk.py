"""Walking ends where the next skill can work, and leads around the furniture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import cos, hypot, pi, sin
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.rotations import wxyz_from_yaw
from sim2real.scenes import draw_scene
from skills.contract import Goal, GoalError, Predicate, Snapshot, UnseenError
from skills.furniture import Pose2D, footprint, turn_between
from skills.predicates import Hands, in_reach, pose_of
from skills.walk import Walk, velocity_targets
from skills.walk_stance import REACH_AHEAD, REACH_ASIDE

Standing = Callable[..., RobotState]
CupAt = Callable[..., ObjectState]
DT = 0.02


@pytest.fixture
def walk(policies: Any, g1: RobotConfig) -> Walk:
    return Walk(policies.load("walk"), Hands(g1))


def look(state: RobotState, *things: ObjectState) -> Snapshot:
    return Snapshot(state=state, objects={thing.name: thing for thing in things})


def to(target: str, **args: str) -> Goal:
    return Goal(skill="walk", args={"target": target, **args})


# --- where to stand -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cup", "expected"),
    [
        # 10 cm behind an edge, the pelvis 17 cm before it, the cup 14 cm to the right.
        ((-0.3, 0.0), (-0.57, 0.14, 0.0)),
        ((0.3, 0.0), (0.57, -0.14, pi)),
        ((0.0, -0.5), (-0.14, -0.77, pi / 2)),
        ((0.0, 0.5), (0.14, 0.77, -pi / 2)),
    ],
)
def test_a_cup_is_reached_from_the_edge_it_is_near(
    walk: Walk,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    cup: tuple[float, float],
    expected: tuple[float, float, float],
) -> None:
    x, y, yaw = expected
    goal = to("table", reach="cup", side="right")
    for start in ((-2.0, 0.3), (2.0, 1.0)):  # from wherever the robot comes
        stance = walk.stance(goal, look(standing(*start), table, cup_at(*cup)))
        assert_allclose((stance.x, stance.y), (x, y), atol=1e-9)
        assert turn_between(stance.yaw, yaw) == pytest.approx(0.0, abs=1e-9)


def test_a_stance_for_the_left_hand_has_the_cup_on_the_left(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    snapshot = look(standing(-2.0), table, cup_at(-0.3, 0.0))
    stance = walk.stance(to("table", reach="cup", side="left"), snapshot)
    assert (stance.x, stance.y) == pytest.approx((-0.57, -0.14))


@pytest.mark.parametrize(("y", "aside"), [(-1.0, -0.14), (1.0, 0.14)])
def test_without_a_side_the_shorter_way_decides(
    walk: Walk,
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    y: float,
    aside: float,
) -> None:
    snapshot = look(standing(-1.5, y), table, cup_at(-0.3, 0.0))
    assert walk.stance(to("table", reach="cup"), snapshot).y == pytest.approx(aside)


def test_the_stance_is_never_too_near_nor_too_far_from_the_edge(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    def before(cup_x: float) -> float:
        snapshot = look(standing(-2.0), table, cup_at(cup_x, 0.0))
        return -0.4 - walk.stance(to("table", reach="cup"), snapshot).x

    assert before(-0.39) == pytest.approx(0.26)  # 27 cm from the cup
    assert before(-0.33) == pytest.approx(0.20)
    assert before(-0.20) == pytest.approx(0.14)  # the feet need their room


def test_to_walk_to_the_cup_is_to_walk_to_its_table_for_the_cup(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    snapshot = look(standing(-2.0), table, cup_at(-0.3, 0.1))
    assert walk.stance(to("cup"), snapshot) == walk.stance(
        to("table", reach="cup"), snapshot
    )


def test_a_cup_on_the_floor_is_walked_up_to(
    walk: Walk, standing: Standing, cup_at: CupAt
) -> None:
    cup = cup_at(2.0, 0.0, 0.05)
    stance = walk.stance(to("cup", side="right"), look(standing(), cup))
    ahead, left = seen_from(stance, (2.0, 0.0))
    assert ahead == pytest.approx(REACH_AHEAD)
    assert left == pytest.approx(-REACH_ASIDE)


def seen_from(stance: Pose2D, point: tuple[float, float]) -> tuple[float, float]:
    dx, dy = point[0] - stance.x, point[1] - stance.y
    c, s = cos(stance.yaw), sin(stance.yaw)
    return c * dx + s * dy, c * dy - s * dx


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ((-2.0, 0.2), (-0.67, 0.2, 0.0)),
        ((-2.0, 3.0), (-0.2, 0.87, -pi / 2)),  # at least 20 cm from the corner
        ((0.1, 2.0), (0.1, 0.87, -pi / 2)),
        ((2.0, -0.1), (0.67, -0.1, pi)),
    ],
)
def test_without_something_to_reach_the_nearest_edge_will_do(
    walk: Walk,
    standing: Standing,
    table: ObjectState,
    start: tuple[float, float],
    expected: tuple[float, float, float],
) -> None:
    stance = walk.stance(to("table"), look(standing(*start), table))
    assert_allclose((stance.x, stance.y), expected[:2], atol=1e-9)
    assert turn_between(stance.yaw, expected[2]) == pytest.approx(0.0, abs=1e-9)


def test_what_lies_elsewhere_does_not_draw_the_stance(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    snapshot = look(standing(-2.0, 0.2), table, cup_at(3.0, 3.0))
    assert walk.stance(to("table", reach="cup"), snapshot) == walk.stance(
        to("table"), snapshot
    )


def test_to_put_something_down_the_robot_stands_nearer_at_a_long_side(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    # The long sides of the table are its front and its back.
    snapshot = look(standing(-0.5, 2.0), table, cup_at(-0.5, 2.0, 1.0))
    stance = walk.stance(to("table", carrying="cup"), snapshot)
    assert (stance.x, stance.y, stance.yaw) == pytest.approx((-0.57, 0.4, 0.0))


# --- what it promises -----------------------------------------------------------------


def test_the_contract_names_what_it_needs_and_promises(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt, g1: RobotConfig
) -> None:
    snapshot = look(standing(-3.57), table, cup_at(-0.3, 0.14))
    contract = walk.contract(to("table", reach="cup", side="left"), snapshot)
    assert contract.joints == g1.joints_of("legs", "waist")
    assert [c.name for c in contract.pre] == ["upright(robot)"]
    assert [c.name for c in contract.hold] == ["upright(robot)", "advancing(robot)"]
    assert [c.name for c in contract.post] == ["at(table)"]
    assert contract.timeout_s == pytest.approx(25.0 + 6.0 * 3.0)


def test_what_is_carried_must_stay_in_the_hand(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    snapshot = look(standing(-2.0), table, cup_at(-1.7, 0.0, 1.0))
    contract = walk.contract(to("table", carrying="cup", side="left"), snapshot)
    assert [c.name for c in contract.pre] == ["upright(robot)", "carried(cup)"]
    held = ["upright(robot)", "advancing(robot)", "carried(cup)"]
    assert [c.name for c in contract.hold] == held


def test_a_carrier_keeps_the_arm_that_holds(
    standing: Standing,
    table: ObjectState,
    cup_at: CupAt,
    g1: RobotConfig,
    policies: Any,
) -> None:
    hands = Hands(g1)
    carriers = {"right": policies.load("manipulate")}
    walk = Walk(policies.load("walk"), hands, carriers=carriers)
    state = standing(-2.0)
    site, _ = hands.frame("right", state)
    at = state.base_pos_w + site
    cup = replace(cup_at(0.0, 0.0), pos_w=at)
    snapshot = look(state, table, cup)
    goal = to("table", carrying="cup")
    joints = walk.contract(goal, snapshot).joints
    assert joints == g1.joints_of("legs", "waist") + carriers["right"].joints
    walk.start(goal, snapshot)
    targets = walk.step(snapshot)
    assert targets.names == joints
    assert targets.joint_pos.shape == targets.stiffness.shape == (15 + 14,)


def test_a_target_that_is_not_there(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    snapshot = look(standing(), table, cup_at(0, 0))
    with pytest.raises(
        GoalError, match=r"walk: there is no 'sofa' here \(seen: table, cup\)"
    ):
        walk.contract(to("sofa"), snapshot)
    with pytest.raises(
        GoalError, match=r"walk: there is no 'sofa' here \(seen: nothing\)"
    ):
        walk.contract(to("sofa"), look(standing()))


def test_something_to_reach_that_is_not_seen(
    walk: Walk, standing: Standing, table: ObjectState
) -> None:
    with pytest.raises(GoalError, match="walk: 'mug', to be reached, is not seen"):
        walk.contract(to("table", reach="mug"), look(standing(), table))


def test_what_is_not_seen_is_named(
    walk: Walk, standing: Standing, table: ObjectState
) -> None:
    for goal, name in ((to("sofa"), "sofa"), (to("table", reach="mug"), "mug")):
        with pytest.raises(UnseenError) as caught:
            walk.contract(goal, look(standing(), table))
        assert caught.value.name == name


def test_a_displacement_is_promised_and_what_is_carried_stays_in_the_hand(
    walk: Walk, standing: Standing, table: ObjectState, cup_at: CupAt
) -> None:
    goal = Goal(skill="walk", args={"forward": -0.5, "carrying": "cup"})
    snapshot = look(standing(-0.7), table, cup_at(-0.4, 0.1, 1.0))
    contract = walk.contract(goal, snapshot)
    assert [c.name for c in contract.post] == ["moved(0.5 m back)"]
    held = ["upright(robot)", "advancing(robot)", "carried(cup)"]
    assert [c.name for c in contract.hold] == held
    assert contract.timeout_s == pytest.approx(25.0 + 6.0 * 0.5)
    walk.start(goal, snapshot)
    assert walk.chosen_stance == Pose2D(x=-1.2, y=0.0, yaw=0.0)


def test_a_walk_serves_places_and_reach(walk: Walk) -> None:
    assert walk.serves(Predicate("at", ("table",))) == to("table")
    assert walk.serves(Predicate("holding", ("cup",))) is None
    assert walk.breaks(to("shelf"), Predicate("at", ("table",)))
    assert not walk.breaks(to("table"), Predicate("at", ("table",)))


# --- how it walks ---------------------------------------------------------------------


def test_the_gait_clock_runs_with_robot_time(policies: Any, standing: Standing) -> None:
    policy = policies.load("walk")
    state = standing(yaw=1.0)
    policy.reset(state)
    targets = velocity_targets(policy, look(state), (0.4, -0.1, 0.2), elapsed=1.0)
    # 1.0 s is a gait period of 0.8 s and a quarter of the next.
    observed = policy.last_observation
    assert_allclose(observed[6:9], [0.8, -0.2, 0.4], rtol=1e-6)
    assert_allclose(observed[9:11], [1.0, 0.0], atol=1e-6)
    assert targets.names == policy.joints
    assert_allclose(targets.stiffness, policy.stiffness)
    velocity_targets(policy, look(state), (0.05, -0.05, 0.05), elapsed=1.0)
    assert_allclose(policy.last_observation[9:11], [0.0, 0.0])  # too slow: it stands


@pytest.mark.parametrize("seed", range(6))
def test_an_ideal_robot_gets_to_the_cup_of_the_kitchen(
    walk: Walk, standing: Standing, g1: RobotConfig, seed: int
) -> None:
    scene = draw_scene(load_scene("kitchen"), np.random.default_rng(seed))
    things = {thing.name: thing.at_rest() for thing in scene.objects}
    state = standing(scene.start.x, scene.start.y, scene.start.yaw)
    goal = to("table", reach="cup")
    contract = walk.contract(goal, Snapshot(state=state, objects=things))
    walk.start(goal, Snapshot(state=state, objects=things))
    outlines = [footprint(thing) for thing in things.values() if not thing.movable]
    velocity = np.zeros(3)
    while state.time < contract.timeout_s:
        snapshot = Snapshot(state=state, objects=things)
        if all(condition.check(snapshot).holds for condition in contract.post):
            break
        walk.step(snapshot)
        command = walk._policy.last_observation[6:9] / 2.0
        velocity += np.clip(command - velocity, -2.0 * DT, 2.0 * DT)
        state = moved(state, velocity)
        here = pose_of(state)
        assert min(o.distance(here.x, here.y) for o in outlines) > 0.15
    else:
        pytest.fail(contract.post[0].check(snapshot).reason)
    stance = walk.chosen_stance
    assert stance is not None
    assert hypot(stance.x - here.x, stance.y - here.y) < 0.1
    hands = ("left", "right")
    assert any(in_reach("cup", Hands(g1), s).check(snapshot).holds for s in hands)
    walk.stop()


def test_backwards_the_policy_is_told_to_walk_backwards(
    walk: Walk, standing: Standing
) -> None:
    goal = Goal(skill="walk", args={"forward": -2.0, "speed": 0.3})
    state = standing(yaw=1.0)
    walk.start(goal, look(state))
    for tick in range(1, 20):
        walk.step(look(replace(state, time=tick * DT)))
    assert_allclose(walk._policy.last_observation[6:9], [-0.6, 0, 0], atol=1e-6)


def test_a_walk_that_is_asked_to_slow_down_commands_half_the_speed(
    walk: Walk, standing: Standing
) -> None:
    goal = Goal(skill="walk", args={"forward": 2.0, "speed": 0.4})
    state = standing()
    walk.start(goal, look(state))
    commanded = []
    for share in (1.0, 0.5):
        for tick in range(1, 30):
            seen = look(replace(state, time=tick * DT))
            walk.step(replace(seen, speed_share=share))
        commanded.append(walk._policy.last_observation[6])
    assert_allclose(commanded[1], 0.5 * commanded[0], atol=1e-6)


def moved(state: RobotState, velocity: np.ndarray) -> RobotState:
    """Return the state one tick later, at a velocity in the heading frame."""
    yaw = pose_of(state).yaw
    vx, vy, wz = velocity
    over_ground = np.array(
        [cos(yaw) * vx - sin(yaw) * vy, sin(yaw) * vx + cos(yaw) * vy, 0]
    )
    return replace(
        state,
        time=state.time + DT,
        base_pos_w=state.base_pos_w + over_ground * DT,
        base_quat_wxyz=wxyz_from_yaw(np.float64(yaw + wz * DT)),
        base_lin_vel_w=over_ground,
    )


def test_what_is_in_the_hand_is_carried_though_nobody_says_so(
    g1: RobotConfig, policies: Any, standing: Standing, cup_at: CupAt
) -> None:
    hands = Hands(g1)
    carriers = {"right": policies.load("manipulate")}
    walk = Walk(policies.load("walk"), hands, carriers=carriers)
    site, _ = hands.frame("right", standing())
    grip = standing().base_pos_w + site
    held = cup_at(*(float(v) for v in grip))
    goal = Goal(skill="walk", args={"forward": 1.0})
    contract = walk.contract(
        goal, Snapshot(state=standing(), objects={held.name: held})
    )
    assert "carried(cup)" in [condition.name for condition in contract.hold]
    assert set(carriers["right"].joints) <= set(contract.joints)
    empty = walk.contract(goal, Snapshot(state=standing(), objects={}))
    assert [condition.name for condition in empty.hold] == [
        "upright(robot)",
        "advancing(robot)",
    ]
