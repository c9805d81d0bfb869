"""Speak with a judge who sits in a simulation: tell how tasks go, hear the verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from app.ros.course import Course, Sentence
from planners.planner import TaskState


class JudgeAfar:
    """An observer that tells the course of each task, whenever it changes.

    Attributes:
        sentence: about the task that was told last; None: not yet, or there is no
            judge, as on a robot.
    """

    def __init__(
        self,
        publish: Callable[[str], None],
        stamp_ns: Callable[[], int],
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Take a way to the judge.

        Args:
            publish: told the course as JSON.
            stamp_ns: of the newest state [ns].
            warn: told one line about a verdict that cannot be read.
        """
        self._publish = publish
        self._stamp_ns = stamp_ns
        self._warn = warn
        self._course: Course | None = None
        self._ends: set[int] = set()  # stamps that were told for its end
        self._number = 0
        self.sentence: Sentence | None = None

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """A task begins: its course is told before the first command."""
        self._number += 1
        self.sentence = None
        self._ends.clear()
        self._tell(Course(number=self._number, task=assembly.task))

    def tick(self, moment: Moment) -> None:
        """What changes the judge's view is told at once."""
        course = self._course
        if course is None:
            return
        state = moment.status.state
        over = state in (TaskState.SUCCESS, TaskState.FAILURE)
        if moment.kept == course.kept and not (over and course.success is None):
            return
        course = replace(course, kept=moment.kept)
        if over:
            course = self._ended(course, state is TaskState.SUCCESS)
        self._tell(course)

    def end(self, result: EpisodeResult) -> None:
        """A task is over, perhaps in another way than the planner thought."""
        course = self._course
        if course is not None and course.success is not result.success:
            self._tell(self._ended(course, result.success))

    def close(self) -> None:
        """Nothing is held."""

    def hear(self, text: str) -> None:
        """Take a verdict; one about a task of another time is not ours."""
        try:
            sentence = Sentence.from_data(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            self._warn(f"verdict cannot be read: {error}")
            return
        if sentence.number == self._number and sentence.over_at_ns in self._ends:
            self.sentence = sentence

    def _ended(self, course: Course, success: bool) -> Course:
        stamp = self._stamp_ns()
        self._ends.add(stamp)
        return replace(course, success=success, over_at_ns=stamp)

    def _tell(self, course: Course) -> None:
        self._course = course
        self._publish(json.dumps(course.as_data(), ensure_ascii=False))
