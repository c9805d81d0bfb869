"""What a G1 is told: the ritual's command, the skills', a stand, or damping."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim2real.robot import JointCommand
from sim2real.ros2.authority import ITSELF
from sim2real.unitree.messages import crc_of, pack_low_state
from sim2real.unitree.relay import Relay
from sim2real.unitree.ritual_steps import Step
from tests.sim2real.unitree.pretended_remote import remote_with

DT = 0.02
US = "/praxis 1.1"


class Bench:
    """A relay, its robot and its operator."""

    def __init__(self, robot, body, hand):
        self.relay = Relay(robot)
        self.robot = robot
        self._body, self._hand = body, hand
        self.time = 0.0
        self.q = np.zeros(35, np.float32)
        self.q[:29] = robot.default_joint_pos[:29]
        self.remote = remote_with()

    def hear(self, **changes):
        """Let body and hands report once; return the answer to the body."""
        self.relay.hand("left", self._hand())
        self.relay.hand("right", self._hand())
        fields = {"q": self.q, "wireless_remote": self.remote, **changes}
        message = self._body(**fields)
        answer = self.relay.body(self.time, message, crc_of(pack_low_state(message)))
        self.time += DT
        return answer

    def press(self, *buttons):
        """Hold buttons of the remote for one message."""
        return self.hear(wireless_remote=remote_with(*buttons))

    def go_to(self, step):
        """Do what a careful operator does, and be a robot that follows at once."""
        for _ in range(2000):
            now = self.relay.ritual.step
            if now is step:
                return self
            service = "" if now not in (Step.CONNECT, Step.HOIST) else "ai"
            self.relay.motion_service(service)
            self.relay.confirm(now)
            if now is Step.BALANCE:
                self.send()
            buttons = ("L2", "B") if now is Step.HOIST else ()
            self.follow(self.press(*buttons))
        raise AssertionError(f"it stays in {now}: {self.hear().advice.waiting_for}")

    def follow(self, answer):
        """Go where the motors are told to."""
        if answer.orders is not None and answer.orders.body.kp.any():
            self.q = answer.orders.body.q

    def send(self, source=US):
        """Command the robot once."""
        return self.relay.command(self.time, self.command(), source)

    def command(self):
        pos = self.robot.default_joint_pos + 0.01
        return JointCommand(
            joint_pos=pos, stiffness=self.robot.stiffness, damping=self.robot.damping
        )

    def limp(self):
        return replace(self.command(), stiffness=0.0 * self.robot.stiffness)


@pytest.fixture
def bench(g1, body, hand):
    # Fingers hang at 0.00 to 0.06 rad, some joints of which have 0 as their limit.
    return Bench(g1, body, lambda: hand(0.0))


@pytest.fixture
def ready(bench):
    return bench.go_to(Step.READY)


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


# --- the skills' commands -------------------------------------------------------------


def test_the_newest_command_of_the_skills_is_repeated(ready, g1):
    assert ready.send()
    for _ in range(5):  # 80 ms after it
        orders = ready.hear().orders
        assert_allclose(orders.body.q[3], g1.default_joint_pos[3] + 0.01, rtol=1e-6)
        assert_allclose(orders.body.kp[3], 150.0)
    assert ready.relay.commander == US


def test_a_command_goes_out_with_the_next_message_of_the_body(ready, g1):
    ready.send()
    ready.hear()
    ready.time -= DT - 0.001  # 1 ms later
    other = replace(ready.command(), joint_pos=g1.default_joint_pos + 0.02)
    ready.relay.command(ready.time, other, US)
    q = ready.hear().orders.body.q
    assert_allclose(q[3], g1.default_joint_pos[3] + 0.02, rtol=1e-6)


def test_skills_have_no_say_before_their_step(bench, g1):
    bench.go_to(Step.STAND)
    assert not bench.send()
    assert bench.relay.ignored == 1
    assert_allclose(bench.hear().orders.body.q[3], g1.default_joint_pos[3], rtol=1e-6)
    assert bench.relay.commander == ITSELF


def test_before_their_first_command_the_robot_goes_on_standing(bench, g1):
    bench.go_to(Step.BALANCE)
    body = bench.hear().orders.body
    assert_allclose(body.q[3], g1.default_joint_pos[3], rtol=1e-6)
    assert_allclose(body.kp[3], 150.0)
    assert bench.relay.commander == ""


def test_a_second_commander_is_refused(ready):
    ready.send()
    assert not ready.send("/teleop 7.1")
    ready.hear()
    assert ready.relay.commander == US


# --- silence --------------------------------------------------------------------------


def test_skills_that_fall_silent_leave_a_robot_that_stands_by_itself(ready, g1):
    ready.send()
    ready.hear()
    for _ in range(100):  # 2 s
        answer = ready.hear()
        ready.follow(answer)
    assert answer.advice.step is Step.READY
    body = answer.orders.body
    assert (body.kp[:12] >= g1.stiffness[:12]).all()
    assert_allclose(body.q[3], g1.default_joint_pos[3], atol=0.02)
    assert ready.relay.commander == ITSELF


def test_after_a_reset_another_name_may_have_the_joints_the_old_one_not(ready):
    ready.send()
    for _ in range(20):  # 0.4 s: it stands by itself
        ready.follow(ready.hear())
    assert not ready.send()  # what fell silent knows nothing of the meantime
    assert not ready.send("/praxis 1.2")  # nor is the robot free so soon
    for _ in range(50):
        ready.follow(ready.hear())
    assert ready.send("/praxis 1.2")
    ready.hear()
    assert ready.relay.commander == "/praxis 1.2"


def test_a_robot_whose_last_command_was_limp_stays_limp(ready, g1):
    ready.send()
    ready.relay.command(ready.time, ready.limp(), US)
    for _ in range(20):
        body = ready.hear().orders.body
        assert not body.kp.any()
    assert_allclose(body.kd[:29], 2 * g1.damping[:29])


def test_a_robot_that_does_not_know_how_it_stands_is_damped(ready, g1):
    ready.send()
    for _ in range(10):
        ready.follow(ready.hear())
    assert ready.relay.commander == ITSELF
    unknown = ready.q.copy()
    unknown[3] = np.nan
    for _ in range(3):  # 60 ms
        answer = ready.hear(q=unknown)
    assert answer.state is None
    assert ready.relay.odd == 3
    assert answer.advice.waiting_for == "no state for more than 50 ms"
    assert not answer.orders.body.kp.any()
    assert_allclose(answer.orders.body.kd[:29], 2 * g1.damping[:29])


@pytest.mark.parametrize("step", [Step.STAND, Step.READY])
def test_a_body_that_falls_silent_is_damped(bench, step):
    assert bench.relay.silence(0.0) is None  # it never spoke
    bench.go_to(step)
    answer = bench.relay.silence(bench.time + 0.06)
    assert answer.advice.step is Step.ABORTED
    assert not answer.orders.body.kp.any()
    # Hands let go by themselves when orders stop coming.
    assert (answer.orders.hands["left"].mode >> 7).all()


# --- the operator ---------------------------------------------------------------------


def test_stop_damps(bench):
    bench.go_to(Step.STAND)
    bench.relay.abort()
    answer = bench.hear()
    assert answer.advice.step is Step.ABORTED
    assert not answer.orders.body.kp.any()


def test_the_remote_stops_at_once_and_for_good(ready):
    assert ready.relay.stop_pressed is False
    ready.send()
    body = ready.press("L2", "B").orders.body
    assert not body.kp.any()
    assert ready.relay.stop_pressed is True
    ready.hear()
    assert ready.relay.stop_pressed is True  # let go, the robot is damped still
    assert ready.relay.commander == ITSELF


def test_the_emergency_stop_is_not_reported_before_it_was_tried(bench):
    bench.hear()
    assert bench.relay.remote.heard
    assert bench.relay.stop_pressed is None
    bench.press("L2", "B")
    assert bench.relay.stop_pressed is None  # the vendor's controller has the robot
    bench.go_to(Step.ZERO_TORQUE)
    assert bench.relay.stop_pressed is False


def test_a_remote_that_is_off_is_not_heard(bench):
    bench.hear(wireless_remote=bytes(40))
    assert not bench.relay.remote.heard


# --- messages of no use ---------------------------------------------------------------


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
