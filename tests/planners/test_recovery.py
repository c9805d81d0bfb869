"""The type of a failure picks where to go back to, within a budget."""

import pytest

from planners.recovery import RULES, Budget, GiveUp, Recovery, Remedy, Resume
from skills.contract import Failure


@pytest.fixture
def deliver(steps):
    """Steps 0 to 3: walk, grasp, carry, place."""
    return [steps[name] for name in ("walk", "grasp", "carry", "place")]


@pytest.fixture
def recovery(deliver):
    return Recovery(deliver, Budget())


def test_every_failure_has_a_rule():
    assert RULES.keys() == set(Failure)


@pytest.mark.parametrize(
    ("failed", "failure", "resumed"),
    [
        (0, Failure.TIMEOUT, 0),
        (3, Failure.TIMEOUT, 3),
        (2, Failure.BLOCKED, 2),
        (1, Failure.OUT_OF_REACH, 0),
        (1, Failure.OBJECT_LOST, 0),
        (3, Failure.OUT_OF_REACH, 2),  # approach the shelf again, with the cup
        (0, Failure.OBJECT_LOST, 0),
        (1, Failure.DROPPED, 1),
        (2, Failure.DROPPED, 0),  # walk to where it fell, then grasp
        (3, Failure.DROPPED, 0),
    ],
)
def test_where_a_failure_leads_back_to(recovery, failed, failure, resumed):
    answer = recovery.after(failed, failure)
    assert isinstance(answer, Resume)
    assert answer.index == resumed
    assert answer.repeat is (RULES[failure].remedy is Remedy.REAPPROACH)


def test_a_resume_says_what_comes_next(recovery):
    assert recovery.after(1, Failure.OUT_OF_REACH).text == (
        "retry 1 of 2: repeat the walk before it, "
        "from step 1, walk(target=table, reach=cup)"
    )


def test_dropping_leads_to_the_grasp_itself_when_no_walk_came_before_it(steps):
    recovery = Recovery([steps["stand"], steps["grasp"], steps["carry"]], Budget())
    assert recovery.after(2, Failure.DROPPED).index == 1


@pytest.mark.parametrize(
    "failure",
    [Failure.UNSTABLE, Failure.CONTRACT, Failure.HARDWARE, Failure.OPERATOR],
)
def test_some_failures_are_never_retried(recovery, failure):
    assert recovery.after(1, failure) == GiveUp(
        text=f"{failure.value} is never retried"
    )


def test_a_timeout_is_retried_once_per_step(recovery):
    assert isinstance(recovery.after(0, Failure.TIMEOUT), Resume)
    assert recovery.after(0, Failure.TIMEOUT) == GiveUp(
        text="retries for timeout used up (1)"
    )
    assert isinstance(recovery.after(1, Failure.TIMEOUT), Resume)


def test_the_budget_of_a_step_counts_every_kind_of_failure(deliver):
    recovery = Recovery(deliver, Budget(retries_per_step=2))
    recovery.after(1, Failure.TIMEOUT)
    recovery.after(1, Failure.DROPPED)
    assert recovery.after(1, Failure.OUT_OF_REACH) == GiveUp(
        text="retries of this step used up (2)"
    )


def test_the_budget_of_a_task_counts_every_step(deliver):
    recovery = Recovery(deliver, Budget(retries_per_task=2))
    recovery.after(0, Failure.TIMEOUT)
    recovery.after(1, Failure.TIMEOUT)
    assert recovery.after(2, Failure.TIMEOUT) == GiveUp(
        text="retries of this task used up (2)"
    )


@pytest.mark.parametrize(
    ("names", "failure", "text"),
    [
        (
            ["grasp"],
            Failure.OUT_OF_REACH,
            "the task has no step to repeat the walk before it",
        ),
        (
            ["carry"],
            Failure.DROPPED,
            "the task has no step to grasp the object again",
        ),
    ],
)
def test_what_the_task_does_not_contain_cannot_be_repeated(steps, names, failure, text):
    recovery = Recovery([steps[name] for name in names], Budget())
    assert recovery.after(0, failure) == GiveUp(text=text)
