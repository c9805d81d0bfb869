"""The words of the safety filter: hazards, reactions, events, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import pi

from pydantic import Field

from configs.schema import Config


class Hazard(str, Enum):
    """What can go wrong in one tick."""

    TARGET_RANGE = "target_range"
    TARGET_RATE = "target_rate"
    BAD_COMMAND = "bad_command"
    BAD_STATE = "bad_state"
    STALE_STATE = "stale_state"
    FALL = "fall"
    OVERSPEED = "overspeed"
    OPERATOR = "operator"


class Reaction(str, Enum):
    """How far the filter went in one tick, from nothing to everything."""

    OK = "ok"  # the command went through
    LIMITED = "limited"  # it was clipped, or the last good one was held
    DAMPED = "damped"  # joints go limp against damping, until `reset`


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
