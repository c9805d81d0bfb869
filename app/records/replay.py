"""Feed a recorded run through the code of today, and see where it answers otherwise.

Each tick is given what was measured, seen and commanded then, and the skills are
started and stopped as they were. So one tick's wrong answer does not move the robot of
the next; only what a policy itself remembers (its last action) is carried on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.command_path import CommandPath
from app.records.divergence import (
    ACTION,
    COMMAND,
    OBSERVATION,
    ORDER,
    Divergence,
    Place,
    Tallies,
)
from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Adapter
from sim2real.health import Health
from sim2real.robot import JointCommand, ObjectState
from sim2real.robot_log import PolicyStep, RobotLog, SkillEvent
from sim2real.robot_log.records import START
from sim2real.safety import SafetyFilter
from skills.contract import Goal, GoalError, Snapshot
from skills.policy import Policy
from skills.runner import SkillRunner

ROBOT = "robot"  # what is commanded, all policies together
SAME_TIME_S = 1e-6

Array32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class _Tick:
    """One row of a log: what the loop knew, and what it did."""

    number: int
    snapshot: Snapshot
    events: tuple[SkillEvent, ...]
    steps: Mapping[str, PolicyStep]  # by policy
    command: JointCommand


class Replay:
    """Runs skills on recorded states and compares their answers with the log."""

    def __init__(
        self,
        log: RobotLog,
        robot: RobotConfig,
        runner: SkillRunner,
        *,
        safety: SafetyFilter,
        adapter: Adapter,
        tolerance: float,
    ) -> None:
        """Take a log with commands and policy steps, and what to try on it.

        Args:
            log: from `read_robot_log`.
            robot: whose log it is.
            runner: with the skills; nothing of it was started yet.
            safety: as in the run; what transport and clock did is not in a log.
            adapter: as in the run.
            tolerance: what two numbers may differ by, relative to those above 1.
        """
        self.tallies = Tallies(tolerance)
        self.ticks = 0
        self.steps = 0  # of policies
        self._log = log
        self._names = robot.joint_names
        self._runner = runner
        self._safety = safety
        self._adapter = adapter
        self._path = CommandPath(adapter, safety)
        self._ran: dict[str, tuple[Policy, Array32, Array32]] = {}

    def run(self) -> Tallies:
        """Replay the whole log."""
        self._runner.reset()
        self._safety.reset()
        for name, policy in self._runner.policies().items():
            policy.on_step = partial(self._note, name, policy)
        ticks = _ticks_of(self._log)
        if ticks:
            self._adapter.reset(ticks[0].snapshot.state)
        for tick in ticks:
            self._replay(tick)
        return self.tallies

    def _note(
        self, name: str, policy: Policy, observation: Array32, action: Array32
    ) -> None:
        self._ran[name] = policy, observation, action

    def _replay(self, tick: _Tick) -> None:
        """Do what a run does in a tick, but for planning and sending."""
        self._ran.clear()
        self.ticks += 1
        snapshot = self._path.look(tick.snapshot.state, tick.snapshot.objects)
        tick = replace(tick, snapshot=snapshot)
        for event in tick.events:
            self._obey(event, tick)
        command = self._path.answer(
            snapshot,
            self._runner.step,
            lambda: Health(policy_fault=self._runner.unattended),
            resting=self._safety.in_charge and not tick.steps,
        )
        for name in {**tick.steps, **self._ran}:
            self._compare_policy(name, tick)
        self._compare_command(tick, command)
        self._path.follow(tick.command)

    def _obey(self, event: SkillEvent, tick: _Tick) -> None:
        try:
            if event.kind == START:
                goal = Goal(skill=event.skill, args=event.args)
                self._runner.start(goal, tick.snapshot)
            else:
                self._runner.stop(event.skill)
        except GoalError as error:
            self._tell(tick, event.skill, event.kind, str(error))

    def _compare_policy(self, name: str, tick: _Tick) -> None:
        recorded, ran = tick.steps.get(name), self._ran.get(name)
        if recorded is None:
            self._tell(tick, name, "ran", "it runs now, and did not run then")
            return
        if ran is None:
            fault = self._runner.fault(name.partition(".")[0])
            reason = f": {fault[1]}" if fault else ""
            self._tell(tick, name, "ran", f"it ran then, and does not run now{reason}")
            return
        policy, observation, action = ran
        self.steps += 1
        labels, time = policy.labels, tick.snapshot.time
        before = recorded.terms if _one_for_each(recorded) else labels
        if before != labels or len(recorded.observation) != len(observation):
            odd = _first_odd(before, labels)
            self._tell(tick, name, "terms", f"the observation has other terms: {odd}")
            return
        places = [_place(name, label) for label in labels]
        self.tallies.compare(
            tick.number, time, places, recorded.observation, observation
        )
        if recorded.joints != policy.joints:
            odd = _first_odd(recorded.joints, policy.joints)
            self._tell(tick, name, "joints", f"it moves other joints: {odd}")
            return
        places = [
            Place(policy=name, quantity=ACTION, term="actions", part=joint)
            for joint in policy.joints
        ]
        self.tallies.compare(tick.number, time, places, recorded.action, action)

    def _compare_command(self, tick: _Tick, command: JointCommand) -> None:
        for term in ("joint_pos", "stiffness", "damping"):
            places = [
                Place(policy=ROBOT, quantity=COMMAND, term=term, part=joint)
                for joint in self._names
            ]
            self.tallies.compare(
                tick.number,
                tick.snapshot.time,
                places,
                getattr(tick.command, term),
                getattr(command, term),
            )

    def _tell(self, tick: _Tick, policy: str, term: str, text: str) -> None:
        place = Place(policy=policy, quantity=ORDER, term=term, part="")
        self.tallies.note(
            Divergence(
                tick=tick.number,
                time=tick.snapshot.time,
                place=place,
                recorded=np.nan,
                computed=np.nan,
                allowed=0.0,
                text=text,
            )
        )


def _ticks_of(log: RobotLog) -> list[_Tick]:
    """Return the control ticks: the joint states that a command answers."""
    steps = _by_tick(log, [step.time for step in log.policy_steps])
    events = _by_tick(log, [event.time for event in log.events])
    seen_at = np.array([time for time, _ in log.objects])
    ticks: list[_Tick] = []
    for row, time in enumerate(log.command_time):
        state_row = int(np.searchsorted(log.time, time - SAME_TIME_S))
        if state_row == len(log.time) or abs(log.time[state_row] - time) > SAME_TIME_S:
            continue  # nobody knows what this command answered
        seen = int(np.searchsorted(seen_at, time + SAME_TIME_S)) - 1
        objects: Mapping[str, ObjectState] = log.objects[seen][1] if seen >= 0 else {}
        snapshot = Snapshot(state=log.state(state_row), objects=objects)
        ticks.append(
            _Tick(
                number=len(ticks),
                snapshot=snapshot,
                events=tuple(log.events[i] for i in events[row]),
                steps={
                    log.policy_steps[i].policy: log.policy_steps[i] for i in steps[row]
                },
                command=log.command(row),
            )
        )
    return ticks


def _by_tick(log: RobotLog, times: list[float]) -> dict[int, list[int]]:
    """Return, for each row of the commands, what has its time."""
    rows: dict[int, list[int]] = defaultdict(list)
    found = np.searchsorted(log.command_time, np.array(times) - SAME_TIME_S)
    for i, row in enumerate(found):
        rows[int(row)].append(i)
    return rows


def _one_for_each(step: PolicyStep) -> bool:
    """Whether the log has a label for each number, and not only for each term."""
    return len(step.terms) == len(step.observation)


def _place(policy: str, label: str) -> Place:
    term, _, part = label.partition(".")
    return Place(policy=policy, quantity=OBSERVATION, term=term, part=part)


def _first_odd(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    for old, new in zip(before, now, strict=False):
        if old != new:
            return f"{new} where {old} was"
    return f"{len(now)} where {len(before)} were"
