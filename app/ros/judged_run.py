"""Let the judge of a virtual robot, in its own process, verify the tasks of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import monotonic_ns
from typing import cast

from std_msgs.msg import String

from app.control_loop import Assembly, Moment
from app.judge import Judgement, Verdict
from app.result import EpisodeResult
from app.ros.judge_afar import JudgeAfar
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.robot import RobotBackend
from sim2real.ros2.link import RosLink
from sim2real.ros2.qos import latched_qos

LONGEST_NS = 30_000_000_000  # a virtual robot may run slowly

NO_JUDGE = Judgement(
    verdict=Verdict.NOT_JUDGED, reason="nobody judges what a robot does"
)
SILENT = Judgement(
    verdict=Verdict.NOT_JUDGED, reason="the virtual robot's judge did not answer"
)


class JudgedRun:
    """An observer that speaks with the judge over the topics of the backend."""

    def __init__(self, backend: RobotBackend) -> None:
        """Advertise and listen.

        Args:
            backend: over ROS 2.
        """
        self._backend = robot = cast(Ros2Backend, backend)
        self._link = link = cast(RosLink, robot.link)
        courses = link.node.create_publisher(String, "task_course", latched_qos())
        self._judge = judge = JudgeAfar(
            lambda text: courses.publish(String(data=text)), lambda: robot.stamp_ns
        )
        link.node.create_subscription(
            String, "verdict", lambda m: judge.hear(m.data), latched_qos()
        )

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """See `Observer.begin`."""
        self._judge.begin(assembly, seed, moment)

    def tick(self, moment: Moment) -> None:
        """See `Observer.tick`."""
        self._judge.tick(moment)

    def end(self, result: EpisodeResult) -> None:
        """See `Observer.end`."""
        self._judge.end(result)

    def close(self) -> None:
        """Nothing is held."""

    def judged(self, results: Iterable[EpisodeResult]) -> Iterator[EpisodeResult]:
        """Yield results with the judge's verdict."""
        for result in results:
            yield replace(result, judgement=self._verdict())

    def _verdict(self) -> Judgement:
        if not self._link.is_simulated():
            return NO_JUDGE
        until = monotonic_ns() + LONGEST_NS
        self._link.handle(lambda: self._judge.sentence is not None, until)
        sentence = self._judge.sentence
        return SILENT if sentence is None else sentence.judgement
