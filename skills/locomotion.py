"""What good walking and standing are: rewards, terminations, gait clock.

Functions of `LegState` on arrays of batch shape B, numpy or torch; every training
engine fills a `LegState` and uses these very functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

Array = Any  # numpy array or torch tensor, (*B, ...)

GAIT_PERIOD_S = 0.8
STANCE_SHARE = 0.55  # of the gait period that a foot is meant to be down
SWING_HEIGHT = 0.09  # of the sole in mid swing [m]
MOVING_SPEED = 0.05  # commands below this mean: stand [m/s] or [rad/s]


@dataclass(frozen=True, kw_only=True)
class LegState:
    """What the rewards of walking and standing look at; joints are the policy's."""

    velocity_command: Array  # vx, vy [m/s], wz [rad/s] in the heading frame, (*B, 3)
    moving: Array  # 1: walk, 0: stand, (*B,)
    gait_phase: Array  # in turns, (*B,)
    velocity: Array  # vx, vy, wz now, heading frame, (*B, 3)
    mean_velocity: Array  # the same, averaged over a gait period, (*B, 3)
    mean_command: Array  # the command over the same period, (*B, 3)
    vertical_velocity: Array  # (*B,)
    base_ang_vel: Array  # (*B, 3)
    base_gravity: Array  # gravity in the pelvis frame, (*B, 3)
    torso_gravity: Array  # gravity in the torso frame, (*B, 3)
    base_height: Array  # above the ground [m], (*B,)
    capture_point: Array  # over the middle of the soles, their heading [m], (*B, 2)
    joint_pos_rel: Array  # [rad], (*B, k)
    joint_vel: Array  # [rad/s], (*B, k)
    joint_acc: Array  # [rad/s^2], (*B, k)
    joint_limit_excess: Array  # beyond the soft limits [rad], (*B, k)
    joint_effort: Array  # [N m], (*B, k)
    power: Array  # sum of |torque x speed| [W], (*B,)
    action_rate: Array  # action less the previous one, (*B, k)
    action_jerk: Array  # its second difference, (*B, k)
    foot_height: Array  # of the soles, left and right [m], (*B, 2)
    foot_vel: Array  # in the world [m/s], (*B, 2, 3)
    foot_force: Array  # normal force [N], (*B, 2)
    foot_yaw: Array  # of each foot less the pelvis' [rad], (*B, 2)
    foot_offset: Array  # left less right foot, heading frame [m], (*B, 2)
    foot_tilt: Array  # squared tilt of each sole, (*B, 2)


def expected_contact(phase: Array, moving: Array) -> Array:
    """Return 1 where a foot should be down, 0 in swing, (*B, 2): left, right."""
    xp = array_namespace(phase)
    feet = xp.stack([phase, xp.remainder(phase + 0.5, 1.0)], axis=-1)
    down = xp.astype(feet < STANCE_SHARE, moving.dtype)
    return xp.where(moving[..., None] > 0.5, down, xp.ones_like(down))


def swing_progress(phase: Array) -> Array:
    """Return how far each foot's swing is, 0 to 1 (0 in stance), (*B, 2)."""
    xp = array_namespace(phase)
    feet = xp.stack([phase, xp.remainder(phase + 0.5, 1.0)], axis=-1)
    return xp.clip((feet - STANCE_SHARE) / (1.0 - STANCE_SHARE), 0.0, 1.0)


def _sum(values: Array) -> Array:
    return array_namespace(values).sum(values, axis=-1)


def _kernel(error: Array, width: float) -> Array:
    xp = array_namespace(error)
    return xp.exp(-_sum(error**2) / width**2)


def track_velocity(s: LegState) -> Array:
    """Follow the commanded velocity at every instant, loosely."""
    return _kernel(s.velocity[..., :2] - s.velocity_command[..., :2], 0.5)


def track_mean_velocity(s: LegState) -> Array:
    """Follow the commanded velocity over a gait period, tightly."""
    return _kernel(s.mean_velocity[..., :2] - s.mean_command[..., :2], 0.25)


def track_turn(s: LegState) -> Array:
    """Follow the commanded turn rate at every instant, loosely."""
    return _kernel(s.velocity[..., 2:] - s.velocity_command[..., 2:], 0.5)


def track_mean_turn(s: LegState) -> Array:
    """Follow the commanded turn rate over a gait period, tightly."""
    return _kernel(s.mean_velocity[..., 2:] - s.mean_command[..., 2:], 0.25)


def alive(s: LegState) -> Array:
    """Stay up."""
    return array_namespace(s.base_height).ones_like(s.base_height)


def contact_phase(s: LegState) -> Array:
    """Feet down and up as the gait clock says, 0 to 2."""
    xp = array_namespace(s.foot_force)
    down = xp.astype(s.foot_force > 5.0, s.moving.dtype)
    match = 1.0 - xp.abs(down - expected_contact(s.gait_phase, s.moving))
    return _sum(match)


def swing_height(s: LegState) -> Array:
    """Squared error of the swing feet's height against a half sine [m^2]."""
    xp = array_namespace(s.foot_height)
    progress = swing_progress(s.gait_phase)
    target = SWING_HEIGHT * xp.sin(xp.pi * progress)
    swinging = xp.astype((progress > 0.0), s.moving.dtype) * s.moving[..., None]
    return _sum((s.foot_height - target) ** 2 * swinging)


