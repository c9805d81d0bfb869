"""Write what a robot measures as ROS messages; the other half of `readings.py`."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from sim2real.ros2.readings import NANOSECONDS
from sim2real.rotations import rotate_inverse

Array = NDArray[np.float64]


class StateWriter:
    """Three messages that are filled again for every state: nothing is allocated.

    Attributes:
        joints: the sensor_msgs/JointState.
        imu: the sensor_msgs/Imu; it measures no acceleration.
        odom: the nav_msgs/Odometry.
    """

    def __init__(
        self,
        robot: RobotConfig,
        *,
        joints: Any,
        imu: Any,
        odom: Any,
        world_frame: str = "odom",
    ) -> None:
        """Take empty messages; names, frames and covariances are filled in once."""
        self.joints, self.imu, self.odom = joints, imu, odom
        n = len(robot.joint_names)
        joints.name = list(robot.joint_names)
        self._views: dict[str, Array] = {}
        for field in ("position", "velocity", "effort"):
            setattr(joints, field, array("d", bytes(8 * n)))
            self._views[field] = np.frombuffer(getattr(joints, field), np.float64)
        imu.header.frame_id = robot.sites.imu
        imu.linear_acceleration_covariance[0] = -1.0  # "not measured"
        odom.header.frame_id = world_frame
        odom.child_frame_id = robot.base_body

    def write_joints(self, state: RobotState, stamp_ns: int) -> Any:
        """Return the joint state."""
        self._views["position"][:] = state.joint_pos
        self._views["velocity"][:] = state.joint_vel
        self._views["effort"][:] = state.joint_effort
        return stamped(self.joints, stamp_ns)

    def write_imu(self, state: RobotState, stamp_ns: int) -> Any:
        """Return the IMU data."""
        set_xyzw(self.imu.orientation, state.base_quat_wxyz)
        set_xyz(self.imu.angular_velocity, state.base_ang_vel)
        return stamped(self.imu, stamp_ns)

    def write_odom(self, state: RobotState, stamp_ns: int) -> Any:
        """Return the odometry."""
        pose, twist = self.odom.pose.pose, self.odom.twist.twist
        set_xyz(pose.position, state.base_pos_w)
        set_xyzw(pose.orientation, state.base_quat_wxyz)
        set_xyz(
            twist.linear, rotate_inverse(state.base_quat_wxyz, state.base_lin_vel_w)
        )
        set_xyz(twist.angular, state.base_ang_vel)
        return stamped(self.odom, stamp_ns)


def stamped(message: Any, stamp_ns: int) -> Any:
    """Set the time in a header and return the message."""
    stamp = message.header.stamp
    stamp.sec, stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
    return message


def set_xyz(into: Any, vector: Array) -> None:
    """Fill a Vector3 or a Point."""
    into.x, into.y, into.z = vector.tolist()


def set_xyzw(into: Any, quat_wxyz: Array) -> None:
    """Fill a Quaternion message, which has w last."""
    into.w, into.x, into.y, into.z = quat_wxyz.tolist()


def wxyz_from_matrix(rotation: Array) -> Array:
    """Return the quaternion of a rotation matrix (3, 3), w not negative, (4,).

    Of the four square roots the largest one is taken (S. W. Shepperd, J. Guidance and
    Control 1, 1978), so that nothing is divided by a small number.
    """
    m = np.asarray(rotation, dtype=np.float64)
    trace = float(np.trace(m))
    squares = np.array([trace, *(2.0 * np.diag(m) - trace)])
    i = int(np.argmax(squares))
    spin = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    quat = np.zeros(4)
    if i == 0:
        quat[0], quat[1:] = 1.0 + trace, spin
    else:
        k = i - 1
        quat[0], quat[1:] = spin[k], m[k] + m[:, k]
        quat[i] = 1.0 + squares[i]
    quat /= np.linalg.norm(quat)
    return -quat if quat[0] < 0.0 else quat
