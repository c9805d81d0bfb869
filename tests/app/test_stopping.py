"""The operator pauses and stops whole runs on the fake backend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.control_loop import Episode
from app.operators.desk import Wish
from planners.planner import TaskState
from skills.contract import Failure

CARRY = "cup_to_shelf"  # it walks for 10 s, grasps for 2, walks for 7, places for 2
TABLE, SHELF = 0.70, 0.80  # height of their tops [m]
WALKING, CARRYING = 300, 600  # control ticks at which it does; it has just lifted


class Notes:
    """An observer that keeps what it saw."""

    def __init__(self):
        self.moments = []

    def begin(self, assembly, seed, moment):
        self.root = moment.root

    def tick(self, moment):
        self.moments.append(moment)

    def end(self, result):
        pass

    def close(self):
        pass


def carry_out(assembly, operator=None):
    """Run one episode; return its result and what was seen of every tick."""
    notes = Notes()
    result = Episode(assembly, 0, observers=[notes], operator=operator).run()
    return result, notes.moments


def cup_height(moment):
    """Return the height of the bottom of the cup [m]."""
    cup = moment.snapshot.objects["cup"]
    return float(cup.pos_w[2] - cup.half_size[2])


def speed(moment):
    """Return the speed of the base [m/s]."""
    return float(np.linalg.norm(moment.snapshot.state.base_lin_vel_w))


@pytest.fixture(scope="module")
def ticks():
    """How many control ticks the task takes without a stop."""
    from app.build import build, read_plan
    from app.options import RunOptions

    result, _ = carry_out(build(read_plan(CARRY, RunOptions(backend="fake"))))
    assert result.success
    return round(result.duration_s / 0.02)


# --- stop --------------------------------------------------------------------------


def test_a_walking_robot_comes_to_a_stand(assemble, asking):
    result, moments = carry_out(assemble(CARRY), asking({WALKING: Wish.STOP}))
    assert speed(moments[WALKING]) > 0.2
    assert moments[WALKING].status.state is TaskState.STOPPING
    assert result.failure is Failure.OPERATOR
    assert "stopped by the operator; standing after" in result.sentence
    # The planner looks every 0.1 s: it walks at 6.0 s, stands at 6.1 s, for 0.5 s.
    assert result.duration_s == pytest.approx(6.6)
    assert moments[-1].snapshot.time == pytest.approx(7.08)
    assert moments[-1].active == ("balance",)


def test_what_is_carried_is_put_down_where_a_surface_is_in_reach(assemble, asking):
    result, moments = carry_out(assemble(CARRY), asking({CARRYING: Wish.STOP}))
    assert cup_height(moments[CARRYING]) > TABLE + 0.05
    stopping = [m for m in moments if m.status.state is TaskState.STOPPING]
    assert any("manipulate" in moment.active for moment in stopping)
    assert "manipulate(object=cup, target=table)" in stopping[20].status.sentence
    assert cup_height(moments[-1]) == pytest.approx(TABLE, abs=0.05)
    assert moments[-1].active == ("balance",)
    assert result.failure is Failure.OPERATOR


def test_a_run_can_be_stopped_at_every_tenth_look_of_the_planner(
    assemble, asking, ticks
):
    assembly = assemble(CARRY)
    for tick in range(0, ticks, 50):
        result, moments = carry_out(assembly, asking({tick: Wish.STOP}))
        last = moments[-1]
        told = f"tick {tick}: {result.sentence}"
        assert result.failure is Failure.OPERATOR, told
        assert result.duration_s <= tick * 0.02 + 20.0 + 0.1, told
        assert last.active == ("balance",), told
        assert last.snapshot.state.base_pos_w[2] > 0.7, told
        assert speed(last) == 0.0, told
        assert last.status.state is TaskState.FAILURE, told
        assert {node.status.value for node in last.root.iterate()} == {"INVALID"}, told
        assert result.progress is not None, told


def test_the_second_request_stops_at_once_in_every_step(assemble, asking, ticks):
    assembly = assemble(CARRY)
    for tick in (WALKING, 520, CARRYING, 700, ticks - 20):
        twice = asking({tick: Wish.STOP, tick + 12: Wish.STOP_AT_ONCE})
        result, moments = carry_out(assembly, twice)
        told = f"tick {tick}: {result.sentence}"
        assert result.failure is Failure.OPERATOR, told
        assert result.duration_s == pytest.approx((tick + 12) * 0.02), told
        assert moments[tick + 12].active == ("balance",), told


def test_a_fall_while_it_stops_counts_as_a_fall(assemble, asking):
    assembly = assemble(CARRY)
    falling = replace(assembly, backend=Falling(assembly.backend, CARRYING + 20))
    result, moments = carry_out(falling, asking({CARRYING: Wish.STOP}))
    assert moments[CARRYING + 10].status.state is TaskState.STOPPING
    assert result.failure is Failure.UNSTABLE
    assert result.progress is None
    assert "manipulate" not in moments[-1].active


class Falling:
    """The fake backend; its base is at floor height from a tick on."""

    def __init__(self, backend, tick):
        self.robot, self.control_dt = backend.robot, backend.control_dt
        self._backend, self._left = backend, tick

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def step(self, command):
        self._left -= 1
        state = self._backend.step(command)
        if self._left > 0:
            return state
        return replace(state, base_pos_w=state.base_pos_w * (1.0, 1.0, 0.1))


# --- pause -------------------------------------------------------------------------


def test_a_pause_holds_and_going_on_finishes(assemble, asking, ticks):
    operator = asking({WALKING: Wish.PAUSE, WALKING + 500: Wish.GO_ON})
    result, moments = carry_out(assemble(CARRY), operator)
    held = moments[WALKING + 1 : WALKING + 500]
    assert {moment.status.state for moment in held} == {TaskState.PAUSED}
    assert {moment.active for moment in held} == {("balance",)}
    places = {tuple(moment.snapshot.state.base_pos_w) for moment in held}
    assert len(places) == 1
    assert result.success
    # The pause of 10 s is no part of the time that the task took.
    assert result.duration_s == pytest.approx(ticks * 0.02 + 10.0, abs=1.0)
    assert float(result.sentence.split()[3]) == pytest.approx(ticks * 0.02, abs=1.0)


def test_what_is_in_the_hand_stays_there_in_a_pause(assemble, asking):
    operator = asking({CARRYING: Wish.PAUSE, CARRYING + 100: Wish.GO_ON})
    result, moments = carry_out(assemble(CARRY), operator)
    assert cup_height(moments[CARRYING + 100]) > TABLE + 0.05
    assert result.success
    assert cup_height(moments[-1]) == pytest.approx(SHELF, abs=0.05)


def test_a_pause_does_not_use_up_the_time_of_the_task(assemble, asking):
    operator = asking({50: Wish.PAUSE, 650: Wish.GO_ON})
    result, _ = carry_out(assemble("stand", time_limit_s=10.0), operator)
    assert result.success


def test_a_paused_run_can_be_stopped(assemble, asking):
    operator = asking({CARRYING: Wish.PAUSE, CARRYING + 50: Wish.STOP})
    result, moments = carry_out(assemble(CARRY), operator)
    assert result.failure is Failure.OPERATOR
    assert cup_height(moments[-1]) == pytest.approx(TABLE, abs=0.05)


def test_a_pause_after_the_end_changes_nothing(assemble, asking, ticks):
    result, _ = carry_out(assemble(CARRY), asking({ticks + 10: Wish.PAUSE}))
    assert result.success


# --- what is left to do ------------------------------------------------------------


def test_a_stopped_task_goes_on_in_another_world(assemble, asking):
    first, _ = carry_out(assemble(CARRY), asking({CARRYING: Wish.STOP}))
    assert first.progress["spent_s"] == pytest.approx(11.9)  # the last look before
    again = replace(assemble(CARRY), progress=first.progress)
    second, moments = carry_out(again)
    assert second.success
    assert cup_height(moments[-1]) == pytest.approx(SHELF, abs=0.05)
    # 11.9 s of the first run and all of the second.
    spent = 11.9 + second.duration_s
    assert float(second.sentence.split()[3]) == pytest.approx(spent, abs=0.11)


class Always:
    """Reports a fault of a skill whenever it is asked."""

    def __init__(self, skill, fault):
        self._faults = {skill: fault}

    def __call__(self, skill):
        return self._faults.get(skill)


@pytest.mark.parametrize(
    ("failure", "goes_on"),
    [
        (Failure.DROPPED, True),
        (Failure.TIMEOUT, True),
        (Failure.UNSTABLE, False),
        (Failure.HARDWARE, False),
    ],
)
def test_a_task_goes_on_after_failures_that_can_be_mended(assemble, failure, goes_on):
    assembly = assemble("fetch_cup")
    assembly.runner.fault = Always("grasp", (failure, "it was so"))
    result, _ = carry_out(assembly)
    assert result.failure is failure
    assert (result.progress is not None) is goes_on


def test_a_task_whose_time_is_up_does_not_go_on(assemble):
    result, _ = carry_out(assemble(CARRY, time_limit_s=2.0))
    assert result.failure is Failure.TIMEOUT
    assert result.progress is None


def test_a_finished_task_does_not_go_on(assemble):
    result, _ = carry_out(assemble("stand"))
    assert result.progress is None
