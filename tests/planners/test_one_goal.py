"""Which tasks come down to one goal, and which are for the tree."""

from __future__ import annotations

import pytest

from planners.one_goal import one_goal
from planners.task import Achieve, If, Item, Repeat, Step, Task
from skills.contract import GoalError, Predicate
from skills.selector.words import Subject

WALK = Step(skill="walk", args={"target": "table", "reach": "cup"})
GRASP = Step(skill="grasp", args={"object": "cup"})
CARRY = Step(skill="walk", args={"target": "shelf", "carrying": "cup"})
PLACE = Step(skill="manipulate", args={"object": "cup", "target": "shelf"})
GO = Step(skill="walk", args={"target": "shelf"})


def subject(*items: Item) -> Subject:
    return one_goal(Task(text="the task", items=items))[0]


def goal(name: str, *args: str) -> Achieve:
    return Achieve(predicate=Predicate(name, args))


def test_the_last_step_is_the_goal() -> None:
    hold = Subject(kind="holding", object="cup")
    on = Subject(kind="on", object="cup", place="shelf")
    assert subject(GRASP) == subject(WALK, GRASP) == hold
    assert subject(WALK, GRASP, CARRY, PLACE) == subject(PLACE) == on
    assert subject(GO) == Subject(kind="at", place="shelf")


def test_a_single_goal_is_one() -> None:
    assert subject(goal("on", "cup", "shelf")).kind == "on"
    assert subject(goal("holding", "cup")).object == "cup"
    assert subject(goal("at", "table")).place == "table"


def test_the_item_that_promises_the_goal_comes_with_it() -> None:
    assert one_goal(Task(text="", items=(WALK, GRASP)))[1] == GRASP


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ((GO, GRASP), r"'walk\(target=shelf\)' is a goal of its own beside holding"),
        ((PLACE, GO), r"'manipulate\(object=cup, target=shelf\)' is a goal of its own"),
        ((goal("holding", "cup"), GO), "is a goal of its own beside at"),
        ((goal("upright"),), r"it was never taught upright\(\)"),
        (
            (Step(skill="grasp", args={"object": "cup", "side": "left"}),),
            r"it was never taught grasp\(object=cup, side=left\)",
        ),
        (
            (Step(skill="walk", args={"forward": 1.0}),),
            r"it was never taught walk\(forward=1\)",
        ),
        (
            (Step(skill="walk", args={**WALK.args, "speed": 0.3}), GRASP),
            "is a goal of its own beside holding",
        ),
        ((Repeat(items=(GRASP,), times=2),), "'2 times: .*' is no single goal"),
        (
            (If(condition=Predicate("visible", ("cup",)), items=(GRASP,)),),
            "is no single goal",
        ),
    ],
)
def test_other_tasks_are_for_the_tree(items: tuple[Item, ...], why: str) -> None:
    with pytest.raises(GoalError, match=f"{why}.*; use --planner tree"):
        subject(*items)


def test_a_task_without_steps_is_refused() -> None:
    with pytest.raises(GoalError, match="has no steps"):
        subject()
