"""A task is data: read-only, comparable, and readable as a person writes it."""

import pytest

from planners.task import Achieve, If, Repeat, Step, Task
from skills.contract import Predicate

ON_SHELF = Predicate("on", ("cup", "shelf"))
WALK = Step(skill="walk", args={"target": "table"})
GRASP = Step(skill="grasp", args={"object": "cup"})
BRING = Achieve(predicate=ON_SHELF)


def test_a_step_reads_like_a_call():
    step = Step(skill="balance", args={"duration_s": 2.5, "side": "left"})
    assert str(step) == "balance(duration_s=2.5, side=left)"


def test_a_step_cannot_be_changed_through_the_dict_it_was_made_from():
    args = {"object": "cup"}
    step = Step(skill="grasp", args=args)
    args["object"] = "table"
    assert step.args == {"object": "cup"}
    assert step.goal.args == {"object": "cup"}
    with pytest.raises(TypeError):
        step.args["object"] = "table"  # type: ignore[index]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (BRING, "on(cup, shelf)"),
        (
            Repeat(items=(WALK, GRASP), times=2),
            "2 times: walk(target=table), grasp(object=cup)",
        ),
        (Repeat(items=(WALK,), times=None), "until told to stop: walk(target=table)"),
        (
            If(condition=ON_SHELF, items=(WALK,), otherwise=(BRING,)),
            "if on(cup, shelf): walk(target=table); else: on(cup, shelf)",
        ),
        (
            If(condition=ON_SHELF, items=(BRING,), negated=True),
            "if not on(cup, shelf): on(cup, shelf)",
        ),
    ],
)
def test_an_item_reads_like_what_it_asks(item, text):
    assert str(item) == text


def test_leaves_are_every_step_and_goal_in_the_order_they_are_written():
    choice = If(condition=ON_SHELF, items=(WALK,), otherwise=(BRING,))
    task = Task(text="t", items=(GRASP, Repeat(items=(choice, GRASP), times=3)))
    assert task.leaves == (GRASP, WALK, BRING, GRASP)


def test_two_tasks_are_equal_if_they_ask_the_same_in_other_words():
    asked = Task(text="walk to the table", items=(WALK,))
    assert asked == Task(text="go to the table", items=(WALK,))
    assert asked != Task(text="walk to the table", items=(WALK,), retries=0)
