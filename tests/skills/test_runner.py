"""Skills own joints, pass them on without a jump, and fail without harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState
from skills.contract import (
    Argument,
    Contract,
    Failure,
    Goal,
    GoalError,
    JointTargets,
    Snapshot,
)
from skills.runner import OwnershipError, SkillRunner

DT = 0.02
LEGS = ("left_knee_joint", "right_knee_joint")
ARM = ("left_elbow_joint",)
NAMES = LEGS + ARM


class Steady:
    """A skill that asks for one position, until it is told to misbehave."""

    arguments: tuple[Argument, ...] = ()

    def __init__(self, name: str, joints: tuple[str, ...], pos: float) -> None:
        self.name = name
        self.joints = joints
        self.pos = pos
        self.stiffness = 50.0
        self.log: list[str] = []
        self.on_start: Callable[[], None] = lambda: None
        self.on_stop: Callable[[], None] = lambda: None
        self.on_step: Callable[[JointTargets], JointTargets] = lambda targets: targets

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        if "nowhere" in goal.args.values():
            raise GoalError("there is no nowhere here")
        return Contract(
            goal=goal, joints=self.joints, pre=(), hold=(), post=(), timeout_s=9.0
        )

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        self.log.append("start")
        self.on_start()

    def step(self, snapshot: Snapshot) -> JointTargets:
        self.log.append("step")
        n = len(self.joints)
        return self.on_step(
            JointTargets(
                names=self.joints,
                joint_pos=np.full(n, self.pos),
                stiffness=np.full(n, self.stiffness),
                damping=np.full(n, 2.0),
            )
        )

    def stop(self) -> None:
        self.log.append("stop")
        self.on_stop()


class Bench:
    """A runner with three skills on a robot of three joints, tick by tick."""

    def __init__(self, robot: RobotConfig) -> None:
        self.balance = Steady("balance", LEGS, 0.2)
        self.walk = Steady("walk", LEGS, 1.2)
        self.grasp = Steady("grasp", ARM, 0.8)
        self.skills = {s.name: s for s in (self.balance, self.walk, self.grasp)}
        self.runner = SkillRunner(robot, self.skills)
        self.time = 0.0
        self.measured = np.array([0.2, 0.2, 0.5])

    @property
    def snapshot(self) -> Snapshot:
        state = RobotState(
            time=self.time,
            joint_pos=self.measured.copy(),
            joint_vel=np.zeros(3),
            joint_effort=np.zeros(3),
            base_pos_w=np.array([0.0, 0.0, 0.78]),
            base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
            base_lin_vel_w=np.zeros(3),
            base_ang_vel=np.zeros(3),
        )
        return Snapshot(state=state, objects={})

    def start(self, skill: str, **args: str) -> None:
        self.runner.start(Goal(skill=skill, args=args), self.snapshot)

    def tick(self, count: int = 1) -> JointCommand:
        for _ in range(count):
            command = self.runner.step(self.snapshot)
            self.time += DT
        return command


@pytest.fixture
def robot() -> RobotConfig:
    whole = load_robot().model_dump()
    joints = [
        {**next(j for j in whole["joints"] if j["name"] == name), "default_pos": 0.3}
        for name in NAMES
    ]
    return RobotConfig.model_validate({**whole, "joints": joints})


@pytest.fixture
def bench(robot: RobotConfig) -> Bench:
    return Bench(robot)


def explode() -> None:
    raise RuntimeError("the network is gone")


def poison(targets: JointTargets) -> JointTargets:
    return replace(targets, joint_pos=np.array([0.0, np.nan])[: len(targets.names)])


# --- who has what --------------------------------------------------------------------


def test_the_fallback_starts_by_itself(bench: Bench) -> None:
    assert bench.runner.active() == ()
    bench.tick()
    assert bench.runner.active() == ("balance",)
    assert bench.balance.log == ["start", "step"]


def test_a_skill_takes_its_joints_from_the_fallback_and_gives_them_back(
    bench: Bench,
) -> None:
    bench.tick()
    bench.start("walk")
    bench.tick()
    assert bench.runner.active() == ("walk",)
    assert bench.balance.log[-1] == "stop"
    bench.runner.stop("walk")
    assert bench.walk.log == ["start", "step", "stop"]
    bench.tick()
    assert bench.runner.active() == ("balance",)
    assert bench.balance.log[-2:] == ["start", "step"]


def test_the_fallback_stays_beside_a_skill_with_other_joints(bench: Bench) -> None:
    bench.start("grasp")
    bench.tick()
    assert set(bench.runner.active()) == {"balance", "grasp"}


def test_two_skills_on_one_joint_are_an_error(bench: Bench) -> None:
    bench.grasp.joints = (*LEGS, *ARM)
    bench.start("walk")
    with pytest.raises(
        OwnershipError,
        match="grasp wants left_knee_joint, which walk has; stop walk first",
    ):
        bench.start("grasp")
    bench.tick()
    assert bench.runner.active() == ("walk",)
    assert bench.grasp.log == []


def test_the_fallback_can_be_asked_for_and_then_owns_its_joints(bench: Bench) -> None:
    bench.tick()
    bench.start("balance")
    with pytest.raises(OwnershipError, match="which balance has"):
        bench.start("walk")
    bench.runner.stop("balance")
    bench.start("walk")
    assert bench.runner.active() == ("walk",)


def test_taking_only_some_joints_of_the_fallback_is_an_error(bench: Bench) -> None:
    bench.grasp.joints = (LEGS[0], *ARM)
    with pytest.raises(
        OwnershipError,
        match="grasp leaves right_knee_joint to balance but not all of its joints",
    ):
        bench.start("grasp")


def test_starting_a_skill_again_stops_it_first(bench: Bench) -> None:
    bench.start("walk")
    bench.tick()
    bench.start("walk")
    assert bench.walk.log == ["start", "step", "stop", "start"]


def test_stopping_what_does_not_run_does_nothing(bench: Bench) -> None:
    bench.runner.stop("walk")
    assert bench.walk.log == []


def test_unknown_skills_are_goal_errors(bench: Bench) -> None:
    message = r"no skill 'fly' \(known: balance, walk, grasp\)"
    with pytest.raises(GoalError, match=message):
        bench.start("fly")
    with pytest.raises(GoalError, match=message):
        bench.runner.stop("fly")


def test_an_impossible_goal_changes_nothing(bench: Bench) -> None:
    bench.tick()
    with pytest.raises(GoalError, match="no nowhere"):
        bench.start("walk", target="nowhere")
    assert bench.runner.active() == ("balance",)
    assert bench.runner.fault("walk") is None


def test_a_contract_is_made_once_a_tick_and_anew_when_a_skill_starts_or_stops(
    bench: Bench,
) -> None:
    runner, now, goal = bench.runner, bench.snapshot, Goal(skill="walk")
    first = runner.contract(goal, now)
    assert runner.contract(Goal(skill="walk"), now) is first
    assert runner.contract(Goal(skill="walk", args={"to": "there"}), now) is not first
    runner.start(goal, now)
    second = runner.contract(goal, now)
    assert second is not first
    runner.stop("walk")
    assert runner.contract(goal, now) is not second
    assert runner.contract(goal, bench.snapshot) is not runner.contract(goal, now)


def test_a_runner_without_its_fallback_is_refused(robot: RobotConfig) -> None:
    with pytest.raises(ValueError, match=r"'balance' is not there \(known: none\)"):
        SkillRunner(robot, {})


# --- what is commanded ---------------------------------------------------------------


def test_the_first_command_is_the_measured_pose_with_the_robots_gains(
    bench: Bench, robot: RobotConfig
) -> None:
    command = bench.tick()
    assert_array_equal(command.joint_pos, bench.measured)
    assert_array_equal(command.stiffness, robot.stiffness)
    assert_array_equal(command.damping, robot.damping)


def test_joints_nobody_commanded_go_to_the_default_pose_slowly(bench: Bench) -> None:
    # From 0.5 to 0.3 rad at 0.5 rad/s, 0.01 rad a tick: 20 ticks.
    elbow = [bench.tick().joint_pos[2] for _ in range(25)]
    assert_allclose(elbow[:3], [0.5, 0.49, 0.48])
    assert_allclose(elbow[20:], 0.3)


def test_targets_and_gains_pass_over_in_a_straight_line(bench: Bench) -> None:
    bench.tick(40)
    bench.start("walk")
    # 0.2 -> 1.2 rad in 0.3 s, 15 ticks.
    knees = np.array([bench.tick().joint_pos[:2] for _ in range(18)])
    assert_allclose(knees[0], 0.2)
    assert_allclose(knees[3], 0.2 + 3 / 15)
    assert_allclose(knees[15:], 1.2)
    assert_allclose(bench.tick().stiffness[:2], 50.0)


def test_no_step_between_two_ticks_is_larger_than_the_handover_allows(
    bench: Bench,
) -> None:
    positions = [bench.tick(30).joint_pos]
    for begin, end in (("walk", 4), ("grasp", 9), ("", 6), ("walk", 20)):
        if begin:
            bench.start(begin)
        else:
            bench.runner.stop("walk")  # in the middle of its own hand-over
        positions += [bench.tick().joint_pos for _ in range(end)]
    bench.walk.on_step = poison
    positions += [bench.tick().joint_pos for _ in range(30)]
    steps = np.abs(np.diff(positions, axis=0))
    assert steps.max() <= 1.0 * DT / 0.3 + 1e-9  # targets are at most 1 rad apart
    assert steps.max() > 0.05


def test_arm_and_hand_hold_after_their_skill_has_ended(bench: Bench) -> None:
    bench.start("grasp")
    bench.tick(40)
    bench.runner.stop("grasp")
    held = bench.tick(50)
    assert_allclose(held.joint_pos[2], 0.8)
    assert_allclose(held.stiffness[2], 50.0)


def test_targets_are_matched_by_name(bench: Bench) -> None:
    def turned(targets: JointTargets) -> JointTargets:
        return replace(targets, names=LEGS[::-1], joint_pos=np.array([0.1, 0.9]))

    bench.walk.on_step = turned
    bench.start("walk")
    assert_allclose(bench.tick(20).joint_pos[:2], [0.9, 0.1])


def test_reset_begins_again_from_the_measured_pose(bench: Bench) -> None:
    bench.start("grasp")
    bench.tick(40)
    bench.runner.trip(Failure.HARDWARE, "a motor is hot")
    bench.runner.reset()
    assert bench.runner.active() == ()
    assert bench.runner.fault("grasp") is None
    assert bench.grasp.log[-1] == "stop"
    bench.measured = np.array([0.0, 0.1, 0.2])
    assert_array_equal(bench.tick().joint_pos, [0.0, 0.1, 0.2])
    assert_allclose(bench.tick(60).joint_pos[2], 0.3)


# --- what goes wrong -----------------------------------------------------------------


def test_a_skill_that_trips_while_taking_over_gives_the_joints_back(
    bench: Bench,
) -> None:
    bench.tick(40)
    bench.start("walk")
    bench.tick(5)
    before = bench.tick().joint_pos
    bench.walk.on_step = poison
    held = bench.tick().joint_pos
    assert_array_equal(held, before)
    assert bench.walk.log[-1] == "stop"
    after = bench.tick(20).joint_pos
    assert bench.runner.active() == ("balance",)
    assert_allclose(after[:2], 0.2)


@pytest.mark.parametrize(
    ("misbehave", "text"),
    [
        (poison, "joint_pos of right_knee_joint is not finite"),
        (lambda targets: explode(), "the network is gone (RuntimeError)"),
        (
            lambda targets: replace(targets, damping=np.array([1.0, np.inf])),
            "damping of right_knee_joint is not finite",
        ),
        (
            lambda targets: replace(targets, names=(LEGS[0], ARM[0])),
            "its targets and its contract differ in left_elbow_joint",
        ),
        (
            lambda targets: replace(targets, joint_pos=np.zeros(3)),
            "joint_pos has shape (3,) for 2 joints",
        ),
    ],
)
def test_a_step_that_cannot_be_used_is_a_fault_of_its_skill_only(
    bench: Bench, misbehave: Callable[[JointTargets], JointTargets], text: str
) -> None:
    bench.start("grasp")
    bench.start("walk")
    bench.walk.on_step = misbehave
    assert np.isfinite(bench.tick().joint_pos).all()
    fault = bench.runner.fault("walk")
    assert fault is not None
    assert fault[0] is Failure.CONTRACT
    assert fault[1].startswith("walk failed in its step: ")
    assert text in fault[1]
    assert bench.runner.fault("grasp") is None
    assert "grasp" in bench.runner.active()


def test_legs_that_nobody_looks_after_are_told_while_it_lasts(bench: Bench) -> None:
    bench.tick()
    assert bench.runner.unattended is None
    bench.balance.on_step = poison
    bench.tick()
    assert bench.runner.unattended is not None
    assert bench.runner.unattended.startswith("balance failed in its step: ")
    bench.balance.on_step = lambda targets: targets
    bench.tick()
    assert bench.runner.unattended is None


def test_the_fault_of_another_skill_leaves_nobody_unattended(bench: Bench) -> None:
    bench.start("walk")
    bench.walk.on_step = poison
    bench.tick(2)
    assert bench.runner.unattended is None


def test_a_fault_lasts_until_the_next_start(bench: Bench) -> None:
    bench.start("walk")
    bench.walk.on_step = poison
    bench.tick(3)
    assert bench.runner.fault("walk") is not None
    bench.walk.on_step = lambda targets: targets
    bench.start("walk")
    bench.tick(3)
    assert bench.runner.fault("walk") is None


def test_a_skill_that_cannot_start_leaves_the_fallback_alone(bench: Bench) -> None:
    bench.tick()
    bench.walk.on_start = explode
    bench.start("walk")
    bench.tick()
    assert bench.runner.active() == ("balance",)
    assert "stop" not in bench.balance.log
    assert bench.runner.fault("walk") == (
        Failure.CONTRACT,
        "walk failed to start: the network is gone (RuntimeError)",
    )


def test_joints_that_the_robot_lacks_are_a_fault(bench: Bench) -> None:
    bench.grasp.joints = ("tail_joint",)
    bench.start("grasp")
    fault = bench.runner.fault("grasp")
    assert fault is not None
    assert "joint 'tail_joint' is wanted, the robot lacks it" in fault[1]


def test_a_fallback_that_fails_holds_the_joints_and_is_tried_again(
    bench: Bench,
) -> None:
    bench.tick(40)
    bench.balance.on_step = poison
    held = bench.tick(3).joint_pos
    assert_allclose(held, [0.2, 0.2, 0.3])
    assert bench.runner.fault("balance") is not None
    bench.balance.on_step = lambda targets: targets
    bench.balance.on_start = explode
    bench.tick(3)
    assert bench.runner.active() == ()
    bench.balance.on_start = lambda: None
    bench.tick()
    assert bench.runner.active() == ("balance",)


def test_a_skill_that_cannot_stop_is_out_all_the_same(bench: Bench) -> None:
    bench.start("walk")
    bench.walk.on_stop = explode
    bench.runner.stop("walk")
    assert bench.runner.active() == ()
    assert bench.runner.fault("walk") == (
        Failure.CONTRACT,
        "walk failed to stop: the network is gone (RuntimeError)",
    )


def test_a_trip_from_outside_is_the_fault_of_every_active_skill(bench: Bench) -> None:
    bench.start("grasp")
    bench.tick()
    bench.runner.trip(Failure.UNSTABLE, "the base tilts by 61 deg")
    bench.runner.trip(Failure.HARDWARE, "too late, the first reason is kept")
    expected = (Failure.UNSTABLE, "the base tilts by 61 deg")
    assert bench.runner.fault("grasp") == expected
    assert bench.runner.fault("balance") == expected
    assert bench.runner.fault("walk") is None
    bench.start("grasp")
    assert bench.runner.fault("grasp") is None
