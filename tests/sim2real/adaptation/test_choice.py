"""Adapters by name, and several at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import NoAdapter
from sim2real.adaptation.choice import KINDS, Several, make_adapter
from sim2real.adaptation.estimating import EstimatingAdapter
from sim2real.adaptation.known_robot import KnownRobotAdapter
from sim2real.adaptation.residual_adapter import ResidualAdapter
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters


def test_each_name_has_its_adapter(robot: RobotConfig) -> None:
    kinds = {kind: type(make_adapter(kind, robot, 0.02)) for kind in KINDS}
    assert kinds == {
        "none": NoAdapter,
        "estimator": EstimatingAdapter,
        "module": NoAdapter,
        "residual": ResidualAdapter,
        "all": Several,
    }


def test_an_unknown_name_is_refused_with_those_that_are_known(
    robot: RobotConfig,
) -> None:
    with pytest.raises(ValueError, match=r"unknown adaptation 'magic'. Known: none,"):
        make_adapter("magic", robot, 0.02)


def test_what_was_identified_is_compensated_beside_the_estimator(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    known = RobotParameters.of(robot, {"strength": 0.8})
    only = make_adapter("none", robot, 0.02, identified=known)
    assert isinstance(only, KnownRobotAdapter)
    both = make_adapter("estimator", robot, 0.02, identified=known)
    both.reset(at_rest)
    both.observe(at_rest, standing)
    sent = both.compensate(standing, at_rest)
    assert_allclose(sent.stiffness, standing.stiffness / 0.8)
    told = both.estimate()
    assert told is not None
    assert told.friction is not None


def test_several_adapters_pass_a_command_on(
    robot: RobotConfig, at_rest: RobotState, standing: JointCommand
) -> None:
    class Lift(NoAdapter):
        def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
            return JointCommand(
                joint_pos=command.joint_pos + 0.1,
                stiffness=command.stiffness,
                damping=command.damping,
            )

    sent = Several([Lift(), Lift()]).compensate(standing, at_rest)
    assert_allclose(sent.joint_pos - standing.joint_pos, np.full(43, 0.2))
