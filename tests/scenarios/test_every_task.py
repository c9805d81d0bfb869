"""Every task that ships, without a robot: done, disturbed, cancelled and paused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.build import Plan, build, read_plan
from app.control_loop import Assembly, Episode, Moment
from app.operators.desk import Desk, Operator, Wish
from app.options import RunOptions
from app.result import EpisodeResult
from planners.planner import TaskState
from planners.recovery import RULES, Budget
from planners.settling import AT_MOST_S
from planners.task_file import TASK_DIR
from planners.trace import Change, Tracer
from sim2real.backends.fake_backend import CONTROL_DT, FakeBackend
from sim2real.backends.pace import Pace
from skills.contract import Failure

TASKS = sorted(path.stem for path in TASK_DIR.glob("*.yaml"))
KITCHEN = str(Path(__file__).parent / "small_kitchen.yaml")
SCENES = {"walk_square": "empty"}  # it looks for nothing in its way
CANCELS, PAUSES = 10, 2  # moments in each task
PAUSE_S = 1.0

FALLS_INTO_PLACE = ("manipulate", Failure.DROPPED)
"""What is dropped while it is put down comes to stand on the shelf: that is no loss."""


@pytest.fixture(autouse=True)
def no_judge_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs end soon after they are decided: there are no physics to judge by."""
    monkeypatch.setattr("app.control_loop.AFTER_SUCCESS_S", 0.1)


class Witness:
    """An observer that follows the tree and keeps what it saw."""

    def __init__(self, *, traces: bool) -> None:
        self.moments: list[Moment] = []
        self.trace: list[Change] = []
        self._traces = traces

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        self._tracer = Tracer()
        if self._traces:
            self.trace += self._tracer.changes(moment.root, 0, 0.0)

    def tick(self, moment: Moment) -> None:
        if self._traces and moment.planned:
            tick, time = len(self.moments), moment.snapshot.time
            self.trace += self._tracer.changes(moment.root, tick, time)
        self.moments.append(moment)

    def end(self, result: EpisodeResult) -> None:
        pass

    def close(self) -> None:
        pass


