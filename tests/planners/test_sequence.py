"""Order, repetition and choice, with whole tasks in the scripted world."""

import pytest
from py_trees.behaviour import Behaviour
from py_trees.common import Status

from planners.planner import TaskState
from planners.sequence import RepeatNode
from planners.task import If, Repeat, Step
from skills.contract import Failure, Predicate

AT_TABLE = Predicate("at", ("table",))
TO_TABLE = Step(skill="walk", args={"target": "table"})
TO_SHELF = Step(skill="walk", args={"target": "shelf"})


class Scripted(Behaviour):
    """Ends as it is told to, tick by tick."""

    def __init__(self, *answers):
        super().__init__("scripted")
        self.answers = list(answers)

    def update(self):
        return self.answers.pop(0)


OK, NO, GO = Status.SUCCESS, Status.FAILURE, Status.RUNNING


# --- again and again ------------------------------------------------------------------


def test_a_repetition_begins_anew_on_the_tick_after_a_success():
    node = RepeatNode("three times", Scripted(OK, GO, OK, OK), 3)
    said = []
    for _ in range(4):
        node.tick_once()
        said.append((node.status, node.feedback_message))
    assert said == [
        (GO, "time 2 of 3"),
        (GO, "time 2 of 3"),
        (GO, "time 3 of 3"),
        (OK, "done 3 times"),
    ]


def test_a_repetition_ends_with_the_first_failure():
    node = RepeatNode("three times", Scripted(OK, NO), 3)
    node.tick_once()
    node.tick_once()
    assert (node.status, node.feedback_message) == (NO, "failed after 1 times")


def test_a_repetition_counts_from_zero_when_it_is_entered_again():
    node = RepeatNode("twice", Scripted(OK, OK, OK, OK), 2)
    for status in (GO, OK, GO, OK):
        node.tick_once()
        assert node.status == status


def test_a_repetition_may_begin_in_the_middle():
    node = RepeatNode("three times", Scripted(OK, OK, OK), 3)
    node.begin_at(2)
    assert node.done_so_far == 2
    node.tick_once()
    assert node.status == OK
    assert node.done_so_far == 0  # it is over: the next time counts from zero


def test_a_task_is_carried_out_twice(bench, steps):
    run = bench((Repeat(items=(steps["turn"],), times=2),))
    status = run.settle(TaskState.SUCCESS, within=4)  # a turn takes 1 s: 2 ticks each
    assert run.started == ["walk(turn=1.5)"] * 2
    assert status.step == "1/1 walk(turn=1.5)"


def test_there_and_back_walks_every_way_each_time(bench):
    run = bench((Repeat(items=(TO_TABLE, TO_SHELF), times=2),))
    for _ in range(2):
        run.tick()
        run.tick("at(table)", no_longer=("at(shelf)",))
        run.tick("at(shelf)", no_longer=("at(table)",))
    assert run.planner.status.state is TaskState.SUCCESS
    assert run.started == [str(TO_TABLE), str(TO_SHELF)] * 2


def test_without_end_it_goes_on_until_it_is_stopped(bench, steps):
    run = bench((Repeat(items=(steps["turn"],), times=None),))
    for _ in range(100):
        assert run.tick().state is TaskState.RUNNING
    assert len(run.started) == 50
    assert run.planner.stop(Failure.OPERATOR, "enough").failure is Failure.OPERATOR
    assert run.world.running == set()


def test_a_failure_inside_a_repetition_names_its_step(bench):
    run = bench(
        (
            Repeat(
                items=(TO_TABLE, TO_SHELF),
                times=2,
            ),
        )
    )
    run.tick()
    run.tick("at(table)")
    status = run.tick(no_longer=("upright()",))
    assert status.failure is Failure.UNSTABLE
    assert status.step == "2/2 walk(target=shelf)"


# --- one way or the other -------------------------------------------------------------


@pytest.mark.parametrize(
    ("holds", "negated", "started"),
    [
        (True, False, "walk(turn=1.5)"),
        (False, False, "balance(duration_s=3)"),
        (True, True, "balance(duration_s=3)"),
        (False, True, "walk(turn=1.5)"),
    ],
)
def test_a_choice_goes_one_of_two_ways(bench, steps, holds, negated, started):
    choice = If(
        condition=AT_TABLE,
        items=(steps["turn"],),
        otherwise=(steps["stand"],),
        negated=negated,
    )
    run = bench((choice,), facts=("at(table)",) if holds else ())
    run.settle(TaskState.SUCCESS)
    assert run.started == [started]
    assert [str(item) for item in run.planner.kept] == [started]


def test_a_choice_is_made_once(bench, steps):
    choice = If(condition=AT_TABLE, items=(steps["stand"],), otherwise=(steps["turn"],))
    run = bench((choice,), facts=("at(table)",))
    run.tick()
    run.tick(no_longer=("at(table)",))
    run.settle(TaskState.SUCCESS)
    assert run.started == ["balance(duration_s=3)"]


