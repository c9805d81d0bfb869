"""Whole tasks in a scripted world: evidence, pause, stop, and going on later."""

import json
import math

import pytest

from planners.planner import Planner, TaskState
from planners.recovery import Budget
from planners.task import If, Repeat, Step, Task
from skills.contract import Check, Condition, Contract, Failure, GoalError, Predicate

TO_TABLE = Step(skill="walk", args={"target": "table"})


def test_a_task_advances_on_evidence_and_ends_on_it(fetch):
    status = fetch.tick()
    assert status.state is TaskState.RUNNING
    assert status.step == "1/2 walk(target=table, reach=cup)"
    assert status.sentence == (
        "1/2 walk(target=table, reach=cup): "
        "running for 0.0 s of 20 s, at(table): measured no"
    )
    status = fetch.tick("at(table)", "in_reach(cup)")
    assert status.step == "2/2 grasp(object=cup)"
    # The walk ends and the grasp begins within one tick: nobody is in charge between.
    assert fetch.world.log[1:] == ["stop walk", "start grasp(object=cup)"]
    status = fetch.tick("holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 3.0 s: holding(cup)"
    assert fetch.planner.done
    assert fetch.planner.failure is None
    assert fetch.world.running == set()


def test_before_the_first_tick_it_says_where_it_will_begin(fetch):
    status = fetch.planner.status
    assert (status.state, status.sentence) == (TaskState.RUNNING, "about to start")
    assert status.step == "1/2 walk(target=table, reach=cup)"


def test_time_alone_advances_nothing(fetch):
    fetch.tick()
    assert fetch.tick(after=19.0).step.startswith("1/2")


def test_a_finished_task_stays_finished(fetch):
    fetch.tick("at(table)", "in_reach(cup)")
    done = fetch.tick("holding(cup)")
    assert done.state is TaskState.SUCCESS
    log = list(fetch.world.log)
    assert fetch.tick(no_longer=("holding(cup)",)) == done
    assert fetch.world.log == log
    for meddle in (
        fetch.planner.cancel,
        fetch.planner.pause,
        fetch.planner.resume,
        lambda: fetch.planner.stop(Failure.OPERATOR, "too late"),
    ):
        assert meddle() == done


def test_what_holds_already_is_skipped(deliver):
    deliver.tick("at(table)", "holding(cup)")
    assert deliver.world.log == ["start walk(target=shelf, carrying=cup)"]
    assert deliver.planner.active_step == "3/4 walk(target=shelf, carrying=cup)"


def test_a_task_that_holds_already_is_done_at_once(fetch):
    status = fetch.tick("at(table)", "holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert fetch.world.log == []


def test_an_errand_that_somebody_has_done_is_not_taken(deliver):
    status = deliver.tick("on(cup, shelf)")
    assert status.state is TaskState.SUCCESS
    assert status.sentence == (
        "task done in 1.0 s: manipulate(object=cup, target=shelf) was done already"
    )
    assert deliver.world.log == []
    assert [item.skill for item in deliver.planner.kept] == ["manipulate"]


def test_what_was_done_is_told_in_order(deliver):
    deliver.tick("at(table)", "in_reach(cup)")
    assert [item.skill for item in deliver.planner.kept] == ["walk"]
    deliver.tick("holding(cup)")
    deliver.tick("at(shelf)", "spot_in_reach(cup, shelf)")
    deliver.tick("on(cup, shelf)")
    skills = [item.skill for item in deliver.planner.kept]
    assert skills == ["walk", "grasp", "walk", "manipulate"]


def test_a_cup_dropped_on_the_way_is_fetched_and_brought(deliver):
    deliver.tick("at(table)", "in_reach(cup)")
    deliver.tick("holding(cup)")
    assert deliver.world.running == {"walk"}
    status = deliver.tick(no_longer=("holding(cup)", "at(table)", "in_reach(cup)"))
    assert "aborted, carried(cup): measured no; recovery 1 of 2" in status.sentence
    assert deliver.world.running == set()
    deliver.tick()
    assert deliver.started[-1] == "walk(target=cup, reach=cup)"
    deliver.tick("at(cup)", "in_reach(cup)")
    assert deliver.world.running == {"grasp"}
    deliver.tick("holding(cup)")
    assert deliver.planner.active_step == "3/4 walk(target=shelf, carrying=cup)"
    deliver.tick("at(shelf)", "spot_in_reach(cup, shelf)")
    assert deliver.tick("on(cup, shelf)").state is TaskState.SUCCESS


def test_a_fall_ends_the_task_at_once(fetch):
    fetch.tick()
    status = fetch.tick(after=0.02, no_longer=("upright()",))
    assert status.failure is Failure.UNSTABLE
    assert status.sentence.endswith("unstable is never retried")
    assert fetch.world.running == set()


def test_the_verdict_asks_the_last_promise_once_more(world, steps):
    held = iter([True, False])  # the promise of the grasp, then the verdict

    def check(snapshot):
        holds = world.time > 0.0 and next(held)
        return Check(holds=holds, reason="the cup slips")

    slippery = Condition(name="holding(cup)", check=check, failure=Failure.UNSTABLE)

    def contract(goal, snapshot):
        return Contract(
            goal=goal, joints=(), pre=(), hold=(), post=(slippery,), timeout_s=20.0
        )

    world.contract = contract
    world.question = lambda predicate: slippery
    planner = Planner(Task(text="t", items=(steps["grasp"],)), world, world.snapshot())
    planner.tick(world.snapshot())
    world.time = 1.0
    status = planner.tick(world.snapshot())
    assert status.failure is Failure.UNSTABLE
    assert status.sentence == (
        "task failed at step 1/1 grasp(object=cup) (unstable): "
        "grasp(object=cup) no longer holds, holding(cup): the cup slips; "
        "unstable is never retried"
    )


# --- time -----------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"budget": Budget(time_s=5.0)}, {"deadline_s": 5.0}])
def test_a_task_has_a_time_limit_in_robot_time(bench, steps, asked):
    short = bench((steps["walk"],), **asked)
    short.tick(after=5.0)
    assert not short.planner.done
    status = short.tick(after=0.02)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence == (
        "task failed at step 1/1 walk(target=table, reach=cup) (timeout): "
        "the task took longer than 5 s"
    )
    assert short.world.running == set()


def test_the_deadline_of_a_task_replaces_the_limit_of_the_budget(bench, steps):
    run = bench((steps["walk"],), Budget(time_s=5.0), deadline_s=8.0)
    run.tick(after=8.0)
    assert not run.planner.done


# --- stop and pause -------------------------------------------------------------------


def test_the_operator_stops_what_runs(fetch):
    fetch.tick()
    status = fetch.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert status.failure is Failure.OPERATOR
    assert status.sentence == (
        "task failed at step 1/2 walk(target=table, reach=cup) (operator): "
        "stopped by the operator"
    )
    assert fetch.world.log[-1] == "stop walk"
    assert fetch.tick() == status


def test_the_step_that_was_stopped_is_still_named_afterwards(fetch):
    fetch.tick("at(table)", "in_reach(cup)")
    fetch.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert fetch.planner.active_step == "2/2 grasp(object=cup)"


def test_a_task_may_be_stopped_before_it_begins(fetch):
    status = fetch.planner.stop(Failure.HARDWARE, "no state")
    assert status.failure is Failure.HARDWARE
    assert fetch.world.log == []


def test_a_pause_stops_the_skill_and_going_on_begins_it_anew(fetch):
    fetch.tick("at(table)", "in_reach(cup)")
    status = fetch.planner.pause()
    assert status.state is TaskState.PAUSED
    assert status.sentence == "paused in step 2/2 grasp(object=cup)"
    assert fetch.world.running == set()
    assert fetch.tick() == status
    assert fetch.planner.pause() == status
    status = fetch.planner.resume()
    assert (status.state, status.sentence) == (
        TaskState.RUNNING,
        "going on after a pause",
    )
    assert fetch.world.running == set()  # a skill begins with a tick
    assert fetch.tick().sentence == (
        "2/2 grasp(object=cup): running for 0.0 s of 20 s, holding(cup): measured no"
    )
    assert fetch.started[-2:] == ["grasp(object=cup)"] * 2
    assert fetch.tick("holding(cup)").state is TaskState.SUCCESS


def test_a_pause_does_not_count(bench, steps):
    run = bench((steps["walk"],), Budget(time_s=5.0))
    run.tick(after=3.0)
    run.planner.pause()
    run.tick(after=1000.0)
    run.planner.resume()
    assert run.tick(after=2.0).state is TaskState.RUNNING
    assert run.tick(after=0.02).failure is Failure.TIMEOUT


def test_a_pause_before_the_first_tick_is_fine(fetch):
    fetch.planner.pause()
    fetch.tick()
    fetch.planner.resume()
    fetch.tick()
    assert fetch.world.running == {"walk"}


def test_a_remedy_can_be_paused(grasping):
    grasping.tick()
    grasping.tick(after=21.0)
    grasping.tick()
    assert grasping.world.running == {"walk"}
    grasping.planner.pause()
    assert grasping.world.running == set()
    grasping.planner.resume()
    grasping.tick()
    assert grasping.world.running == {"walk"}
    grasping.tick()
    assert grasping.world.running == {"grasp"}


def test_a_paused_task_can_be_cancelled(fetch):
    fetch.tick("at(table)", "in_reach(cup)")
    fetch.planner.pause()
    assert fetch.planner.cancel().state is TaskState.STOPPING
    assert fetch.planner.resume().state is TaskState.STOPPING
    assert fetch.planner.pause().state is TaskState.STOPPING
    status = fetch.settle(TaskState.FAILURE, within=3)
    assert status.step == "2/2 grasp(object=cup)"
    assert status.failure is Failure.OPERATOR


def test_a_paused_task_can_be_stopped(fetch):
    fetch.tick("at(table)", "in_reach(cup)")
    fetch.planner.pause()
    status = fetch.planner.stop(Failure.HARDWARE, "no state")
    assert status.step == "2/2 grasp(object=cup)"
    assert fetch.world.log.count("stop grasp") == 1


def test_cancelling_twice_is_cancelling_once(fetch):
    fetch.tick()
    status = fetch.planner.cancel()
    fetch.tick(after=0.1)
    again = fetch.planner.cancel("once more")
    assert again.state is TaskState.STOPPING
    assert again.sentence.startswith(status.sentence.split(":")[0])


def test_a_task_can_be_cancelled_before_it_begins(fetch):
    fetch.planner.cancel()
    status = fetch.settle(TaskState.FAILURE, within=2)
    assert status.step == "1/2 walk(target=table, reach=cup)"
    assert fetch.world.log == []


# --- going on later -------------------------------------------------------------------


def saved(run):
    """What a file would bring back."""
    return json.loads(json.dumps(run.planner.progress()))


def test_a_stopped_task_goes_on_where_it_was(bench, goals, steps):
    items = (goals("at(table)"), steps["turn"], steps["stand"])
    first = bench(items)
    first.tick()
    first.tick("at(table)")
    first.tick()
    first.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert saved(first) == {
        "item": 2,
        "repeats": [],
        "kept": [],  # the turn has left the place that it was at
        "spent_s": 3.0,
        "recoveries": [],
    }
    second = bench(items)
    second.planner.go_on_from(saved(first))
    assert saved(second) == saved(first)
    second.tick()
    assert second.started == ["balance(duration_s=3)"]
    status = second.settle(TaskState.SUCCESS)
    assert status.sentence == "task done in 7.0 s: stood(3 s)"


def test_what_a_stopped_task_promised_must_still_hold_at_the_end(bench, steps):
    items = (steps["place"], steps["turn"])
    first = bench(items, facts=("on(cup, shelf)",))
    first.tick()
    first.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert saved(first)["item"] == 1
    assert saved(first)["kept"] == [0]
    second = bench(items)  # and here the cup is not on the shelf any more
    second.planner.go_on_from(saved(first))
    second.tick()
    status = second.tick()
    assert status.sentence.startswith(
        "manipulate(object=cup, target=shelf) no longer holds"
    )
    second.tick()
    assert second.started[-1] == "walk(target=cup, reach=cup)"


def test_what_was_put_down_to_stop_is_fetched_again(bench, steps):
    four = [steps[name] for name in ("walk", "grasp", "carry", "place")]
    items = (*four[:2], steps["turn"], *four[2:])
    first = bench(items)
    first.tick("at(table)", "in_reach(cup)")
    first.tick("holding(cup)")
    first.planner.cancel()
    first.settle(TaskState.FAILURE)
    assert (saved(first)["item"], saved(first)["kept"]) == (2, [1])
    second = bench(items, facts=("in_reach(cup)",))
    second.planner.go_on_from(saved(first))
    second.tick()
    second.tick()
    assert second.started == ["walk(turn=1.5)", "grasp(object=cup)"]


def test_repetitions_and_recoveries_go_on_counting(bench, steps):
    items = (Repeat(items=(TO_TABLE, steps["turn"]), times=3),)
    first = bench(items)
    first.tick("at(table)")
    first.tick()  # once
    first.tick(no_longer=("at(table)",))
    first.tick(after=21.0)  # a timeout on the second way
    first.tick()
    first.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert saved(first) == {
        "item": 0,
        "repeats": [1],
        "kept": [],
        "spent_s": 25.0,
        "recoveries": [[0, "timeout", "RETRY", 1]],
    }
    second = bench(items)
    second.planner.go_on_from(saved(first))
    assert saved(second) == saved(first)
    second.tick("at(table)")
    second.settle(TaskState.SUCCESS)
    assert second.started.count("walk(turn=1.5)") == 2  # the second and the third
    second = bench(items)
    second.planner.go_on_from(saved(first))
    second.tick()
    second.tick(after=21.0)  # the second timeout of this walk
    second.tick()
    assert second.tick(after=21.0).sentence.endswith("remedies for timeout used up")


def test_an_inner_repetition_that_is_over_begins_anew_with_its_outer_one(bench, steps):
    inner = Repeat(items=(steps["turn"],), times=2)
    items = (Repeat(items=(inner, steps["stand"]), times=2),)
    first = bench(items)
    for _ in range(5):
        first.tick()
    assert first.world.running == {"balance"}
    first.planner.stop(Failure.OPERATOR, "stopped by the operator")
    assert saved(first)["repeats"] == [0, 0]
    second = bench(items)
    second.planner.go_on_from(saved(first))
    second.settle(TaskState.SUCCESS)
    turns = [one for one in second.started if "turn" in one]
    assert len(turns) == 4


def test_what_was_spent_counts(bench, steps):
    run = bench((steps["walk"],), Budget(time_s=5.0))
    progress = {**saved(run), "spent_s": 4.0}
    run.planner.go_on_from(progress)
    run.tick(after=1.0)
    assert run.tick(after=0.02).failure is Failure.TIMEOUT


@pytest.mark.parametrize(
    "foreign",
    [
        {"item": 2},
        {"item": -1},
        {"item": "first"},
        {"repeats": []},
        {"repeats": [1, 2]},
        {"repeats": ["twice"]},
        {"repeats": None},
        {"kept": [2]},
        {"kept": [-1]},
        {"spent_s": "long"},
        {"recoveries": [[0, "bored", "RETRY", 1]]},
        {"recoveries": [[0, "timeout", "SLEEP", 1]]},
        {"recoveries": None},
    ],
)
def test_the_progress_of_another_task_is_refused(bench, steps, foreign):
    run = bench((steps["walk"], Repeat(items=(steps["turn"],), times=2)))
    before = saved(run)
    with pytest.raises(ValueError, match="progress belongs to another task"):
        run.planner.go_on_from({**before, **foreign})
    assert saved(run) == before


@pytest.mark.parametrize("key", ["item", "repeats", "spent_s", "recoveries"])
def test_progress_that_lacks_something_is_refused(bench, steps, key):
    run = bench((steps["walk"],))
    progress = saved(run)
    del progress[key]
    with pytest.raises(ValueError, match="belongs to another task"):
        run.planner.go_on_from(progress)


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            Step(skill="grasp", args={"object": "mug"}),
            "step 2, grasp(object=mug): there is no mug here",
        ),
        (Step(skill="fly"), "step 2, fly(): there is no skill fly"),
        (
            Step(skill="walk", args={"target": "table", "promise": "none"}),
            "step 2, walk(target=table, promise=none): promises nothing, so its "
            "success cannot be seen; give the skill a post-condition",
        ),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused_before_the_robot_moves(
    bench, steps, step, message
):
    with pytest.raises(GoalError) as error:
        bench((steps["walk"], step))
    assert str(error.value) == message


AT_TABLE = Predicate("at", ("table",))


@pytest.mark.parametrize(
    "items",
    [(), (If(condition=AT_TABLE, items=()),), (Repeat(items=(), times=None),)],
)
def test_a_task_without_steps_is_refused(world, items):
    with pytest.raises(GoalError, match="task 'nothing' has no steps"):
        Planner(Task(text="nothing", items=items), world, world.snapshot())


# --- the same again -------------------------------------------------------------------


def history(run):
    """A drop, a search, a pause and a cancelling."""
    said = [run.tick(), run.tick("at(table)", "in_reach(cup)")]
    cup = run.world.hide("cup")
    said += [run.tick(), run.tick()]
    run.world.objects["cup"] = cup
    said += [run.tick(), run.tick("holding(cup)")]
    said += [run.planner.pause(), run.tick(), run.planner.resume()]
    said += [run.tick(no_longer=("holding(cup)",)), run.tick()]
    said += [run.planner.cancel(), run.tick(), run.tick()]
    return said, run.world.log, run.planner.progress()


def test_the_same_script_gives_the_same_history(bench, steps):
    four = [steps[name] for name in ("walk", "grasp", "carry", "place")]
    one, other = history(bench(four)), history(bench(four))
    assert one == other
    assert one[0][-1].state is TaskState.FAILURE
    assert len({status.sentence for status in one[0]}) > 8


def test_two_planners_share_nothing(bench, steps):
    one, other = bench((steps["walk"],)), bench((steps["walk"],))
    one.tick("at(table)")
    assert one.planner.done
    assert not other.tick().step.startswith("2")
    assert not other.planner.done


def test_time_that_does_not_pass_changes_nothing(fetch):
    fetch.tick()
    said = {fetch.tick(after=0.0).sentence for _ in range(100)}
    assert len(said) == 1
    assert math.isclose(fetch.planner.progress()["spent_s"], 1.0)