class Between:
    """An operator who wants something from one tick to another."""

    def __init__(self, wish: Wish, first: int, last: float = np.inf) -> None:
        self._wish, self._first, self._last = wish, first, last
        self._tick = -1

    def wish(self) -> Wish:
        self._tick += 1
        wanted = self._first <= self._tick < self._last
        return self._wish if wanted else Wish.GO_ON


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a task went."""

    result: EpisodeResult
    moments: list[Moment]
    trace: list[Change]

    @property
    def runs(self) -> Counter[str]:
        """How often each skill was started."""
        counted: Counter[str] = Counter()
        before: dict[str, str] = {}
        for change in self.trace:
            was, before[change.id] = before.get(change.id), change.status
            begun = change.status == "running" and was != "running"
            if change.kind == "RunSkill" and begun:
                counted[change.node.partition("(")[0]] += 1
        return counted

    @property
    def decided(self) -> int:
        """The tick in which the task ended."""
        ends = (TaskState.SUCCESS, TaskState.FAILURE)
        return next(i for i, m in enumerate(self.moments) if m.status.state in ends)


@cache
def plan(task: str) -> Plan:
    scene = SCENES.get(task, KITCHEN)
    return read_plan(task, RunOptions(backend="fake", scene=scene))


def carry_out(
    task: str,
    script: str = "",
    *,
    operator: Operator | None = None,
    traces: bool = False,
    pace: bool = False,
) -> Run:
    asked, desk = plan(task), Desk()
    options = asked.options.model_copy(update={"script": script})
    assembly = build(replace(asked, options=options), desk.stop)
    clock = Clock()
    if pace:
        assert isinstance(assembly.backend, FakeBackend)
        period = assembly.backend.control_dt
        assembly.backend._pace = Pace(period, clock.now, clock.sleep)
    witness = Witness(traces=traces)
    episode = Episode(
        assembly,
        seed=0,
        observers=[witness],
        operator=operator or desk,
        clock=clock.now,
    )
    result = episode.run()
    return Run(result=result, moments=witness.moments, trace=witness.trace)


@cache
def undisturbed(task: str) -> Run:
    return carry_out(task, traces=True)


class Clock:
    """Runs unsteadily: some ticks are early, others are overdue."""

    def __init__(self) -> None:
        self._time, self._asked = 0.0, 0

    def now(self) -> float:
        self._asked += 1
        self._time += 0.003 * (self._asked % 11)
        return self._time

    def sleep(self, seconds: float) -> None:
        self._time += seconds


def ways_to_go_on(failure: Failure, skill: str) -> bool:
    """Whether the rules know a remedy for a failure of a skill."""
    rules = RULES.get(failure, ())
    return any(not rule.skills or skill in rule.skills for rule in rules)


# --- nothing happens ------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_done(task):
    run = undisturbed(task)
    assert run.result.success, run.result.sentence
    assert run.moments[-1].active == ("balance",)
    assert not any("recovery" in change.reason for change in run.trace)


@pytest.mark.parametrize("task", TASKS)
def test_the_same_trace_a_second_time_and_at_another_pace(task):
    first, second = undisturbed(task), carry_out(task, traces=True, pace=True)
    assert second.trace == first.trace
    assert second.result.sentence == first.result.sentence


# --- something happens ----------------------------------------------------------------


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("task", TASKS)
def test_a_failure_that_happens_once(task, failure):
    for skill, runs in undisturbed(task).runs.items():
        goes_on = ways_to_go_on(failure, skill)
        before = runs - 1 if goes_on else 0
        script = f"{skill}={'ok,' * before}{failure.value}"
        result = carry_out(task, script).result
        if goes_on:
            assert result.success, f"{script}: {result.sentence}"
        else:
            assert result.failure is failure, f"{script}: {result.sentence}"
            assert f"({failure.value})" in result.sentence


@pytest.mark.parametrize("failure", RULES)
@pytest.mark.parametrize("task", TASKS)
def test_a_failure_that_happens_again_and_again(task, failure):
    skills = list(undisturbed(task).runs)
    # One skill a task, so that all of them have their turn.
    skill = skills[(TASKS.index(task) + list(Failure).index(failure)) % len(skills)]
    result = carry_out(task, f"{skill}={failure.value}*").result
    if (skill, failure) == FALLS_INTO_PLACE:
        assert result.success, result.sentence
        return
    assert result.failure is failure, result.sentence
    assert f"{skill}(" in result.sentence
    assert result.duration_s < Budget().time_s
    used = sum(count for *_, count in result.progress["recoveries"])
    assert 0 < used <= Budget().retries_per_step


# --- the operator ---------------------------------------------------------------------


def moments_in(task: str, count: int) -> list[int]:
    """Return ticks of the planner, the first and the last ones among them."""
    every = plan(task).options.planner_every
    steps = np.linspace(0, undisturbed(task).decided // every - 1, count)
    return [int(step) * every for step in steps]


@pytest.mark.parametrize("task", TASKS)
def test_a_cancelled_task_ends_with_a_robot_that_stands(task):
    for tick in moments_in(task, CANCELS):
        run = carry_out(task, operator=Between(Wish.STOP, tick))
        told, end = f"cancelled at tick {tick}", run.moments[-1]
        assert run.result.failure is Failure.OPERATOR, told
        asked = run.moments[tick].snapshot.time
        assert run.result.duration_s - asked <= AT_MOST_S, told
        assert end.active == ("balance",), told
        assert np.linalg.norm(end.snapshot.state.base_lin_vel_w) == 0.0, told
        for thing in end.snapshot.objects.values():
            on_the_floor = thing.pos_w[2] < thing.half_size[2] + 0.01
            assert not (thing.movable and on_the_floor), told


@pytest.mark.parametrize("task", TASKS)
def test_a_paused_task_comes_to_the_same_end(task):
    for tick in moments_in(task, PAUSES + 2)[1:-1]:
        until = tick + round(PAUSE_S / CONTROL_DT)
        run = carry_out(task, operator=Between(Wish.PAUSE, tick, until))
        paused = run.moments[until - 1]
        assert paused.status.state is TaskState.PAUSED
        assert paused.active == ("balance",)
        promises = [
            each.result.sentence.partition(": ")[2] for each in (run, undisturbed(task))
        ]
        assert run.result.success, run.result.sentence
        assert promises[0] == promises[1]
