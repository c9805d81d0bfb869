"""Bring the robot to a safe stop: put down what it holds, stand still."""

from __future__ import annotations

import numpy as np
from py_trees.common import Status

from planners.behaviours import RunnerPort, RunSkill
from planners.conditions import Now, tell, unmet_now
from planners.task import Step
from skills.contract import Failure, GoalError, Predicate, Snapshot
from skills.furniture import support_of

STILL = 0.1  # speed of a robot that stands [m/s]
STILL_FOR_S = 0.5
AT_MOST_S = 20.0  # after which it is left as it is
FALLEN = (Failure.UNSTABLE, Failure.HARDWARE)  # nothing can be put down any more


class Settling:
    """What happens between the operator's word and the end of a task.

    Attributes:
        done: whether the robot has come to a stop.
        sentence: what is going on, or how it ended.
        failure: how the task has failed: by the operator, or by what happened since.
        step: of the task that was interrupted.
    """

    def __init__(self, runner: RunnerPort, now: Now, reason: str, step: str) -> None:
        """Look at what is in the hands."""
        self.done = False
        self.failure = Failure.OPERATOR
        self.sentence = f"{reason}: stopping"
        self.step = step
        self._reason = reason
        self._now = now
        self._upright = runner.question(Predicate("upright"))
        self._begun = now.snapshot.time
        self._still_since: float | None = None
        self._put_down = _put_down(runner, now)

    def tick(self) -> None:
        """Go on."""
        snapshot = self._now.snapshot
        elapsed = snapshot.time - self._begun
        fallen = unmet_now((self._upright,), snapshot)
        if fallen:
            self._end(tell(fallen), Failure.UNSTABLE)
            return
        if elapsed >= AT_MOST_S - 1e-9:
            self._end(f"it did not come to rest within {AT_MOST_S:g} s")
            return
        leaf = self._put_down
        if leaf is not None:
            leaf.tick_once()
            if leaf.status == Status.RUNNING:
                doing = f"{leaf.name} {leaf.feedback_message}"
                self.sentence = f"{self._reason}: {doing}"
                return
            if leaf.failed is not None and leaf.failed.failure in FALLEN:
                self._end(leaf.failed.reason, leaf.failed.failure)
                return
            self._put_down = None
        speed = float(np.linalg.norm(snapshot.state.base_lin_vel_w[:2]))
        self.sentence = f"{self._reason}: coming to a stand at {speed:.2f} m/s"
        if speed > STILL:
            self._still_since = None
        elif self._still_since is None:
            self._still_since = snapshot.time
        elif snapshot.time - self._still_since >= STILL_FOR_S - 1e-9:
            self._end(f"standing after {elapsed:.1f} s")

    def stop(self) -> None:
        """Stop what runs; the robot is left as it is."""
        if self._put_down is not None:
            self._put_down.stop(Status.INVALID)
        self.done = True

    def _end(self, how: str, failure: Failure = Failure.OPERATOR) -> None:
        self.stop()
        self.failure = failure
        self.sentence = f"{self._reason}; {how}"


def _put_down(runner: RunnerPort, now: Now) -> RunSkill | None:
    """Return the skill that puts down what is held, if it could begin now."""
    snapshot = now.snapshot
    for name in _held(runner, snapshot):
        surface = support_of(snapshot.objects[name], snapshot.objects)
        if surface is None:
            continue
        step = Step(skill="manipulate", args={"object": name, "target": surface.name})
        try:
            contract = runner.contract(step.goal, snapshot)
        except GoalError:
            continue
        if not unmet_now(contract.pre, snapshot):
            return RunSkill(step, runner, now)
    return None


def _held(runner: RunnerPort, snapshot: Snapshot) -> list[str]:
    return [
        name
        for name, thing in snapshot.objects.items()
        if thing.movable
        and not unmet_now((runner.question(Predicate("holding", (name,))),), snapshot)
    ]
