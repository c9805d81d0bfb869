"""Every message lands here; the control loop takes the newest of each out.

Handlers are called by the executor, between two ticks of the control loop. They only
read the message and put it in its slot, and never raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig, SceneConfig
from sim2real.robot import RobotState
from sim2real.ros2.base_frame import BaseFrame
from sim2real.ros2.frames import Frames, Pose
from sim2real.ros2.operator_signs import OperatorSigns
from sim2real.ros2.readings import (
    REORDERED_NS,
    ImuReading,
    JointReader,
    JointReading,
    OdomReading,
    read_imu,
    read_odometry,
    stamp_of,
)
from sim2real.ros2.refusal import Refusal
from sim2real.ros2.sightings import Sightings, known_things
from sim2real.ros2.slot import Arrival, Slot
from sim2real.ros2.things import Things, read_object_states
from sim2real.rotations import multiply, rotate, wxyz_from_yaw, yaw_of

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class InboxConfig:
    """Which names mean what."""

    world_frame: str = "odom"  # axes that positions are counted in
    base_frame: str = ""  # of tf; that of the robot's base body if empty
    base_from_tf: bool = False  # take the base from tf, not from odometry
    object_frames: Mapping[str, str] = field(default_factory=dict)  # by thing
    furniture_from_scene: bool = True  # what perception does not report


class Inbox:
    """The newest joint state, IMU reading, odometry and things.

    Attributes:
        joints: newest joint state.
        imu: newest IMU reading.
        odom: newest odometry, or what tf says in its place.
        things: newest report of perception.
        operator: newest signs of the operator.
    """

    def __init__(
        self,
        robot: RobotConfig,
        scene: SceneConfig,
        config: InboxConfig | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        """Take the robot and what the scene file says about things.

        Args:
            robot: whose joints these are.
            scene: kinds and sizes of things, by name.
            config: names of frames.
            clock: our monotonic clock [ns].
        """
        self._robot = robot
        self.config = config or InboxConfig()
        self._clock = clock or monotonic_ns
        self.operator = OperatorSigns(self._clock)
        self._reader = JointReader(robot)
        self.frames = Frames()
        base = self.config.base_frame or robot.base_body
        self._base = BaseFrame(self.frames, base, self.config.world_frame)
        self._sightings = Sightings(known_things(scene))
        self.joints: Slot[JointReading] = Slot("joint_states")
        self.imu: Slot[ImuReading] = Slot("imu/data")
        self.odom: Slot[OdomReading] = Slot("odom")
        self.things: Slot[Things] = Slot("objects")
        self.tf_refusals = 0

    @property
    def slots(self) -> tuple[Slot[Any], ...]:
        """All slots, for diagnostics."""
        return (self.joints, self.imu, self.odom, self.things)

    def clear(self) -> None:
        """Forget every message."""
        self._reader.reset()
        self._sightings.reset()
        for slot in self.slots:
            slot.clear()

    # --- handlers -----------------------------------------------------------------

    def on_joint_state(self, message: Any) -> None:
        """Take a sensor_msgs/JointState."""
        received = self._clock()
        stamp = stamp_of(message)
        if self.joints.stamp_ns - stamp >= REORDERED_NS:  # their clock was set back
            self._reader.reset()
        reading = self._reader.read(message)
        if isinstance(reading, Refusal):
            self.joints.refuse(reading.text)
        elif reading is not None:
            self.joints.put(reading, reading.stamp_ns, received)

    def on_imu(self, message: Any) -> None:
        """Take a sensor_msgs/Imu."""
        _put(self.imu, read_imu(message), self._clock())

    def on_odometry(self, message: Any) -> None:
        """Take a nav_msgs/Odometry."""
        if self.config.base_from_tf:
            return
        reading = read_odometry(message)
        if isinstance(reading, OdomReading):
            reading = self._in_world(reading)
        _put(self.odom, reading, self._clock())

    def on_objects(self, message: Any) -> None:
        """Take a praxis_msgs/ObjectStates."""
        things = read_object_states(message, self.frames, self.config.world_frame)
        self._put_things(things, stamp_of(message))

    def on_detections(self, message: Any) -> None:
        """Take a vision_msgs/Detection3DArray."""
        things = self._sightings.read_detections(
            message, self.frames, self.config.world_frame
        )
        self._put_things(things, stamp_of(message))

    def on_tf(self, message: Any, *, static: bool = False) -> None:
        """Take a tf2_msgs/TFMessage."""
        self.tf_refusals += len(self.frames.take(message, static=static))
        if static:
            return
        if self.config.base_from_tf:
            _put(self.odom, self._base.read(self.odom.value), self._clock())
        if self.config.object_frames:
            things = self._sightings.read_frames(
                self.config.object_frames, self.frames, self.config.world_frame
            )
            stamps = [stamp_of(transform) for transform in message.transforms]
            self._put_things(things, max(stamps, default=0))

    def _put_things(self, things: Things | Refusal, stamp: int) -> None:
        if isinstance(things, Refusal):
            self.things.refuse(things.text)
            return
        if self.config.furniture_from_scene:
            things = {**self._sightings.furniture(), **things}
        self.things.put(things, stamp, self._clock())

    def _in_world(self, reading: OdomReading) -> OdomReading | Refusal:
        """Return odometry in the world's axes; they may be a map's, for example."""
        origin = self.frames.origin(reading.frame, self.config.world_frame)
        if origin is None:
            return reading
        if isinstance(origin, Refusal):
            return origin
        pose = Pose(pos=reading.pos_w, quat_wxyz=reading.quat_wxyz).after(origin)
        return OdomReading(
            stamp_ns=reading.stamp_ns,
            frame=self.config.world_frame,
            pos_w=pose.pos,
            quat_wxyz=pose.quat_wxyz,
            lin_vel_b=reading.lin_vel_b,
        )

    # --- what the control loop takes out --------------------------------------------

    def lacks(self) -> str | None:
        """Return what is needed and never came, for a person; None if nothing is."""
        if self.joints.value is None:
            missing = self._reader.missing
            if len(missing) < len(self._robot.joint_names):
                return f"joint_states never named {missing[0]}"
            return self.joints.refusal or "no joint_states came"
        for slot in (self.imu, self.odom):
            if slot.value is None:
                return slot.refusal or f"no {slot.topic} came"
        return None

    def state(self, time: float) -> RobotState | None:
        """Return the newest state with robot time `time` [s]; None if a part lacks."""
        joints, imu, odom = self.joints.value, self.imu.value, self.odom.value
        if joints is None or imu is None or odom is None:
            return None
        quat = _upright_as_imu_turned_as_odometry(imu.quat_wxyz, odom.quat_wxyz)
        return RobotState(
            time=time,
            joint_pos=joints.joint_pos,
            joint_vel=joints.joint_vel,
            joint_effort=joints.joint_effort,
            base_pos_w=odom.pos_w,
            base_quat_wxyz=quat,
            base_lin_vel_w=rotate(odom.quat_wxyz, odom.lin_vel_b),
            base_ang_vel=imu.ang_vel,
        )

    def objects(self) -> Things:
        """Return what perception knows, by name."""
        if self.things.value is not None:
            return self.things.value
        return self._sightings.furniture() if self.config.furniture_from_scene else {}


def _put(slot: Slot[Any], reading: Any, received_ns: int) -> Arrival:
    if isinstance(reading, Refusal):
        slot.refuse(reading.text)
        return Arrival.REFUSED
    return slot.put(reading, reading.stamp_ns, received_ns)


def _upright_as_imu_turned_as_odometry(imu: Array, odom: Array) -> Array:
    """Return the IMU's tilt with the heading of odometry, (4,).

    The IMU knows best where down is; what its heading is counted from is its own
    affair, while positions and things are counted in odometry's axes.
    """
    turn = float(yaw_of(odom) - yaw_of(imu))
    if turn == 0.0:
        return imu
    turned: Array = multiply(wxyz_from_yaw(np.array(turn)), imu)
    return turned
