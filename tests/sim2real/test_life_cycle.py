"""Nothing moves before the checks pass, and every step further has its conditions."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.hazards import Reaction
from sim2real.life_cycle import (
    Facts,
    LifeCycle,
    LifeCycleConfig,
    Phase,
    Request,
)
from sim2real.robot import JointCommand, RobotState

DT = 0.02
WELL = Facts()


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


class Hanging:
    """A robot on a hoist that goes where it is told, and its life cycle."""

    def __init__(self, robot: RobotConfig) -> None:
        self.robot = robot
        self.cycle = LifeCycle(robot, DT)
        n = len(robot.joint_names)
        self.state = RobotState(
            time=0.0,
            joint_pos=np.zeros(n),
            joint_vel=np.zeros(n),
            joint_effort=np.zeros(n),
            base_pos_w=np.array([0.0, 0.0, 1.0]),
            base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
            base_lin_vel_w=np.zeros(3),
            base_ang_vel=np.zeros(3),
        )

    def ask(self, request: Request, facts: Facts = WELL) -> str | None:
        refusal = self.cycle.ask(request, self.state, facts)
        return None if refusal is None else refusal.text

    def tick(self, facts: Facts = WELL) -> JointCommand | None:
        command = self.cycle.step(self.state, facts)
        pos = self.state.joint_pos
        if command is not None and command.stiffness.max() > 0.0:
            pos = command.joint_pos
        self.state = replace(self.state, time=self.state.time + DT, joint_pos=pos)
        return command

    def reach(self, phase: Phase) -> None:
        """Go on until a phase, asking for whatever comes next."""
        asks = {
            Phase.UNCHECKED: Request.CHECKED,
            Phase.CHECKED: Request.START,
            Phase.DAMPING: Request.START,
            Phase.BALANCE: Request.TASK,
        }
        for _ in range(1000):
            if self.cycle.phase is phase:
                return
            if self.cycle.phase is Phase.STAND:
                self.ask(Request.START)
            elif self.cycle.phase in asks:
                assert self.ask(asks[self.cycle.phase]) is None
            self.tick()
        raise AssertionError(f"{phase} was never reached")


@pytest.fixture
def hanging(robot: RobotConfig) -> Hanging:
    return Hanging(robot)


@pytest.mark.parametrize("phase", [Phase.UNCHECKED, Phase.CHECKED, Phase.DAMPING])
def test_before_the_ramp_the_robot_is_limp(hanging: Hanging, phase: Phase) -> None:
    hanging.reach(phase)
    command = hanging.tick()
    assert command is not None
    assert_array_equal(command.stiffness, 0.0)


def test_nothing_starts_before_the_checks_were_made(hanging: Hanging) -> None:
    assert hanging.ask(Request.START) == (
        "'start' makes no sense while unchecked; possible: checked, stop, limp"
    )
    assert hanging.ask(Request.CHECKED, Facts(checks_failed=2)) == (
        "not checked: 2 checks failed (praxis check)"
    )
    assert hanging.cycle.phase is Phase.UNCHECKED


def test_the_way_from_the_hoist_to_a_task(hanging: Hanging) -> None:
    hanging.reach(Phase.TASK)
    assert [phase for _, phase, _ in hanging.cycle.history] == [
        Phase.CHECKED,
        Phase.DAMPING,
        Phase.RAMP,
        Phase.STAND,
        Phase.BALANCE,
        Phase.TASK,
    ]
    assert hanging.tick() is None


def test_the_ramp_is_slow_and_ends_in_the_default_pose(hanging: Hanging) -> None:
    hanging.reach(Phase.RAMP)
    begun, before = hanging.state.time, hanging.state.joint_pos
    stiffest = -1.0
    while hanging.cycle.phase is Phase.RAMP:
        command = hanging.tick()
        assert command is not None
        # The arm has farthest to go: 0.9 rad, at 0.5 rad/s in 1.8 s, so it takes 2 s.
        assert np.abs(command.joint_pos - before).max() <= 0.5 * DT + 1e-9
        assert command.stiffness.max() >= stiffest
        before, stiffest = command.joint_pos, command.stiffness.max()
    assert hanging.state.time - begun == pytest.approx(2.0, abs=0.05)
    assert_allclose(before, hanging.robot.default_joint_pos, atol=0.01)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"state_age_s": 0.06}, "the state is 60 ms old, at most 50 ms"),
        ({"heartbeat_age_s": 0.7}, "no sign of the operator for 0.70 s, at most 0.5 s"),
        ({"other_commanders": ("teleop",)}, "teleop also commands the joints"),
    ],
)
def test_the_ramp_needs_a_state_an_operator_and_the_joints_for_itself(
    hanging: Hanging, facts: dict[str, Any], text: str
) -> None:
    hanging.reach(Phase.DAMPING)
    assert hanging.ask(Request.START, Facts(**facts)) == f"not ramp: {text}"
    hanging.reach(Phase.RAMP)
    hanging.tick(Facts(**facts))
    assert hanging.cycle.phase is Phase.FAULT_LIMP
    assert hanging.cycle.history[-1][2] == text


def test_a_stand_holds_without_anybody_and_goes_no_further(hanging: Hanging) -> None:
    hanging.reach(Phase.STAND)
    gone = Facts(heartbeat_age_s=9.0, state_age_s=9.0)
    for _ in range(100):
        command = hanging.tick(gone)
    assert command is not None
    assert command.stiffness.max() > 0.0
    assert hanging.cycle.phase is Phase.STAND
    assert hanging.ask(Request.START, gone) is not None


def test_a_swinging_leg_is_not_ramped(hanging: Hanging) -> None:
    hanging.reach(Phase.DAMPING)
    swinging = np.zeros(43)
    swinging[3] = 1.5
    hanging.state = replace(hanging.state, joint_vel=swinging)
    assert hanging.ask(Request.START) == (
        "not ramp: a joint moves at 1.5 rad/s, at most 1 rad/s"
    )


def test_it_balances_upright_in_its_pose_after_a_second(hanging: Hanging) -> None:
    hanging.reach(Phase.STAND)
    assert hanging.ask(Request.START) == (
        "not balance: it has stood for 0.0 s, at least 1 s"
    )
    upright = hanging.state
    half = radians(10.0)
    hanging.state = replace(
        upright, base_quat_wxyz=np.array([cos(half), sin(half), 0, 0])
    )
    assert (
        hanging.ask(Request.START) == "not balance: it leans by 20 deg, at most 15 deg"
    )
    bent = upright.joint_pos.copy()
    bent[3] += 0.3
    hanging.state = replace(upright, joint_pos=bent)
    assert hanging.ask(Request.START) == (
        "not balance: left_knee_joint is 0.30 rad from the default pose, at most 0.25"
    )
    hanging.state = replace(upright, time=upright.time + 1.0)
    assert hanging.ask(Request.START, Facts(reaction=Reaction.STAND)) == (
        "not balance: the safety filter says stand; reset it first"
    )
    assert hanging.ask(Request.START) is None


def test_stop_ends_the_task_but_lets_nobody_fall(hanging: Hanging) -> None:
    hanging.reach(Phase.TASK)
    hanging.ask(Request.STOP)
    assert hanging.cycle.phase is Phase.BALANCE
    hanging.ask(Request.STOP)
    assert hanging.cycle.phase is Phase.BALANCE
    hanging.ask(Request.LIMP)
    assert hanging.cycle.phase is Phase.DAMPING


def test_stop_on_the_hoist_goes_limp(hanging: Hanging) -> None:
    hanging.reach(Phase.STAND)
    hanging.ask(Request.STOP)
    assert hanging.cycle.phase is Phase.DAMPING


def test_a_task_pauses_and_goes_on(hanging: Hanging) -> None:
    hanging.reach(Phase.BALANCE)
    assert hanging.ask(Request.PAUSE) is not None
    hanging.reach(Phase.TASK)
    hanging.ask(Request.PAUSE)
    assert hanging.cycle.paused
    hanging.ask(Request.RESUME)
    assert not hanging.cycle.paused


def test_a_task_that_is_over_leads_back_to_balance(hanging: Hanging) -> None:
    hanging.reach(Phase.TASK)
    hanging.tick(Facts(task_over=True))
    assert hanging.cycle.phase is Phase.BALANCE


def test_a_fault_leads_through_reset_to_the_checks(hanging: Hanging) -> None:
    hanging.reach(Phase.TASK)
    assert hanging.tick(Facts(reaction=Reaction.STAND)) is None
    assert hanging.cycle.phase is Phase.FAULT_STANDING
    command = hanging.tick(Facts(reaction=Reaction.DAMPED))
    assert hanging.cycle.phase is Phase.FAULT_LIMP
    assert command is not None
    assert_array_equal(command.stiffness, 0.0)
    assert hanging.ask(Request.START) == (
        "'start' makes no sense while fault_limp; possible: reset, stop, limp"
    )
    assert hanging.ask(Request.RESET) is None
    assert hanging.cycle.phase is Phase.UNCHECKED


def test_a_robot_that_slows_down_stays_in_its_task(hanging: Hanging) -> None:
    hanging.reach(Phase.TASK)
    hanging.tick(Facts(reaction=Reaction.SLOW))
    assert hanging.cycle.phase is Phase.TASK


def on_its_feet(robot: RobotConfig) -> Hanging:
    """Return a robot that stands, and was checked."""
    standing = Hanging(robot)
    standing.cycle = LifeCycle(robot, DT, LifeCycleConfig(hoisted=False))
    standing.state = replace(standing.state, joint_pos=robot.default_joint_pos.copy())
    assert standing.ask(Request.CHECKED) is None
    return standing


def test_a_robot_on_its_feet_is_balanced_at_once(robot: RobotConfig) -> None:
    standing = on_its_feet(robot)
    assert standing.ask(Request.START) is None
    assert standing.cycle.phase is Phase.BALANCE
    assert standing.tick() is None  # at no time was it limp


def test_on_its_feet_it_has_to_be_in_the_pose_and_at_rest(robot: RobotConfig) -> None:
    standing = on_its_feet(robot)
    well = standing.state
    legs = well.joint_pos.copy()
    legs[robot.joint_names.index("left_knee_joint")] += 0.3
    standing.state = replace(well, joint_pos=legs)
    assert standing.ask(Request.START) == (
        "not balance: left_knee_joint is 0.30 rad from the default pose, at most 0.25"
    )
    standing.state = replace(well, joint_vel=np.full(len(robot.joint_names), 2.0))
    assert standing.ask(Request.START) == (
        "not balance: a joint moves at 2.0 rad/s, at most 1 rad/s"
    )


def test_on_its_feet_letting_go_is_a_fault(robot: RobotConfig) -> None:
    standing = on_its_feet(robot)
    standing.ask(Request.START)
    standing.ask(Request.LIMP)
    assert standing.cycle.phase is Phase.FAULT_LIMP
    assert standing.ask(Request.RESET) is None
    standing.ask(Request.LIMP)  # also before it was started
    assert standing.cycle.phase is Phase.FAULT_LIMP
