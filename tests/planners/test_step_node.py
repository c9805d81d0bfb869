"""One step: done already, carried out, recovered by cause, or given up in words."""

import pytest

from planners.planner import TaskState
from planners.recovery import Budget
from planners.task import Step
from skills.contract import Failure, GoalError

STEP_BACK = "walk(forward=-0.3)"
LOOK = "walk(turn=0.785398)"
WAIT = "balance(duration_s=1)"
LEFT = "grasp(object=cup, side=left)"


# --- done already ---------------------------------------------------------------------


def test_a_step_that_holds_already_starts_nothing(grasping):
    status = grasping.tick("holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 1.0 s: holding(cup)"
    assert grasping.started == []


def test_a_goal_that_holds_already_starts_nothing(bench, goals):
    run = bench((goals("on(cup, shelf)"),))
    assert run.tick("on(cup, shelf)").state is TaskState.SUCCESS
    assert run.started == []


def test_a_goal_alone_walks_first_when_it_is_out_of_reach(bench, goals):
    run = bench((goals("holding(cup)"),))
    run.tick()
    run.tick("at(cup)", "in_reach(cup)")
    assert run.tick("holding(cup)").state is TaskState.SUCCESS
    assert run.started == ["walk(target=cup, reach=cup)", "grasp(object=cup)"]


def test_a_goal_alone_walks_nowhere_when_it_is_in_reach(grasping):
    grasping.tick()
    assert grasping.started == ["grasp(object=cup)"]


def test_a_placing_ends_when_somebody_else_did_it_on_the_way(bench, steps):
    run = bench((steps["place"],))
    run.tick()
    assert run.world.running == {"walk"}  # to the cup
    status = run.tick("on(cup, shelf)")
    assert status.state is TaskState.SUCCESS
    assert run.world.running == set()
    assert run.started == ["walk(target=cup, reach=cup)"]


# --- by cause -------------------------------------------------------------------------


def test_a_dropped_cup_is_grasped_again(bench, steps):
    run = bench((steps["carry"],), facts=("holding(cup)", "in_reach(cup)"))
    run.tick()
    status = run.tick(no_longer=("holding(cup)",))
    assert status.state is TaskState.RUNNING
    assert status.sentence == (
        "walk(target=shelf, carrying=cup) aborted, carried(cup): measured no; "
        "recovery 1 of 2 for dropped: grasp it again"
    )
    assert run.world.running == set()
    run.tick()
    assert run.world.running == {"grasp"}
    run.tick("holding(cup)")
    assert run.tick("at(shelf)").state is TaskState.SUCCESS


def test_a_cup_dropped_out_of_reach_is_walked_to(bench, steps):
    run = bench((steps["carry"],), facts=("holding(cup)",))
    run.tick()
    run.tick(no_longer=("holding(cup)",))
    run.tick()
    assert run.started[-1] == "walk(target=cup, reach=cup)"


def test_a_grasp_that_takes_too_long_steps_back_and_approaches_again(grasping):
    grasping.tick()
    status = grasping.tick(after=21.0, no_longer=("in_reach(cup)",))
    assert "recovery 1 of 2 for timeout: step back and approach again" in (
        status.sentence
    )
    assert grasping.tick().sentence == (
        "1/1 grasp(object=cup): recovery: step back and approach again, running for "
        "0.0 s of 20 s, moved: 1.0 s to go"
    )
    grasping.tick()
    assert grasping.started == [
        "grasp(object=cup)",
        STEP_BACK,
        "walk(target=cup, reach=cup)",
    ]


def timeouts(run, times):
    """Let a grasp run out of time; every second one is the step back."""
    for _ in range(times):
        run.tick()  # it begins
        run.tick(after=21.0)  # too late
        run.tick()  # the remedy begins
    return run.planner.status


def test_after_two_new_approaches_the_other_hand_is_used(grasping):
    timeouts(grasping, 2)
    assert LEFT not in grasping.started
    timeouts(grasping, 1)
    assert grasping.started[-1] == LEFT
    assert grasping.tick("holding(cup)").state is TaskState.SUCCESS


def test_the_hand_that_the_operator_named_is_not_changed(bench):
    right = Step(skill="grasp", args={"object": "cup", "side": "right"})
    run = bench((right,), facts=("in_reach(cup, right)", "in_reach(cup, left)"))
    status = timeouts(run, 3)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence.endswith("remedies for timeout used up")
    assert not any("left" in one for one in run.started)


def test_a_walk_that_takes_too_long_is_tried_twice_more(fetch):
    for _ in range(2):
        fetch.tick()
        assert fetch.tick(after=21.0).state is TaskState.RUNNING
    fetch.tick()
    status = fetch.tick(after=21.0)
    assert status.sentence == (
        "task failed at step 1/2 walk(target=table, reach=cup) (timeout): "
        "walk(target=table, reach=cup) took longer than 20 s, at(table): measured no; "
        "remedies for timeout used up"
    )
    assert fetch.started == ["walk(target=table, reach=cup)"] * 3


def test_what_is_blocked_steps_back_and_then_asks(fetch):
    fetch.tick()
    fetch.world.faults["walk"] = (Failure.BLOCKED, "a chair is in the way")
    assert "step back and approach again" in fetch.tick().sentence
    fetch.tick()
    fetch.tick()
    fetch.world.faults["walk"] = (Failure.BLOCKED, "a chair is in the way")
    assert "stand and ask for help" in fetch.tick().sentence
    for _ in range(11):  # ten seconds, with nothing to be seen meanwhile
        fetch.tick()
    walk = "walk(target=table, reach=cup)"
    assert fetch.started == [walk, STEP_BACK, walk, *[WAIT] * 10, walk]


def test_out_of_reach_after_the_walk_steps_back_and_walks_again(bench, goals):
    run = bench((goals("holding(cup)"),))
    run.tick()
    status = run.tick("at(cup)")  # it stands where it should, but cannot reach
    assert "cannot start, in_reach(cup): measured no; recovery 1 of 2 for" in (
        status.sentence
    )
    run.tick(no_longer=("at(cup)",))
    run.tick()
    assert run.started == [
        "walk(target=cup, reach=cup)",
        STEP_BACK,
        "walk(target=cup, reach=cup)",
    ]


# --- lost and found -------------------------------------------------------------------


@pytest.fixture
def searching(bench, steps):
    """The cup exists but is not in sight."""
    return bench((steps["grasp"],), hidden=("cup",))


def test_what_is_not_seen_is_looked_for_then_asked_for_then_given_up(searching):
    assert searching.tick().sentence == (
        "visible(cup) does not hold, visible(cup): cup is not seen; recovery 1 of 1 "
        "for object_lost: turn and look for it"
    )
    status = searching.settle(TaskState.FAILURE)
    assert searching.started == [LOOK] * 7 + [WAIT] * 10
    assert status.failure is Failure.OBJECT_LOST
    assert status.sentence == (
        "task failed at step 1/1 grasp(object=cup) (object_lost): visible(cup) does "
        "not hold, visible(cup): cup is not seen; remedies for object_lost used up"
    )
    assert searching.world.running == set()


def test_what_comes_into_sight_while_turning_is_gone_for(searching):
    for _ in range(4):
        searching.tick()
    searching.show("cup")
    searching.tick()
    assert searching.started == [LOOK] * 3 + ["walk(target=cup, reach=cup)"]
    searching.tick("at(cup)", "in_reach(cup)")
    assert searching.tick("holding(cup)").state is TaskState.SUCCESS


def test_what_comes_into_sight_at_the_last_look_is_gone_for(searching):
    while searching.started != [LOOK] * 7:
        searching.tick()
    searching.show("cup")
    searching.tick()
    assert searching.started[7:] == ["walk(target=cup, reach=cup)"]


def test_what_somebody_brings_while_the_robot_asks_is_gone_for(searching):
    while WAIT not in searching.started:
        searching.tick()
    searching.show("cup")
    searching.tick("in_reach(cup)")
    assert searching.started[8:] == ["grasp(object=cup)"]


def test_what_comes_into_sight_before_its_turn_needs_no_recovery(bench, steps):
    to_table = Step(skill="walk", args={"target": "table"})
    run = bench((to_table, steps["grasp"]), hidden=("cup",))
    run.tick()
    run.show("cup")
    run.tick("at(table)")
    assert run.started == [str(to_table), "walk(target=cup, reach=cup)"]
    assert run.planner.progress()["recoveries"] == []


def test_what_goes_out_of_sight_in_the_middle_is_looked_for(grasping):
    grasping.tick()
    cup = grasping.world.hide("cup")
    assert "turn and look for it" in grasping.tick().sentence
    grasping.tick()
    grasping.world.objects["cup"] = cup
    grasping.tick()
    assert grasping.started == ["grasp(object=cup)", LOOK, "grasp(object=cup)"]


def test_to_find_something_is_a_task(bench, goals):
    run = bench((goals("visible(cup)"),), hidden=("cup",))
    run.tick()
    run.tick()
    run.show("cup")
    assert run.tick().state is TaskState.SUCCESS


@pytest.mark.parametrize("text", ["holding(cup)", "visible(cup)"])
def test_what_nobody_knows_of_is_refused_before_the_robot_moves(bench, goals, text):
    with pytest.raises(GoalError, match="cup"):
        bench((goals(text),), hidden=("cup",), known=frozenset())


def test_a_step_about_what_nobody_knows_of_is_refused_with_its_number(bench, steps):
    items = (steps["turn"], steps["grasp"])
    with pytest.raises(GoalError) as error:
        bench(items, hidden=("cup",), known=frozenset())
    assert str(error.value) == "step 2, grasp(object=cup): there is no cup here"


# --- where only people help -----------------------------------------------------------


@pytest.fixture
def on_the_floor(bench, steps):
    """The cup lies where no hand can reach."""
    run = bench((steps["grasp"],), facts=("in_reach(cup)",))
    run.world.facts.remove("reachable(cup)")
    return run


def test_a_cup_on_the_floor_is_asked_for_and_given_up(on_the_floor):
    status = on_the_floor.settle(TaskState.FAILURE)
    assert on_the_floor.started == [WAIT] * 10
    assert status.failure is Failure.OUT_OF_REACH


def test_a_cup_that_somebody_picks_up_is_grasped_at_once(on_the_floor):
    on_the_floor.tick()
    on_the_floor.tick()
    on_the_floor.tick("reachable(cup)")
    assert on_the_floor.started == [WAIT, "grasp(object=cup)"]


# --- the end --------------------------------------------------------------------------

FATAL = {
    Failure.UNSTABLE: "was tripped",
    Failure.CONTRACT: "was tripped",
    Failure.HARDWARE: "was tripped",
    Failure.OPERATOR: "was tripped",
}


@pytest.mark.parametrize("failure", FATAL)
def test_what_is_fatal_ends_the_task_at_once(grasping, failure):
    grasping.tick()
    grasping.world.faults["grasp"] = (failure, "no state for 0.06 s")
    status = grasping.tick()
    assert status.failure is failure
    assert status.sentence == (
        f"task failed at step 1/1 grasp(object=cup) ({failure.value}): "
        "grasp(object=cup) was tripped, no state for 0.06 s; "
        f"{failure.value} is never retried"
    )
    assert grasping.world.running == set()


@pytest.mark.parametrize("failure", FATAL)
def test_what_is_fatal_ends_the_task_also_during_a_remedy(grasping, failure):
    grasping.tick()
    grasping.tick(after=21.0)
    grasping.tick()
    assert grasping.world.running == {"walk"}  # the step back
    grasping.world.faults["walk"] = (failure, "no state for 0.06 s")
    status = grasping.tick()
    assert status.failure is failure
    assert status.sentence.endswith(
        "walk(forward=-0.3) was tripped, no state for 0.06 s; "
        "it happened during a recovery"
    )
    assert grasping.world.running == set()


def test_a_fall_during_a_remedy_ends_the_task(grasping):
    grasping.tick()
    grasping.tick(after=21.0)
    grasping.tick()
    assert grasping.tick(no_longer=("upright()",)).failure is Failure.UNSTABLE


def test_a_remedy_that_fails_otherwise_is_over(grasping):
    grasping.tick()
    grasping.tick(after=21.0)
    grasping.tick()
    grasping.world.faults["walk"] = (Failure.BLOCKED, "a chair is in the way")
    grasping.tick()
    assert grasping.started == ["grasp(object=cup)", STEP_BACK, "grasp(object=cup)"]


def test_a_remedy_that_makes_no_sense_here_is_left_out(grasping):
    grasping.tick()
    grasping.world.refused["walk"] = GoalError("the shelf is in the way of 0.3 m back")
    grasping.tick(after=21.0)
    assert grasping.tick().state is TaskState.RUNNING
    assert grasping.started == ["grasp(object=cup)"] * 2


def test_a_step_that_cannot_begin_for_no_good_reason_ends_the_task(bench, steps):
    run = bench((steps["turn"],))
    run.world.refused["walk"] = GoalError("the table is in the way")
    status = run.tick()
    assert status.failure is Failure.CONTRACT
    assert status.sentence == (
        "task failed at step 1/1 walk(turn=1.5) (contract): walk(turn=1.5) cannot "
        "start, the table is in the way; contract is never retried"
    )


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"budget": Budget(retries_per_step=1)}, "retries of this step used up (1)"),
        ({"budget": Budget(retries_per_task=1)}, "retries of this task used up (1)"),
        ({"retries": 1}, "retries of this task used up (1)"),
    ],
)
def test_budgets_end_a_task(bench, steps, asked, text):
    run = bench((steps["walk"],), **asked)
    run.tick()
    run.tick(after=21.0)
    run.tick()
    status = run.tick(after=21.0)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence.endswith(text)


def test_an_item_may_forbid_every_recovery(bench, goals):
    run = bench((goals("holding(cup)", retries=0),))
    run.tick()
    status = run.tick(after=21.0)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence.endswith("retries of this step used up (0)")


# --- a world that changes its mind ----------------------------------------------------


def test_a_place_that_is_gone_when_its_turn_comes_is_no_crash(worlds, bench, steps):
    class Narrow(worlds):
        """After a while furniture stands in the way of every walk by a distance."""

        def contract(self, goal, snapshot):
            if "turn" in goal.args and snapshot.time > 2.0:
                raise GoalError("walk: the table is in the way")
            return super().contract(goal, snapshot)

    run = bench((steps["walk"], steps["turn"]), world=Narrow())
    run.tick(after=2.0)
    status = run.tick("at(table)")
    assert status.failure is Failure.CONTRACT
    assert status.sentence == (
        "task failed at step 2/2 walk(turn=1.5) (contract): walk(turn=1.5) cannot "
        "start, walk: the table is in the way; contract is never retried"
    )
