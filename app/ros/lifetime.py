"""From the first state of a robot to the exit code of the node; nothing imports ROS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, monotonic_ns
from typing import Any, Protocol

from app.judge import Verdict
from app.ros.judge_afar import JudgeAfar
from app.ros.operator_requests import Requests
from app.ros.session import Session
from app.ros.ticket import BAD_REQUEST, Answer, Ticket, one_line
from planners.task import Task
from sim2real.backends.ros2_backend import Ros2Backend
from sim2real.life_cycle import Phase
from sim2real.real_time import become_real_time
from sim2real.robot import BackendError

DONE, FAILED, BAD_INPUT = 0, 1, 2  # exit codes
CHECKS_S = 60.0  # a launch that is to end by itself waits so long for its checks [s]
AGAIN_S = 2.0  # between two tries to hear the robot [s]


class Log(Protocol):
    """Where lines for a person go."""

    def info(self, text: str) -> object:
        """Something happened."""

    def warning(self, text: str) -> object:
        """Something is odd."""

    def error(self, text: str) -> object:
        """Something cannot be."""


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """What lives from the start of the node to its end."""

    values: Mapping[str, Any]  # of the parameters
    session: Session
    requests: Requests
    backend: Ros2Backend
    judge: JudgeAfar
    read_task: Callable[[str], Task]
    handle: Callable[[Callable[[], bool], int], bool]  # messages; see `Link.handle`
    answer: Callable[[], None]  # clients whose task is over
    ok: Callable[[], bool]  # whether ROS is up
    log: Log

    def run(self) -> int:
        """Go on until ROS is shut down, or the only task is over.

        Returns:
            The exit code.
        """
        values, session = self.values, self.session
        if values["real_time"] and not values["lockstep"]:
            granted = become_real_time(priority=values["real_time_priority"])
            if granted.warning is not None:
                self.log.warning(granted.warning)
        waiting: str | None = values["task"] or None
        try:
            if waiting is not None:
                self.read_task(waiting)
        except BAD_REQUEST as error:
            self.log.error(f"task '{waiting}' is refused: {one_line(error)}")
            waiting = None
            if values["once"]:
                return BAD_INPUT
        if not self._connect():
            return DONE
        patience = monotonic() + CHECKS_S
        while self.ok():
            try:
                session.step()
            except BackendError as error:
                self.log.error(str(error))
                if values["once"]:
                    return FAILED
                session.phases.begin()
                if not self._connect():
                    break
            self.answer()
            if waiting is not None and session.phases.phase is Phase.BALANCE:
                self._begin(waiting)
                waiting = None
            if values["once"] and session.last is not None:
                return self._end(session.last)
            if self._never_starts(patience):
                return FAILED
        return DONE

    def _begin(self, words: str) -> None:
        answer = self.requests.execute(words)
        if isinstance(answer, Answer):
            self.log.warning(f"task '{words}' is refused: {answer.text}")

    def _never_starts(self, patience: float) -> bool:
        """Return whether a launch that is to end by itself cannot begin."""
        values, phases = self.values, self.session.phases
        stuck = values["once"] and values["autostart"] and not phases.commanded
        if not stuck or monotonic() < patience:
            return False
        self.log.error(f"not started within {CHECKS_S:g} s: {phases.failed}")
        return True

    def _connect(self) -> bool:
        """Wait for the robot; return False if ROS is shut down first."""
        while self.ok():
            try:
                self.session.connect()
                return True
            except BackendError as error:
                if not self.ok():
                    break
                self.log.warning(str(error))
                self.handle(lambda: False, _in_s(AGAIN_S))
        return False

    def _end(self, ticket: Ticket) -> int:
        """Wait for the judge, if there is one, and return the exit code."""
        result = ticket.result
        assert result is not None
        self._hold_until_judged()
        if not result.success:
            return FAILED
        sentence = self.judge.sentence
        if sentence is None:
            return DONE
        agrees = sentence.judgement.verdict is Verdict.AGREES
        word = "verified by" if agrees else "contradicted by"
        self.log.info(f"{word} the physics: {sentence.judgement.reason}")
        return DONE if agrees else FAILED

    def _hold_until_judged(self) -> None:
        until = monotonic() + self.values["verdict_timeout_s"]
        while self.judge.sentence is None and monotonic() < until and self.ok():
            try:
                if self.values["lockstep"]:  # the judge has seen all that is to come
                    self.handle(lambda: self.judge.sentence is not None, _in_s(0.2))
                else:
                    self.session.step()
            except BackendError:
                return

    def sum_up(self) -> None:
        """Say how punctual it was, and write the summary."""
        for line in self.backend.punctuality.lines():
            self.log.info(line)
        if self.values["summary"]:
            text = json.dumps(self._summary(), indent=2, ensure_ascii=False)
            Path(self.values["summary"]).write_text(text + "\n", encoding="utf-8")

    def _summary(self) -> dict[str, Any]:
        last, sentence = self.session.last, self.judge.sentence
        result = last.result if last else None
        seed = self.values["seed"]
        return {
            "task": last.task.text if last else None,
            "result": result.as_dict() if result else None,
            "verdict": sentence.as_data(seed) if sentence else None,
            "loop": self.backend.punctuality.as_dict(),
            "clock_jumps": [str(jump) for jump in self.backend.jumps],
        }


def _in_s(seconds: float) -> int:
    return monotonic_ns() + int(seconds * 1e9)
