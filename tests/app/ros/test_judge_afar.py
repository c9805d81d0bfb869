"""The course of a task is told whenever it changes; only its own verdict is heard."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from app.judge import Judgement, Verdict
from app.result import EpisodeResult
from app.ros.course import Course, Sentence
from app.ros.judge_afar import JudgeAfar
from planners.planner import TaskState
from planners.task import Step, Task

STAND = Task(text="stand", items=(Step(skill="balance", args={"duration_s": 0.1}),))
AGREED = Judgement(verdict=Verdict.AGREES, reason="the robot stands")


class Bench:
    """A judge afar, and everything that was told."""

    def __init__(self) -> None:
        self.told: list[Course] = []
        self.warned: list[str] = []
        self.stamp = 100
        self.judge = JudgeAfar(self._take, lambda: self.stamp, self.warned.append)

    def _take(self, text: str) -> None:
        self.told.append(Course.from_data(json.loads(text)))

    def begin(self) -> None:
        self.judge.begin(SimpleNamespace(task=STAND), 1, moment())  # type: ignore[arg-type]

    def hear(self, **changes: Any) -> Sentence | None:
        sentence = Sentence(number=1, success=True, over_at_ns=100, judgement=AGREED)
        self.judge.hear(json.dumps(replace(sentence, **changes).as_data(seed=1)))
        return self.judge.sentence


def moment(state: TaskState = TaskState.RUNNING, kept: tuple[Step, ...] = ()) -> Any:
    return SimpleNamespace(kept=kept, status=SimpleNamespace(state=state))


def result(success: bool) -> EpisodeResult:
    return EpisodeResult(
        seed=1, success=success, failure=None, sentence="", duration_s=1.0
    )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_does_not_change_is_not_told_again(bench: Bench) -> None:
    bench.begin()
    for _ in range(3):
        bench.judge.tick(moment())
    assert bench.told == [Course(number=1, task=STAND)]


def test_what_was_done_and_the_end_are_told_at_once(bench: Bench) -> None:
    bench.begin()
    done = STAND.leaves
    bench.judge.tick(moment(kept=done))  # type: ignore[arg-type]
    bench.judge.tick(moment(TaskState.SUCCESS, done))  # type: ignore[arg-type]
    bench.judge.tick(moment(TaskState.SUCCESS, done))  # type: ignore[arg-type]
    bench.judge.end(result(success=True))
    assert [(c.kept, c.success, c.over_at_ns) for c in bench.told] == [
        ((), None, 0),
        (done, None, 0),
        (done, True, 100),
    ]


def test_a_task_that_failed_after_all_is_told_again(bench: Bench) -> None:
    bench.begin()
    bench.judge.tick(moment(TaskState.SUCCESS))
    bench.stamp = 200
    bench.judge.end(result(success=False))
    assert [(c.success, c.over_at_ns) for c in bench.told[1:]] == [
        (True, 100),
        (False, 200),
    ]
    assert bench.hear() is not None  # about the first end


def test_a_verdict_of_another_time_is_not_ours(bench: Bench) -> None:
    assert bench.hear() is None  # there was no task yet
    bench.begin()
    assert bench.hear() is None  # it is not over
    bench.judge.tick(moment(TaskState.SUCCESS))
    assert bench.hear(over_at_ns=99) is None
    assert bench.hear(number=2) is None
    heard = bench.hear()
    assert heard is not None
    assert heard.judgement == AGREED
    bench.begin()
    assert bench.judge.sentence is None  # the next task has none yet


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"number": "x"}'])
def test_what_is_no_verdict_is_one_line(bench: Bench, text: str) -> None:
    bench.judge.hear(text)
    assert len(bench.warned) == 1
    assert bench.warned[0].startswith("verdict cannot be read: ")
