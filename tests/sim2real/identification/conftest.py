"""A leg that sweeps, with a truth that the tests know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.identification.chirps import chirp, limits_of
from sim2real.identification.phases import KEY, Phase, phases_as_text
from sim2real.identification.poses import hoisted_pose
from sim2real.identification.rollouts import Predictor
from sim2real.identification.windows import cut
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters

DT = 0.02
START_S, FIT_S, JUDGE_S = 2.0, 4.0, 2.0


@pytest.fixture(scope="session")
def robot() -> RobotConfig:
    return load_robot()


def _log(robot: RobotConfig, phases: tuple[Phase, ...], seed: int) -> RobotLog:
    """Return a log whose readings are targets; the joints of the phases sweep."""
    end = phases[-1].end_s + 0.5
    time = np.arange(round(end / DT) + 1) * DT
    targets = np.tile(hoisted_pose(robot), (len(time), 1))
    rng = np.random.default_rng(seed)
    for phase in phases:
        for place, joint in enumerate(phase.joints):
            column = robot.joint_names.index(joint)
            targets[:, column] += chirp(
                time - phase.start_s,
                phase.end_s - phase.start_s,
                limits_of(robot, joint, targets[0, column]),
                rising=(place % 2 == 0) != phase.held_out,
                phase=float(rng.uniform(0.0, 6.0)),
            )
    noise = rng.normal(0.0, 1e-3, targets.shape)
    gains = np.ones((len(time), 1))
    return RobotLog(
        path=Path("leg.mcap"),
        robot=robot.name,
        revision=robot.revision,
        joint_names=robot.joint_names,
        metadata={KEY: phases_as_text(phases)},
        control_dt=DT,
        streams=frozenset({"imu", "commands", "velocity", "effort"}),
        time=time,
        joint_pos=targets + noise,
        joint_vel=rng.normal(0.0, 0.01, targets.shape),
        joint_effort=np.zeros_like(targets),
        base_pos_w=np.zeros((len(time), 3)),
        base_quat_wxyz=np.tile([1.0, 0.0, 0.0, 0.0], (len(time), 1)),
        base_lin_vel_w=np.zeros((len(time), 3)),
        base_ang_vel=rng.normal(0.0, 1e-3, (len(time), 3)),
        command_time=time,
        command_pos=targets,
        command_stiffness=gains * robot.stiffness,
        command_damping=gains * robot.damping,
    )


@pytest.fixture(scope="session")
def log_of(robot: RobotConfig) -> Callable[..., RobotLog]:
    """Make a log of phases in which readings are targets."""
    return lambda *phases: _log(robot, phases, seed=1)


@pytest.fixture(scope="session")
def make_log(robot: RobotConfig) -> Callable[..., RobotLog]:
    """Make a log of the left leg; with parameters, the readings of such a robot."""

    def make(truth: RobotParameters | None = None, **changes: Any) -> RobotLog:
        joints = robot.joints_of("left_leg")
        fitted = Phase(
            name="legs", joints=joints, start_s=START_S, end_s=START_S + FIT_S
        )
        begin = fitted.end_s + 2.0
        judged = Phase(
            name="legs again",
            joints=joints,
            start_s=begin,
            end_s=begin + JUDGE_S,
            held_out=True,
        )
        log = _log(robot, (fitted, judged), seed=1)
        if truth is not None:
            log = _measured(robot, log, (fitted, judged), truth)
        return replace(log, **changes)

    return make


def _measured(
    robot: RobotConfig,
    log: RobotLog,
    phases: tuple[Phase, ...],
    truth: RobotParameters,
) -> RobotLog:
    """Put what a robot with these parameters does into the phases of a log."""
    pos, vel = log.joint_pos.copy(), log.joint_vel.copy()
    rng = np.random.default_rng(2)
    for phase in phases:
        window = cut(log, robot, phase, phase.joints)
        # It begins where its motors hold it, which is not where it is told to be.
        settled = Predictor(robot, window).predict([truth])[0].pos[0]
        columns = [robot.joint_names.index(joint) for joint in phase.joints]
        before = log.time < phase.start_s
        pos[np.ix_(before & (log.time > phase.start_s - 1.9), columns)] += (
            settled - window.pos[0]
        )
        window = cut(replace(log, joint_pos=pos), robot, phase, phase.joints)
        told = Predictor(robot, window).predict([truth])[0]
        rows = np.flatnonzero((log.time >= phase.start_s) & (log.time <= phase.end_s))
        noise = rng.normal(0.0, 1e-3, told.pos.shape)
        pos[np.ix_(rows, columns)] = told.pos + noise
        vel[np.ix_(rows, columns)] = told.vel + rng.normal(0.0, 0.05, noise.shape)
    return replace(log, joint_pos=pos, joint_vel=vel)