def test_a_choice_is_made_when_its_turn_comes(bench, steps):
    choice = If(condition=AT_TABLE, items=(steps["turn"],))
    run = bench((TO_TABLE, choice))
    run.tick()
    run.tick("at(table)")
    assert run.started == [str(TO_TABLE), "walk(turn=1.5)"]


def test_a_choice_is_made_anew_each_time(bench, steps):
    choice = If(condition=AT_TABLE, items=(steps["turn"],), otherwise=(steps["stand"],))
    run = bench((Repeat(items=(choice,), times=2),), facts=("at(table)",))
    run.tick()
    run.tick()  # the turn took its second
    run.tick(no_longer=("at(table)",))
    assert run.started == ["walk(turn=1.5)", "balance(duration_s=3)"]


def test_a_way_that_is_empty_is_done_at_once(bench, steps):
    run = bench((If(condition=AT_TABLE, items=(steps["turn"],)),))
    status = run.tick()
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 1.0 s: there was nothing to do"
    assert run.started == []


def test_a_choice_that_fails_names_the_step(bench, steps):
    choice = If(condition=AT_TABLE, items=(), otherwise=(steps["turn"], TO_TABLE))
    run = bench((choice,))
    run.tick()
    run.tick()
    status = run.tick(no_longer=("upright()",))
    assert status.failure is Failure.UNSTABLE
    assert status.step == "2/2 walk(target=table)"


# --- does all of it still hold? -------------------------------------------------------


def delivered(run):
    """Carry the cup to the shelf and let go of it, up to the last step."""
    run.tick("at(table)", "in_reach(cup)")
    run.tick("holding(cup)")
    run.tick("at(shelf)", "spot_in_reach(cup, shelf)", no_longer=("in_reach(cup)",))
    return run.tick("on(cup, shelf)", no_longer=("holding(cup)",))


@pytest.fixture
def then_turn(bench, steps):
    """Deliver the cup, then turn round."""
    names = ("walk", "grasp", "carry", "place", "turn")
    return bench([steps[name] for name in names])


def test_a_cup_that_fell_later_is_brought_back(then_turn):
    delivered(then_turn)
    assert then_turn.world.running == {"walk"}  # the turn
    status = then_turn.tick(no_longer=("on(cup, shelf)",))
    assert status.state is TaskState.RUNNING
    assert status.sentence == (
        "manipulate(object=cup, target=shelf) no longer holds, on(cup, shelf): "
        "measured no; recovery 1 of 2 for dropped: grasp it again"
    )
    delivered(then_turn)
    assert then_turn.settle(TaskState.SUCCESS).step == "5/5 walk(turn=1.5)"


def test_a_cup_that_falls_again_and_again_is_given_up(then_turn):
    for _ in range(4):
        delivered(then_turn)
        status = then_turn.tick(no_longer=("on(cup, shelf)",))
    assert status.state is TaskState.FAILURE
    assert status.failure is Failure.DROPPED
    assert status.sentence == (
        "task failed at step 5/5 walk(turn=1.5) (dropped): "
        "manipulate(object=cup, target=shelf) no longer holds, on(cup, shelf): "
        "measured no; remedies for dropped used up"
    )
    assert then_turn.world.running == set()


def test_a_cup_that_is_taken_up_again_need_not_stay_where_it_was(bench, steps):
    run = bench([steps[name] for name in ("place", "grasp")], facts=("on(cup, shelf)",))
    status = run.tick("in_reach(cup)")  # it is there already
    status = run.tick("holding(cup)", no_longer=("on(cup, shelf)",))
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 2.0 s: holding(cup)"


def test_a_goal_that_a_later_step_undoes_need_not_hold_at_the_end(bench, goals, steps):
    run = bench((goals("holding(cup)"), steps["place"]), facts=("in_reach(cup)",))
    run.tick()
    run.tick("holding(cup)", "spot_in_reach(cup, shelf)")
    status = run.tick("on(cup, shelf)", no_longer=("holding(cup)",))
    assert status.state is TaskState.SUCCESS


def test_a_place_the_robot_was_sent_on_from_need_not_be_kept(bench, goals, steps):
    run = bench((goals("at(table)"), steps["turn"], goals("at(shelf)")))
    run.tick()
    run.tick("at(table)")
    run.tick(no_longer=("at(table)",))
    assert run.tick("at(shelf)").state is TaskState.SUCCESS


def test_goals_in_a_row_must_all_hold_at_the_end(bench, goals):
    run = bench(
        (goals("on(cup, shelf)"), goals("at(table)")), facts=("on(cup, shelf)",)
    )
    run.tick()
    status = run.tick("at(table)", no_longer=("on(cup, shelf)",))
    assert status.state is TaskState.RUNNING
    assert status.sentence.startswith("on(cup, shelf) no longer holds")
