"""A condition leaf tells what was measured."""

import pytest
from py_trees.common import Status

from planners.conditions import Holds, Now, tell, unmet, unmet_now
from skills.contract import Check, Condition, Failure, GoalError, Predicate, UnseenError
from skills.predicates import Lasting


@pytest.fixture
def now(world):
    return Now(world.snapshot())


def test_a_condition_that_holds_is_success(world, now):
    leaf = Holds.of(world.fact("upright()"), now)
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS
    assert leaf.name == "upright()"
    assert leaf.feedback_message == "upright() holds"
    assert leaf.failure is None


def test_a_condition_that_does_not_hold_is_a_typed_failure(world, now):
    leaf = Holds.of(world.fact("holding(cup)", Failure.DROPPED), now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    assert leaf.feedback_message == "does not hold, holding(cup): measured no"
    assert leaf.failure is Failure.DROPPED
    assert leaf.about == Predicate("holding", ("cup",))


def test_the_leaf_follows_the_snapshot_of_the_tick(world, now):
    later = Condition(
        name="later", check=lambda s: Check(holds=s.time > 1.0, reason=f"{s.time:g} s")
    )
    leaf = Holds.of(later, now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    world.time = 2.0
    now.snapshot = world.snapshot()
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS


def test_no_conditions_are_not_seen_to_hold(now):
    leaf = Holds("nothing", lambda: (), now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    assert leaf.feedback_message == "there is no condition to see hold"


def test_every_condition_is_asked_even_behind_one_that_fails(world):
    asked = []

    def condition(name):
        def check(snapshot):
            asked.append(name)
            return Check(holds=False, reason="no")

        return Condition(name=name, check=check)

    missing = unmet([condition("a"), condition("b")], world.snapshot())
    assert asked == ["a", "b"]
    assert [c.name for c, _ in missing] == ["a", "b"]
    assert tell(missing) == "a: no; b: no"


@pytest.fixture
def steady(world):
    """The cup is held for two seconds without a break."""
    held = world.fact("holding(cup)")
    return Condition(name="steady(cup)", check=Lasting(held.check, 2.0))


def test_at_this_instant_it_does_not_matter_for_how_long(world, steady):
    world.facts.add("holding(cup)")
    assert [c.name for c, _ in unmet([steady], world.snapshot())] == ["steady(cup)"]
    assert unmet_now([steady], world.snapshot()) == ()


def test_a_patient_leaf_waits_for_what_has_to_last(world, now, steady):
    world.facts.add("holding(cup)")
    leaf = Holds("held", lambda: (steady,), now, patient=True)
    for _ in range(5):  # 0.0 to 1.6 s, asked without a gap of half a second
        leaf.tick_once()
        assert leaf.status == Status.RUNNING
        world.time += 0.4
        now.snapshot = world.snapshot()
    assert leaf.feedback_message == (
        "steady(cup) holds, waiting: steady(cup): measured yes, for 1.6 of 2.0 s"
    )
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS


def test_a_patient_leaf_does_not_wait_for_what_is_not_so(now, steady):
    leaf = Holds("held", lambda: (steady,), now, patient=True)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE


def test_a_leaf_that_is_not_patient_takes_the_moment(world, now, steady):
    world.facts.add("holding(cup)")
    leaf = Holds("held", lambda: (steady,), now)
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS


def test_a_question_about_what_is_not_seen_is_an_object_lost(now):
    def ask():
        raise UnseenError("cup", "there is no cup here")

    leaf = Holds("held", ask, now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    assert leaf.failure is Failure.OBJECT_LOST
    assert leaf.about == Predicate("visible", ("cup",))
    assert leaf.feedback_message == "cannot be asked, there is no cup here"


def test_a_question_that_makes_no_sense_is_a_failure_and_no_crash(now):
    def ask():
        raise GoalError("walk: the table is in the way of 2 m forward")

    leaf = Holds("there", ask, now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    assert leaf.failure is Failure.CONTRACT
    assert leaf.feedback_message == (
        "cannot be asked, walk: the table is in the way of 2 m forward"
    )
