"""Strength and payload from what joints must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.body import PAYLOAD_RANGE, BodyFilter
from sim2real.adaptation.statics import GRAVITY, Limbs
from sim2real.robot import RobotState
from sim2real.whole_body import WholeBody

DOWN = np.array([0.0, 0.0, -1.0])


def efforts(
    robot: RobotConfig, state: RobotState, strength: float, right_payload: float
) -> NDArray[np.float64]:
    """Return what drives of a standing robot would report, worked out from statics."""
    effort = np.zeros(len(robot.joint_names))
    rest = dict(zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True))

    def limbs(*sites: str | None):
        found = Limbs(robot.mjcf, robot.base_body, [str(s) for s in sites], rest)
        index = np.array(
            [[robot.joint_names.index(n) for n in names] for names in found.joint_names]
        )
        return found.load(state.joint_pos[index], DOWN), index

    load, index = limbs(robot.sites.left_grasp, robot.sites.right_grasp)
    for side, mass in enumerate((0.0, right_payload)):
        arm = index[side, -7:]
        effort[arm] = load.holding[side, -7:] + mass * load.tip_holding[side, -7:]
    load, index = limbs(robot.sites.left_foot, robot.sites.right_foot)
    weight = WholeBody(robot.mjcf, robot.base_body, robot.joint_names, ()).mass
    under = 0.5 * GRAVITY * (weight + right_payload)  # each foot carries one half
    for side in (0, 1):
        push = np.array([0.0, 0.0, under, 0.0, 0.0, 0.0])
        effort[index[side]] = load.holding[side] - load.jacobian[side].T @ push
    return effort / strength


@pytest.mark.parametrize(("strength", "payload"), [(1.0, 0.0), (0.8, 0.5), (0.7, 1.0)])
def test_strength_and_payload_are_told_within_ten_seconds(
    robot: RobotConfig, at_rest: RobotState, strength: float, payload: float
) -> None:
    body = BodyFilter(robot, 0.06)
    state = replace(at_rest, joint_effort=efforts(robot, at_rest, strength, payload))
    for _ in range(round(10.0 / 0.06)):
        body.observe_arms(state)
        body.observe_legs(state)
    told = body.strength()
    for group in ("legs", "left_arm", "right_arm"):
        assert told[group].value == pytest.approx(strength, abs=0.05), group
        assert abs(told[group].value - strength) < 2 * told[group].std
    carried = body.payload()
    assert carried["right"].value == pytest.approx(payload, abs=0.1)
    assert carried["left"].value == pytest.approx(0.0, abs=0.1)


def test_before_anything_was_seen_the_robot_is_nominal(robot: RobotConfig) -> None:
    body = BodyFilter(robot, 0.06)
    assert body.strength()["waist"].value == 1.0
    assert body.payload()["left"].value == 0.0
    assert body.payload()["left"].std == pytest.approx(0.6)


def test_a_walking_robot_tells_nothing_about_its_legs(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    body = BodyFilter(robot, 0.06)
    moving = replace(at_rest, joint_vel=np.full(len(robot.joint_names), 1.0))
    body.observe_legs(moving)
    assert body.strength()["legs"].value == 1.0


def test_no_effort_makes_a_payload_leave_its_bounds(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    body = BodyFilter(robot, 0.06)
    state = replace(at_rest, joint_effort=np.full(len(robot.joint_names), 1e6))
    for _ in range(500):
        body.observe_arms(state)
    low, high = PAYLOAD_RANGE
    for quantity in body.payload().values():
        assert low <= quantity.value <= 2 * high
        assert np.isfinite(quantity.std)


def test_efforts_that_are_no_numbers_are_left_out(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    body = BodyFilter(robot, 0.06)
    body.observe_arms(replace(at_rest, joint_effort=at_rest.joint_effort * np.nan))
    assert body.payload()["right"].value == 0.0
