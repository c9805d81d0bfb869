"""A recording moves a robot as planned, and ends when anything is odd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.identification.excitation import Excitation, plan_excitation
from sim2real.identification.recording import RecordingGuard, record
from sim2real.mujoco_hoist import hoist
from sim2real.robot import BackendError, JointCommand, RobotState
from sim2real.robot_log import RobotLogWriter, read_robot_log
from sim2real.rotations import wxyz_from_rpy


def state(robot: RobotConfig, **changes: object) -> RobotState:
    zeros = np.zeros(len(robot.joint_names))
    still = RobotState(
        time=0.0,
        joint_pos=robot.default_joint_pos,
        joint_vel=zeros,
        joint_effort=zeros,
        base_pos_w=np.array([0.0, 0.0, 0.8]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )
    return replace(still, **changes)  # type: ignore[arg-type]


def one_joint(robot: RobotConfig, joint: str, value: float) -> np.ndarray:
    vector = np.zeros(len(robot.joint_names))
    vector[robot.joint_names.index(joint)] = value
    return vector


def test_a_quiet_robot_gives_no_cause(robot: RobotConfig) -> None:
    guard = RecordingGuard(robot)
    assert guard.complaint(state(robot), robot.default_joint_pos) == ""


def test_too_fast_too_far_too_strong_and_tilted_each_end_it(
    robot: RobotConfig,
) -> None:
    at = robot.default_joint_pos
    fast = state(robot, joint_vel=one_joint(robot, "left_knee_joint", -13.0))
    far = at + one_joint(robot, "left_elbow_joint", 0.8)
    strong = state(robot, joint_effort=one_joint(robot, "left_wrist_yaw_joint", 4.8))
    tilted = state(
        robot,
        base_quat_wxyz=wxyz_from_rpy(np.float64(0.0), np.float64(0.2), np.float64(0.0)),
    )
    words = RecordingGuard(robot).complaint(fast, at)
    assert words == ("left_knee_joint moves at -13.0 rad/s, more than 60% of its limit")
    words = RecordingGuard(robot).complaint(state(robot), far)
    assert words == "left_elbow_joint is 0.80 rad from its target, more than 0.7 rad"
    guard = RecordingGuard(robot)
    words = [guard.complaint(strong, at) for _ in range(5)]
    assert words[:4] == [""] * 4
    assert words[4] == (
        "left_wrist_yaw_joint gives 4.8 N m, more than 90% of its limit"
    )
    guard = RecordingGuard(robot)
    guard.complaint(state(robot), at)
    assert "tilted by 0.20 rad, more than 0.15 rad" in guard.complaint(tilted, at)


class Brief:
    """A recording of one second from a whole plan."""

    def __init__(self, plan: Excitation, length: float) -> None:
        first = plan.stretches[0]
        phase = first.phase.model_copy(
            update={
                "start_s": first.phase.start_s,
                "end_s": first.phase.start_s + length,
            }
        )
        self.plan = replace(plan, stretches=(replace(first, phase=phase),))


def test_a_recording_is_what_was_planned_and_can_be_read(
    robot: RobotConfig, tmp_path: Path
) -> None:
    plan = Brief(plan_excitation(robot, seed=1, groups=["hands"]), 1.0).plan
    backend = MujocoBackend(robot, load_scene("empty"))
    first = backend.reset(0)
    hoist(backend.model, robot)
    path = tmp_path / "hands.mcap"
    with RobotLogWriter(path, robot, control_dt=0.02) as writer:
        ended = record(backend, plan, writer, state=first)
    assert ended.stopped == ""
    assert ended.duration_s == pytest.approx(plan.duration, abs=0.03)
    log = read_robot_log(path, robot)
    assert len(log.command_time) == len(log.time)
    at = round((plan.phases[0].start_s + 0.5) / 0.02)
    wanted = plan.command(at * 0.02).joint_pos
    np.testing.assert_allclose(log.command_pos[at], wanted, atol=1e-12)


def test_a_robot_that_stops_answering_ends_it_and_is_damped(
    robot: RobotConfig, tmp_path: Path
) -> None:
    sent: list[JointCommand] = []

    class Gone:
        control_dt = 0.02

        def __init__(self) -> None:
            self.robot = robot

        def step(self, command: JointCommand) -> RobotState:
            sent.append(command)
            if len(sent) == 3:
                raise BackendError("the robot is silent")
            return state(robot, time=0.02 * len(sent))

    plan = plan_excitation(robot, seed=1, groups=["hands"])
    with RobotLogWriter(tmp_path / "a.mcap", robot, control_dt=0.02) as writer:
        ended = record(Gone(), plan, writer, state=state(robot))  # type: ignore[arg-type]
    assert ended.stopped == "the robot is silent"
    assert sent[-1].stiffness.max() == 0.0
    assert (sent[-1].damping == 2.0 * robot.damping).all()
