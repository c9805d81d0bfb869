"""What a G1 is told: the ritual's command, then the skills', and damping in silence."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.robot import JointCommand
from sim2real.unitree.messages import crc_of, pack_low_state
from sim2real.unitree.relay import Relay
from sim2real.unitree.start_ritual import Step

DT = 0.02


class Bench:
    """A relay, its robot and its operator."""

    def __init__(self, robot, body, hand):
        self.relay = Relay(robot)
        self.robot = robot
        self._body, self._hand = body, hand
        self.time = 0.0
        self.q = np.zeros(35, np.float32)
        self.q[:29] = robot.default_joint_pos[:29]

    def hear(self, **changes):
        """Let body and hands report once; return the answer to the body."""
        self.relay.hand("left", self._hand())
        self.relay.hand("right", self._hand())
        message = self._body(q=self.q, **changes)
        answer = self.relay.body(self.time, message, crc_of(pack_low_state(message)))
        self.time += DT
        return answer

    def go_to(self, step):
        for _ in range(2000):
            now = self.relay.ritual.step
            if now is step:
                return self
            service = "" if now not in (Step.CONNECT, Step.HOIST) else "ai"
            self.relay.motion_service(service)
            self.relay.confirm(now)
            if now is Step.BALANCE:
                self.relay.command(self.time, self.command())
            answer = self.hear()
            if answer.orders is not None and answer.orders.body.kp.any():
                self.q = answer.orders.body.q
        raise AssertionError(f"it stays in {now}: {answer.advice.waiting_for}")

    def command(self):
        pos = self.robot.default_joint_pos + 0.01
        return JointCommand(
            joint_pos=pos, stiffness=self.robot.stiffness, damping=self.robot.damping
        )


@pytest.fixture
def bench(g1, body, hand):
    # Fingers hang at 0.00 to 0.06 rad, some joints of which have 0 as their limit.
    return Bench(g1, body, lambda: hand(0.0))


def test_nothing_is_sent_before_the_operator_agrees(bench):
    for _ in range(100):
        answer = bench.hear()
        assert answer.orders is None
    assert answer.state is not None
    assert answer.advice.step is Step.HOIST


def test_a_state_needs_both_hands(g1, body, hand):
    relay = Relay(g1)
    relay.hand("left", hand())
    answer = relay.body(0.0, body())
    assert answer.state is None
    assert answer.advice.waiting_for == "messages of the body and of both hands"


def test_orders_carry_the_robots_own_mode(bench):
    bench.go_to(Step.ZERO_TORQUE)
    orders = bench.hear().orders
    assert orders.body.mode_machine == 5
    assert not orders.body.kp.any()
    assert not orders.body.kd.any()
    assert set(orders.hands) == {"left", "right"}


def test_the_newest_command_of_the_skills_is_repeated(bench, g1):
    bench.go_to(Step.READY)
    bench.relay.command(bench.time, bench.command())
    for _ in range(5):  # 80 ms after it
        orders = bench.hear().orders
        assert_allclose(orders.body.q[3], g1.default_joint_pos[3] + 0.01, rtol=1e-6)
        assert_allclose(orders.body.kp[3], 150.0)
    assert bench.relay.late == 0


def test_skills_that_fall_silent_leave_a_damped_robot(bench, g1):
    bench.go_to(Step.READY)
    bench.relay.command(bench.time, bench.command())
    bench.time += 0.11
    body = bench.hear().orders.body
    assert not body.kp.any()
    assert_allclose(body.kd[:29], 2 * g1.damping[:29])
    assert bench.relay.late == 1


def test_skills_have_no_say_before_their_step(bench, g1):
    bench.go_to(Step.STAND)
    bench.relay.command(bench.time, bench.command())
    assert_allclose(bench.hear().orders.body.q[3], g1.default_joint_pos[3], rtol=1e-6)


def test_before_their_first_command_the_robot_goes_on_standing(bench, g1):
    bench.go_to(Step.BALANCE)
    fresh = Relay(g1, ritual=bench.relay.ritual)
    bench.relay = fresh
    bench.relay.motion_service("")
    body = bench.hear().orders.body
    assert_allclose(body.q[3], g1.default_joint_pos[3], rtol=1e-6)
    assert_allclose(body.kp[3], 150.0)


def test_a_body_that_falls_silent_is_damped(bench, g1):
    assert bench.relay.silence(0.0) is None  # it never spoke
    bench.go_to(Step.STAND)
    answer = bench.relay.silence(bench.time + 0.06)
    assert answer.advice.step is Step.ABORTED
    assert not answer.orders.body.kp.any()
    # Hands let go by themselves when orders stop coming.
    assert (answer.orders.hands["left"].mode >> 7).all()


def test_stop_damps(bench):
    bench.go_to(Step.STAND)
    bench.relay.abort()
    answer = bench.hear()
    assert answer.advice.step is Step.ABORTED
    assert not answer.orders.body.kp.any()


def test_a_damaged_message_is_counted_and_not_believed(g1, body, hand):
    relay = Relay(g1)
    relay.hand("left", hand())
    relay.hand("right", hand())
    message = body()
    answer = relay.body(0.0, message, crc=crc_of(pack_low_state(message)) ^ 1)
    assert answer.state is None
    assert relay.damaged == 1
    believed = relay.body(0.0, message).state
    assert_allclose(believed.joint_pos[:3], [0, 0.01, 0.02], rtol=1e-6)


def test_an_error_of_a_motor_is_named(bench):
    bench.go_to(Step.STAND)
    codes = np.zeros(35, np.uint32)
    codes[9] = 4
    answer = bench.hear(motorstate=codes)
    assert answer.advice.waiting_for == "the motor of right_knee_joint reports an error"


def test_hot_motors_hold_the_check(bench):
    bench.go_to(Step.CHECK)
    hot = np.zeros((35, 2), np.int16)
    hot[14, 1] = 90
    bench.relay.confirm(Step.CHECK)
    assert bench.hear(temperature=hot).advice.waiting_for == "motors to cool: 90 deg C"
