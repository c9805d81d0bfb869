"""A task that names what is not there is refused before anything moves."""

import pytest

from planners.task import Achieve, If, Repeat, Step, Task
from planners.task_check import check_task, numbered
from skills.contract import Argument, GoalError, Predicate

OBJECTS = ("table", "shelf", "cup")


def argument(name, kind, *, required=False):
    return Argument(name=name, kind=kind, required=required, text="what it is for")


ARGUMENTS = {
    "walk": (argument("target", "object", required=True), argument("speed", "number")),
    "grasp": (argument("object", "object", required=True), argument("side", "side")),
}


def step(skill, **args):
    return Step(skill=skill, args=args)


WALK = step("walk", target="table", speed=0.4)
GRASP = step("grasp", object="cup", side="left")
BRING = Achieve(predicate=Predicate("on", ("cup", "shelf")))
CHOICE = If(condition=BRING.predicate, items=(WALK,), otherwise=(BRING, GRASP))


def refusal(*items):
    with pytest.raises(GoalError) as error:
        check_task(Task(text="t", items=items), ARGUMENTS, OBJECTS)
    return str(error.value)


def test_a_task_of_known_names_passes():
    items = (WALK, GRASP, BRING, Repeat(items=(CHOICE,), times=2))
    check_task(Task(text="t", items=items), ARGUMENTS, OBJECTS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (step("fly"), "fly(): there is no skill 'fly' (known: walk, grasp)"),
        (
            step("grasp", object="cup", hand="left"),
            "grasp has no argument 'hand' (known: object, side)",
        ),
        (step("grasp"), "grasp(): argument 'object' is missing: what it is for"),
        (
            step("grasp", object="botle"),
            "object: there is no 'botle' in the scene (it has table, shelf, cup)",
        ),
        (step("grasp", object=3.0), "object: there is no '3.0' in the scene"),
        (
            step("grasp", object="cup", side="upper"),
            "side: expected left or right, got 'upper'",
        ),
        (
            step("walk", target="table", speed="fast"),
            "speed: expected a number, got 'fast'",
        ),
        (
            Achieve(predicate=Predicate("on", ("cup", "shelve"))),
            "on(cup, shelve): there is no 'shelve' in the scene",
        ),
        (
            If(condition=Predicate("holding", ("mug",)), items=(WALK,), negated=True),
            "unless holding(mug): there is no 'mug' in the scene",
        ),
    ],
)
def test_what_does_not_fit_is_named(wrong, message):
    assert message in refusal(WALK, wrong)
    assert refusal(WALK, wrong).startswith("item 2, ")
    within = Repeat(
        items=(If(condition=BRING.predicate, items=(WALK, wrong)),), times=2
    )
    assert refusal(within).startswith("item 1.1.2, ")


def test_an_empty_scene_is_called_that():
    with pytest.raises(GoalError, match=r"no 'cup' in the scene \(it has nothing\)"):
        check_task(Task(text="t", items=(BRING,)), ARGUMENTS, ())


def test_items_are_numbered_as_they_are_nested():
    items = (WALK, Repeat(items=(CHOICE, GRASP), times=2))
    numbers = [number for number, _ in numbered(items)]
    assert numbers == ["1", "2", "2.1", "2.1.1", "2.1.else.1", "2.1.else.2", "2.2"]
