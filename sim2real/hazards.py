"""The words of the safety filter: hazards, reactions, events, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import pi

from pydantic import Field

from configs.schema import Config


class Hazard(str, Enum):
    """What can go wrong in one tick."""

    # of commands
    TARGET_RANGE = "target_range"
    TARGET_RATE = "target_rate"
    BAD_COMMAND = "bad_command"
    # of the policies and of the loop that runs them
    POLICY = "policy"  # nobody is left who can command the legs
    POLICY_SLOW = "policy_slow"  # the command comes far too late, or always late
    OVERRUN = "overrun"  # one tick took longer than its period
    # of the stream of states
    BAD_STATE = "bad_state"
    STALE_STATE = "stale_state"
    LATE_STATE = "late_state"
    DUPLICATES = "duplicates"
    REORDERED = "reordered"
    CLOCK = "clock"
    # of the sensors
    FROZEN_IMU = "frozen_imu"
    IMU_JUMP = "imu_jump"
    JOINT_RANGE = "joint_range"
    # of the body
    FALL = "fall"
    TILT = "tilt"
    OVERSPEED = "overspeed"
    TORQUE_HIGH = "torque_high"
    TORQUE_BUDGET = "torque_budget"
    DEAD_MOTOR = "dead_motor"
    CONTACT_LOST = "contact_lost"
    UNSTEADY = "unsteady"  # standing does not hold it any longer
    # of people and other programs
    OPERATOR = "operator"
    HEARTBEAT = "heartbeat"
    AUTHORITY = "authority"


class Reaction(str, Enum):
    """How far the filter went in one tick, from nothing to everything."""

    OK = "ok"  # the command went through
    LIMITED = "limited"  # it was clipped, or the last good one was held
    SLOW = "slow"  # it went through; walks are asked to slow down
    STAND = "stand"  # the task is over, the robot stands, until `reset`
    CROUCH = "crouch"  # it goes down in a controlled way, until `reset`
    DAMPED = "damped"  # joints go limp against damping, until `reset`

    @property
    def rank(self) -> int:
        """How grave it is; a graver one wins."""
        return list(Reaction).index(self)


@dataclass(frozen=True, kw_only=True)
class SafetyEvent:
    """The beginning of a hazard."""

    kind: Hazard
    time: float  # [s]
    text: str  # one line for a person


class SafetyConfig(Config):
    """Limits of the safety filter."""

    # A PD target is also a torque request, and trained policies aim beyond the end
    # stops: held at its stop a G1 ankle has 10 of its 50 N m. So a target may lie
    # outside the range by this share of effort / stiffness; at 1 nothing that the
    # motor could do is taken away, at 0 the range is strict.
    beyond_range_share: float = Field(default=1.0, ge=0)
    # Largest change of a target in one tick, as a multiple of what the joint can
    # travel at its velocity limit. Policies may jump by 0.3 rad on legs; 2 allows
    # 0.8 rad on the knee.
    target_rate_factor: float = Field(default=2.0, gt=0)
    bad_command_ticks: int = Field(default=5, ge=1)  # held before damping
    stale_ticks: int = Field(default=3, ge=1)  # without new state, before damping
    tilt_limit: float = Field(default=pi / 3, gt=0)  # of the base [rad]
    min_base_height: float = 0.35  # above the ground [m]
    overspeed_ticks: int = Field(default=5, ge=1)  # beyond the velocity limit
    damping_scale: float = Field(default=2.0, ge=0)  # of the robot's own, when damped
    # With a stand to fall back on, bad commands are held for so long only.
    stand_after_bad_commands: int = Field(default=2, ge=1)  # [ticks]
    # A leg or waist joint softer than this share of the robot's own stiffness cannot
    # carry it: such a command is bad. Only where there is a stand to fall back on.
    least_stiffness_share: float = Field(default=0.2, ge=0)
    slow_for_s: float = Field(default=1.0, ge=0)  # after the last reason for it
    slow_speed_share: float = Field(default=0.5, ge=0, le=1)  # of a walk's speed


class WatchdogConfig(Config):
    """Limits of the watchdogs, one place for all of them; 0 switches one off."""

    # A command is computed every 20 ms; a state that is late by one tick is usual.
    state_late_s: float = Field(default=0.03, ge=0)  # slow
    state_age_s: float = Field(default=0.05, ge=0)  # stand, without trusting it
    odd_messages: int = Field(default=5, ge=0)  # duplicates or reordered, in 1 s
    clock_jump_s: float = Field(default=0.2, gt=0)  # back; less is a reordered message
    overrun_share: float = Field(default=1.0, ge=0)  # of the period, in one tick
    overrun_ticks: int = Field(default=3, ge=1)  # in a row, before the policy is slow
    overrun_most_s: float = Field(default=0.06, gt=0)  # once is enough
    joint_range_margin: float = Field(default=0.2, ge=0)  # beyond the range [rad]
    joint_range_ticks: int = Field(default=2, ge=0)
    torque_high_share: float = Field(default=0.75, ge=0)  # of the limit, mean square
    torque_budget_share: float = Field(default=0.9, ge=0)  # root over the window
    torque_window_s: float = Field(default=2.0, gt=0)
    frozen_imu_ticks: int = Field(default=4, ge=0)  # bit-identical while joints move
    imu_moving_joint: float = Field(default=0.002, gt=0)  # fastest leg joint [rad/s]
    imu_jump: float = Field(default=0.15, ge=0)  # turned more than the gyro says [rad]
    tilt: float = Field(default=0.45, ge=0)  # of the base [rad]
    contact_height: float = Field(default=0.08, gt=0)  # of both soles [m]
    contact_lost_s: float = Field(default=0.2, ge=0)
    dead_motor_share: float = Field(default=0.3, gt=0)  # of its limit, asked in vain
    dead_motor_ticks: int = Field(default=5, ge=0)
    heartbeat_s: float = Field(default=0.5, ge=0)
    # The robot's side: without a command for so long it stands by itself.
    command_timeout_s: float = Field(default=0.1, gt=0)
