"""From the hoist to standing: every step has its guard, and stop always works."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sim2real.robot import RobotState
from sim2real.rotations import wxyz_from_rpy
from sim2real.unitree.hardware import Hardware
from sim2real.unitree.ritual_steps import (
    ORDER,
    QUESTIONS,
    UNTOUCHED,
    RitualConfig,
    Seen,
    Step,
)
from sim2real.unitree.start_ritual import StartRitual

DT = 0.02
KNEE = 3


class Bench:
    """A ritual with a robot that follows every command at once."""

    def __init__(self, robot):
        self.robot = robot
        self.ritual = StartRitual(robot)
        self.time = 0.0
        self.pos = robot.default_joint_pos.copy()
        self.pos[KNEE] += 0.3  # how it hangs
        self.vel = np.zeros(len(robot.joint_names))
        self.quat = np.array([1.0, 0.0, 0.0, 0.0])
        self.seen: dict[str, Any] = {
            "hardware": Hardware(mode_machine=5, mode_pr=0, hand_motors=(7, 7)),
            "motion_service": "ai",
            "commanding": False,
            "stop_tried": True,
        }

    def tick(self, **seen):
        """Advance by one tick and return the advice."""
        state = RobotState(
            time=self.time,
            joint_pos=self.pos,
            joint_vel=self.vel,
            joint_effort=np.zeros_like(self.pos),
            base_pos_w=np.zeros(3),
            base_quat_wxyz=self.quat,
            base_lin_vel_w=np.zeros(3),
            base_ang_vel=np.zeros(3),
        )
        fields = {"time": self.time, "state": state, **self.seen, **seen}
        advice = self.ritual.advance(Seen(**fields))
        if advice.command is not None and advice.command.stiffness.any():
            self.pos = advice.command.joint_pos
        self.time += DT
        return advice

    def run(self, seconds, **seen):
        """Tick for some time and return the last advice."""
        for _ in range(round(seconds / DT)):
            advice = self.tick(**seen)
        return advice

    def go_to(self, step):
        """Do what a careful operator does, until a step is reached."""
        for _ in range(10_000):
            now = self.ritual.step
            if now is step:
                return self
            if now is Step.RELEASE:
                self.seen["motion_service"] = ""
            self.seen["commanding"] = now is Step.BALANCE
            self.tick(confirmed=now)
        raise AssertionError(f"it stays in {self.ritual.step}: never in {step}")


@pytest.fixture
def bench(g1):
    return Bench(g1)


def test_a_careful_operator_gets_to_the_end(bench):
    steps = []
    for step in ORDER:
        bench.go_to(step)
        steps.append(bench.ritual.step)
    assert steps == list(ORDER)
    # 1 s limp, 2 s damped, 6 s of ramp, three times 2 s still.
    assert bench.time == pytest.approx(15.0, abs=0.5)
    advice = bench.run(1.0)
    assert advice.step is Step.READY
    assert advice.policies
    assert advice.waiting_for == ""
    assert advice.question is None


@pytest.mark.parametrize("step", QUESTIONS)
def test_nothing_goes_on_without_the_operators_yes(bench, step):
    bench.go_to(step)
    advice = bench.run(20.0, commanding=True)
    assert advice.step is step
    assert advice.question == QUESTIONS[step]
    assert advice.waiting_for == "the operator's yes"


def test_an_old_yes_does_not_count(bench):
    bench.go_to(Step.ZERO_TORQUE)
    assert bench.run(5.0, confirmed=Step.HOIST).step is Step.ZERO_TORQUE


def test_the_hoist_is_not_left_before_the_remote_was_tried(bench):
    bench.go_to(Step.HOIST)
    advice = bench.run(3.0, confirmed=Step.HOIST, stop_tried=False)
    assert advice.step is Step.HOIST
    assert advice.waiting_for == "L2+B on the remote, once, to see that it is heard"
    tried = bench.tick(confirmed=Step.HOIST, stop_tried=True, remote_stop=True)
    assert tried.step is Step.RELEASE  # pressed here it is only heard


def test_without_a_remote_nobody_waits_for_it(bench, g1):
    bench.ritual = StartRitual(g1, RitualConfig(remote=False))
    bench.go_to(Step.HOIST)
    assert bench.tick(confirmed=Step.HOIST, stop_tried=False).step is Step.RELEASE


@pytest.mark.parametrize("step", UNTOUCHED)
def test_nothing_is_sent_while_the_vendor_drives(bench, step):
    bench.go_to(step)
    assert bench.tick().command is None


def test_it_waits_until_the_motion_service_lets_go(bench):
    bench.go_to(Step.RELEASE)
    advice = bench.run(3.0)
    assert advice.step is Step.RELEASE
    assert advice.waiting_for == "motion service 'ai' to let go"
    assert bench.ritual.releasing
    assert bench.tick(motion_service="").step is Step.ZERO_TORQUE


def test_zero_torque_is_none_and_damping_is_only_that(bench, g1):
    limp = bench.go_to(Step.ZERO_TORQUE).tick().command
    assert not limp.stiffness.any()
    assert not limp.damping.any()
    damped = bench.go_to(Step.DAMPING).tick().command
    assert not damped.stiffness.any()
    assert_array_equal(damped.damping, 2 * g1.damping)


def test_the_ramp_goes_from_where_it_hangs_to_the_default_pose(bench, g1):
    hung = bench.pos.copy()
    bench.go_to(Step.RAMP)
    first = bench.tick().command
    assert_allclose(first.joint_pos, hung, atol=1e-4)
    assert_allclose(first.stiffness, 0.0, atol=0.01)
    middle = bench.run(3.0 - DT).command
    # Half of the time is half of the way: 0.3 rad * 0.5, and half of the stiffness.
    assert_allclose(middle.joint_pos[KNEE], hung[KNEE] - 0.15, atol=0.002)
    assert_allclose(middle.stiffness, 0.5 * g1.stiffness, rtol=0.01)
    stand = bench.go_to(Step.STAND).tick().command
    assert_array_equal(stand.joint_pos, g1.default_joint_pos)
    assert_array_equal(stand.stiffness, g1.stiffness)


def test_no_target_jumps_on_the_way(bench):
    bench.go_to(Step.RAMP)
    last = bench.tick().command.joint_pos
    for _ in range(400):
        now = bench.tick(confirmed=bench.ritual.step).command.joint_pos
        assert abs(now - last).max() < 0.0016  # 0.3 rad * 1.5 / 6 s * 0.02 s
        last = now


def test_it_waits_for_a_joint_to_be_still(bench):
    bench.go_to(Step.DAMPING)
    bench.vel[KNEE] = 0.4
    advice = bench.run(5.0)
    assert advice.step is Step.DAMPING
    assert advice.waiting_for == "joints to be still: 0.40 rad/s"


def test_another_robot_never_gets_past_the_connection(bench):
    wrong = Hardware(mode_machine=2, mode_pr=0, hand_motors=(7, 7))
    advice = bench.run(1.0, hardware=wrong)
    assert advice.step is Step.CONNECT
    assert "reports revision g1_29dof+dex3_1" in advice.waiting_for
    assert advice.command is None


def test_it_waits_for_the_first_messages(bench):
    advice = bench.tick(state=None, hardware=None)
    assert advice.waiting_for == "messages of the body and of both hands"


def test_a_joint_outside_its_range_is_not_trusted(bench, g1):
    bench.go_to(Step.CHECK)
    bench.pos = bench.pos.copy()
    bench.pos[KNEE] = -0.3  # its range begins at -0.087
    advice = bench.run(1.0, confirmed=Step.CHECK)
    assert advice.step is Step.CHECK
    assert advice.waiting_for == (
        "left_knee_joint within its range: it reads -0.30 rad, which is outside; "
        "calibrate it"
    )


def test_hot_motors_must_cool_first(bench):
    bench.go_to(Step.CHECK)
    advice = bench.run(1.0, confirmed=Step.CHECK, temperature=75.0)
    assert advice.waiting_for == "motors to cool: 75 deg C"


def test_balance_waits_for_the_skills(bench):
    bench.go_to(Step.BALANCE)
    advice = bench.tick(commanding=False)
    assert advice.policies
    assert advice.waiting_for == "commands of the skills"


# --- what must never be ---------------------------------------------------------------


@pytest.mark.parametrize("step", ORDER)
def test_stop_works_in_every_step(bench, step, g1):
    bench.go_to(step)
    advice = bench.tick(abort=True)
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == "the operator stopped it"
    assert not advice.policies
    assert not advice.command.stiffness.any()
    assert_array_equal(advice.command.damping, 2 * g1.damping)
    assert bench.run(1.0).step is Step.ABORTED  # and it stays so


AFTER_RELEASE = ORDER[ORDER.index(Step.ZERO_TORQUE) :]


@pytest.mark.parametrize("step", AFTER_RELEASE)
def test_the_remote_stops_it(bench, step, g1):
    bench.go_to(step)
    advice = bench.tick(remote_stop=True)
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == "it was stopped by the remote"
    assert not advice.command.stiffness.any()
    assert bench.tick(remote_stop=False).step is Step.ABORTED  # let go, it stays so


@pytest.mark.parametrize("step", AFTER_RELEASE)
def test_silence_means_stop(bench, step):
    bench.go_to(step)
    old = replace(bench_state(bench), time=bench.time - 0.06)
    advice = bench.tick(state=old)
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == "no state for more than 50 ms"


@pytest.mark.parametrize("step", AFTER_RELEASE)
def test_two_drivers_are_one_too_many(bench, step):
    bench.go_to(step)
    advice = bench.tick(motion_service="ai")
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == "the motion service 'ai' drives the robot again"


@pytest.mark.parametrize("step", AFTER_RELEASE[:-1])
def test_a_robot_that_swings_is_damped(bench, step):
    bench.go_to(step)
    bench.quat = wxyz_from_rpy(*(np.float64(a) for a in (0.0, 0.5, 0.0)))
    advice = bench.tick()
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == "the pelvis tilts by 29 deg"


def test_a_motor_that_reports_an_error(bench):
    bench.go_to(Step.RAMP)
    advice = bench.tick(faults=("left_knee_joint",))
    assert advice.waiting_for == "the motor of left_knee_joint reports an error"


def test_a_joint_that_runs_away(bench):
    bench.go_to(Step.RAMP)
    bench.vel[KNEE] = 7.0
    assert bench.tick().waiting_for == "left_knee_joint moves at 7.0 rad/s"


def test_a_joint_that_is_blocked(bench):
    bench.go_to(Step.STAND)
    bench.pos = bench.pos.copy()
    bench.pos[KNEE] += 0.6
    advice = bench.tick()
    assert advice.step is Step.ABORTED
    assert advice.waiting_for == (
        "left_knee_joint is 0.60 rad away from its target; does something block it?"
    )


def bench_state(bench) -> RobotState:
    zeros = np.zeros(3)
    return RobotState(
        time=bench.time,
        joint_pos=bench.pos,
        joint_vel=bench.vel,
        joint_effort=bench.vel,
        base_pos_w=zeros,
        base_quat_wxyz=bench.quat,
        base_lin_vel_w=zeros,
        base_ang_vel=zeros,
    )
