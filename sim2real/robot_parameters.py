"""How one concrete robot differs from the nominal one: masses, motors, sensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.loader import ConfigError
from configs.schema import RobotConfig

Array = NDArray[np.float64]

TRUNK = "torso_link"
"""The link that battery, computer and luggage ride on; `base_mass_add` is its."""

MOST_DELAY_S = 0.2
"""A command or a reading later than this belongs to a fault, not to a robot."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What the values of a field may be."""

    unit: str
    neutral: float  # what the nominal robot has
    low: float
    high: float
    size: int = 1  # of what is no vector over the joints


JOINT_KINDS = {
    "armature_scale": Kind(unit="", neutral=1.0, low=0.05, high=20.0),
    "damping_add": Kind(unit="N m s/rad", neutral=0.0, low=0.0, high=50.0),
    "friction_loss_add": Kind(unit="N m", neutral=0.0, low=0.0, high=50.0),
    "strength": Kind(unit="", neutral=1.0, low=0.05, high=2.0),
    "effort_limit_scale": Kind(unit="", neutral=1.0, low=0.05, high=2.0),
    "stiffness_scale": Kind(unit="", neutral=1.0, low=0.05, high=5.0),
    "damping_gain_scale": Kind(unit="", neutral=1.0, low=0.0, high=5.0),
    "encoder_bias": Kind(unit="rad", neutral=0.0, low=-0.2, high=0.2),
    "command_delay_s": Kind(unit="s", neutral=0.0, low=0.0, high=MOST_DELAY_S),
    "corner_speed_share": Kind(unit="", neutral=1.0, low=0.0, high=1.0),
}
"""Fields with a value for every joint, (n,)."""

BODY_KINDS = {
    "link_mass_scale": Kind(unit="", neutral=1.0, low=0.1, high=5.0),
    "payload": Kind(unit="kg", neutral=0.0, low=0.0, high=20.0),
}
"""Fields with a value for some bodies or sides, by name."""

OTHER_KINDS = {
    "base_mass_add": Kind(unit="kg", neutral=0.0, low=-7.0, high=30.0),
    "base_com_add": Kind(unit="m", neutral=0.0, low=-0.3, high=0.3, size=3),
    "friction_scale": Kind(unit="", neutral=1.0, low=0.01, high=10.0),
    "restitution": Kind(unit="", neutral=0.0, low=0.0, high=0.9),
    "ground_slope": Kind(unit="rad", neutral=0.0, low=-0.35, high=0.35, size=2),
    "ground_roughness": Kind(unit="m", neutral=0.0, low=0.0, high=0.05),
    "gyro_bias": Kind(unit="rad/s", neutral=0.0, low=-1.0, high=1.0, size=3),
    "tilt_bias": Kind(unit="rad", neutral=0.0, low=-0.3, high=0.3, size=2),
    "joint_pos_std": Kind(unit="rad", neutral=0.0, low=0.0, high=0.5),
    "joint_vel_std": Kind(unit="rad/s", neutral=0.0, low=0.0, high=10.0),
    "gyro_std": Kind(unit="rad/s", neutral=0.0, low=0.0, high=5.0),
    "tilt_std": Kind(unit="rad", neutral=0.0, low=0.0, high=0.5),
    "object_pos_std": Kind(unit="m", neutral=0.0, low=0.0, high=0.5),
    "observation_delay_s": Kind(unit="s", neutral=0.0, low=0.0, high=MOST_DELAY_S),
    "jitter_s": Kind(unit="s", neutral=0.0, low=0.0, high=MOST_DELAY_S),
}
"""Fields with one value or a short vector for the robot."""

