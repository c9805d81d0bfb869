"""The skill leaf starts, looks at the evidence, and always stops what it started."""

import pytest
from py_trees.common import Status

from planners.behaviours import Failed, RunSkill
from planners.conditions import Now
from planners.task import Step
from skills.contract import Failure, Predicate
from skills.runner import OwnershipError


@pytest.fixture
def now(world):
    return Now(world.snapshot())


@pytest.fixture
def grasp(world, now, steps):
    world.facts.add("in_reach(cup)")
    return RunSkill(steps["grasp"], world, now)


@pytest.fixture
def tick(world, now):
    def tick_after(leaf, seconds=1.0):
        world.time += seconds
        now.snapshot = world.snapshot()
        leaf.tick_once()
        return leaf.status

    return tick_after


def test_it_starts_runs_and_succeeds_on_evidence(world, grasp, tick):
    assert tick(grasp) == Status.RUNNING
    assert world.log == ["start grasp(object=cup)"]
    assert tick(grasp, 3.0) == Status.RUNNING
    assert grasp.feedback_message == (
        "running for 3.0 s of 20 s, holding(cup): measured no"
    )
    world.facts.add("holding(cup)")
    assert tick(grasp, 0.5) == Status.SUCCESS
    assert grasp.feedback_message == "done in 3.5 s: holding(cup)"
    assert world.log == ["start grasp(object=cup)", "stop grasp"]


def test_evidence_from_before_the_first_command_does_not_count(world, grasp, tick):
    world.facts.add("holding(cup)")
    assert tick(grasp) == Status.RUNNING
    assert grasp.feedback_message == "running for 0.0 s of 20 s, about to be judged"
    assert tick(grasp, 0.02) == Status.SUCCESS


def test_an_unmet_precondition_fails_with_its_type_and_starts_nothing(
    world, grasp, tick, steps
):
    world.facts.remove("reachable(cup)")
    assert tick(grasp) == Status.FAILURE
    assert grasp.failed == Failed(
        failure=Failure.OUT_OF_REACH,
        reason="grasp(object=cup) cannot start, reachable(cup): measured no",
        step=steps["grasp"],
        about=Predicate("reachable", ("cup",)),
    )
    assert grasp.feedback_message == (
        "cannot start, reachable(cup): measured no (out_of_reach)"
    )
    assert not grasp.begun
    assert world.log == []


def test_a_broken_hold_aborts_at_once_and_stops(world, grasp, tick, steps):
    tick(grasp)
    world.hide("cup")
    assert tick(grasp, 0.02) == Status.FAILURE
    assert grasp.failed == Failed(
        failure=Failure.OBJECT_LOST,
        reason="grasp(object=cup) aborted, visible(cup): cup is not seen",
        step=steps["grasp"],
        about=Predicate("visible", ("cup",)),
    )
    assert grasp.begun
    assert world.running == set()


def test_a_broken_hold_outweighs_a_kept_promise(world, grasp, tick):
    tick(grasp)
    world.facts.add("holding(cup)")
    world.facts.remove("upright()")
    assert tick(grasp) == Status.FAILURE
    assert grasp.failed.failure is Failure.UNSTABLE


def test_time_is_up_in_robot_time_only(world, grasp, tick, steps):
    tick(grasp)
    for _ in range(1000):  # many ticks, no time
        assert tick(grasp, 0.0) == Status.RUNNING
    assert tick(grasp, 20.0) == Status.RUNNING
    assert tick(grasp, 0.02) == Status.FAILURE
    assert grasp.failed == Failed(
        failure=Failure.TIMEOUT,
        reason="grasp(object=cup) took longer than 20 s, holding(cup): measured no",
        step=steps["grasp"],
        about=Predicate("holding", ("cup",)),
    )
    assert world.running == set()


def test_a_promise_kept_late_is_still_kept(world, grasp, tick):
    tick(grasp)
    world.facts.add("holding(cup)")
    assert tick(grasp, 21.0) == Status.SUCCESS


def test_a_trip_of_the_safety_layer_fails_with_its_type(world, grasp, tick, steps):
    tick(grasp)
    world.faults["grasp"] = (Failure.HARDWARE, "left_elbow_joint reports 90 degC")
    assert tick(grasp) == Status.FAILURE
    assert grasp.failed == Failed(
        failure=Failure.HARDWARE,
        reason="grasp(object=cup) was tripped, left_elbow_joint reports 90 degC",
        step=steps["grasp"],
    )
    assert world.running == set()


def test_an_interrupted_skill_is_stopped_once(world, grasp, tick):
    tick(grasp)
    grasp.stop(Status.INVALID)
    grasp.stop(Status.INVALID)
    assert world.log == ["start grasp(object=cup)", "stop grasp"]
    assert grasp.feedback_message == "interrupted, the skill was stopped"


def test_an_object_that_is_not_seen_cannot_be_begun_with(world, grasp, tick, steps):
    world.hide("cup")
    assert tick(grasp) == Status.FAILURE
    assert grasp.failed == Failed(
        failure=Failure.OBJECT_LOST,
        reason="grasp(object=cup) cannot start, there is no cup here",
        step=steps["grasp"],
        about=Predicate("visible", ("cup",)),
    )


def test_a_goal_that_makes_no_sense_is_a_contract_failure(world, now, tick):
    fly = Step(skill="fly")
    leaf = RunSkill(fly, world, now)
    assert tick(leaf) == Status.FAILURE
    assert leaf.failed == Failed(
        failure=Failure.CONTRACT,
        reason="fly() cannot start, there is no skill fly",
        step=fly,
    )


def test_a_joint_that_another_skill_has_is_a_contract_failure(world, grasp, tick):
    world.refused["grasp"] = OwnershipError("grasp wants left_elbow_joint")
    assert tick(grasp) == Status.FAILURE
    assert grasp.failed.failure is Failure.CONTRACT
    assert grasp.failed.reason == (
        "grasp(object=cup) cannot start, grasp wants left_elbow_joint"
    )
    assert world.log == []  # and what was never started is not stopped
    assert not grasp.begun


def test_two_leaves_of_one_skill_run_after_one_another(world, now, steps, tick):
    first, second = (RunSkill(steps["turn"], world, now) for _ in range(2))
    tick(first)
    assert tick(first) == Status.SUCCESS
    tick(second)
    first.stop(Status.INVALID)  # left late: this must not stop the other one
    assert world.running == {"walk"}
    assert tick(second) == Status.SUCCESS
    assert world.running == set()


def test_a_leaf_runs_again_with_a_fresh_clock(world, grasp, tick):
    tick(grasp)
    assert tick(grasp, 21.0) == Status.FAILURE
    assert tick(grasp) == Status.RUNNING
    assert grasp.failed is None
    assert tick(grasp, 19.0) == Status.RUNNING


def test_a_duration_is_counted_from_the_moment_the_leaf_begins(world, now, steps, tick):
    world.time = 100.0
    leaf = RunSkill(steps["stand"], world, now)
    assert tick(leaf) == Status.RUNNING
    assert tick(leaf, 2.9) == Status.RUNNING
    assert tick(leaf, 0.2) == Status.SUCCESS