def feet_together(s: LegState) -> Array:
    """How much closer than 16 cm the feet come sideways [m]."""
    xp = array_namespace(s.foot_offset)
    return xp.clip(0.16 - s.foot_offset[..., 1], 0.0, 0.3)


def foot_slip(s: LegState) -> Array:
    """Speed of the feet that carry weight, squared."""
    xp = array_namespace(s.foot_force)
    down = xp.astype(s.foot_force > 5.0, s.moving.dtype)
    return _sum(_sum(s.foot_vel[..., :2] ** 2) * down)


def foot_travel(s: LegState) -> Array:
    """Speed of both feet while asked to stand [m/s]."""
    xp = array_namespace(s.foot_vel)
    speed = xp.sqrt(_sum(s.foot_vel[..., :2] ** 2) + 1e-6)
    return _sum(speed) * (1.0 - s.moving)


def foot_impact(s: LegState) -> Array:
    """Normal force above 1.3 times the robot's weight [kN]."""
    xp = array_namespace(s.foot_force)
    return _sum(xp.clip(s.foot_force - 440.0, 0.0, 1000.0)) * 1e-3


def foot_yaw(s: LegState) -> Array:
    """Feet turned in or out against the pelvis, squared."""
    return _sum(s.foot_yaw**2)


def foot_flat(s: LegState) -> Array:
    """Tilt of the soles, squared."""
    return _sum(s.foot_tilt)


def stand_still(s: LegState) -> Array:
    """Distance from the default pose while asked to stand."""
    xp = array_namespace(s.joint_pos_rel)
    return _sum(xp.abs(s.joint_pos_rel)) * (1.0 - s.moving)


def off_balance(s: LegState) -> Array:
    """Squared distance of the capture point from the soles' middle while standing."""
    return _sum(s.capture_point**2) * (1.0 - s.moving)


def stand_speed(s: LegState) -> Array:
    """Joint speed while asked to stand, squared."""
    return _sum(s.joint_vel**2) * (1.0 - s.moving)


def bounce(s: LegState) -> Array:
    """Vertical speed of the pelvis, squared."""
    return s.vertical_velocity**2


def sway(s: LegState) -> Array:
    """Roll and pitch rate of the pelvis, squared."""
    return _sum(s.base_ang_vel[..., :2] ** 2)


def pelvis_tilt(s: LegState) -> Array:
    """Tilt of the pelvis, squared."""
    return _sum(s.base_gravity[..., :2] ** 2)


def torso_tilt(s: LegState) -> Array:
    """Tilt of the torso, squared."""
    return _sum(s.torso_gravity[..., :2] ** 2)


def height(s: LegState) -> Array:
    """Squared error of the pelvis height against 0.76 m."""
    return (s.base_height - 0.76) ** 2


def effort(s: LegState) -> Array:
    """Torques, squared."""
    return _sum(s.joint_effort**2)


def power(s: LegState) -> Array:
    """Mechanical power, both signs counted [W]."""
    return s.power


def joint_speed(s: LegState) -> Array:
    """Joint velocities, squared."""
    return _sum(s.joint_vel**2)


def joint_acc(s: LegState) -> Array:
    """Joint accelerations, squared."""
    return _sum(s.joint_acc**2)


def action_rate(s: LegState) -> Array:
    """Change of the action from tick to tick, squared."""
    return _sum(s.action_rate**2)


def action_jerk(s: LegState) -> Array:
    """Second difference of the action, squared."""
    return _sum(s.action_jerk**2)


def joint_limits(s: LegState) -> Array:
    """Angle beyond the soft joint limits [rad]."""
    return _sum(s.joint_limit_excess)


def posture(s: LegState) -> Array:
    """Squared deviation of hip roll, hip yaw and the waist from the default pose."""
    return _sum(s.joint_pos_rel[..., _posture_columns(s)] ** 2)


def _posture_columns(s: LegState) -> list[int]:
    # Legs and waist in robot order: hip roll, hip yaw of each leg, then the waist.
    return [1, 2, 7, 8, 12, 13, 14]


REWARDS: dict[str, Callable[[LegState], Array]] = {
    f.__name__: f
    for f in (
        track_velocity,
        track_mean_velocity,
        track_turn,
        track_mean_turn,
        alive,
        contact_phase,
        swing_height,
        feet_together,
        foot_slip,
        foot_travel,
        foot_impact,
        foot_yaw,
        foot_flat,
        stand_still,
        off_balance,
        stand_speed,
        bounce,
        sway,
        pelvis_tilt,
        torso_tilt,
        height,
        effort,
        power,
        joint_speed,
        joint_acc,
        action_rate,
        action_jerk,
        joint_limits,
        posture,
    )
}


def has_fallen(base_gravity: Array, base_height: Array) -> Array:
    """Whether the robot is down: tilted beyond 50 degrees or below 0.45 m."""
    return (base_gravity[..., 2] > -0.64) | (base_height < 0.45)
