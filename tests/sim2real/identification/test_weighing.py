"""Legs that stand feel the weight of the robot, whatever they stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.identify import ground
from app.identify.ground import Exercise, GroundMotion
from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.identification.identify import Identified
from sim2real.identification.log_checks import Source
from sim2real.identification.outcome import identified_robot
from sim2real.identification.phases import Phase
from sim2real.identification.weighing import Weighing, weighings
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters


@pytest.fixture
def squat(
    robot: RobotConfig,
    make_log: Callable[..., RobotLog],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[RobotParameters | None], Source]:
    """Let a robot squat once, and log that."""
    monkeypatch.setattr(ground, "SWAY_S", 2.0)
    exercises = (Exercise(kind="squats", duration_s=2.0),)
    monkeypatch.setattr(ground, "EXERCISES", exercises)

    def done(parameters: RobotParameters | None) -> Source:
        backend = MujocoBackend(robot, load_scene("empty"), parameters=parameters)
        states = [backend.reset(0)]
        motion = GroundMotion(robot)
        plan = motion.begin(states[0])
        for _ in range(100):
            state = states[-1]
            states.append(backend.step(plan.command(state.time, state)))
        log = replace(
            make_log(),
            time=np.array([state.time for state in states]),
            joint_pos=np.array([state.joint_pos for state in states]),
            joint_effort=np.array([state.joint_effort for state in states]),
            base_quat_wxyz=np.array([state.base_quat_wxyz for state in states]),
        )
        return Source(log=log, phases=motion.phases)

    return done


def test_legs_that_squat_feel_the_weight(
    robot: RobotConfig, squat: Callable[[RobotParameters | None], Source]
) -> None:
    nominal = RobotParameters.nominal(robot)
    (weighing,) = weighings(robot, [squat(None)], nominal)
    # The whole robot has 34.9 kg; the part of the legs that is not lifted is left out.
    assert weighing.expected == pytest.approx(28.2, abs=0.3)
    assert weighing.error == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(
    ("truth", "error"),
    [
        # Weak motors report more torque than the joint feels.
        ({"strength": 0.85, "friction_loss_add": {"legs": 0.3}}, 1 / 0.85 - 1),
        ({"base_mass_add": 2.8}, 2.8 / 28.2),
    ],
)
def test_parameters_that_are_wrong_show_and_right_ones_do_not(
    robot: RobotConfig,
    squat: Callable[[RobotParameters | None], Source],
    truth: dict[str, Any],
    error: float,
) -> None:
    parameters = RobotParameters.of(robot, truth)
    sources = [squat(parameters)]
    (before,) = weighings(robot, sources, RobotParameters.nominal(robot))
    (after,) = weighings(robot, sources, parameters)
    assert before.error == pytest.approx(error, abs=0.03)
    assert after.error == pytest.approx(0.0, abs=0.02)


def test_only_squats_are_weighed(
    robot: RobotConfig, make_log: Callable[..., RobotLog]
) -> None:
    log = make_log()
    swept = Source(
        log=log,
        phases=(Phase(name="legs", joints=(), start_s=1.0, end_s=2.0),),
    )
    assert swept.log.path == Path("leg.mcap")
    assert weighings(robot, [swept], RobotParameters.nominal(robot)) == []


def test_the_file_says_by_how_much_weights_disagree(robot: RobotConfig) -> None:
    outcome = Identified(
        findings={},
        parameters=RobotParameters.nominal(robot),
        costs={},
        held_out=(),
        weighed=(
            (
                Weighing(felt=33.0, expected=27.5),
                Weighing(felt=30.3, expected=30.0),
            ),
        ),
    )
    figures = identified_robot(robot, outcome, source="a.mcap").figures
    assert figures["weight_error_nominal"] == pytest.approx(0.2)
    assert figures["weight_error_identified"] == pytest.approx(0.01)
