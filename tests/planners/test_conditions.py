"""A condition leaf tells what was measured."""

import pytest
from py_trees.common import Status

from planners.conditions import Holds, Now, unmet
from skills.contract import Check, Condition, Failure


@pytest.fixture
def now(world):
    return Now(world.snapshot())


def test_a_condition_that_holds_is_success(world, now):
    leaf = Holds.of(world.fact("upright"), now)
    leaf.tick_once()
    assert leaf.status == Status.SUCCESS
    assert leaf.name == "upright"
    assert leaf.feedback_message == "upright holds"
    assert leaf.failure is None


def test_a_condition_that_does_not_hold_is_a_typed_failure(world, now):
    leaf = Holds.of(world.fact("holding(cup)", Failure.DROPPED), now)
    leaf.tick_once()
    assert leaf.status == Status.FAILURE
    assert leaf.feedback_message == "holding(cup) does not hold: measured no"
    assert leaf.failure is Failure.DROPPED


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
