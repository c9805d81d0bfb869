"""Measure a skill goal by goal in randomised scenes: arrival, grasp, place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import degrees, hypot, sqrt
from typing import Any

import numpy as np

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import BackendError
from sim2real.robot_parameters import RobotParameters
from skills.contract import Contract, Goal, Skill, Snapshot
from skills.furniture import turn_between
from skills.predicates import pose_of
from skills.runner import SkillRunner
from skills.training.trial import is_down
from skills.walk import Walk

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class GoalResult:
    """How one goal ended."""

    seed: int
    success: bool
    failure: str  # empty after a success
    reason: str
    seconds: float
    contract: Contract
    snapshot: Snapshot  # the last one


def begin(
    runner: SkillRunner, backend: MujocoBackend, seed: int, settle_s: float = 0.5
) -> Snapshot:
    """Reset the robot and stand for a moment."""
    runner.reset()
    state = backend.reset(seed)
    snapshot = Snapshot(state=state, objects=backend.objects())
    while snapshot.time < settle_s:
        command = runner.step(snapshot)
        snapshot = Snapshot(
            state=backend.step(command),
            objects=backend.objects(),
            commanded=command.joint_pos,
        )
    return snapshot


def run_goal(
    runner: SkillRunner,
    backend: MujocoBackend,
    goal: Goal,
    seed: int,
    snapshot: Snapshot,
) -> GoalResult:
    """Run one goal to its end, from the robot's present state.

    Args:
        runner: of the skills.
        backend: the robot, already reset.
        goal: what to do.
        seed: of the episode, for the record.
        snapshot: the present one.
    """
    begun = snapshot.time

    def tick() -> Snapshot:
        command = runner.step(snapshot)
        state = backend.step(command)
        return Snapshot(
            state=state, objects=backend.objects(), commanded=command.joint_pos
        )

    contract = runner.contract(goal, snapshot)

    def result(success: bool, failure: str, reason: str) -> GoalResult:
        return GoalResult(
            seed=seed,
            success=success,
            failure=failure,
            reason=reason,
            seconds=snapshot.time - begun,
            contract=contract,
            snapshot=snapshot,
        )

    for condition in contract.pre:
        answer = condition.check(snapshot)
        if not answer.holds:
            return result(False, condition.failure.value, answer.reason)
    runner.start(goal, snapshot)
    while True:
        try:
            snapshot = tick()
        except BackendError as error:
            return result(False, "hardware", str(error))
        if is_down(snapshot.state):
            return result(False, "unstable", "the robot fell")
        fault = runner.fault(goal.skill)
        if fault is not None:
            return result(False, fault[0].value, fault[1])
        for condition in contract.hold:
            answer = condition.check(snapshot)
            if not answer.holds:
                return result(False, condition.failure.value, answer.reason)
        answers = [condition.check(snapshot) for condition in contract.post]
        if all(answer.holds for answer in answers):
            return result(True, "", answers[0].reason)
        if snapshot.time - begun > contract.timeout_s:
            missing = next(a.reason for a in answers if not a.holds)
            return result(False, "timeout", missing)


def evaluate_arrival(
    robot: RobotConfig,
    skills: Mapping[str, Skill],
    *,
    seed: int,
    episodes: int,
    report: Report = print,
    parameters: RobotParameters | None = None,
) -> dict[str, Any]:
    """Walk to the kitchen's table for its cup; measure the stance against the ask."""
    walk = skills["walk"]
    assert isinstance(walk, Walk)
    backend = MujocoBackend(robot, load_scene("kitchen"), parameters=parameters)
    runner = SkillRunner(robot, skills)
    goal = Goal(skill="walk", args={"target": "table", "reach": "cup"})
    results, errors = [], []
    for number in range(episodes):
        snapshot = begin(runner, backend, seed + number)
        result = run_goal(runner, backend, goal, seed + number, snapshot)
        goal_pose = walk.chosen_stance
        here = pose_of(result.snapshot.state)
        if goal_pose is not None:
            off = hypot(goal_pose.x - here.x, goal_pose.y - here.y)
            turned = abs(degrees(turn_between(here.yaw, goal_pose.yaw)))
            errors.append((off, turned))
        results.append(result)
        report(_line(number, episodes, result))
    return {
        **_summary(results),
        "distance_median_m": _median([off for off, _ in errors], 4),
        "turn_median_deg": _median([turned for _, turned in errors], 2),
    }


def evaluate_grasp(
    robot: RobotConfig,
    skills: Mapping[str, Skill],
    *,
    seed: int,
    episodes: int,
    report: Report = print,
    parameters: RobotParameters | None = None,
) -> dict[str, Any]:
    """Grasp the cup from a good stance, anywhere in the 20 x 40 cm before the robot."""
    backend = MujocoBackend(robot, load_scene("tabletop"), parameters=parameters)
    runner = SkillRunner(robot, skills)
    goal = Goal(skill="grasp", args={"object": "cup"})
    results = []
    for number in range(episodes):
        snapshot = begin(runner, backend, seed + number)
        results.append(run_goal(runner, backend, goal, seed + number, snapshot))
        report(_line(number, episodes, results[-1]))
    return _summary(results)


def evaluate_place(
    robot: RobotConfig,
    skills: Mapping[str, Skill],
    *,
    seed: int,
    episodes: int,
    report: Report = print,
    parameters: RobotParameters | None = None,
) -> dict[str, Any]:
    """Put down a cup that was grasped: upright within 5 cm of a target on the table.

    Seeds whose grasp fails do not count; the next seed is taken instead.
    """
    backend = MujocoBackend(robot, load_scene("tabletop"), parameters=parameters)
    runner = SkillRunner(robot, skills)
    grasp = Goal(skill="grasp", args={"object": "cup"})
    place = Goal(skill="manipulate", args={"object": "cup", "target": "table"})
    results: list[GoalResult] = []
    tried = 0
    while len(results) < episodes and tried < 3 * episodes:
        number = seed + tried
        tried += 1
        snapshot = begin(runner, backend, number)
        held = run_goal(runner, backend, grasp, number, snapshot)
        if not held.success:
            continue
        runner.stop("grasp")
        results.append(run_goal(runner, backend, place, number, held.snapshot))
        report(_line(len(results) - 1, episodes, results[-1]))
    return {"grasps_tried": tried, **_summary(results)}


def _line(number: int, episodes: int, result: GoalResult) -> str:
    verdict = "done" if result.success else f"failed ({result.failure})"
    return (
        f"{number + 1} of {episodes}: seed {result.seed} {verdict} after "
        f"{result.seconds:.1f} s: {result.reason}"
    )


def _summary(results: list[GoalResult]) -> dict[str, Any]:
    good = sum(r.success for r in results)
    return {
        "episodes": len(results),
        "successes": good,
        "success_rate": round(good / len(results), 4) if results else None,
        "ci95": [round(v, 4) for v in wilson(good, len(results))],
        "failures": dict(Counter(r.failure for r in results if not r.success)),
        "seconds_median": _median([r.seconds for r in results], 2),
        "records": [
            {
                "seed": r.seed,
                "success": r.success,
                "failure": r.failure,
                "reason": r.reason,
                "seconds": round(r.seconds, 2),
            }
            for r in results
        ],
    }


def _median(values: list[float], digits: int) -> float | None:
    return round(float(np.median(values)), digits) if values else None


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 1927)."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share = successes / trials
    scale = 1.0 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z / scale * sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    return max(0.0, middle - half), min(1.0, middle + half)
