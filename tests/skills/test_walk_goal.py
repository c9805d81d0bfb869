"""The words of a walk: targets or displacements, and what a walk is good for."""

from __future__ import annotations

from math import inf, nan, pi

import pytest

from skills.contract import Goal, GoalError, Predicate
from skills.furniture import Pose2D
from skills.walk_goal import (
    ARGUMENTS,
    Displacement,
    breaks,
    displacement,
    goal_for,
    speed,
)


def walk(**args: str | float) -> Goal:
    return Goal(skill="walk", args=args)


def test_a_displacement_ends_where_the_robot_sees_it_to() -> None:
    # It looks along y: ahead is y, its left is -x.
    here = Pose2D(x=1.0, y=2.0, yaw=pi / 2)
    end = Displacement(forward=2.0, left=0.5, turn=-pi).end(here)
    assert (end.x, end.y, end.yaw) == pytest.approx((0.5, 4.0, -pi / 2))
    round_twice = Displacement(turn=4 * pi).end(here)
    assert round_twice.yaw == pytest.approx(4.5 * pi)  # whole turns count


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"forward": 2.0}, "2 m forward"),
        ({"forward": -0.3}, "0.3 m back"),
        ({"left": 1.25}, "1.25 m left"),
        ({"left": -1}, "1 m right"),
        ({"turn": pi / 2}, "90 degrees left"),
        ({"turn": -2 * pi}, "360 degrees right"),
        ({"forward": 1.0, "turn": -pi / 4}, "1 m forward, 45 degrees right"),
    ],
)
def test_a_displacement_in_words(args: dict[str, float], text: str) -> None:
    assert str(displacement(walk(**args))) == text


def test_a_walk_with_a_target_is_no_displacement() -> None:
    goal = walk(target="table", reach="cup", carrying="mug", side="left", speed=0.4)
    assert displacement(goal) is None
    assert [argument.name for argument in ARGUMENTS if argument.required] == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "walk needs the argument 'target', or one of 'forward', 'left' and 'tu"),
        ({"speed": 0.4}, "walk needs the argument 'target', or one of"),
        (
            {"target": "table", "turn": 1.0},
            "walk takes a target or 'turn', not both; walk twice",
        ),
        ({"up": 1.0}, r"walk: there is no argument 'up' \(known: target, reach, "),
        ({"forward": 0.0}, "walk: forward of zero leads nowhere"),
        ({"left": 0, "turn": 0.0}, "walk: left and turn of zero leads nowhere"),
        ({"forward": 15.0, "left": 15.0}, "walk: 21.2 m is too far; at most 20 m"),
        ({"turn": 63.0}, "walk: a turn of 63 rad is too far; at most ten times"),
        ({"forward": "far"}, "walk: forward is a number, got 'far'"),
        ({"forward": nan}, "walk: forward is a number, got 'nan'"),
        ({"turn": inf}, "walk: turn is a number, got 'inf'"),
        ({"forward": 1.0, "reach": "cup"}, "walk: 'reach' needs a target to reach"),
        ({"target": "table", "side": "both"}, "walk: side is left or right, got 'b"),
    ],
)
def test_words_that_make_no_sense_together(
    args: dict[str, str | float], words: str
) -> None:
    with pytest.raises(GoalError, match=words):
        displacement(walk(**args))


def test_the_speed_that_is_asked_for() -> None:
    assert speed(walk(target="table")) is None
    assert speed(walk(target="table", speed=0.1)) == 0.1
    assert speed(walk(forward=1.0, speed=1)) == 1.0


@pytest.mark.parametrize("value", [0.09, 1.1, 0.0, -0.5])
def test_a_speed_that_the_robot_does_not_walk_at(value: float) -> None:
    with pytest.raises(
        GoalError, match=f"walk: a speed of {value:g} m/s is outside of 0.1 to 1 m/s"
    ):
        speed(walk(forward=1.0, speed=value))


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("at(table)", {"target": "table"}),
        ("in_reach(cup)", {"target": "cup", "reach": "cup"}),
        ("in_reach(cup, left)", {"target": "cup", "reach": "cup", "side": "left"}),
        ("spot_in_reach(cup, shelf)", {"target": "shelf", "carrying": "cup"}),
    ],
)
def test_what_a_walk_brings_about(text: str, args: dict[str, str]) -> None:
    predicate = Predicate.parse(text)
    goal = goal_for(predicate)
    assert goal == walk(**args)
    assert goal is not None and not breaks(goal, predicate)


@pytest.mark.parametrize(
    "text",
    [
        "on(cup, shelf)",
        "holding(cup)",
        "visible(cup)",
        "upright()",
        "at(table, cup)",
        "in_reach(cup, both)",
    ],
)
def test_what_a_walk_does_not_bring_about(text: str) -> None:
    assert goal_for(Predicate.parse(text)) is None


@pytest.mark.parametrize(
    ("args", "text", "broken"),
    [
        ({"target": "shelf"}, "at(table)", True),
        ({"target": "table", "reach": "cup"}, "at(table)", False),
        ({"forward": 1.0}, "at(table)", True),
        ({"target": "table"}, "in_reach(cup)", True),
        ({"target": "table", "reach": "cup"}, "in_reach(cup)", False),
        ({"target": "cup"}, "in_reach(cup)", False),
        ({"target": "cup"}, "in_reach(cup, left)", True),
        ({"target": "cup", "side": "left"}, "in_reach(cup, left)", False),
        ({"target": "shelf"}, "spot_in_reach(cup, shelf)", True),
        ({"target": "shelf", "carrying": "cup"}, "spot_in_reach(cup, shelf)", False),
        ({"target": "shelf"}, "holding(cup)", False),
        ({"target": "shelf"}, "on(cup, table)", False),
    ],
)
def test_a_walk_leaves_where_the_robot_was(
    args: dict[str, str | float], text: str, broken: bool
) -> None:
    assert breaks(walk(**args), Predicate.parse(text)) is broken
