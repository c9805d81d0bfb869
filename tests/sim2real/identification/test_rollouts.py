"""Predictions of candidates that hardly differ differ in proportion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from configs.schema import RobotConfig
from sim2real.identification.phases import Phase
from sim2real.identification.rollouts import Predictor
from sim2real.identification.windows import cut
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters

RUBBING = {"waist": 0.3, "left_arm": 0.2, "right_arm": 0.2}


def test_a_derivative_is_the_same_whatever_the_step(
    robot: RobotConfig, log_of: Callable[..., RobotLog]
) -> None:
    """Once, a solver that stopped early made some steps a hundred times too steep."""
    upper = robot.joints_of("waist", "left_arm", "right_arm")
    wrists = tuple(joint for joint in upper if "_wrist_" in joint)
    phase = Phase(name="wrists", joints=wrists, start_s=2.0, end_s=4.0)
    predictor = Predictor(robot, cut(log_of(phase), robot, phase, upper))

    def arm(strength: float) -> RobotParameters:
        told = {"friction_loss_add": RUBBING, "strength": {"left_arm": strength}}
        return RobotParameters.of(robot, told)

    steps = (1e-4, 1e-6, 2e-6, 5e-6, 1e-5, 5e-5)
    here, *aside = predictor.predict([arm(1.0), *(arm(1.0 + step) for step in steps)])
    slopes = [
        (one.pos - here.pos) / step for one, step in zip(aside, steps, strict=True)
    ]
    size = np.linalg.norm(slopes[0])
    for slope in slopes[1:]:
        assert np.linalg.norm(slope - slopes[0]) < 0.01 * size