KINDS = {**JOINT_KINDS, **BODY_KINDS, **OTHER_KINDS}
SIDES = ("left", "right")
GROUPS = (
    *("legs", "left_leg", "right_leg", "waist"),
    *("left_arm", "right_arm", "left_hand", "right_hand"),
)
"""Names that stand for several joints, from the widest to the narrowest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RobotParameters:
    """The physical differences of one robot; joints in robot order, (n,).

    Motors: the drive of a joint reads position q + `encoder_bias`, computes
    stiffness * `stiffness_scale` * (target - reading) - damping *
    `damping_gain_scale` * velocity, clips it to the limit of the motor, and the joint
    feels `strength` times that. It believes in the unscaled torque, and says so as
    `joint_effort`. The limit is the nominal one times `effort_limit_scale`; above
    `corner_speed_share` of the velocity limit it falls linearly and is 0 at the
    velocity limit (the line of a DC motor), in the direction of the motion only.

    Delays are continuous: a command that arrives within a physics step acts for the
    rest of that step.
    """

    joint_names: tuple[str, ...]
    # Joints.
    armature_scale: Array
    damping_add: Array  # viscous friction [N m s/rad]
    friction_loss_add: Array  # dry friction [N m]
    strength: Array  # share of the torque that the drive believes in
    effort_limit_scale: Array  # of the largest torque
    stiffness_scale: Array  # error of the gain
    damping_gain_scale: Array  # error of the gain
    encoder_bias: Array  # reading minus truth [rad]
    command_delay_s: Array  # from sending to acting [s]
    corner_speed_share: Array  # 1: no curve
    # Bodies.
    link_mass_scale: Mapping[str, float] = field(default_factory=dict)  # with inertia
    payload: Mapping[str, float] = field(default_factory=dict)  # in a hand [kg]
    base_mass_add: float = 0.0  # of TRUNK, spread like its own [kg]
    # Shift of it, axes of TRUNK [m], (3,).
    base_com_add: Array = field(default_factory=lambda: np.zeros(3))
    # Ground.
    friction_scale: float = 1.0  # of the floor's sliding coefficient
    restitution: float = 0.0  # share of the speed with which a foot bounces back
    # Roll and pitch of the floor, about the start and the world's axes [rad], (2,).
    ground_slope: Array = field(default_factory=lambda: np.zeros(2))
    ground_roughness: float = 0.0  # height of bumps, peak to peak [m]
    # Sensors. Of the gyroscope, base frame [rad/s], (3,).
    gyro_bias: Array = field(default_factory=lambda: np.zeros(3))
    # Roll and pitch of the IMU's mounting, base frame [rad], (2,).
    tilt_bias: Array = field(default_factory=lambda: np.zeros(2))
    # Standard deviations of white noise.
    joint_pos_std: float = 0.0  # [rad]
    joint_vel_std: float = 0.0  # [rad/s]
    gyro_std: float = 0.0  # [rad/s]
    tilt_std: float = 0.0  # [rad]
    object_pos_std: float = 0.0  # of loose objects, along each axis [m]
    observation_delay_s: float = 0.0  # age of a reading [s]
    jitter_s: float = 0.0  # a command or reading is later by up to this [s]

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: naming the field, what was expected and what came.
        """
        n = len(self.joint_names)
        for name, kind in KINDS.items():
            value = getattr(self, name)
            if name in BODY_KINDS:
                for key, one in value.items():
                    _check(f"{name} of {key}", kind, np.array(one, dtype=float))
                continue
            size = n if name in JOINT_KINDS else kind.size
            array = np.array(value, dtype=float)
            if array.shape != ((size,) if name in JOINT_KINDS or size > 1 else ()):
                raise ConfigError(
                    f"{name}: expected {size} value{'s' * (size != 1)}, "
                    f"got shape {array.shape}."
                )
            _check(name, kind, array)
            if array.ndim:
                array.flags.writeable = False
                object.__setattr__(self, name, array)
        unknown = [side for side in self.payload if side not in SIDES]
        if unknown:
            raise ConfigError(
                f"payload of {unknown[0]}: expected one of {', '.join(SIDES)}."
            )

    @classmethod
    def nominal(cls, robot: RobotConfig) -> RobotParameters:
        """Return the robot as its files describe it."""
        n = len(robot.joint_names)
        joints: dict[str, Any] = {
            name: np.full(n, kind.neutral) for name, kind in JOINT_KINDS.items()
        }
        return cls(joint_names=robot.joint_names, **joints)

    @classmethod
    def of(cls, robot: RobotConfig, values: Mapping[str, Any]) -> RobotParameters:
        """Return the nominal robot with some values changed.

        Args:
            robot: the robot.
            values: by field. For a field of the joints a number for all of them, a
                vector (n,), or numbers by `all`, group (`legs`, `left_arm` ...) or
                joint, of which the narrowest counts.

        Raises:
            ConfigError: for a field, group or joint that does not exist, or a value
                that cannot be.
        """
        nominal = cls.nominal(robot)
        changed: dict[str, Any] = {}
        for name, value in values.items():
            if name not in KINDS:
                raise ConfigError(
                    f"there is no parameter '{name}' of a robot. "
                    f"Known: {', '.join(KINDS)}."
                )
            if name in JOINT_KINDS:
                value = spread(robot, name, value, getattr(nominal, name))
            changed[name] = value
        return replace(nominal, **changed)

    @property
    def is_nominal(self) -> bool:
        """Whether nothing differs from the robot as its files describe it."""
        return not self.differences()

    def differences(self) -> tuple[str, ...]:
        """Return the fields that are not neutral."""
        return tuple(
            name
            for name, kind in KINDS.items()
            if any(
                bool((np.asarray(one) != kind.neutral).any())
                for one in _values(getattr(self, name))
            )
        )

    def __eq__(self, other: object) -> bool:
        """Whether every value is the same."""
        if not isinstance(other, RobotParameters):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in FIELDS)

    __hash__ = None  # type: ignore[assignment]


FIELDS = fields(RobotParameters)


def spread(
    robot: RobotConfig, name: str, value: float | ArrayLike | Mapping[str, Any], to: Any
) -> Array:
    """Return a vector over the joints, (n,), from numbers by group or joint.

    Args:
        robot: the robot.
        name: of the field, for messages.
        value: one number, a vector (n,), or numbers by `all`, group or joint.
        to: the vector for joints that are not named, (n,).

    Raises:
        ConfigError: for a group or joint that does not exist.
    """
    if not isinstance(value, Mapping):
        array = np.asarray(value, dtype=float)
        return np.broadcast_to(array, np.shape(to)).copy() if array.ndim == 0 else array
    result = np.array(to, dtype=float)
    known = ("all", *GROUPS, *robot.joint_names)
    for key in value:
        if key not in known:
            raise ConfigError(
                f"{name}: {robot.name} has no joint or group '{key}'. "
                f"Groups: {', '.join(('all', *GROUPS))}."
            )
    for key in sorted(value, key=known.index):
        joints = members(robot, key)
        result[[robot.joint_names.index(joint) for joint in joints]] = value[key]
    return result


def members(robot: RobotConfig, key: str) -> tuple[str, ...]:
    """Return the joints that `all`, a group or the name of a joint stands for."""
    if key == "all":
        return robot.joint_names
    return robot.joints_of(key) if key in GROUPS else (key,)


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else [value]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)


def _check(name: str, kind: Kind, array: Array) -> None:
    good = np.isfinite(array) & (array >= kind.low) & (array <= kind.high)
    if not good.all():
        got = array[~good].flat[0] if array.ndim else float(array)
        unit = f" {kind.unit}" if kind.unit else ""
        raise ConfigError(
            f"{name}: expected {kind.low:g} to {kind.high:g}{unit}, got {got:g}."
        )
