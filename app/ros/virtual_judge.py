"""The judge of the virtual robot's tasks: hears how they go, and sees the physics."""

from __future__ import annotations

from collections.abc import Sequence

from app.control_loop import AFTER_SUCCESS_S
from app.judge import Judge
from app.ros.course import Course, Sentence
from app.truth import Witness
from planners.task import Achieve, Step

JUDGE_EVERY_S = 0.02  # the judge looks as often as one of `praxis run` does [s]


class VirtualJudge:
    """Watches one task after the other, and gives one sentence about each."""

    def __init__(self, witness: Witness) -> None:
        """Take who sees the physics; nothing is judged yet."""
        self._witness = witness
        self._judge: Judge | None = None
        self._course: Course | None = None
        self._since_look = 0.0

    def follow(self, course: Course) -> None:
        """Hear how a task goes; a new one is watched from now on."""
        if self._is_new(course):
            self._judge = Judge(course.task, self._witness.look())
        self._course = course
        self._watch(course.kept)

    def sentence(self, stamp_ns: int) -> Sentence | None:
        """Return the sentence once a task is over; each is given once.

        Args:
            stamp_ns: of the present state.
        """
        course, judge = self._course, self._judge
        if course is None or judge is None or course.success is None:
            return None
        linger = AFTER_SUCCESS_S if course.success else 0.0
        if stamp_ns < course.over_at_ns + round(linger * 1e9) - 1000:
            return None
        self._watch(course.kept)
        self._judge = None
        return Sentence(
            number=course.number,
            success=course.success,
            over_at_ns=course.over_at_ns,
            judgement=judge.judgement(),
        )

    def pass_time(self, period: float) -> None:
        """Physics went on by so much [s]; look, as often as is due."""
        self._since_look += period
        if self._course is not None and self._since_look > JUDGE_EVERY_S - 1e-9:
            self._watch(self._course.kept)

    def _is_new(self, course: Course) -> bool:
        before = self._course
        if before is None or course.number != before.number:
            return True
        # Another node counts from 1 again.
        return course.success is None and before.success is not None

    def _watch(self, kept: Sequence[Step | Achieve]) -> None:
        self._since_look = 0.0
        if self._judge is not None:
            self._judge.watch(self._witness.look(), kept)
