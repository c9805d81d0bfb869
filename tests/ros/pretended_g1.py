"""A G1 that pretends: the vendor's messages from a body that goes where it is told.

    python -m tests.ros.pretended_g1

It hangs with bent knees, its vendor's controller lets go when it is asked to, and
somebody holds the buttons of its remote that `pretend/buttons` names ("L2 B").
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String
from unitree_api.msg import Request, Response
from unitree_hg.msg import (
    HandCmd,
    HandState,
    LowCmd,
    LowState,
    MotorState,
    PressSensorState,
)

from app.ros.end import Ended, end_on_signals
from configs.loader import load_robot
from sim2real.real_time import become_real_time
from sim2real.robot import JointCommand
from sim2real.unitree import ros2_fields as fields
from sim2real.unitree.bridge import G1Bridge
from sim2real.unitree.messages import crc_of, pack_low_state
from sim2real.unitree.motion_switcher import ANSWERS, RELEASE, REQUESTS
from tests.sim2real.unitree.pretended_remote import remote_with

PERIOD_S = 0.01
SHARE = 0.4  # of the way to its target that a joint goes in a period
KNEES = (3, 9)


class PretendedG1:
    """One body, two hands, a remote, and the vendor's motion switcher."""

    def __init__(self, node: Node) -> None:
        self.node = node
        robot = load_robot()
        stand = JointCommand(
            joint_pos=robot.default_joint_pos,
            stiffness=robot.stiffness,
            damping=robot.damping,
        )
        orders = G1Bridge(robot).orders(stand, mode_machine=5)
        self._random = np.random.default_rng(1)
        self._service = "ai"
        self._body = LowState(mode_machine=5, wireless_remote=list(remote_with()))
        self._hands = {side: self._hand(hand) for side, hand in orders.hands.items()}
        for motor, q in zip(self._body.motor_state, orders.body.q, strict=True):
            motor.q = float(q)
        for knee in KNEES:
            self._body.motor_state[knee].q += 0.3
        self._odom = Odometry(child_frame_id="pelvis")
        self._odom.header.frame_id = "odom"
        self._odom.pose.pose.position.z = robot.standing_height
        sensor = qos_profile_sensor_data
        make = node.create_publisher
        self._to_body = make(LowState, "lowstate", sensor)
        self._to_odom = make(Odometry, "odom", sensor)
        self._to_hands = {
            side: make(HandState, f"dex3/{side}/state", sensor) for side in self._hands
        }
        self._answers = make(Response, ANSWERS, 10)
        node.create_subscription(LowCmd, "lowcmd", self._obey, 10)
        for side in self._hands:
            node.create_subscription(
                HandCmd,
                f"dex3/{side}/cmd",
                lambda m, s=side: _follow(self._hands[s].motor_state, m.motor_cmd),
                10,
            )
        node.create_subscription(Request, REQUESTS, self._answer, 10)
        node.create_subscription(String, "pretend/buttons", self._press, 10)
        node.create_timer(PERIOD_S, self._tell)

    def _hand(self, orders: Any) -> HandState:
        hand = HandState(
            motor_state=[MotorState() for _ in orders.q],
            press_sensor_state=[PressSensorState() for _ in range(9)],
        )
        for motor, q in zip(hand.motor_state, orders.q, strict=True):
            motor.q = float(q)
        return hand

    def _tell(self) -> None:
        imu = self._body.imu_state  # no IMU repeats itself to the bit
        imu.gyroscope = self._random.normal(0.0, 1e-3, 3).astype(np.float32).tolist()
        small = self._random.normal(0.0, 1e-4, 3)
        quat = np.array([1.0, *small]) / np.sqrt(1.0 + small @ small)
        imu.quaternion = quat.astype(np.float32).tolist()
        self._body.tick = (self._body.tick + 10) % 2**32
        self._body.crc = crc_of(pack_low_state(fields.low_state_of(self._body)))
        for side, publisher in self._to_hands.items():
            publisher.publish(self._hands[side])
        self._odom.header.stamp = self.node.get_clock().now().to_msg()
        self._to_odom.publish(self._odom)
        self._to_body.publish(self._body)

    def _obey(self, command: Any) -> None:
        _follow(self._body.motor_state, command.motor_cmd)

    def _answer(self, request: Any) -> None:
        if request.header.identity.api_id == RELEASE:
            self._service = ""
        answer = Response(data=json.dumps({"form": "0", "name": self._service}))
        answer.header.identity = request.header.identity
        self._answers.publish(answer)

    def _press(self, message: Any) -> None:
        self._body.wireless_remote = list(remote_with(*message.data.split()))


def _follow(states: Any, commands: Any) -> None:
    for state, command in zip(states, commands, strict=True):
        step = SHARE * (command.q - state.q) if command.kp > 0.0 else 0.0
        state.tau_est = float(command.kp * step)
        state.q += step
        state.dq = 0.0


def main() -> None:
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    end_on_signals()
    try:
        robot = PretendedG1(Node("pretended_g1"))
        become_real_time()  # where that is permitted: no robot waits for a computer
        rclpy.spin(robot.node)
    except (Ended, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
