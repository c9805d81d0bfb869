"""A ROS 2 node between a G1's own topics and those that Praxis speaks everywhere.

    lowstate, dex3/{left,right}/state  ->  joint_states, imu/data
    joint_command                      ->  lowcmd, dex3/{left,right}/cmd
    the remote in lowstate             ->  emergency_stop, operator/heartbeat
    who has the joints                 ->  commander

Services `~/confirm` and `~/abort` are the operator's answers to the start ritual,
topic `~/ritual` says where it is and what it asks. All decisions are in `relay.py`.
"""

from __future__ import annotations

import signal
from functools import partial
from time import monotonic
from typing import Any

import rclpy
from nav_msgs.msg import Odometry
from praxis_msgs.msg import JointCommand as JointCommandMessage
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Bool, Empty, String
from std_srvs.srv import Trigger
from unitree_api.msg import Request, Response
from unitree_hg.msg import HandCmd, LowCmd, LowState, MotorCmd
from unitree_hg.msg import HandState as HandStateMessage

from configs.loader import load_robot
from sim2real.real_time import become_real_time
from sim2real.robot import JointCommand
from sim2real.ros2.commands import CommandReader
from sim2real.ros2.qos import command_qos, latched_qos
from sim2real.ros2.states import StateWriter
from sim2real.unitree import ros2_fields as fields
from sim2real.unitree.bridge import G1Bridge
from sim2real.unitree.joints import SIDES, finger_order
from sim2real.unitree.motion_switcher import (
    ANSWERS,
    CHECK,
    RELEASE,
    REQUESTS,
    MotionSwitcher,
)
from sim2real.unitree.relay import Answer, Relay
from sim2real.unitree.ritual_steps import Advice, RitualConfig, Step
from sim2real.unitree.start_ritual import StartRitual

SILENCE_S = 0.05  # [s]
ASK_EVERY_S = 1.0  # the motion switcher
SIGN_EVERY_S = 0.1  # of the operator, while the remote is heard
NAMELESS = "somebody without a name"
"""Who sends commands without saying who."""


