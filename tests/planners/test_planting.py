"""A task becomes one tree: errands, groups of goals, repetitions and choices."""

from dataclasses import replace

import pytest

from planners.conditions import Now
from planners.planting import Planter
from planners.recovery import Budget, Recovery
from planners.sequence import ChoiceNode, RepeatNode
from planners.task import If, Repeat, Step
from skills.contract import GoalError, Predicate


@pytest.fixture
def planter(world):
    cup = world.objects["cup"]
    world.objects["bowl"] = replace(cup, name="bowl", kind="bowl")
    return Planter(world, Now(world.snapshot()), Recovery(Budget()), frozenset())


def names(nodes):
    return [node.name for node in nodes]


def test_steps_are_planted_in_order(planter, steps):
    nodes = planter.plant([steps["walk"], steps["grasp"]])
    assert names(nodes) == [
        "step 1: walk(target=table, reach=cup)",
        "step 2: grasp(object=cup)",
    ]
    assert [step.index for step in planter.steps] == [0, 1]
    assert planter.errands == []


def test_steps_that_put_one_object_somewhere_are_one_errand(planter, steps):
    four = [steps[name] for name in ("walk", "grasp", "carry", "place")]
    (node,) = planter.plant(four)
    assert node.name == "on(cup, shelf)"
    assert names(node.children) == [
        "already done: on(cup, shelf)",
        "bring about on(cup, shelf)",
    ]
    assert len(node.children[1].children) == 4
    assert planter.errands[0].last is planter.steps[3]


def test_what_follows_an_errand_is_no_part_of_it(planter, steps):
    three = [steps[name] for name in ("carry", "place", "turn")]
    assert names(planter.plant(three)) == [
        "on(cup, shelf)",
        "step 3: walk(turn=1.5)",
    ]


@pytest.mark.parametrize(
    "first",
    [
        Step(skill="walk", args={"target": "table"}),  # a place in its own right
        Step(skill="balance", args={"duration_s": 1.0}),
        Step(skill="grasp", args={"object": "cup", "side": "left"}),
    ],
)
def test_a_step_with_a_purpose_of_its_own_is_taken_in_any_case(planter, steps, first):
    is_about_the_cup = "object" in first.args
    nodes = planter.plant([first, steps["place"]])
    assert len(nodes) == (1 if is_about_the_cup else 2)


def test_another_object_is_another_errand(planter, steps):
    bowl = Step(skill="manipulate", args={"object": "bowl", "target": "shelf"})
    nodes = planter.plant([steps["grasp"], bowl])
    assert names(nodes) == [
        "step 1: grasp(object=cup)",
        "step 2: manipulate(object=bowl, target=shelf)",
    ]


def test_a_certain_spot_cannot_be_found_done(planter, steps):
    args = {**steps["place"].args, "x": 0.1, "y": 0.0}
    spot = Step(skill="manipulate", args=args)
    assert len(planter.plant([steps["grasp"], spot])) == 2


def test_goals_in_a_row_are_put_in_order(planter, goals):
    nodes = planter.plant([goals("at(shelf)"), goals("holding(cup)")])
    assert names(nodes) == ["step 1: holding(cup)", "step 2: at(shelf)"]


def test_goals_apart_keep_their_places(planter, goals, steps):
    nodes = planter.plant([goals("at(shelf)"), steps["turn"], goals("holding(cup)")])
    assert names(nodes) == [
        "step 1: at(shelf)",
        "step 2: walk(turn=1.5)",
        "step 3: holding(cup)",
    ]


def test_a_goal_that_is_named_twice_is_planted_once(planter, goals):
    assert len(planter.plant([goals("at(shelf)"), goals("at(shelf)")])) == 1


def test_repetitions_and_choices_have_nodes_of_their_own(planter, steps):
    items = [
        Repeat(items=(steps["turn"],), times=2),
        If(condition=Predicate("at", ("table",)), items=(steps["grasp"],)),
    ]
    repeat, choice = planter.plant(items)
    assert isinstance(repeat, RepeatNode)
    assert repeat.name == "2 times: walk(turn=1.5)"
    assert isinstance(choice, ChoiceNode)
    assert choice.name == "if at(table): grasp(object=cup)"
    assert [step.index for step in planter.steps] == [0, 1]


def test_the_step_that_cannot_be_is_named(planter, steps):
    with pytest.raises(GoalError) as error:
        planter.plant([steps["walk"], Repeat(items=(Step(skill="fly"),), times=2)])
    assert str(error.value) == "step 2, fly(): there is no skill fly"


def test_a_condition_that_nobody_understands_is_refused(planter, steps):
    item = If(condition=Predicate("raining"), items=(steps["turn"],))
    with pytest.raises(GoalError, match="there is no predicate 'raining'"):
        planter.plant([item])


def test_goals_that_undo_each_other_are_refused(planter, goals):
    with pytest.raises(GoalError, match=r"at\(table\) and at\(shelf\) cannot both"):
        planter.plant([goals("at(table)"), goals("at(shelf)")])
