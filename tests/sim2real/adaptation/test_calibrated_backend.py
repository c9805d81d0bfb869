"""Known biases of encoders are taken out on both ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("mujoco", reason="a robot with biases")

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.adaptation.calibrated_backend import CalibratedBackend, calibrated
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import JointCommand
from sim2real.robot_parameters import RobotParameters


def test_a_robot_with_known_biases_moves_as_the_nominal_one(
    robot: RobotConfig, standing: JointCommand
) -> None:
    bias = {"encoder_bias": {"legs": 0.01, "left_arm": -0.01}}
    known = RobotParameters.of(robot, bias)
    scene = load_scene("empty")
    biased = calibrated(MujocoBackend(robot, scene, parameters=known), known)
    assert isinstance(biased, CalibratedBackend)
    nominal = MujocoBackend(robot, scene)
    states = [backend.reset(1) for backend in (biased, nominal)]
    assert_allclose(states[0].joint_pos, states[1].joint_pos, atol=1e-12)
    for _ in range(10):
        states = [backend.step(standing) for backend in (biased, nominal)]
    assert_allclose(states[0].joint_pos, states[1].joint_pos, atol=1e-9)
    assert_allclose(biased.true_state().joint_pos, states[0].joint_pos, atol=1e-9)


def test_a_file_that_is_wrong_moves_no_joint_far(robot: RobotConfig) -> None:
    class Backend:
        control_dt = 0.02

        def step(self, command: JointCommand) -> JointCommand:
            return command

    backend = Backend()
    backend.robot = robot  # type: ignore[attr-defined]
    wrong = CalibratedBackend(backend, np.full(43, 0.2))  # type: ignore[arg-type]
    command = JointCommand(
        joint_pos=np.zeros(43), stiffness=robot.stiffness, damping=robot.damping
    )
    # 0.05 rad to and 0.05 rad fro: the state that comes back is the command itself.
    assert_allclose(wrong.step(command).joint_pos, 0.0, atol=1e-12)
    shifted = replace(command, joint_pos=command.joint_pos + 0.05)
    assert_allclose(wrong._true(shifted).joint_pos, 0.0)  # type: ignore[arg-type]


def test_without_biases_the_backend_is_itself(robot: RobotConfig) -> None:
    backend = object()
    assert calibrated(backend, None) is backend
    weak = RobotParameters.of(robot, {"strength": 0.8})
    assert calibrated(backend, weak) is backend


def test_a_robot_that_is_only_looked_at_has_none_either(
    robot: RobotConfig, standing: JointCommand
) -> None:
    class Live:
        control_dt = 0.02

        def measure(self) -> JointCommand:
            return standing

    backend = Live()
    backend.robot = robot  # type: ignore[attr-defined]
    biased = CalibratedBackend(backend, np.full(43, 0.01))  # type: ignore[arg-type]
    assert_allclose(biased.measure().joint_pos, standing.joint_pos - 0.01)
