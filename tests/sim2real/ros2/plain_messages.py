"""Messages as ROS has them, made of plain Python: they have the same fields."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def header(stamp_ns: int = 0, frame: str = "") -> Any:
    sec, nanosec = divmod(stamp_ns, 1_000_000_000)
    stamp = SimpleNamespace(sec=sec, nanosec=nanosec)
    return SimpleNamespace(stamp=stamp, frame_id=frame)


def xyz(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Any:
    return SimpleNamespace(x=x, y=y, z=z)


def xyzw(x: float = 0.0, y: float = 0.0, z: float = 0.0, w: float = 1.0) -> Any:
    return SimpleNamespace(x=x, y=y, z=z, w=w)


def pose(position: Any = None, orientation: Any = None) -> Any:
    return SimpleNamespace(
        position=position or xyz(), orientation=orientation or xyzw()
    )


def joint_state(
    name: list[str] | None = None,
    position: list[float] | None = None,
    velocity: list[float] | None = None,
    effort: list[float] | None = None,
    stamp_ns: int = 0,
) -> Any:
    return SimpleNamespace(
        header=header(stamp_ns),
        name=name or [],
        position=position or [],
        velocity=velocity or [],
        effort=effort or [],
    )


def imu(stamp_ns: int = 0, orientation: Any = None, rate: Any = None) -> Any:
    return SimpleNamespace(
        header=header(stamp_ns),
        orientation=orientation or xyzw(),
        orientation_covariance=[0.0] * 9,
        angular_velocity=rate or xyz(),
        angular_velocity_covariance=[0.0] * 9,
        linear_acceleration=xyz(),
        linear_acceleration_covariance=[0.0] * 9,
    )


def odometry(
    stamp_ns: int = 0,
    position: Any = None,
    orientation: Any = None,
    linear: Any = None,
    frame: str = "odom",
) -> Any:
    return SimpleNamespace(
        header=header(stamp_ns, frame),
        child_frame_id="pelvis",
        pose=SimpleNamespace(pose=pose(position, orientation)),
        twist=SimpleNamespace(
            twist=SimpleNamespace(linear=linear or xyz(), angular=xyz())
        ),
    )


def object_states(stamp_ns: int = 0, frame: str = "odom") -> Any:
    return SimpleNamespace(
        header=header(stamp_ns, frame),
        name=[],
        kind=[],
        movable=[],
        pose=[],
        linear_velocity=[],
        size=[],
    )


def transform(
    parent: str,
    child: str,
    translation: Any = None,
    rotation: Any = None,
    stamp_ns: int = 1,
) -> Any:
    return SimpleNamespace(
        header=header(stamp_ns, parent),
        child_frame_id=child,
        transform=SimpleNamespace(
            translation=translation or xyz(), rotation=rotation or xyzw()
        ),
    )


def tf(*transforms: Any) -> Any:
    return SimpleNamespace(transforms=list(transforms))


def joint_command() -> Any:
    return SimpleNamespace(
        header=header(),
        name=[],
        position=[],
        velocity=[],
        effort=[],
        stiffness=[],
        damping=[],
    )
