"""The type of a failure picks what is tried next, within a budget."""

import pytest

from planners.behaviours import Failed
from planners.recovery import (
    RULES,
    Budget,
    Cure,
    GiveUp,
    Recovery,
    Remedy,
    recoverable,
)
from planners.task import Step
from skills.contract import Failure, Predicate

WAYS = {
    (Failure.TIMEOUT, "walk"): ["RETRY", "RETRY"],
    (Failure.TIMEOUT, "balance"): ["RETRY", "RETRY"],
    (Failure.TIMEOUT, "grasp"): ["REAPPROACH", "REAPPROACH", "OTHER_HAND"],
    (Failure.TIMEOUT, "manipulate"): ["REAPPROACH", "REAPPROACH"],
    (Failure.BLOCKED, "walk"): ["REAPPROACH", "ASK"],
    (Failure.OUT_OF_REACH, "walk"): ["RETRY", "REAPPROACH", "REAPPROACH"],
    (Failure.OUT_OF_REACH, "grasp"): ["REAPPROACH", "REAPPROACH", "OTHER_HAND"],
    (Failure.OUT_OF_REACH, "manipulate"): ["REAPPROACH", "REAPPROACH"],
    (Failure.OBJECT_LOST, "grasp"): ["SEARCH", "ASK"],
    (Failure.DROPPED, "walk"): ["REGRASP", "REGRASP", "REAPPROACH"],
}


@pytest.fixture
def recovery():
    return Recovery(Budget())


def after(recovery, failed, step, index=0, other_hand=True):
    return recovery.after(index, step, failed, other_hand=other_hand)


def fail(failure, step=None, about=None):
    return Failed(failure=failure, reason="why", step=step, about=about)


@pytest.mark.parametrize(("failure", "skill"), WAYS)
def test_what_is_tried_one_after_the_other(recovery, failure, skill):
    step = Step(skill=skill)
    remedies = []
    while isinstance(answer := after(recovery, fail(failure, step), step), Cure):
        remedies.append(answer.remedy.name)
    assert remedies == WAYS[failure, skill]
    assert answer == GiveUp(text=f"remedies for {failure.value} used up")


@pytest.mark.parametrize(
    "failure",
    [Failure.UNSTABLE, Failure.CONTRACT, Failure.HARDWARE, Failure.OPERATOR],
)
def test_some_failures_end_the_task(recovery, steps, failure):
    assert not recoverable(failure)
    assert after(recovery, fail(failure), steps["grasp"]) == GiveUp(
        text=f"{failure.value} is never retried"
    )
    assert not recovery.used


def test_every_other_failure_has_rules():
    fatal = {Failure.UNSTABLE, Failure.CONTRACT, Failure.HARDWARE, Failure.OPERATOR}
    assert RULES.keys() == set(Failure) - fatal


def test_a_cure_says_what_comes_next(recovery, steps):
    step = steps["grasp"]
    assert after(recovery, fail(Failure.TIMEOUT, step), step) == Cure(
        remedy=Remedy.REAPPROACH,
        text="recovery 1 of 2 for timeout: step back and approach again",
    )


def test_without_another_hand_it_is_not_used(recovery, steps):
    step = steps["grasp"]
    for _ in range(2):
        after(recovery, fail(Failure.TIMEOUT, step), step, other_hand=False)
    assert after(
        recovery, fail(Failure.TIMEOUT, step), step, other_hand=False
    ) == GiveUp(text="remedies for timeout used up")


def test_where_no_hand_reaches_only_people_help(recovery, steps):
    about = Predicate("reachable", ("cup",))
    failed = fail(Failure.OUT_OF_REACH, steps["grasp"], about)
    assert after(recovery, failed, steps["grasp"]).remedy is Remedy.ASK
    assert isinstance(after(recovery, failed, steps["grasp"]), GiveUp)


def test_the_skill_that_failed_counts_and_not_the_one_that_was_asked_for(
    recovery, steps
):
    walked = fail(Failure.TIMEOUT, steps["walk"])  # on the way to the grasp
    assert after(recovery, walked, steps["grasp"]).remedy is Remedy.RETRY


def test_the_budget_of_a_step_counts_every_kind_of_failure(steps):
    recovery = Recovery(Budget(retries_per_step=2))
    step = steps["grasp"]
    after(recovery, fail(Failure.TIMEOUT, step), step)
    after(recovery, fail(Failure.DROPPED, step), step)
    assert after(recovery, fail(Failure.OUT_OF_REACH, step), step) == GiveUp(
        text="retries of this step used up (2)"
    )


def test_an_item_may_have_retries_of_its_own(recovery):
    none = Step(skill="walk", retries=0)
    assert after(recovery, fail(Failure.TIMEOUT, none), none) == GiveUp(
        text="retries of this step used up (0)"
    )
    once = Step(skill="walk", retries=1)
    assert isinstance(after(recovery, fail(Failure.TIMEOUT, once), once, 1), Cure)
    assert isinstance(after(recovery, fail(Failure.TIMEOUT, once), once, 1), GiveUp)


def test_the_budget_of_a_task_counts_every_step(steps):
    recovery = Recovery(Budget(retries_per_task=2))
    failed = fail(Failure.TIMEOUT, steps["walk"])
    after(recovery, failed, steps["walk"], index=0)
    after(recovery, failed, steps["walk"], index=1)
    assert after(recovery, failed, steps["walk"], index=2) == GiveUp(
        text="retries of this task used up (2)"
    )


def test_a_task_may_have_retries_of_its_own(steps):
    recovery = Recovery(Budget(retries_per_task=8), retries=0)
    failed = fail(Failure.TIMEOUT, steps["walk"])
    assert after(recovery, failed, steps["walk"]) == GiveUp(
        text="retries of this task used up (0)"
    )


def test_what_was_used_before_counts_again(recovery, steps):
    step = steps["walk"]
    recovery.restore([(0, "timeout", "RETRY", 2)])
    assert isinstance(after(recovery, fail(Failure.TIMEOUT, step), step), GiveUp)
    assert isinstance(after(recovery, fail(Failure.TIMEOUT, step), step, 1), Cure)


@pytest.mark.parametrize(
    "used", [[(0, "bored", "RETRY", 2)], [(0, "timeout", "SLEEP", 2)], [(0, "timeout")]]
)
def test_what_is_no_recovery_is_not_taken_over(recovery, used):
    with pytest.raises((KeyError, ValueError)):
        recovery.restore(used)
    assert not recovery.used
