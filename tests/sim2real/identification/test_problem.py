"""Residuals are of positions, and of efforts where gains are sought."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from configs.schema import RobotConfig
from sim2real.identification.identify import predictors
from sim2real.identification.log_checks import Source
from sim2real.identification.parts import PARTS, unknowns_of
from sim2real.identification.phases import KEY, phases_from_text
from sim2real.identification.problem import FIRST_POS, Problem
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters


@pytest.fixture
def make_problem(
    robot: RobotConfig, make_log: Callable[..., RobotLog]
) -> Callable[..., Problem]:
    def make(use_effort: bool, known: RobotParameters | None = None) -> Problem:
        log = make_log()
        source = Source(
            log=log, phases=phases_from_text(log.metadata[KEY], str(log.path))
        )
        known = known or RobotParameters.nominal(robot)
        windows = predictors(robot, [source], PARTS[0], known, held_out=False)
        sought = unknowns_of(robot, PARTS[0])
        return Problem(robot, known, sought, windows, use_effort=use_effort)

    return make


@pytest.mark.parametrize(("use_effort", "channels"), [(False, 6), (True, 12)])
def test_every_joint_has_one_channel_and_with_efforts_two(
    make_problem: Callable[..., Problem], use_effort: bool, channels: int
) -> None:
    problem = make_problem(use_effort)
    assert problem.shapes() == [(201, channels)]  # 4 s of 50 Hz
    x = np.zeros(len(problem.unknowns))
    assert problem.residual(x).shape == (201 * channels + 19,)


def test_weights_become_what_the_model_cannot_follow(
    make_problem: Callable[..., Problem],
) -> None:
    problem = make_problem(False)
    x = np.zeros(len(problem.unknowns))
    before = problem.residual(x)[:-19].reshape(201, 6)
    factors = problem.reweigh(x)
    after = problem.residual(x)[:-19].reshape(201, 6)
    np.testing.assert_allclose(np.sqrt((after**2).mean(axis=0)), 1.0)
    rms = FIRST_POS * np.sqrt((before**2).mean(axis=0))
    np.testing.assert_allclose(before[0] * FIRST_POS, after[0] * rms)
    np.testing.assert_allclose(before.ravel() * factors[:-19], after.ravel())
    assert (factors[-19:] == 1.0).all()


def test_noise_of_the_readings_is_all_that_a_good_model_leaves(
    robot: RobotConfig, make_problem: Callable[..., Problem]
) -> None:
    # In that log joints are where they are told to be, which no leg can do.
    problem = make_problem(False)
    assert not problem.explained(np.zeros(len(problem.unknowns)))


def test_joints_that_stand_still_stand_where_they_are_not_where_they_say(
    robot: RobotConfig, make_problem: Callable[..., Problem]
) -> None:
    waist = robot.joint_names.index("waist_pitch_joint")
    known = RobotParameters.of(robot, {"encoder_bias": {"waist_pitch_joint": 0.02}})
    read, really = (
        make_problem(False, one).predictors[0].setting.pose[waist]
        for one in (None, known)
    )
    assert read - really == pytest.approx(0.02)
