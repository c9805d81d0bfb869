"""A task that came without words gets some that a person would say."""

import pytest

from planners.task import Achieve, If, Repeat, Step
from planners.task_words import say_predicate, task_text
from skills.contract import Predicate

ON_SHELF = Predicate("on", ("green_cup", "shelf"))
HELD = Achieve(predicate=Predicate("holding", ("cup",)))


def step(skill, **args):
    return Step(skill=skill, args=args)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (step("walk", target="table", reach="cup"), "walk to the table"),
        (step("walk", target="shelf", carrying="cup"), "carry the cup to the shelf"),
        (step("walk", forward=2.0, speed=0.4), "walk forward 2 m at 0.4 m/s"),
        (step("walk", forward=-0.5), "walk back 0.5 m"),
        (step("walk", left=-1.0), "step right 1 m"),
        # pi/2 is 90 degrees
        (step("walk", left=1.0, turn=1.5708), "step left 1 m and turn left 90 degrees"),
        (step("grasp", object="cup", side="left"), "grasp the cup with the left hand"),
        (
            step("manipulate", object="green_cup", target="shelf"),
            "place the green cup on the shelf",
        ),
        (step("balance", duration_s=5.0), "stand for 5 s"),
        (step("balance"), "stand"),
        (step("wave", hand="both"), "wave(hand=both)"),
        (step("grasp"), "grasp()"),
        (step("balance", duration_s="long"), "balance(duration_s=long)"),
        (step("walk", turn="left"), "walk(turn=left)"),
        (HELD, "see to it that the robot holds the cup"),
        (Repeat(items=(HELD,), times=1), "repeat once: see to it that the robot holds"),
        (Repeat(items=(step("balance"),), times=2), "repeat twice: stand"),
        (Repeat(items=(step("balance"),), times=3), "repeat 3 times: stand"),
        (
            Repeat(items=(step("balance"),), times=None),
            "repeat until told to stop: stand",
        ),
        (
            If(condition=ON_SHELF, items=(step("balance"),), otherwise=(HELD,)),
            "if the green cup stands on the shelf: stand, "
            "else see to it that the robot holds the cup",
        ),
        (
            If(condition=ON_SHELF, items=(step("balance"),), negated=True),
            "unless the green cup stands on the shelf: stand",
        ),
    ],
)
def test_an_item_in_words(item, text):
    assert task_text((item,)).startswith(text)


def test_items_follow_one_another():
    items = (step("walk", target="table"), step("grasp", object="cup"))
    assert task_text(items) == "walk to the table then grasp the cup"


def test_a_predicate_without_words_is_said_as_it_is_written():
    assert say_predicate(Predicate("near", ("cup", "shelf"))) == "near(cup, shelf)"
    assert say_predicate(Predicate("on", ("cup",))) == "on(cup)"
