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


def test_what_jitters_is_the_mean_of_all_that_may_come(
    robot: RobotConfig, log_of: Callable[..., RobotLog]
) -> None:
    hand = robot.joints_of("left_hand")
    phase = Phase(name="hands", joints=hand, start_s=2.0, end_s=4.0)
    predictor = Predictor(robot, cut(log_of(phase), robot, phase, hand))

    def pos(delay: float, reading: float, jitter: float = 0.0) -> np.ndarray:
        told = {"command_delay_s": delay, "observation_delay_s": reading}
        one = RobotParameters.of(robot, {**told, "jitter_s": jitter})
        return predictor.predict([one])[0].pos

    # Of 20 ms on average, readings take 4 to 10 ms, so that commands take 10 to 16.
    told = pos(0.020, 0.004, 0.006)
    ways = (np.arange(6) + 0.5) * 0.001
    mean = np.mean(
        [pos(0.010 + c + 0.004 + r, 0.004 + r) for c in ways for r in ways], axis=0
    )
    steady = pos(0.020, 0.007)
    assert np.abs(told - steady).max() > 4e-5  # fast sweeps are smoothed
    assert np.abs(told - mean).max() < 0.3 * np.abs(told - steady).max()


def test_a_slow_joint_cannot_tell_which_way_the_delay_is(
    robot: RobotConfig, log_of: Callable[..., RobotLog]
) -> None:
    knee = ("left_knee_joint",)
    phase = Phase(name="knee", joints=knee, start_s=2.0, end_s=4.0)
    predictor = Predictor(robot, cut(log_of(phase), robot, phase, knee))
    command, reading = (
        RobotParameters.of(
            robot, {"command_delay_s": 0.010, "observation_delay_s": part}
        )
        for part in (0.0, 0.010)
    )
    one, other = predictor.predict([command, reading])
    assert np.abs(one.pos - other.pos).max() < 1e-4
