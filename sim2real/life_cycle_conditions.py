"""What must hold before a robot goes from one phase to the next.

Each condition returns what is wrong in one line, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import radians

import numpy as np
from pydantic import Field

from configs.schema import Config, RobotConfig
from sim2real.hazards import Reaction
from sim2real.robot import RobotState
from sim2real.rotations import project_gravity


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the conditions look at, beside the state."""

    checks_failed: int = 0
    state_age_s: float = 0.0
    heartbeat_age_s: float = 0.0
    other_commanders: tuple[str, ...] = ()
    reaction: Reaction = Reaction.OK  # of the safety filter
    task_over: bool = False


class LifeCycleConfig(Config):
    """Limits of the conditions."""

    state_age_s: float = Field(default=0.05, gt=0)
    heartbeat_s: float = Field(default=0.5, gt=0)
    tilt: float = Field(default=radians(15.0), gt=0)  # to balance [rad]
    pose_error: float = Field(default=0.25, gt=0)  # of any leg joint, to balance [rad]
    joint_speed: float = Field(default=1.0, gt=0)  # of any joint, to ramp [rad/s]
    hold_s: float = Field(default=1.0, ge=0)  # stood still before it may balance
    # Whether it hangs when it is started. One that stands on its feet would fall if it
    # went limp: it is taken over as it stands, from `checked` straight to `balance`.
    hoisted: bool = True


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where the robot is on its way, and its limits."""

    robot: RobotConfig
    config: LifeCycleConfig
    legs: Sequence[int]  # joints of legs and waist, in robot order
    since: float  # robot time at which the present phase began [s]


Condition = Callable[[Here, RobotState, Facts], str | None]


def checked(here: Here, state: RobotState, facts: Facts) -> str | None:
    """Every check passed."""
    failed = facts.checks_failed
    return f"{failed} checks failed (praxis check)" if failed else None


def fresh(here: Here, state: RobotState, facts: Facts) -> str | None:
    """The state is new."""
    age, most = facts.state_age_s, here.config.state_age_s
    if age <= most:
        return None
    return f"the state is {1e3 * age:.0f} ms old, at most {1e3 * most:.0f} ms"


def operator(here: Here, state: RobotState, facts: Facts) -> str | None:
    """The operator is there."""
    age, most = facts.heartbeat_age_s, here.config.heartbeat_s
    if age <= most:
        return None
    return f"no sign of the operator for {age:.2f} s, at most {most:g} s"


def alone(here: Here, state: RobotState, facts: Facts) -> str | None:
    """Nobody else commands the joints."""
    others = facts.other_commanders
    return f"{', '.join(others)} also commands the joints" if others else None


def at_rest(here: Here, state: RobotState, facts: Facts) -> str | None:
    """No joint moves fast."""
    fastest, most = float(np.abs(state.joint_vel).max()), here.config.joint_speed
    if fastest <= most:
        return None
    return f"a joint moves at {fastest:.1f} rad/s, at most {most:g} rad/s"


def upright(here: Here, state: RobotState, facts: Facts) -> str | None:
    """The base is level."""
    down = -float(project_gravity(state.base_quat_wxyz)[2])
    tilt, most = float(np.arccos(np.clip(down, -1.0, 1.0))), here.config.tilt
    if tilt <= most:
        return None
    return f"it leans by {np.degrees(tilt):.0f} deg, at most {np.degrees(most):.0f} deg"


def in_pose(here: Here, state: RobotState, facts: Facts) -> str | None:
    """Legs and waist are in the default pose."""
    away = np.abs(state.joint_pos - here.robot.default_joint_pos)[here.legs]
    worst, most = int(np.argmax(away)), here.config.pose_error
    if away[worst] <= most:
        return None
    name = here.robot.joint_names[here.legs[worst]]
    return f"{name} is {away[worst]:.2f} rad from the default pose, at most {most:g}"


def stood(here: Here, state: RobotState, facts: Facts) -> str | None:
    """It has stood for long enough."""
    time, least = state.time - here.since, here.config.hold_s
    if time >= least - 1e-9:
        return None
    return f"it has stood for {time:.1f} s, at least {least:g} s"


def calm(here: Here, state: RobotState, facts: Facts) -> str | None:
    """Safety has no reason to stop."""
    if facts.reaction.rank < Reaction.STAND.rank:
        return None
    return f"the safety filter says {facts.reaction.value}; reset it first"
