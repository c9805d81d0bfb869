"""One episode on the fake backend, tick by tick."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.control_loop import Episode
from app.judge import Verdict
from app.operators.desk import Wish
from sim2real.hazards import Hazard, Reaction
from sim2real.robot import BackendError, JointCommand
from skills.contract import Failure, GoalError


class Notes:
    """An observer that keeps what it saw."""

    def __init__(self):
        self.seeds, self.moments, self.results = [], [], []

    def begin(self, assembly, seed, moment):
        self.seeds.append(seed)

    def tick(self, moment):
        self.moments.append(moment)

    def end(self, result):
        self.results.append(result)

    def close(self):
        pass


class Wrapped:
    """The fake backend with one thing changed."""

    def __init__(self, backend):
        self.robot, self.control_dt = backend.robot, backend.control_dt
        self._backend = backend

    def __getattr__(self, name):
        return getattr(self._backend, name)


def test_the_cup_is_fetched_and_the_robot_holds_on_for_2_seconds(assemble):
    notes = Notes()
    result = Episode(assemble(), 3, observers=[notes]).run()
    assert result.success and result.failure is None
    assert result.sentence.endswith("holding(cup)")
    assert result.judgement.verdict is Verdict.NOT_JUDGED
    assert notes.seeds == [3]
    assert notes.results == [result]
    after = [m for m in notes.moments if m.snapshot.time > result.duration_s]
    assert len(after) == 99  # 2 s of 0.02 s; the last tick is that of the deadline
    assert after[-1].active == ("balance",)
    cup = after[-1].snapshot.objects["cup"]
    assert cup.pos_w[2] > 0.85


def test_the_same_seed_gives_the_same_episode(assemble):
    first, second = Notes(), Notes()
    for notes in (first, second):
        Episode(assemble(), 5, observers=[notes]).run()
    told = [[m.status.sentence for m in n.moments] for n in (first, second)]
    assert told[0] == told[1]


def test_one_assembly_serves_many_episodes(assemble):
    assembly = assemble()
    again = [Episode(assembly, seed).run().duration_s for seed in (1, 2, 1)]
    assert again[0] == again[2]


def test_the_planner_looks_at_every_fifth_tick(assemble):
    notes = Notes()
    Episode(assemble(planner_every=5), 0, observers=[notes]).run()
    planned = [i for i, moment in enumerate(notes.moments) if moment.planned]
    assert planned[:4] == [0, 5, 10, 15]


def test_own_computing_is_timed_with_the_given_clock(assemble):
    ticks = iter(range(1_000_000))
    result = Episode(assemble(), 0, clock=lambda: next(ticks)).run()
    assert set(result.tick_s) == {1.0}


def test_time_runs_out_in_robot_time(assemble):
    result = Episode(assemble(time_limit_s=1.0), 0).run()
    assert not result.success
    assert result.failure is Failure.TIMEOUT
    assert result.duration_s == pytest.approx(1.1)  # the first look after 1.0 s
    assert "the task took longer than 1 s" in result.sentence


class Tripping(Wrapped):
    """The base is at floor height from second 1 on."""

    def step(self, command):
        state = self._backend.step(command)
        if state.time < 1.0:
            return state
        low = state.base_pos_w.copy()
        low[2] = 0.1
        return replace(state, base_pos_w=low)


def test_a_fall_damps_the_robot_and_fails_as_unstable(assemble):
    assembly = assemble()
    notes = Notes()
    fallen = replace(assembly, backend=Tripping(assembly.backend))
    result = Episode(fallen, 0, observers=[notes]).run()
    assert result.failure is Failure.UNSTABLE
    assert "the base is 0.10 m high, the limit is 0.35 m" in result.sentence
    assert result.hazards[Hazard.FALL.value] == 1
    last = notes.moments[-1]
    assert last.reaction is Reaction.DAMPED
    assert last.command.stiffness.max() == 0.0
    assert last.snapshot.time == pytest.approx(1.48)  # damped for half a second


class Breaking(Wrapped):
    """The simulation breaks at second 2."""

    def step(self, command):
        state = self._backend.step(command)
        if state.time >= 2.0:
            raise BackendError("the simulation blew up")
        return state


def test_a_broken_backend_is_a_hardware_failure(assemble):
    assembly = assemble()
    broken = replace(assembly, backend=Breaking(assembly.backend))
    result = Episode(broken, 0).run()
    assert result.failure is Failure.HARDWARE
    assert "the simulation blew up" in result.sentence
    assert result.duration_s == pytest.approx(1.98)


def test_the_operator_stops_the_robot_which_goes_on_standing(assemble, asking):
    notes = Notes()
    stop = asking({100: Wish.STOP_AT_ONCE})
    result = Episode(assemble(), 0, observers=[notes], operator=stop).run()
    assert result.failure is Failure.OPERATOR
    assert "stopped by the operator" in result.sentence
    assert result.duration_s == pytest.approx(2.0)
    last = notes.moments[-1]
    assert last.active == ("balance",)
    assert last.command.stiffness.min() > 0.0
    assert last.snapshot.time == pytest.approx(2.48)


def test_a_stop_while_the_judge_watches_is_no_success(assemble, asking):
    done = Episode(assemble(), 0).run()
    ticks = round(done.duration_s / 0.02)
    stop = asking({ticks + 10: Wish.STOP})
    result = Episode(assemble(), 0, operator=stop).run()
    assert not result.success
    assert result.failure is Failure.OPERATOR
    assert result.sentence == (
        "stopped by the operator before the result could be judged"
    )
    assert result.progress is None  # there is nothing to go on with


class FallingLate(Wrapped):
    """The robot falls a second after the cup is held."""

    def step(self, command):
        state = self._backend.step(command)
        if self._backend.objects()["cup"].pos_w[2] < 0.85:
            self.since = state.time
        if state.time < self.since + 2.0:
            return state
        return replace(state, base_pos_w=state.base_pos_w * (1.0, 1.0, 0.1))


def test_a_rehearsal_that_falls_after_success_has_failed(assemble):
    assembly = assemble()
    falling = replace(assembly, backend=FallingLate(assembly.backend))
    result = Episode(falling, 0).run()
    assert not result.success
    assert result.failure is Failure.UNSTABLE
    assert "; then the base is 0.08 m high" in result.sentence


def test_a_task_that_makes_no_sense_here_is_refused(assemble, tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text("text: fly\nsteps: [{skill: fly}]\n")
    with pytest.raises(GoalError, match=r"step 1, fly\(\): there is no skill 'fly'"):
        Episode(assemble(str(path)), 0).run()


def test_a_robot_that_goes_on_by_itself_is_looked_at_again_after_planning(assemble):
    class Live(Wrapped):
        looks = 0

        def measure(self):
            self.looks += 1
            state = self._backend.step(still(self.robot))
            return replace(state, time=0.5)

    parts = assemble()
    live = Live(parts.backend)
    notes = Notes()
    Episode(replace(parts, backend=live), 3, observers=[notes]).run()
    assert live.looks == 1
    assert notes.moments[0].snapshot.time == 0.5


def still(robot):
    return JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
