"""The messages of a log: their topics, types and definitions.

Standard types come from ROS 2's common_interfaces, reduced to their fields. Those of
`praxis_msgs` are defined in `interfaces/praxis_msgs/msg`; a test keeps them equal.
"""

from __future__ import annotations

JOINT_STATES = "/joint_states"
IMU = "/imu/data"
ODOMETRY = "/odom"
JOINT_COMMAND = "/joint_command"
OBJECTS = "/objects"
TRANSFORMS = "/tf"
POLICY_STEP = "/policy_step"
SKILL_EVENT = "/skill_event"
TASK = "/task"

TYPES = {
    JOINT_STATES: "sensor_msgs/msg/JointState",
    IMU: "sensor_msgs/msg/Imu",
    ODOMETRY: "nav_msgs/msg/Odometry",
    JOINT_COMMAND: "praxis_msgs/msg/JointCommand",
    OBJECTS: "praxis_msgs/msg/ObjectStates",
    TRANSFORMS: "tf2_msgs/msg/TFMessage",
    POLICY_STEP: "praxis_msgs/msg/PolicyStep",
    SKILL_EVENT: "std_msgs/msg/String",
    TASK: "std_msgs/msg/String",
}

OWN = {
    "praxis_msgs/JointCommand": """\
std_msgs/Header header
string[] name
float64[] position
float64[] velocity
float64[] effort
float64[] stiffness
float64[] damping
""",
    "praxis_msgs/PolicyStep": """\
std_msgs/Header header
string skill
string[] terms
float32[] obs
string[] joints
float32[] actions
""",
    "praxis_msgs/ObjectStates": """\
std_msgs/Header header
string[] name
string[] kind
bool[] movable
float64[] pose
float64[] linear_velocity
float64[] size
""",
}

_STANDARD = {
    "builtin_interfaces/Time": "int32 sec\nuint32 nanosec\n",
    "std_msgs/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "std_msgs/String": "string data\n",
    "geometry_msgs/Vector3": "float64 x\nfloat64 y\nfloat64 z\n",
    "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z\n",
    "geometry_msgs/Quaternion": "float64 x\nfloat64 y\nfloat64 z\nfloat64 w\n",
    "geometry_msgs/Pose": (
        "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation\n"
    ),
    "geometry_msgs/Twist": (
        "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular\n"
    ),
    "geometry_msgs/PoseWithCovariance": (
        "geometry_msgs/Pose pose\nfloat64[36] covariance\n"
    ),
    "geometry_msgs/TwistWithCovariance": (
        "geometry_msgs/Twist twist\nfloat64[36] covariance\n"
    ),
    "geometry_msgs/Transform": (
        "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation\n"
    ),
    "geometry_msgs/TransformStamped": (
        "std_msgs/Header header\n"
        "string child_frame_id\n"
        "geometry_msgs/Transform transform\n"
    ),
    "tf2_msgs/TFMessage": "geometry_msgs/TransformStamped[] transforms\n",
    "sensor_msgs/JointState": (
        "std_msgs/Header header\n"
        "string[] name\n"
        "float64[] position\n"
        "float64[] velocity\n"
        "float64[] effort\n"
    ),
    "sensor_msgs/Imu": (
        "std_msgs/Header header\n"
        "geometry_msgs/Quaternion orientation\n"
        "float64[9] orientation_covariance\n"
        "geometry_msgs/Vector3 angular_velocity\n"
        "float64[9] angular_velocity_covariance\n"
        "geometry_msgs/Vector3 linear_acceleration\n"
        "float64[9] linear_acceleration_covariance\n"
    ),
    "nav_msgs/Odometry": (
        "std_msgs/Header header\n"
        "string child_frame_id\n"
        "geometry_msgs/PoseWithCovariance pose\n"
        "geometry_msgs/TwistWithCovariance twist\n"
    ),
}

_ALL = {**_STANDARD, **OWN}
_RULE = "=" * 80


def definition_of(type_name: str) -> str:
    """Return a type's definition and those of all types inside it, as MCAP wants it.

    Args:
        type_name: such as `sensor_msgs/msg/JointState`.
    """
    needed = [_short(type_name)]
    for name in needed:  # grows while it is walked
        for line in _ALL[name].splitlines():
            inner = line.split()[0].partition("[")[0]
            if "/" in inner and inner not in needed:
                needed.append(inner)
    parts = [_ALL[needed[0]]]
    parts += [f"{_RULE}\nMSG: {name}\n{_ALL[name]}" for name in needed[1:]]
    return "".join(parts)


def _short(type_name: str) -> str:
    return type_name.replace("/msg/", "/")