class G1BridgeNode:
    """Carries messages to and from the relay.

    Attributes:
        node: of ROS 2.
        priority: of SCHED_FIFO; 0: leave the scheduler alone.
    """

    def __init__(self) -> None:
        """Subscribe; nothing is sent before the ritual says so."""
        self.node = node = Node("g1_bridge")
        robot = load_robot(node.declare_parameter("robot", "g1_dex3").value)
        order = node.declare_parameter("right_hand_order", "middle_first").value
        # Of the body, before the robot is damped.
        self._silence_s = float(node.declare_parameter("silence_s", SILENCE_S).value)
        # Of SCHED_FIFO; above the node's: it keeps the robot up when the node does not.
        self.priority: int = node.declare_parameter("real_time_priority", 45).value
        # Whether a stop by the remote must be tried, and its press stops the robot.
        self._remote = bool(node.declare_parameter("remote", True).value)
        config = RitualConfig(fresh_s=self._silence_s, remote=self._remote)
        self._relay = Relay(
            robot,
            G1Bridge(robot, right_order=finger_order(order)),
            StartRitual(robot, config),
        )
        self._switcher = MotionSwitcher()
        self._reader = CommandReader(robot)
        self._writer = StateWriter(
            robot, joints=JointState(), imu=Imu(), odom=Odometry()
        )
        self._low_cmd = LowCmd()
        self._hand_cmds = {side: HandCmd() for side in SIDES}
        self._heard, self._asked, self._signed = monotonic(), 0.0, 0.0
        self._told: Step | None = None
        self._told_commander: str | None = None
        self._told_stop: bool | None = None
        self._refused: set[str] = set()  # commanders, by name
        sensor = qos_profile_sensor_data
        self._joints = node.create_publisher(JointState, "joint_states", sensor)
        self._imu = node.create_publisher(Imu, "imu/data", sensor)
        self._ritual = node.create_publisher(String, "~/ritual", 10)
        self._commander = node.create_publisher(String, "commander", latched_qos())
        self._stop = node.create_publisher(Bool, "emergency_stop", latched_qos())
        self._sign = node.create_publisher(Empty, "operator/heartbeat", 1)
        self._to_body = node.create_publisher(LowCmd, "lowcmd", 10)
        self._to_switcher = node.create_publisher(Request, REQUESTS, 10)
        self._to_hands = {
            side: node.create_publisher(HandCmd, f"dex3/{side}/cmd", 10)
            for side in (SIDES if robot.has_hands else ())
        }
        for side in self._to_hands:
            node.create_subscription(
                HandStateMessage,
                f"dex3/{side}/state",
                partial(self._take_hand, side),
                sensor,
            )
        node.create_subscription(LowState, "lowstate", self._take_body, sensor)
        node.create_subscription(
            JointCommandMessage, "joint_command", self._take_command, command_qos()
        )
        node.create_subscription(Response, ANSWERS, self._switcher.hear, 10)
        node.create_service(Trigger, "~/confirm", self._confirm)
        node.create_service(Trigger, "~/abort", self._abort)
        node.create_timer(0.01, self._watch)

    def _take_hand(self, side: str, message: Any) -> None:
        self._relay.hand(side, fields.hand_state_of(message))

    def _take_command(self, message: Any) -> None:
        command = self._reader.read(message)
        log = self.node.get_logger()
        if not isinstance(command, JointCommand):
            log.error(command.text, throttle_duration_sec=1.0)
            return
        source = message.header.frame_id or NAMELESS
        obeyed = self._relay.command(monotonic(), command, source)
        if obeyed:
            self._refused.discard(source)
        elif source not in self._refused:
            self._refused.add(source)
            why = self._relay.commander or f"step {self._relay.ritual.step.value}"
            log.warning(f"commands of '{source}' are not obeyed: {why} has the joints")

    def _take_body(self, message: Any) -> None:
        self._heard = monotonic()
        body = fields.low_state_of(message)
        answer = self._relay.body(self._heard, body, int(message.crc))
        if answer.state is not None:
            stamp_ns = self.node.get_clock().now().nanoseconds
            self._joints.publish(self._writer.write_joints(answer.state, stamp_ns))
            self._imu.publish(self._writer.write_imu(answer.state, stamp_ns))
        self._send(answer)
        self._tell_operator()

    def _watch(self) -> None:
        """Damp a robot that says nothing; ask who drives it."""
        now = monotonic()
        if now - self._heard > self._silence_s:
            answer = self._relay.silence(now)
            if answer is not None:
                self._send(answer)
        if now - self._asked > ASK_EVERY_S:
            self._asked = now
            self._to_switcher.publish(self._switcher.ask(Request(), CHECK))
            if self._relay.ritual.releasing and self._switcher.service:
                self._to_switcher.publish(self._switcher.ask(Request(), RELEASE))
        self._relay.motion_service(self._switcher.service)
        self._tell_commander()
        self._tell_operator()

    def _send(self, answer: Answer) -> None:
        if answer.orders is not None:
            body = answer.orders.body
            self._to_body.publish(fields.fill_low_cmd(self._low_cmd, body))
            for side, hand in answer.orders.hands.items():
                message = self._hand_cmds[side]
                fields.fill_hand_cmd(message, hand, MotorCmd)
                self._to_hands[side].publish(message)
        self._tell(answer.advice)

    def _tell(self, advice: Advice) -> None:
        parts = (advice.step.value, advice.waiting_for, advice.question or "")
        told = " | ".join(part for part in parts if part)
        self._ritual.publish(String(data=told))
        if advice.step is not self._told:
            self.node.get_logger().info(told)
        self._told = advice.step

    def _tell_operator(self) -> None:
        """Publish what the remote says."""
        if not self._remote:
            return
        if self._relay.remote.heard and self._heard - self._signed > SIGN_EVERY_S:
            self._signed = self._heard
            self._sign.publish(Empty())
        pressed = self._relay.stop_pressed
        if pressed is not None and pressed is not self._told_stop:
            self._told_stop = pressed
            self._stop.publish(Bool(data=pressed))

    def _tell_commander(self) -> None:
        commander = self._relay.commander
        if commander != self._told_commander:
            self._told_commander = commander
            self._commander.publish(String(data=commander))
            self.node.get_logger().info(f"{commander or 'nobody here'} has the joints")

    def _confirm(self, request: Any, response: Any) -> Any:
        step = self._relay.ritual.step
        self._relay.confirm(step)
        response.success, response.message = True, f"yes to: {step.value}"
        return response

    def _abort(self, request: Any, response: Any) -> Any:
        self._relay.abort()
        response.success, response.message = True, "the robot is being damped"
        return response

    def stop(self) -> None:
        """Leave the robot damped."""
        self._relay.abort()
        answer = self._relay.silence(monotonic())
        if answer is not None:
            self._send(answer)
        self.node.destroy_node()


def main() -> None:
    """Run the node until it is stopped."""
    # ROS would close the way to the robot first; it must still be damped.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    bridge = G1BridgeNode()
    granted = become_real_time(priority=bridge.priority)
    if granted.warning is not None:
        bridge.node.get_logger().warning(granted.warning)
    try:
        rclpy.spin(bridge.node)
    except KeyboardInterrupt:
        bridge.stop()
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
