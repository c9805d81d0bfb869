"""Carry states and commands over ROS 2: what fills the inbox, and one publisher."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from typing import Any

import rclpy
from nav_msgs.msg import Odometry
from praxis_msgs.msg import JointCommand as JointCommandMessage
from praxis_msgs.msg import ObjectStates
from praxis_msgs.srv import ResetSimulation
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Bool, Empty, String
from tf2_msgs.msg import TFMessage

from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.ros2.authority import Authority
from sim2real.ros2.carrier import NewWorld
from sim2real.ros2.commands import CommandWriter
from sim2real.ros2.inbox import Inbox
from sim2real.ros2.qos import command_qos, latched_qos, sensor_qos
from sim2real.ros2.readings import NANOSECONDS

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ModuleNotFoundError:  # Humble calls it otherwise
    from rclpy.qos_event import SubscriptionEventCallbacks

ASK_GRAPH_NS = 250_000_000  # who commands the joints is asked so often


class RosLink:
    """Fills an inbox from topics and publishes commands, all from one thread.

    Attributes:
        node: on whose names everything is.
        executor: calls every callback of the node, whenever `handle` runs.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        inbox: Inbox,
        *,
        reliable: bool = False,
        deadline_s: float = 0.0,
        owns_node: bool = False,
    ) -> None:
        """Subscribe and advertise.

        Args:
            node: whose names and namespace are used.
            robot: whose joints are commanded.
            inbox: where messages go.
            reliable: for lock-step, see `sensor_qos`.
            deadline_s: see `sensor_qos`.
            owns_node: `close` ends the node, too.
        """
        self.node = node
        self._asked, self._others = 0, tuple[str, ...]()
        self._owns_node = owns_node
        self._qos = sensor_qos(reliable=reliable, deadline_s=deadline_s)
        self._slack = sensor_qos(reliable=reliable)
        self._subscribe(
            inbox, JointState, "joint_states", inbox.on_joint_state, self._qos
        )
        self._subscribe(inbox, Imu, "imu/data", inbox.on_imu, self._qos)
        self._subscribe(inbox, Odometry, "odom", inbox.on_odometry, self._slack)
        self._subscribe(inbox, ObjectStates, "objects", inbox.on_objects, self._slack)
        self._subscribe_detections(inbox)
        if inbox.config.base_from_tf or inbox.config.object_frames or not reliable:
            self._subscribe_tf(inbox)
        self._commands = node.create_publisher(
            JointCommandMessage, "joint_command", command_qos()
        )
        self._writer = CommandWriter(JointCommandMessage(), robot.joint_names)
        self._authority = Authority(node.get_fully_qualified_name())
        node.create_subscription(String, "commander", self._on_commander, latched_qos())
        node.create_subscription(
            Bool, "emergency_stop", inbox.operator.on_emergency_stop, latched_qos()
        )
        node.create_subscription(
            Empty, "operator/heartbeat", inbox.operator.on_heartbeat, 1
        )
        self.take_over()
        self._restart = node.create_client(ResetSimulation, "reset_simulation")
        self.executor = SingleThreadedExecutor(context=node.context)
        self.executor.add_node(node)

    @staticmethod
    def standing_alone(
        robot: RobotConfig, inbox: Inbox, *, reliable: bool = False
    ) -> RosLink:
        """Return a link with a node of its own, for programs that are no node."""
        context = rclpy.Context()
        context.init()
        node = Node("praxis_backend", context=context)
        return RosLink(node, robot, inbox, reliable=reliable, owns_node=True)

    def _subscribe(
        self,
        inbox: Inbox,
        kind: Any,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
    ) -> None:
        events = None
        if qos is self._qos and qos.deadline.nanoseconds:
            slot = next(slot for slot in inbox.slots if slot.topic == topic)
            events = SubscriptionEventCallbacks(
                deadline=lambda event: slot.break_promise(event.total_count_change),
                liveliness=lambda event: slot.break_promise(
                    max(event.not_alive_count_change, 0)
                ),
            )
        self.node.create_subscription(
            kind, topic, callback, qos, event_callbacks=events
        )

    def _subscribe_detections(self, inbox: Inbox) -> None:
        try:
            from vision_msgs.msg import Detection3DArray
        except ModuleNotFoundError:  # it is no part of a bare ROS 2
            return
        self._subscribe(
            inbox, Detection3DArray, "detections", inbox.on_detections, self._slack
        )

    def _subscribe_tf(self, inbox: Inbox) -> None:
        # tf2 has global names, whatever the namespace.
        self.node.create_subscription(TFMessage, "/tf", inbox.on_tf, 100)
        static = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.node.create_subscription(
            TFMessage, "/tf_static", lambda m: inbox.on_tf(m, static=True), static
        )

    # --- Link -----------------------------------------------------------------------

    def send(self, command: JointCommand, stamp_ns: int) -> None:
        """See `Link.send`."""
        self._authority.sent(monotonic_ns())
        self._commands.publish(self._writer.write(command, stamp_ns))

    def take_over(self) -> None:
        """Command under a new name from now on, as a robot that stood up wants it."""
        self._writer.message.header.frame_id = self._authority.begin()

    def _on_commander(self, message: Any) -> None:
        self._authority.hear(message.data)

    def handle(self, done: Callable[[], bool], deadline_ns: int) -> bool:
        """See `Link.handle`."""
        while not done():
            left = (deadline_ns - monotonic_ns()) * 1e-9
            if left <= 0.0 or not self.node.context.ok():
                return done()
            self.executor.spin_once(timeout_sec=left)
        return True

    def is_simulated(self) -> bool:
        """See `Link.is_simulated`."""
        return bool(self._restart.service_is_ready())

    def restart_world(self, seed: int, deadline_ns: int) -> NewWorld | str:
        """See `Link.restart_world`."""
        while not self._restart.wait_for_service(timeout_sec=0.1):
            if monotonic_ns() > deadline_ns:
                return "there is no service reset_simulation"
        answer = self._restart.call_async(ResetSimulation.Request(seed=seed))
        if not self.handle(answer.done, deadline_ns + 60_000_000_000):
            return "reset_simulation does not answer"
        result = answer.result()
        if not result.success:
            return str(result.message)
        return NewWorld(
            stamp_ns=int(result.stamp.sec) * NANOSECONDS + int(result.stamp.nanosec),
            lockstep=bool(result.lockstep),
            speed=float(result.speed),
        )

    def close(self) -> None:
        """See `Link.close`."""
        self.executor.shutdown(timeout_sec=0.0)
        if self._owns_node:
            self.node.destroy_node()
            self.node.context.try_shutdown()

    def other_commanders(self) -> tuple[str, ...]:
        """See `Link.other_commanders`; the graph is asked a few times a second."""
        now = monotonic_ns()
        if now - self._asked > ASK_GRAPH_NS:
            self._asked = now
            self._others = self._who_else()
        lost_to = self._authority.lost_to(now)
        if lost_to is None or lost_to in self._others:
            return self._others
        return (*self._others, lost_to)

    def _who_else(self) -> tuple[str, ...]:
        if self.node.count_publishers("joint_command") <= 1:
            return ()
        us = self.node.get_fully_qualified_name()
        infos = self.node.get_publishers_info_by_topic("joint_command")
        names = [
            f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos
        ]
        if us in names:
            names.remove(us)  # once: a second node may have our very name
        return tuple(names)
