"""Goals are run to their end and summed up, whether they work or not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from configs.loader import load_scene
from configs.schema import RobotConfig
from skills.balance import Balance
from skills.contract import (
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    JointTargets,
    Snapshot,
)
from skills.runner import SkillRunner

pytest.importorskip("mujoco", reason="evaluations are simulated")

from sim2real.backends.mujoco_backend import MujocoBackend
from skills.library import make_skills
from skills.training.evaluate_skills import (
    begin,
    evaluate_arrival,
    evaluate_grasp,
    evaluate_place,
    run_goal,
    wilson,
)


@pytest.fixture(scope="module")
def tabletop(g1: RobotConfig) -> MujocoBackend:
    return MujocoBackend(g1, load_scene("tabletop"))


def quiet(line: str) -> None:
    """Say nothing."""


class Nod:
    """A skill that moves one joint and promises what a test wants."""

    name, arguments = "nod", ()

    def __init__(self, robot: RobotConfig, **conditions: Any) -> None:
        self._robot = robot
        self._conditions: dict[str, Any] = {
            "pre": (),
            "hold": (),
            "post": (after(0.1),),
            "timeout_s": 0.4,
            **conditions,
        }
        self.begun = False

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        return Contract(goal=goal, joints=("left_wrist_yaw_joint",), **self._conditions)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        self.begun = True

    def step(self, snapshot: Snapshot) -> JointTargets:
        if "raises_at" in vars(self) and snapshot.time > self.raises_at:
            raise RuntimeError("no idea")
        return JointTargets(
            names=("left_wrist_yaw_joint",),
            joint_pos=np.zeros(1),
            stiffness=np.full(1, 20.0),
            damping=np.full(1, 1.0),
        )

    def stop(self) -> None:
        self.begun = False


def after(time: float, failure: Failure = Failure.DROPPED) -> Condition:
    """A condition that holds from a robot time on [s]."""
    return Condition(
        name="late",
        check=lambda now: Check(holds=now.time > time - 1e-9, reason="it is early"),
        failure=failure,
    )


def until(time: float) -> Condition:
    """A condition that holds up to a robot time [s]."""
    return Condition(
        name="early",
        check=lambda now: Check(holds=now.time < time - 1e-9, reason="it is late"),
        failure=Failure.OBJECT_LOST,
    )


@pytest.fixture
def nod(g1: RobotConfig, tabletop: MujocoBackend, policies: Any) -> Any:
    """Run one nod after a start of 0.1 s."""

    def run(raises_at: float | None = None, **conditions: Any) -> Any:
        skill = Nod(g1, **conditions)
        if raises_at is not None:
            skill.raises_at = raises_at
        balance = Balance(policies.load("balance"))
        runner = SkillRunner(g1, {"balance": balance, "nod": skill})
        snapshot = begin(runner, tabletop, 5, settle_s=0.1)
        assert snapshot.time == pytest.approx(0.1)
        assert snapshot.commanded is not None and "cup" in snapshot.objects
        return run_goal(runner, tabletop, Goal(skill="nod"), 5, snapshot)

    return run


def test_a_goal_ends_when_its_promise_holds(nod: Any) -> None:
    result = nod(post=(after(0.3),))
    assert result.success and result.failure == "" and result.seed == 5
    assert result.seconds == pytest.approx(0.2)
    assert result.snapshot.time == pytest.approx(0.3)


def test_a_goal_whose_need_is_not_met_is_not_begun(nod: Any) -> None:
    result = nod(pre=(after(9.0, Failure.OUT_OF_REACH),))
    assert (result.success, result.failure) == (False, "out_of_reach")
    assert result.reason == "it is early" and result.seconds == 0.0


def test_a_broken_hold_ends_it(nod: Any) -> None:
    result = nod(hold=(until(0.2),), post=(after(0.3),))
    assert (result.failure, result.reason) == ("object_lost", "it is late")
    assert result.seconds == pytest.approx(0.1)


def test_time_runs_out(nod: Any) -> None:
    result = nod(post=(after(0.0), after(9.0)), timeout_s=0.2)
    assert (result.failure, result.reason) == ("timeout", "it is early")
    assert result.seconds == pytest.approx(0.22)


def test_a_skill_that_breaks_is_a_failure_of_its_own(nod: Any) -> None:
    result = nod(raises_at=0.2, post=(after(0.4),))
    assert not result.success
    assert "no idea" in result.reason


# --- whole evaluations with random policies -------------------------------------------


def test_a_grasp_that_never_works_is_summed_up(g1: RobotConfig, policies: Any) -> None:
    lines: list[str] = []
    skills = make_skills(g1, policies.path)
    result = evaluate_grasp(g1, skills, seed=3, episodes=2, report=lines.append)
    assert (result["episodes"], result["successes"]) == (2, 0)
    assert result["success_rate"] == 0.0
    # Wilson for 0 of 2: z^2 / (2 + z^2) = 3.84146 / 5.84146.
    assert result["ci95"] == [0.0, 0.6576]
    assert sum(result["failures"].values()) == 2
    assert [record["seed"] for record in result["records"]] == [3, 4]
    assert set(result["records"][0]) == {
        "seed",
        "success",
        "failure",
        "reason",
        "seconds",
    }
    assert lines[1].startswith("2 of 2: seed 4 failed (")
    json.dumps(result, allow_nan=False)


def test_without_a_grasp_there_is_nothing_to_place(
    g1: RobotConfig, policies: Any
) -> None:
    skills = make_skills(g1, policies.path)
    result = evaluate_place(g1, skills, seed=0, episodes=1, report=quiet)
    assert result == {
        "grasps_tried": 3,
        "episodes": 0,
        "successes": 0,
        "success_rate": None,
        "ci95": [0.0, 1.0],
        "failures": {},
        "seconds_median": None,
        "records": [],
    }


def test_an_arrival_is_measured_against_the_stance_that_was_asked_for(
    g1: RobotConfig, policies: Any
) -> None:
    skills = make_skills(g1, policies.path)
    result = evaluate_arrival(g1, skills, seed=0, episodes=1, report=quiet)
    assert (result["episodes"], result["successes"]) == (1, 0)
    assert result["distance_median_m"] > 0.5  # it fell on its way
    assert 0.0 <= result["turn_median_deg"] <= 180.0
    json.dumps(result, allow_nan=False)


# --- the interval ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),  # z^2 / (10 + z^2)
        (10, 10, 0.72247, 1.0),  # 10 / (10 + z^2)
        (50, 100, 0.40383, 0.59617),  # 0.5 -+ 1 / (2 sqrt(1 + 100 / z^2))
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval_by_hand(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-5)
