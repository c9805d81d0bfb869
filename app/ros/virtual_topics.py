"""What the virtual robot publishes: measurements, its commander, the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from praxis_msgs.msg import ObjectStates
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage

from app.ros.course import Sentence
from configs.schema import RobotConfig
from sim2real.robot import ObjectState, RobotState
from sim2real.ros2.qos import latched_qos, sensor_qos
from sim2real.ros2.readings import NANOSECONDS
from sim2real.ros2.states import StateWriter, set_xyz, set_xyzw, stamped
from sim2real.ros2.things import ThingsWriter

DEADLINE_PERIODS = 4.0  # between two states, that it promises


class VirtualTopics:
    """Publishes; messages are made once and filled again."""

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        values: Mapping[str, Any],
        *,
        period: float,
        simulated_time: bool,
    ) -> None:
        """Advertise, and say that no emergency stop is pressed.

        Args:
            node: on whose names everything is published.
            robot: whose states these are.
            values: of the virtual robot's parameters.
            period: between two states [s].
            simulated_time: whether time is told on /clock.
        """
        lockstep: bool = values["lockstep"]
        self._every = {
            "odom": _every(values["odom_hz"], period, lockstep),
            "objects": _every(values["objects_hz"], period, lockstep),
        }
        promise = DEADLINE_PERIODS / values["state_hz"] / values["speed"]
        # A promise that lock-step could not keep is not given.
        qos = sensor_qos(reliable=lockstep, deadline_s=0.0 if lockstep else promise)
        slack = sensor_qos(reliable=lockstep)
        self._joints = node.create_publisher(JointState, "joint_states", qos)
        self._imu = node.create_publisher(Imu, "imu/data", qos)
        self._odom = node.create_publisher(Odometry, "odom", slack)
        self._objects = node.create_publisher(ObjectStates, "objects", slack)
        self._verdict = node.create_publisher(String, "verdict", latched_qos())
        self._commander = node.create_publisher(String, "commander", latched_qos())
        self._commander.publish(String())
        self._stop = node.create_publisher(Bool, "emergency_stop", latched_qos())
        self._stop.publish(Bool(data=False))
        self._clock = None
        if simulated_time:
            self._clock = node.create_publisher(Clock, "/clock", sensor_qos())
        self._tf = None
        if values["publish_tf"]:
            self._tf = node.create_publisher(TFMessage, "/tf", 10)
        world = values["world_frame"]
        self._writer = StateWriter(
            robot, joints=JointState(), imu=Imu(), odom=Odometry(), world_frame=world
        )
        self._things = ThingsWriter(ObjectStates(), world)

    def tell_state(
        self,
        state: RobotState,
        objects: Mapping[str, ObjectState],
        stamp: int,
        ticks: int,
    ) -> None:
        """Publish what is due of a state.

        Args:
            state: as it is measured.
            objects: that perception reports.
            stamp: of the state [ns].
            ticks: states since the reset.
        """
        if self._clock is not None:
            clock = Clock()
            clock.clock.sec, clock.clock.nanosec = divmod(stamp, NANOSECONDS)
            self._clock.publish(clock)
        if ticks % self._every["objects"] == 0:
            self._objects.publish(self._things.write(objects, stamp))
        if ticks % self._every["odom"] == 0:
            self._odom.publish(self._writer.write_odom(state, stamp))
            if self._tf is not None:
                self._tf.publish(self._transforms(state, objects, stamp))
        self._imu.publish(self._writer.write_imu(state, stamp))
        self._joints.publish(self._writer.write_joints(state, stamp))

    def tell_commander(self, name: str) -> None:
        """Publish whose commands are obeyed; empty: nobody's yet."""
        self._commander.publish(String(data=name))

    def tell_verdict(self, sentence: Sentence, seed: int) -> None:
        """Publish what the judge says about a task."""
        self._verdict.publish(String(data=json.dumps(sentence.as_data(seed))))

    def _transforms(
        self, state: RobotState, objects: Mapping[str, ObjectState], stamp: int
    ) -> TFMessage:
        message = TFMessage()
        odom = self._writer.odom
        parts = [(odom.child_frame_id, state.base_pos_w, state.base_quat_wxyz)]
        parts += [(name, t.pos_w, t.quat_wxyz) for name, t in objects.items()]
        for child, pos, quat in parts:
            transform = TransformStamped(child_frame_id=child)
            transform.header.frame_id = odom.header.frame_id
            set_xyz(transform.transform.translation, pos)
            set_xyzw(transform.transform.rotation, quat)
            message.transforms.append(stamped(transform, stamp))
        return message


def _every(rate_hz: float, period: float, lockstep: bool) -> int:
    """Return in how many states one of a slower topic is due."""
    return 1 if lockstep else max(1, round(1.0 / (rate_hz * period)))
