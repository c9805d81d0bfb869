"""Stopping safely: put down what is held if that can be, stand, and take no longer."""

from dataclasses import replace

import numpy as np
import pytest

from planners.planner import TaskState
from skills.contract import Failure

PUT_DOWN = "manipulate(object=cup, target=table)"


def stopped(sentence, step="1/4 walk(target=table, reach=cup)"):
    return f"task failed at step {step} (operator): stopped by the operator; {sentence}"


@pytest.fixture
def carrying(deliver):
    """On the way to the shelf with the cup, which is still above the table."""
    deliver.tick("at(table)", "in_reach(cup)")
    deliver.tick("holding(cup)")
    assert deliver.world.running == {"walk"}
    return deliver


def test_a_robot_with_empty_hands_only_comes_to_a_stand(deliver):
    deliver.tick()
    deliver.world.speed = 0.4
    status = deliver.planner.cancel()
    assert status.state is TaskState.STOPPING
    assert status.sentence == "stopped by the operator: stopping"
    assert deliver.world.running == set()  # the fallback of the runner stands
    assert deliver.tick(after=0.5).sentence == (
        "stopped by the operator: coming to a stand at 0.40 m/s"
    )
    deliver.world.speed = 0.05
    assert deliver.tick(after=0.5).state is TaskState.STOPPING
    status = deliver.tick(after=0.5)  # and still half a second later
    assert status.state is TaskState.FAILURE
    assert status.failure is Failure.OPERATOR
    assert status.sentence == stopped("standing after 1.5 s")
    assert deliver.started == ["walk(target=table, reach=cup)"]


def test_a_robot_that_sways_is_waited_for(deliver):
    deliver.tick()
    deliver.planner.cancel()
    for speed in (0.05, 0.3, 0.05, 0.05):
        deliver.world.speed = speed
        assert deliver.tick(after=0.4).state is TaskState.STOPPING
    assert deliver.tick(after=0.1).sentence.endswith("standing after 1.7 s")


def test_a_cup_in_the_hand_is_put_down_first(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.planner.cancel()
    status = carrying.tick()
    assert status.state is TaskState.STOPPING
    assert status.sentence == (
        f"stopped by the operator: {PUT_DOWN} running for 0.0 s of 20 s, "
        "on(cup, table): measured no"
    )
    assert carrying.started[-1] == PUT_DOWN
    carrying.tick("on(cup, table)", no_longer=("holding(cup)",))
    status = carrying.settle(TaskState.FAILURE, within=1)
    assert status.sentence == stopped(
        "standing after 3.0 s", "3/4 walk(target=shelf, carrying=cup)"
    )
    assert carrying.world.running == set()


def test_a_cup_is_kept_where_no_surface_is_in_reach(carrying):
    carrying.planner.cancel()
    carrying.settle(TaskState.FAILURE, within=3)
    assert PUT_DOWN not in carrying.started


def test_a_cup_is_kept_where_there_is_no_surface_below(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    cup = carrying.world.objects["cup"]
    carrying.world.objects["cup"] = replace(cup, pos_w=np.array([5.0, 0.0, 0.75]))
    carrying.tick()
    carrying.planner.cancel()
    carrying.settle(TaskState.FAILURE, within=3)
    assert PUT_DOWN not in carrying.started


def test_a_cup_that_is_out_of_sight_is_kept(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.world.hide("cup")
    carrying.planner.tick(carrying.world.snapshot())
    carrying.planner.cancel()
    carrying.settle(TaskState.FAILURE, within=3)
    assert PUT_DOWN not in carrying.started


def test_a_putting_down_that_fails_is_not_tried_again(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.planner.cancel()
    carrying.tick()
    carrying.world.faults["manipulate"] = (Failure.CONTRACT, "a number is not finite")
    status = carrying.settle(TaskState.FAILURE, within=3)
    assert status.failure is Failure.OPERATOR
    assert carrying.started.count(PUT_DOWN) == 1


def test_it_never_takes_longer_than_twenty_seconds(deliver):
    deliver.tick()
    deliver.world.speed = 0.5
    deliver.planner.cancel()
    assert deliver.tick(after=19.9).state is TaskState.STOPPING
    status = deliver.tick(after=0.1)
    assert status.sentence == stopped("it did not come to rest within 20 s")


def test_a_putting_down_is_cut_off_after_twenty_seconds(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.planner.cancel()
    carrying.tick()
    assert carrying.tick(after=18.9).state is TaskState.STOPPING
    status = carrying.tick(after=0.1)
    assert status.state is TaskState.FAILURE
    assert carrying.world.running == set()


def test_a_hardware_stop_ends_it_at_once(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.planner.cancel()
    carrying.tick()
    assert carrying.world.running == {"manipulate"}
    status = carrying.planner.stop(Failure.HARDWARE, "no state for 0.06 s")
    assert carrying.world.running == set()
    assert status.failure is Failure.HARDWARE
    assert status.sentence == (
        "task failed at step 3/4 walk(target=shelf, carrying=cup) (hardware): "
        "no state for 0.06 s"
    )
    assert carrying.tick() == status


def test_a_trip_while_it_puts_down_ends_it_at_once(carrying):
    carrying.world.facts.add("spot_in_reach(cup, table)")
    carrying.planner.cancel()
    carrying.tick()
    carrying.world.faults["manipulate"] = (Failure.HARDWARE, "a motor is at 90 degC")
    status = carrying.tick(after=0.1)
    assert status.failure is Failure.HARDWARE
    assert status.sentence.endswith(
        f"stopped by the operator; {PUT_DOWN} was tripped, a motor is at 90 degC"
    )


def test_a_robot_that_falls_meanwhile_does_not_stand(deliver):
    deliver.tick()
    deliver.planner.cancel()
    status = deliver.tick(after=0.1, no_longer=("upright()",))
    assert status.failure is Failure.UNSTABLE
    assert status.sentence == (
        "task failed at step 1/4 walk(target=table, reach=cup) (unstable): "
        "stopped by the operator; upright(): measured no"
    )
