"""The words of the learned planner: goals, choices, and what they need."""

from __future__ import annotations

import pytest

from skills.contract import Goal, Predicate
from skills.selector.words import CHOICES, FACTS, GOALS, NEEDS, RELEVANT, Subject

CUP_ON_SHELF = Subject(kind="on", object="cup", place="shelf")
HOLD_CUP = Subject(kind="holding", object="cup")
AT_SHELF = Subject(kind="at", place="shelf")


def test_a_subject_is_a_predicate() -> None:
    assert CUP_ON_SHELF.predicate == Predicate("on", ("cup", "shelf"))
    assert HOLD_CUP.predicate == Predicate("holding", ("cup",))
    assert AT_SHELF.predicate == Predicate("at", ("shelf",))


@pytest.mark.parametrize("kind", GOALS)
def test_every_choice_is_a_goal_of_a_skill_and_back(kind: str) -> None:
    subject = Subject.some(kind)
    for choice in subject.choices:
        assert choice in CHOICES
        assert subject.choice_of(subject.goal(choice)) == choice


def test_the_choices_in_the_words_of_the_skills() -> None:
    assert CUP_ON_SHELF.goal("carry") == Goal(
        skill="walk", args={"target": "shelf", "carrying": "cup"}
    )
    assert CUP_ON_SHELF.goal("place") == Goal(
        skill="manipulate", args={"object": "cup", "target": "shelf"}
    )
    assert AT_SHELF.goal("go") == Goal(skill="walk", args={"target": "shelf"})


@pytest.mark.parametrize(
    ("goal", "choice"),
    [
        (Goal(skill="walk", args={"target": "table", "reach": "cup"}), "approach"),
        (Goal(skill="walk", args={"target": "cup", "reach": "cup"}), "approach"),
        (Goal(skill="grasp", args={"object": "cup", "side": "left"}), "grasp"),
        (Goal(skill="walk", args={"forward": -0.3}), "step_back"),
        (Goal(skill="walk", args={"turn": 0.8}), "turn"),
        (Goal(skill="balance", args={"duration_s": 1.0}), "wait"),
        (Goal(skill="grasp", args={"object": "ball"}), None),
        (Goal(skill="walk", args={"target": "table", "carrying": "cup"}), None),
    ],
)
def test_goals_of_a_tree_are_choices_too(goal: Goal, choice: str | None) -> None:
    assert CUP_ON_SHELF.choice_of(goal) == choice


def test_a_choice_that_a_goal_has_no_use_for_is_none() -> None:
    with pytest.raises(KeyError):
        HOLD_CUP.goal("carry")


def test_what_a_choice_still_needs() -> None:
    facts = frozenset({"upright", "visible", "reachable"})
    assert HOLD_CUP.unmet("approach", facts) == ()
    assert HOLD_CUP.unmet("grasp", facts) == ("in_reach",)
    assert CUP_ON_SHELF.unmet("place", facts) == ("holding", "spot_in_reach")


def test_a_cup_in_the_hand_is_not_yet_put_down() -> None:
    assert CUP_ON_SHELF.reached(frozenset({"on_place"}))
    assert not CUP_ON_SHELF.reached(frozenset({"on_place", "holding"}))
    assert HOLD_CUP.reached(frozenset({"holding"}))
    assert AT_SHELF.reached(frozenset({"at_place"}))


def test_needs_and_relevant_facts_are_facts() -> None:
    assert {fact for facts in NEEDS.values() for fact in facts} <= set(FACTS)
    assert {fact for facts in RELEVANT.values() for fact in facts} == set(FACTS)
    for kind in GOALS:
        for choice in Subject.some(kind).choices:
            assert set(NEEDS[choice]) <= set(RELEVANT[kind])


def test_a_subject_with_the_wrong_names_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected on\(object, place\), holding"):
        Subject(kind="on", object="cup")
