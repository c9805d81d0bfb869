"""Motors of a concrete robot: delays, strength, torque-speed curve, bias, jitter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from sim2real.backends.mujoco_motors import WornMotors
from sim2real.mujoco_model import robot_spec
from sim2real.robot import JointCommand
from sim2real.robot_parameters import RobotParameters

ROBOT = load_robot()
N = len(ROBOT.joint_names)
ELBOW = ROBOT.joint_names.index("left_elbow_joint")
KNEE = ROBOT.joint_names.index("left_knee_joint")


def command(position: float) -> JointCommand:
    return JointCommand(
        joint_pos=np.full(N, position), stiffness=ROBOT.stiffness, damping=ROBOT.damping
    )


class Bench:
    """Motors on a robot that nobody steps; joint order is actuator order."""

    def __init__(self, values: Mapping[str, Any], seed: int = 0) -> None:
        self.model = robot_spec(ROBOT).compile()
        self.data = mujoco.MjData(self.model)
        self.motors = WornMotors(
            ROBOT,
            self.model,
            self.data,
            RobotParameters.of(ROBOT, values),
            np.random.default_rng(seed),
        )
        self.motors.rest(np.zeros(N))

    def targets(self, steps: int, joint: int = ELBOW) -> list[float]:
        seen = []
        for step in range(steps):
            self.motors.act(step)
            seen.append(float(self.data.ctrl[joint]))
        return seen


def test_a_target_that_arrives_within_a_step_acts_for_the_rest_of_it():
    bench = Bench({"command_delay_s": {"left_arm": 0.0075, "legs": 0.010}})
    bench.motors.send(command(0.4), at=0)
    # Steps last 5 ms: 7.5 ms are one and a half of them.
    assert_allclose(bench.targets(4), [0.0, 0.2, 0.4, 0.4])


def test_every_joint_has_its_own_delay():
    bench = Bench({"command_delay_s": {"left_arm": 0.0075, "legs": 0.010}})
    bench.motors.send(command(0.4), at=0)
    assert_allclose(bench.targets(4, KNEE), [0.0, 0.0, 0.4, 0.4])


def test_several_commands_are_under_way_at_once():
    bench = Bench({"command_delay_s": 0.0225})  # four and a half steps
    for number in range(3):
        bench.motors.send(command(0.1 * (number + 1)), at=2 * number)
    expected = [0, 0, 0, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
    assert_allclose(bench.targets(10), expected, atol=1e-12)


def test_the_delay_is_that_of_mujocos_own_actuators():
    if not hasattr(mujoco.MjModel, "actuator_delay"):
        pytest.skip("this MuJoCo has no delayed actuators")
    delay = 0.0065
    spec = robot_spec(ROBOT)
    for actuator in spec.actuators:
        actuator.delay, actuator.nsample, actuator.interp = delay, 8, 1
    theirs = spec.compile()
    data = mujoco.MjData(theirs)
    bench = Bench({"command_delay_s": delay})
    for step in range(8):
        if step % 4 == 0:
            bench.motors.send(command(0.1), at=step)
            data.ctrl[:] = 0.1
        bench.motors.act(step)
        mujoco.mj_step(bench.model, bench.data)
        mujoco.mj_step(theirs, data)
    assert np.abs(data.qvel).max() > 0.1
    assert_allclose(data.qpos, bench.data.qpos, atol=1e-9)


def test_jitter_delays_a_command_by_up_to_its_size_and_keeps_the_order():
    bench = Bench({"jitter_s": 0.05})
    for number in range(20):
        bench.motors.send(command(float(number)), at=0)
    seen = bench.targets(11)
    assert seen == sorted(seen)
    assert seen[0] < 19.0 and seen[-1] == 19.0
    again = Bench({"jitter_s": 0.05})
    for number in range(20):
        again.motors.send(command(float(number)), at=0)
    assert again.targets(11) == seen


def test_a_weak_motor_gives_a_share_of_what_its_drive_believes():
    bench = Bench({"strength": 0.8, "stiffness_scale": {"left_arm": 0.5}})
    stiffness = ROBOT.stiffness[ELBOW]
    assert bench.model.actuator_gainprm[ELBOW, 0] == pytest.approx(0.4 * stiffness)
    assert bench.model.actuator_biasprm[ELBOW, 1] == pytest.approx(-0.4 * stiffness)
    damping = -bench.model.actuator_biasprm[KNEE, 2]
    assert damping == pytest.approx(0.8 * ROBOT.damping[KNEE])
    assert_allclose(bench.model.actuator_forcerange[ELBOW], [-20.0, 20.0])
    assert_allclose(bench.motors.effort(np.full(N, 8.0)), 10.0)


def test_new_gains_come_with_the_command_and_keep_the_errors():
    bench = Bench({"strength": 0.5, "command_delay_s": 0.005})
    limp = JointCommand(
        joint_pos=np.zeros(N), stiffness=np.full(N, 10.0), damping=np.zeros(N)
    )
    bench.motors.send(limp, at=0)
    bench.motors.act(0)
    assert bench.model.actuator_gainprm[ELBOW, 0] == 0.5 * ROBOT.stiffness[ELBOW]
    bench.motors.act(1)
    assert bench.model.actuator_gainprm[ELBOW, 0] == 5.0
    assert bench.model.actuator_biasprm[ELBOW, 2] == 0.0


def test_torque_falls_linearly_from_the_corner_speed_to_the_speed_limit():
    bench = Bench({"corner_speed_share": 0.6})
    limit, speed = ROBOT.effort_limit[KNEE], ROBOT.velocity_limit[KNEE]
    dof = bench.model.joint("left_knee_joint").dofadr[0]
    ranges = {}
    for share in (0.5, 0.8, 1.0, 1.3, -0.9, 0.0):
        bench.data.qvel[dof] = share * speed
        bench.motors.act(0)
        ranges[share] = bench.model.actuator_forcerange[KNEE] / limit
    assert_allclose(ranges[0.5], [-1.0, 1.0])
    assert_allclose(ranges[0.8], [-1.0, 0.5])  # half way from 0.6 to 1
    assert_allclose(ranges[1.0], [-1.0, 0.0], atol=1e-9)
    assert_allclose(ranges[1.3], [-1.0, 0.0], atol=1e-9)
    assert_allclose(ranges[-0.9], [-0.25, 1.0])
    assert_allclose(ranges[0.0], [-1.0, 1.0])  # it comes back


def test_a_drive_steers_by_what_its_encoder_says():
    bench = Bench({"encoder_bias": {"left_arm": 0.02}})
    bench.motors.send(command(0.4), at=0)
    assert bench.targets(1) == [pytest.approx(0.38)]
    bench.motors.rest(np.full(N, 0.1))
    assert bench.data.ctrl[ELBOW] == pytest.approx(0.08)
    assert_array_equal(bench.data.ctrl[KNEE], 0.1)
