"""From goals to trees: what is needed comes first, what cannot be is said at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from py_trees.common import Status

from planners.backchain import BackChainer
from planners.behaviours import RunSkill
from planners.conditions import Now
from planners.display import as_text
from planners.task import Step
from skills.contract import GoalError, Predicate, UnseenError


def chainer(world, known=frozenset()):
    return BackChainer(world, Now(world.snapshot()), known)


def lit(*lamps):
    return [Predicate("lit", (lamp,)) for lamp in lamps]


def skills_of(tree):
    return [str(node.step) for node in tree.iterate() if isinstance(node, RunSkill)]


def test_a_goal_becomes_what_holds_already_or_the_skill_after_its_needs(world, goals):
    tree = chainer(world).build(goals("holding(cup)"))
    assert as_text(tree).splitlines() == [
        "· holding(cup)",
        "├─ · holding(cup)",
        "└─ · do grasp(object=cup)",
        "   ├─ · visible(cup)",
        "   ├─ · reachable(cup)",
        "   ├─ · in_reach(cup)",
        "   │  ├─ · in_reach(cup)",
        "   │  └─ · walk(target=cup, reach=cup)",
        "   └─ · grasp(object=cup)",
    ]


def test_a_placed_cup_needs_all_four_skills_in_this_order(world, goals):
    tree = chainer(world).build(goals("on(cup, shelf)"))
    fetch = ["walk(target=cup, reach=cup)", "grasp(object=cup)"]
    # Fetched twice: the walk that carries it needs it in the hand as well.
    assert skills_of(tree) == [
        *fetch,
        *fetch,
        "walk(target=shelf, carrying=cup)",
        "manipulate(object=cup, target=shelf)",
    ]


def test_a_step_asks_first_whether_it_was_done_already(world, steps):
    tree = chainer(world).build(steps["grasp"])
    assert [child.name for child in tree.children] == [
        "already done: grasp(object=cup)",
        "do grasp(object=cup)",
    ]


def test_a_skill_without_needs_is_a_leaf(world, steps):
    tree = chainer(world).build(steps["walk"])
    assert skills_of(tree) == ["walk(target=table, reach=cup)"]
    assert isinstance(tree.children[1], RunSkill)


def test_what_no_skill_brings_about_is_looked_at_before_anything_is_begun(world, goals):
    world.facts.remove("reachable(cup)")
    tree = chainer(world).build(goals("holding(cup)"))
    tree.tick_once()
    assert tree.status == Status.FAILURE
    assert world.log == []


def test_the_hand_of_a_goal_is_the_hand_to_walk_for(world):
    step = Step(skill="grasp", args={"object": "cup", "side": "left"})
    tree = chainer(world).build(step)
    walk = RunSkill(
        Step(skill="walk", args={"side": "left", "target": "cup", "reach": "cup"}),
        world,
        Now(world.snapshot()),
    )
    assert walk.name in skills_of(tree)


def test_a_chosen_hand_is_used_where_the_operator_named_none(world, steps):
    chains = chainer(world)
    chains.sides["cup"] = "left"
    assert "grasp(object=cup, side=left)" in skills_of(chains.build(steps["grasp"]))
    right = Step(skill="grasp", args={"object": "cup", "side": "right"})
    assert "grasp(object=cup, side=right)" in skills_of(chains.build(right))


# --- order ----------------------------------------------------------------------------


def test_the_robot_holds_the_cup_before_it_goes_to_where_it_is_to_be(world, goals):
    wanted = [goals(text).predicate for text in ("at(shelf)", "holding(cup)")]
    assert chainer(world).in_order(wanted) == tuple(reversed(wanted))


def test_goals_that_do_not_disturb_each_other_keep_their_order(lamps):
    assert chainer(lamps({}, {})).in_order(lit(*"dacb")) == tuple(lit(*"dacb"))


def test_a_goal_that_undoes_another_comes_before_it(lamps):
    order = chainer(lamps({}, {"c": "a", "d": "c"})).in_order(lit(*"abcd"))
    assert order == tuple(lit(*"bdca"))


def test_what_a_goal_needs_counts_as_well(lamps):
    # To light b, c is lit first, and that puts a out.
    order = chainer(lamps({"b": "c"}, {"c": "a"})).in_order(lit("a", "b"))
    assert order == tuple(lit("b", "a"))


def test_many_goals_are_put_in_order_at_once(lamps):
    # Each puts out the one before it: only one of 12! orders will do.
    names = "abcdefghijkl"
    world = lamps({}, {b: a for a, b in pairwise(names)})
    assert chainer(world).in_order(lit(*names)) == tuple(lit(*reversed(names)))


def test_two_goals_that_undo_each_other_are_both_named(world, goals):
    wanted = [goals("at(table)").predicate, goals("at(shelf)").predicate]
    with pytest.raises(GoalError) as error:
        chainer(world).in_order(wanted)
    assert str(error.value) == (
        "at(table) and at(shelf) cannot both be had: bringing about either undoes "
        "the other"
    )


def test_the_pair_is_named_and_not_who_stands_beside_it(lamps):
    # b puts out a, which an order can cure; b and c put each other out.
    with pytest.raises(GoalError, match=r"^lit\(b\) and lit\(c\) cannot both be had"):
        chainer(lamps({}, {"b": "ac", "c": "b"})).in_order(lit(*"abc"))


def test_three_goals_that_undo_each_other_in_a_round_are_all_named(lamps):
    with pytest.raises(GoalError) as error:
        chainer(lamps({}, {"a": "b", "b": "c", "c": "a"})).in_order(lit(*"abc"))
    assert str(error.value) == (
        "lit(a), lit(b), lit(c) cannot all be had: in any order one undoes another"
    )


def test_needs_that_undo_each_other_are_named_too(lamps, goals):
    with pytest.raises(GoalError, match=r"^lit\(b\) and lit\(c\) cannot both be had"):
        chainer(lamps({"a": "bc"}, {"b": "c", "c": "b"})).build(goals("lit(a)"))


# --- what cannot be -------------------------------------------------------------------


def test_needs_that_lead_back_to_the_goal_are_told_as_a_circle(lamps, goals):
    with pytest.raises(GoalError) as error:
        chainer(lamps({"a": "b", "b": "c", "c": "a"}, {})).build(goals("lit(a)"))
    assert str(error.value) == (
        "no way to lit(a): lit(a) needs lit(b) needs lit(c) needs lit(a), which is a "
        "circle"
    )


def test_a_step_whose_needs_lead_back_to_each_other_is_refused(lamps):
    step = Step(skill="light", args={"lamp": "x"})
    with pytest.raises(GoalError, match="which is a circle"):
        chainer(lamps({"x": "a", "a": "b", "b": "a"}, {})).build(step)


def test_a_need_shared_by_two_others_is_no_circle(lamps, goals):
    tree = chainer(lamps({"a": "bc", "b": "d", "c": "d"}, {})).build(goals("lit(a)"))
    assert len(skills_of(tree)) == 5


def test_a_goal_that_no_skill_can_reach_names_the_missing_condition(lamps, goals):
    with pytest.raises(GoalError) as error:
        chainer(lamps({}, {})).build(goals("lit(z)"))
    assert str(error.value) == (
        "no skill can bring about lit(z), and it does not hold now"
    )


def test_a_goal_that_no_skill_can_reach_is_fine_where_it_holds(lamps, goals):
    world = lamps({}, {})
    world.facts.add("lit(z)")
    tree = chainer(world).build(goals("lit(z)"))
    tree.tick_once()
    assert tree.status == Status.SUCCESS


@pytest.mark.parametrize("text", ["carried(cup)", "open(door)", "spot(cup)"])
def test_a_goal_in_words_that_nobody_understands_is_refused(world, goals, text):
    with pytest.raises(GoalError, match="there is no predicate"):
        chainer(world).build(goals(text))


def test_a_step_that_promises_nothing_is_refused(world):
    step = Step(skill="walk", args={"target": "table", "promise": "none"})
    with pytest.raises(GoalError) as error:
        chainer(world).build(step)
    assert str(error.value) == (
        "promises nothing, so its success cannot be seen; give the skill a "
        "post-condition"
    )


# --- what is not seen -----------------------------------------------------------------


def test_what_is_unseen_and_unknown_is_refused(world, goals, steps):
    world.hide("cup")
    for item in (steps["grasp"], goals("holding(cup)"), goals("on(cup, shelf)")):
        with pytest.raises(UnseenError, match="there is no cup here") as error:
            chainer(world).build(item)
        assert error.value.name == "cup"


def test_what_is_unseen_but_known_is_waited_for(world, goals):
    cup = world.hide("cup")
    now = Now(world.snapshot())
    chains = BackChainer(world, now, frozenset({"cup"}))
    tree = chains.build(goals("holding(cup)"))
    assert chains.incomplete
    assert "visible(cup)" in [node.name for node in tree.iterate()]
    tree.tick_once()
    assert tree.status == Status.FAILURE
    assert tree.tip().about == Predicate("visible", ("cup",))
    world.objects["cup"] = cup
    now.snapshot = world.snapshot()
    assert "walk(target=cup, reach=cup)" in skills_of(
        chains.build(goals("holding(cup)"))
    )
    assert not chains.incomplete


def test_to_see_something_is_a_goal_if_it_exists(world, goals):
    world.hide("cup")
    chainer(world, frozenset({"cup"})).build(goals("visible(cup)"))
    with pytest.raises(GoalError, match=r"no skill can bring about visible\(cup\)"):
        chainer(world).build(goals("visible(cup)"))


# --- hands ----------------------------------------------------------------------------


def test_a_need_is_asked_of_the_hand_that_is_the_nearer_one_by_now(worlds, goals):
    class NearerHand(worlds):
        """Needs the hand that is the nearer one at the moment."""

        near = "left"

        def bound(self, goal, snapshot):
            pre, hold, post = super().bound(goal, snapshot)
            if goal.skill == "grasp":
                pre.append(self.fact(f"free({self.near})"))
            return pre, hold, post

    world = NearerHand()
    world.facts |= {"free(right)", "in_reach(cup)"}
    tree = chainer(world).build(goals("holding(cup)"))  # a tree about the left hand
    world.near = "right"
    tree.tick_once()
    assert world.running == {"grasp"}


def test_a_need_of_the_nearer_hand_is_asked_of_the_hand_that_is_nearer_now(
    world, goals, monkeypatch
):
    """The tree is built before the walk, and the cup may then lie on the other side."""
    bound, nearer = world.bound, ["right"]

    def with_free_hand(goal, snapshot):
        pre, hold, post = bound(goal, snapshot)
        if goal.skill == "grasp":
            pre = [*pre, world.fact(f"free({nearer[0]})")]
        return pre, hold, post

    monkeypatch.setattr(world, "bound", with_free_hand)
    tree = chainer(world).build(goals("holding(cup)"))
    leaf = next(node for node in tree.iterate() if node.name == "free(right)")
    nearer[0] = "left"
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    world.facts.add("free(left)")
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS
