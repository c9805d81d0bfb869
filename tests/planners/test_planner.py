"""Whole tasks in a scripted world: advance on evidence, recover, give up."""

import pytest

from planners.planner import Planner, TaskState
from planners.recovery import Budget
from planners.task import Step, Task
from skills.contract import Check, Condition, Contract, Failure, GoalError


def test_a_task_advances_on_evidence_and_ends_on_it(fetch):
    status = fetch.tick()
    assert status.state is TaskState.RUNNING
    assert status.step == "1/2 walk(target=table, reach=cup)"
    assert status.sentence == (
        "1/2 walk(target=table, reach=cup): "
        "running for 0.0 s of 20 s, at(table): measured no"
    )
    status = fetch.tick("at(table)")
    assert status.step == "2/2 grasp(object=cup)"
    # The walk ends and the grasp begins within one tick: nobody is in charge between.
    assert fetch.world.log[1:] == ["stop walk", "start grasp(object=cup)"]
    status = fetch.tick("holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert status.sentence == "task done in 3.0 s: holding(cup)"
    assert fetch.planner.done
    assert fetch.planner.failure is None
    assert fetch.world.running == set()


def test_time_alone_advances_nothing(fetch):
    fetch.tick()
    assert fetch.tick(after=19.0).step.startswith("1/2")


def test_a_finished_task_stays_finished(fetch):
    fetch.tick("at(table)")
    fetch.tick("holding(cup)")
    done = fetch.tick()
    assert done.state is TaskState.SUCCESS
    log = list(fetch.world.log)
    assert fetch.tick(no_longer=("holding(cup)",)) == done
    assert fetch.world.log == log
    assert fetch.planner.stop(Failure.OPERATOR, "too late") == done


def test_what_holds_already_is_skipped(deliver):
    deliver.tick("at(table)", "holding(cup)")
    assert deliver.world.log == ["start walk(target=shelf, carrying=cup)"]
    assert deliver.planner.active_step == "3/4 walk(target=shelf, carrying=cup)"


def test_a_task_that_holds_already_is_done_at_once(fetch):
    status = fetch.tick("at(table)", "holding(cup)")
    assert status.state is TaskState.SUCCESS
    assert fetch.world.log == []


def test_out_of_reach_repeats_the_walk_and_succeeds(fetch):
    fetch.tick()
    status = fetch.tick("at(table)", no_longer=("reachable(cup)",))
    assert status.state is TaskState.RUNNING
    assert status.sentence == (
        "grasp(object=cup) cannot start, reachable(cup): measured no; "
        "retry 1 of 2: repeat the walk before it, "
        "from step 1, walk(target=table, reach=cup)"
    )
    assert fetch.world.running == set()
    # Although the robot is at the table, the walk is carried out again.
    status = fetch.tick()
    assert fetch.world.running == {"walk"}
    fetch.tick("reachable(cup)")
    assert fetch.world.running == {"grasp"}
    assert fetch.tick("holding(cup)").state is TaskState.SUCCESS


def test_out_of_reach_for_good_uses_up_its_retries(fetch):
    fetch.world.facts.remove("reachable(cup)")
    fetch.tick("at(table)")  # the walk is skipped, the grasp cannot start: retry 1
    for _ in range(4):  # walk again, cannot start again: retry 2, then the end
        status = fetch.tick()
    assert status.state is TaskState.FAILURE
    assert status.failure is fetch.planner.failure is Failure.OUT_OF_REACH
    assert status.sentence == (
        "task failed at step 2/2 grasp(object=cup) (out_of_reach): "
        "grasp(object=cup) cannot start, reachable(cup): measured no; "
        "retries for out_of_reach used up (2)"
    )
    assert fetch.world.log == ["start walk(target=table, reach=cup)", "stop walk"] * 2


def test_a_dropped_cup_is_grasped_again(deliver):
    deliver.tick("at(table)")
    deliver.tick("holding(cup)")
    assert deliver.world.running == {"walk"}
    status = deliver.tick(no_longer=("holding(cup)", "at(table)"))
    assert "aborted, holding(cup): measured no; retry 1 of 2" in status.sentence
    assert deliver.world.running == set()
    deliver.tick()
    assert deliver.planner.active_step == "1/4 walk(target=table, reach=cup)"
    deliver.tick("at(table)")
    assert deliver.world.running == {"grasp"}
    deliver.tick("holding(cup)")
    assert deliver.planner.active_step == "3/4 walk(target=shelf, carrying=cup)"
    deliver.tick("at(shelf)")
    assert deliver.tick("on(cup, shelf)").state is TaskState.SUCCESS


def test_a_cup_dropped_where_the_robot_stands_needs_no_walk(deliver):
    deliver.tick("at(table)")
    deliver.tick("holding(cup)")
    deliver.tick(no_longer=("holding(cup)",))
    deliver.tick()
    assert deliver.planner.active_step == "2/4 grasp(object=cup)"


def test_a_timeout_is_retried_once(fetch):
    fetch.tick()
    status = fetch.tick(after=20.5)
    assert status.state is TaskState.RUNNING
    assert "retry 1 of 1: try the step again" in status.sentence
    fetch.tick()
    status = fetch.tick(after=20.5)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence == (
        "task failed at step 1/2 walk(target=table, reach=cup) (timeout): "
        "walk(target=table, reach=cup) took longer than 20 s, at(table): measured no; "
        "retries for timeout used up (1)"
    )
    assert fetch.world.log.count("stop walk") == 2


def test_a_fall_ends_the_task_at_once(fetch):
    fetch.tick()
    status = fetch.tick(after=0.02, no_longer=("upright",))
    assert status.failure is Failure.UNSTABLE
    assert status.sentence.endswith("unstable is never retried")
    assert fetch.world.running == set()


def test_a_trip_of_the_safety_layer_ends_the_task(fetch):
    fetch.tick()
    fetch.world.faults["walk"] = (Failure.HARDWARE, "no state for 0.06 s")
    status = fetch.tick()
    assert status.failure is Failure.HARDWARE
    assert "was tripped, no state for 0.06 s" in status.sentence


def test_the_task_has_a_time_budget_in_robot_time(bench, steps):
    short = bench((steps["walk"],), Budget(time_s=5.0))
    short.tick(after=5.0)
    assert not short.planner.done
    status = short.tick(after=0.02)
    assert status.failure is Failure.TIMEOUT
    assert status.sentence == (
        "task failed at step 1/1 walk(target=table, reach=cup) (timeout): "
        "the task took longer than 5 s"
    )
    assert short.world.running == set()


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


def test_the_verdict_asks_the_last_promise_once_more(world, steps):
    answers = iter([False, False, True, False])  # skip? start, promise, verdict

    def check(snapshot):
        return Check(holds=next(answers), reason="the cup slips")

    slippery = Condition(name="holding(cup)", check=check, failure=Failure.UNSTABLE)

    def contract(goal, snapshot):
        return Contract(
            goal=goal, joints=(), pre=(), hold=(), post=(slippery,), timeout_s=20.0
        )

    world.contract = contract
    planner = Planner(Task(text="t", steps=(steps["grasp"],)), world, world.snapshot())
    planner.tick(world.snapshot())
    world.time = 1.0
    status = planner.tick(world.snapshot())
    assert status.failure is Failure.UNSTABLE
    assert status.sentence == (
        "task failed at step 1/1 grasp(object=cup) (unstable): "
        "grasp(object=cup) no longer holds, holding(cup): the cup slips; "
        "unstable is never retried"
    )


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


def test_a_task_without_steps_is_refused(world):
    with pytest.raises(GoalError, match="task 'nothing' has no steps"):
        Planner(Task(text="nothing", steps=()), world, world.snapshot())


def test_the_same_script_gives_the_same_history(bench, steps):
    def history():
        run = bench((steps["walk"], steps["grasp"]))
        return [
            run.tick(),
            run.tick("at(table)", no_longer=("reachable(cup)",)),
            run.tick("reachable(cup)"),
            run.tick(),
            run.tick("holding(cup)"),
        ]

    assert history() == history()


def test_two_planners_share_nothing(bench, steps):
    one, other = bench((steps["walk"],)), bench((steps["walk"],))
    one.tick("at(table)")
    assert one.planner.done
    assert not other.tick().step.startswith("2")
    assert not other.planner.done
