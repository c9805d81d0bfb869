"""A commander in a process of its own, that can be killed for good."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from app.build import build, guard_config
from app.control_loop import Episode
from app.faults.task import WATCHED_S, begins_at, plan_of
from sim2real.backends import make_backend
from sim2real.faults.catalogue import CASES, Case
from sim2real.faults.fault import Fault
from sim2real.faults.faulty_backend import FaultyBackend
from sim2real.robot import (
    BackendError,
    JointCommand,
    ObjectState,
    RobotBackend,
    RobotState,
)
from skills.contract import Skill


def kill(case: Case, backend: str, seed: int, robot: str) -> FaultyBackend:
    """Let another process drive the robot, kill it, and watch the robot on its own."""
    plan = plan_of(case, backend, seed, robot)
    inner = make_backend(backend, plan.robot, plan.scene)
    wire = FaultyBackend(inner, Fault(), begins_at(seed), guard_config(backend))
    with Commander(case, backend, seed, robot) as commander:
        while not wire.broken:
            commander.serve(wire)
        commander.kill()
    for _ in range(round(WATCHED_S / wire.control_dt)):
        wire.idle()
    wire.close()
    return wire


class Commander:
    """A process of its own that carries a task out on the robot of this process."""

    def __init__(self, case: Case, backend: str, seed: int, robot: str) -> None:
        """Prepare; it starts with `with`."""
        self._asked = [case.name, backend, str(seed), robot]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Commander:
        """Start it."""
        here = str(Path(__file__).parents[1])
        paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *self._asked],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        return self

    def __exit__(self, *exception: object) -> None:
        """End it, if it still runs."""
        self.kill()

    def serve(self, wire: FaultyBackend) -> None:
        """Wait for what it asks of the robot, do it, and answer.

        Raises:
            BackendError: if it ended by itself.
        """
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            asked = pickle.load(process.stdout)
        except EOFError:
            raise BackendError("the commanding process ended by itself") from None
        state = wire.reset(asked) if isinstance(asked, int) else wire.step(asked)
        pickle.dump((state, dict(wire.objects())), process.stdin)
        process.stdin.flush()

    def kill(self) -> None:
        """Send it SIGKILL and wait for its end."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.communicate()
        self._process = None


class _Remote:
    """A robot in another process, as seen by the one that commands it."""

    def __init__(self, there: _Pipes, backend: RobotBackend) -> None:
        self.robot, self.control_dt = backend.robot, backend.control_dt
        self._there = there
        self._objects: Mapping[str, ObjectState] = {}

    def reset(self, seed: int) -> RobotState:
        return self._ask(seed)

    def step(self, command: JointCommand) -> RobotState:
        return self._ask(command)

    def objects(self) -> Mapping[str, ObjectState]:
        return self._objects

    def close(self) -> None:
        self._there.asks.close()

    def _ask(self, what: int | JointCommand) -> RobotState:
        pickle.dump(what, self._there.asks)
        self._there.asks.flush()
        state: RobotState
        state, self._objects = pickle.load(self._there.answers)
        return state


@dataclass(frozen=True)
class _Pipes:
    """Puts what is at the other end of two pipes in the place of the robot."""

    asks: IO[bytes]
    answers: IO[bytes]

    def backend(self, backend: RobotBackend) -> RobotBackend:
        return _Remote(self, backend)

    def skills(self, skills: dict[str, Skill]) -> dict[str, Skill]:
        return skills


def _drive(name: str, backend: str, seed: str, robot: str) -> None:
    pipes = _Pipes(asks=sys.stdout.buffer, answers=sys.stdin.buffer)
    sys.stdout = sys.stderr  # whoever prints does not get into the way
    case = next(case for case in CASES if case.name == name)
    assembly = build(plan_of(case, backend, int(seed), robot), alter=pipes)
    Episode(replace(assembly, witness=lambda: None), int(seed)).run()


if __name__ == "__main__":
    _drive(*sys.argv[1:])
