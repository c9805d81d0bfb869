"""Predicates are known by name, with as many arguments as they take."""

import pytest

from skills.contract import Predicate
from skills.predicate_names import PREDICATES, form_of, read_predicate


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("on(cup, shelf)", Predicate("on", ("cup", "shelf"))),
        (" on( cup,shelf ) ", Predicate("on", ("cup", "shelf"))),
        ("holding(cup)", Predicate("holding", ("cup",))),
        ("holding(robot, cup)", Predicate("holding", ("cup",))),
        ("at(robot, table)", Predicate("at", ("table",))),
        ("in_reach(cup)", Predicate("in_reach", ("cup",))),
        ("visible(cup)", Predicate("visible", ("cup",))),
        ("upright()", Predicate("upright")),
        ("upright(robot)", Predicate("upright")),
    ],
)
def test_what_a_predicate_means(text, predicate):
    assert read_predicate(text) == predicate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("near(cup)", r"there is no predicate 'near' \(known: on\(object, surface\), "),
        ("at()", r"'at\(\)' names 0 instead of 1 things; write it as at\(place\)"),
        ("on(robot, table)", "names 1 instead of 2 things"),
        ("upright(cup)", r"names 1 instead of 0 things; write it as upright\(\)"),
        ("on cup", "'on cup' is no predicate; write it as name"),
    ],
)
def test_what_is_no_predicate_is_said(text, message):
    with pytest.raises(ValueError, match=message):
        read_predicate(text)


def test_a_predicate_is_said_of_its_arguments():
    assert PREDICATES["on"].say("cup", "shelf") == "the cup stands on the shelf"
    assert PREDICATES["upright"].say() == "the robot stands upright"


def test_every_predicate_can_be_said_and_read():
    for name, predicate in PREDICATES.items():
        assert read_predicate(form_of(name)).args == predicate.args
        assert "{" not in predicate.say(*predicate.args)
