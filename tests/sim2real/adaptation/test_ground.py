"""Grip of the ground, from soles that slide or stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configs.schema import RobotConfig
from sim2real.adaptation.ground import LEAST, PRIOR, PRIOR_STD, GroundFilter
from sim2real.adaptation.statics import Limbs
from sim2real.robot import RobotState


def under_force(
    robot: RobotConfig, state: RobotState, sideways: float, speed: float
) -> RobotState:
    """Return a robot with 150 N on each sole, and a share of it sideways."""
    sites = (robot.sites.left_foot, robot.sites.right_foot)
    legs = Limbs(robot.mjcf, robot.base_body, sites, {})
    index = np.array(
        [[robot.joint_names.index(n) for n in names] for names in legs.joint_names]
    )
    load = legs.load(state.joint_pos[index], np.array([0.0, 0.0, -1.0]))
    push = np.array([150.0 * sideways, 0.0, 150.0, 0.0, 0.0, 0.0])
    effort = np.zeros(len(robot.joint_names))
    for side in (0, 1):
        effort[index[side]] = load.holding[side] - load.jacobian[side].T @ push
    sliding = np.array([speed, 0.0, 0.0])
    return replace(state, joint_effort=effort, base_lin_vel_w=sliding)


def test_soles_that_slide_measure_the_friction(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    ground = GroundFilter(robot, 0.06)
    for _ in range(30):
        ground.observe(under_force(robot, at_rest, 0.3, speed=0.4), 1.0)
    assert ground.friction.value == pytest.approx(0.3, abs=0.02)
    assert ground.friction.std < 0.05


def test_soles_that_stay_show_only_that_there_is_enough(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    ground = GroundFilter(robot, 0.06)
    for _ in range(30):
        ground.observe(under_force(robot, at_rest, 0.2, speed=0.0), 1.0)
    assert ground.friction.value == PRIOR
    assert ground.friction.std == PRIOR_STD
    for _ in range(30):
        ground.observe(under_force(robot, at_rest, 1.0, speed=0.0), 1.0)
    assert ground.friction.value > 0.95


def test_friction_stays_in_its_bounds(robot: RobotConfig, at_rest: RobotState) -> None:
    ground = GroundFilter(robot, 0.06)
    for _ in range(100):
        ground.observe(under_force(robot, at_rest, 0.0, speed=1.0), 1.0)
    assert ground.friction.value == pytest.approx(LEAST, abs=0.01)


def test_weak_legs_push_less_than_they_say(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    ground = GroundFilter(robot, 0.06)
    state = under_force(robot, at_rest, 0.3, speed=0.4)
    weak = replace(state, joint_effort=state.joint_effort / 0.8)
    for _ in range(30):
        ground.observe(weak, 0.8)
    assert ground.friction.value == pytest.approx(0.3, abs=0.02)
