"""Arms that hang too low are learnt about; a sensor that lies is not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.residual_adapter import ResidualAdapter
from sim2real.adaptation.statics import Limbs
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]
DOWN = np.array([0.0, 0.0, -1.0])
SAG = 0.04  # of every arm joint, beyond what the nominal robot has [rad]


class Plant:
    """Arms that settle at once, `sag` below where the nominal ones would."""

    def __init__(self, robot: RobotConfig, at_rest: RobotState, sag: float) -> None:
        self.robot, self.sag = robot, sag
        rest = dict(
            zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True)
        )
        sites = [str(robot.sites.left_grasp), str(robot.sites.right_grasp)]
        self.limbs = Limbs(robot.mjcf, robot.base_body, sites, rest)
        self.chains = np.array(
            [[robot.joint_names.index(n) for n in c] for c in self.limbs.joint_names]
        )
        self.arms = self.chains[:, -7:]
        self.state = at_rest
        self.asked = robot.default_joint_pos

    def step(self, command: JointCommand) -> RobotState:
        pos = command.joint_pos.copy()
        for _ in range(3):  # the pose decides the load, and the load the pose
            load = self.limbs.load(pos[self.chains], DOWN)
            hang = load.holding[:, -7:] / command.stiffness[self.arms]
            pos[self.arms] = command.joint_pos[self.arms] - hang - self.sag
        self.nominal = self.asked[self.arms] - hang
        self.state = replace(self.state, time=self.state.time + 0.02, joint_pos=pos)
        return self.state


def run(
    robot: RobotConfig,
    plant: Plant,
    seconds: float,
    sensor: Callable[[RobotState], RobotState] = lambda state: state,
) -> tuple[ResidualAdapter, float]:
    """Move the arms slowly from pose to pose; return how far they hang at the end."""
    adapter = ResidualAdapter(robot, 0.02)
    rng = np.random.default_rng(0)
    state = sensor(plant.state)
    adapter.reset(state)
    target = robot.default_joint_pos.copy()
    goal, hangs = target.copy(), []
    for tick in range(round(seconds / 0.02)):
        if tick % 50 == 0:
            goal = robot.default_joint_pos.copy()
            goal[plant.arms] += rng.uniform(-0.3, 0.3, (2, 7))
        target = target + np.clip(goal - target, -0.01, 0.01)
        command = JointCommand(
            joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
        )
        plant.asked = target
        sent = adapter.compensate(command, state)
        state = sensor(plant.step(sent))
        adapter.observe(state, sent)
        hangs.append(sent.joint_pos[plant.arms] - plant.sag - target[plant.arms])
    late = np.array(hangs[-100:])
    return adapter, float(np.sqrt(np.mean(late**2)))


def test_arms_are_lifted_to_where_they_should_hang(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    adapter, left = run(robot, Plant(robot, at_rest, SAG), 20.0)
    told = adapter.estimate()
    assert told.residual_updates >= 2
    assert left < 0.5 * SAG


def test_on_the_nominal_robot_nothing_is_learnt(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    adapter, left = run(robot, Plant(robot, at_rest, 0.0), 7.0)
    assert adapter.estimate().residual_updates == 0
    assert left == pytest.approx(0.0)


def test_a_frozen_sensor_teaches_nothing(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    def frozen(state: RobotState) -> RobotState:
        return replace(state, joint_pos=at_rest.joint_pos)

    adapter, _ = run(robot, Plant(robot, at_rest, SAG), 7.0, frozen)
    kept = [np.abs(residual.weights).max() for residual in adapter.residuals]
    assert adapter.estimate().residual_refusals > 0
    assert kept == [0.0, 0.0]


def test_a_sensor_that_turns_the_sign_is_rolled_back(
    robot: RobotConfig, at_rest: RobotState
) -> None:
    plant = Plant(robot, at_rest, SAG)
    arms = plant.arms

    def turned(state: RobotState) -> RobotState:
        # What hangs too low seems to be too high by as much.
        pos = state.joint_pos.copy()
        if state.time > 0.0:
            pos[arms] = 2.0 * plant.nominal - pos[arms]
        return replace(state, joint_pos=pos)

    adapter, _ = run(robot, plant, 26.0, turned)
    verdicts = [verdict.reason for verdict in adapter.verdicts]
    assert any(reason.startswith("rolled back") for reason in verdicts)
    assert not any(residual.weights.any() for residual in adapter.residuals)


def test_a_robot_without_hands_has_no_residual(robot: RobotConfig) -> None:
    sites = robot.sites.model_copy(update={"left_grasp": None})
    handless = robot.model_copy(update={"sites": sites})
    with pytest.raises(ValueError, match="has no arms with hands"):
        ResidualAdapter(handless, 0.02)


def test_only_arms_are_corrected(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    adapter = ResidualAdapter(robot, 0.02)
    for residual in adapter.residuals:
        residual.weights[:] = 0.1
    sent = adapter.compensate(standing, at_rest)
    moved = np.flatnonzero(sent.joint_pos != standing.joint_pos)
    arms = robot.joints_of("left_arm", "right_arm")
    assert {robot.joint_names[i] for i in moved} == set(arms)
    assert np.abs(sent.joint_pos - standing.joint_pos).max() <= 0.3 * 0.02 + 1e-12
