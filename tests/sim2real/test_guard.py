"""The filter with a guard: slow, stand, crouch, limp, each where it should be."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.guard import Guard, GuardConfig
from sim2real.hazards import Hazard, Reaction, WatchdogConfig
from sim2real.health import Health
from sim2real.reactions import AGAIN, RESPONSES, By
from sim2real.robot import JointCommand, RobotState
from sim2real.safety import SafetyFilter

DT = 0.02
UNFEELING = WatchdogConfig(frozen_imu_ticks=0, dead_motor_ticks=0)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def safety(robot: RobotConfig) -> SafetyFilter:
    config = GuardConfig(watchdogs=UNFEELING, lost_point=inf, lost_tilt=inf)
    return SafetyFilter(robot, DT, guard=Guard(robot, DT, config))


class Standing:
    """A robot that stands still in its default pose, and whoever commands it."""

    def __init__(self, robot: RobotConfig, safety: SafetyFilter) -> None:
        self.robot, self.safety = robot, safety
        self.ticks = 0
        self.wanted = JointCommand(
            joint_pos=robot.default_joint_pos,
            stiffness=robot.stiffness,
            damping=robot.damping,
        )

    def state(self, **changes: Any) -> RobotState:
        n = len(self.robot.joint_names)
        upright = RobotState(
            time=self.ticks * DT,
            joint_pos=self.robot.default_joint_pos.copy(),
            joint_vel=np.zeros(n),
            joint_effort=np.zeros(n),
            base_pos_w=np.array([0.0, 0.0, self.robot.standing_height]),
            base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
            base_lin_vel_w=np.zeros(3),
            base_ang_vel=np.zeros(3),
        )
        return replace(upright, **changes)

    def tick(
        self,
        command: JointCommand | None = None,
        health: Health | None = None,
        **changes: Any,
    ) -> JointCommand:
        self.ticks += 1
        return self.safety.filter(command or self.wanted, self.state(**changes), health)


@pytest.fixture
def standing(robot: RobotConfig, safety: SafetyFilter) -> Standing:
    standing = Standing(robot, safety)
    for _ in range(5):
        standing.tick()
    assert safety.reaction is Reaction.OK
    return standing


def test_a_late_state_slows_walks_for_a_second(standing: Standing) -> None:
    safety = standing.safety
    standing.tick(health=Health(state_age_s=0.04))
    assert safety.reaction is Reaction.SLOW
    assert safety.speed_share == 0.5
    assert safety.slowed is not None
    assert safety.slowed.kind is Hazard.LATE_STATE
    for _ in range(49):
        standing.tick()
        assert safety.reaction is Reaction.SLOW
    for _ in range(2):
        standing.tick()
    assert safety.reaction is Reaction.OK
    assert safety.speed_share == 1.0
    assert safety.stopped is None


@pytest.mark.parametrize(
    ("health", "kind"),
    [
        (Health(heartbeat_age_s=1.0), Hazard.HEARTBEAT),
        (Health(other_commanders=("teleop",)), Hazard.AUTHORITY),
        (Health(clock_jumps=1), Hazard.CLOCK),
    ],
)
def test_people_and_clocks_end_the_task_but_the_policy_stands(
    standing: Standing, health: Health, kind: Hazard
) -> None:
    safety = standing.safety
    sent = standing.tick(health=health)
    assert safety.reaction is Reaction.STAND
    assert safety.standing_by == "balance"
    assert not safety.in_charge
    assert safety.stopped is not None
    assert safety.stopped.kind is kind
    assert safety.tripped is None
    assert_array_equal(sent.joint_pos, standing.wanted.joint_pos)
    standing.tick()
    assert safety.reaction is Reaction.STAND  # until reset
    safety.reset()
    assert safety.stopped is None
    assert safety.standing_by == ""


def test_without_a_policy_the_classical_stand_takes_over_in_the_same_tick(
    standing: Standing,
) -> None:
    safety = standing.safety
    sent = standing.tick(health=Health(policy_fault="balance gave NaN"))
    assert safety.in_charge
    assert safety.standing_by == "classical stand"
    knee = standing.robot.joint_names.index("left_knee_joint")
    assert sent.stiffness[knee] == 300.0  # twice the robot's own


def test_a_slow_policy_first_loses_the_task_then_the_legs(standing: Standing) -> None:
    safety, slow = standing.safety, Health(compute_s=0.1)
    standing.tick(health=slow)
    assert safety.standing_by == "balance"
    standing.tick(health=slow)
    assert safety.standing_by == "classical stand"


def test_two_soft_commands_lose_the_task_and_a_third_the_legs(
    standing: Standing,
) -> None:
    safety = standing.safety
    soft = replace(standing.wanted, stiffness=0.1 * standing.robot.stiffness)
    sent = standing.tick(soft)
    assert_array_equal(sent.stiffness, standing.robot.stiffness)  # the last is held
    assert safety.events[-1].text == (
        "the command leaves waist_yaw_joint soft, the last is held"
    )
    standing.tick(soft)
    assert safety.standing_by == "balance"
    standing.tick(soft)
    assert safety.standing_by == "classical stand"


def test_a_soft_finger_is_no_fault(standing: Standing) -> None:
    stiffness = standing.robot.stiffness.copy()
    stiffness[-1] = 0.0
    standing.tick(replace(standing.wanted, stiffness=stiffness))
    assert standing.safety.reaction is Reaction.OK


def test_nan_in_the_state_is_answered_blind_and_in_finite_numbers(
    standing: Standing,
) -> None:
    safety = standing.safety
    sent = standing.tick(joint_pos=np.full(43, np.nan))
    assert safety.standing_by == "blind stand"
    assert safety.reaction is Reaction.STAND
    assert np.isfinite(sent.joint_pos).all()
    ankle = standing.robot.joint_names.index("left_ankle_pitch_joint")
    assert sent.stiffness[ankle] == 320.0  # eight times the robot's own


def test_a_blind_stand_crouches_after_5_s_and_stays_down(standing: Standing) -> None:
    safety = standing.safety
    knee = standing.robot.joint_names.index("left_knee_joint")
    nan = np.full(43, np.nan)
    reached = []
    for _ in range(round(9.0 / DT)):
        reached.append(standing.tick(joint_pos=nan).joint_pos[knee])
    assert_allclose(reached[round(4.9 / DT)], 0.3, atol=1e-6)
    assert_allclose(reached[-1], 1.5, atol=1e-6)  # folded by 1.2 rad
    assert np.abs(np.diff(reached)).max() < 0.02
    assert safety.reaction is Reaction.CROUCH
    assert safety.tripped is None


def test_a_stale_state_is_answered_blind_after_three_ticks(standing: Standing) -> None:
    safety = standing.safety
    seen = []
    for _ in range(3):
        standing.ticks -= 1
        standing.tick()
        seen.append(safety.reaction)
    assert seen == [Reaction.LIMITED, Reaction.LIMITED, Reaction.STAND]
    assert safety.standing_by == "blind stand"


def test_a_robot_that_moves_and_goes_blind_folds_at_once_and_goes_limp(
    robot: RobotConfig, safety: SafetyFilter
) -> None:
    standing = Standing(robot, safety)
    swinging = np.zeros(43)
    swinging[[0, 6]] = 2.0  # both hips: the body moves over the feet
    for _ in range(5):
        standing.tick(joint_vel=swinging)
    standing.tick(joint_pos=np.full(43, np.nan))
    assert safety.reaction is Reaction.CROUCH
    for _ in range(round(0.5 / DT)):
        standing.tick(joint_pos=np.full(43, np.nan))
    sent = standing.tick(joint_pos=np.full(43, np.nan))
    assert safety.reaction is Reaction.DAMPED
    assert_array_equal(sent.stiffness, 0.0)
    assert safety.tripped is not None
    assert safety.tripped.text == "it is folded, and goes limp"
    assert safety.stopped is not None
    assert safety.stopped.kind is Hazard.BAD_STATE


def test_blind_from_the_first_tick_on_is_limp(
    robot: RobotConfig, safety: SafetyFilter
) -> None:
    sent = Standing(robot, safety).tick(joint_vel=np.full(43, np.nan))
    assert safety.reaction is Reaction.DAMPED
    assert_array_equal(sent.stiffness, 0.0)


def test_a_fall_is_still_damped_whoever_stands(standing: Standing) -> None:
    standing.tick(health=Health(policy_fault="balance gave NaN"))
    standing.tick(base_quat_wxyz=np.array([0.5**0.5, 0.5**0.5, 0.0, 0.0]))
    assert standing.safety.reaction is Reaction.DAMPED
    assert standing.safety.tripped is not None
    assert standing.safety.tripped.kind is Hazard.FALL


def test_the_operators_stop_is_limp_at_once(standing: Standing) -> None:
    standing.safety.trip(Hazard.OPERATOR, 0.1, "the emergency stop was pressed")
    assert_array_equal(standing.tick().stiffness, 0.0)


def test_trust_is_only_lost_never_won_back(standing: Standing) -> None:
    safety = standing.safety
    standing.tick(joint_pos=np.full(43, np.nan))
    standing.tick(health=Health(policy_fault="and no policy either"))
    assert safety.standing_by == "blind stand"
    standing.tick(health=Health(heartbeat_age_s=1.0))
    assert safety.standing_by == "blind stand"


def test_whoever_goes_on_after_a_second_warning_is_trusted_less() -> None:
    for kind, response in AGAIN.items():
        assert response.by is By.FEEDBACK
        assert RESPONSES[kind].by is By.POLICY


# --- with physics -------------------------------------------------------------------


@pytest.fixture
def bring(robot: RobotConfig) -> Any:
    pytest.importorskip("mujoco")
    backend = make_backend("mujoco", robot, load_scene("empty"))
    yield backend
    backend.close()


def falls(backend: Any, safety: SafetyFilter, health: Health, seconds: float) -> bool:
    """Stand in the default pose for 0.1 s, then with this health."""
    robot = backend.robot
    hold = JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    state = backend.reset(0)
    for tick in range(round(seconds / DT)):
        well = Health() if tick < 5 else health
        state = backend.step(safety.filter(hold, state, well))
    return bool(state.base_pos_w[2] < 0.7)


def test_the_classical_stand_stands(bring: Any, robot: RobotConfig) -> None:
    guarded = SafetyFilter(robot, DT, guard=Guard(robot, DT))
    assert not falls(bring, guarded, Health(policy_fault="none is left"), 5.0)
    assert guarded.standing_by == "classical stand"
    # Without it the default pose topples: the ankles are too soft for it.
    assert falls(bring, SafetyFilter(robot, DT), Health(), 2.0)


def test_the_blind_stand_stands(bring: Any, robot: RobotConfig) -> None:
    guarded = SafetyFilter(robot, DT, guard=Guard(robot, DT))
    assert not falls(bring, guarded, Health(state_age_s=0.1), 5.0)
    assert guarded.standing_by == "blind stand"
