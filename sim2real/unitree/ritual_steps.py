"""The steps of the start ritual, what a person is asked, and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sim2real.robot import JointCommand, RobotState
from sim2real.unitree.hardware import Hardware


class Step(str, Enum):
    """Where the ritual is; the order is that of the ritual."""

    CONNECT = "connect"
    HOIST = "hoist"
    RELEASE = "release"
    ZERO_TORQUE = "zero torque"
    DAMPING = "damping"
    CHECK = "check"
    RAMP = "ramp"
    STAND = "stand"
    LOWER = "lower"
    BALANCE = "balance"
    UNHOOK = "unhook"
    READY = "ready"
    ABORTED = "aborted"


ORDER = tuple(Step)[:-1]
UNTOUCHED = (Step.CONNECT, Step.HOIST, Step.RELEASE)
"""The vendor's controller has the robot; nothing is sent."""
HELD = (Step.DAMPING, Step.CHECK, Step.RAMP, Step.STAND, Step.LOWER)
"""The ritual has the robot, and no joint moves fast."""
IN_POSE = (Step.RAMP, Step.STAND)
"""Every joint is near its target."""
SKILLS = (Step.BALANCE, Step.UNHOOK, Step.READY)
"""The skills may command the robot."""

QUESTIONS = {
    Step.HOIST: "Does the robot hang on the hoist, feet off the ground, nobody within "
    "2 m, and is the remote in your hand?",
    Step.ZERO_TORQUE: "Are all joints limp, without sound or twitch?",
    Step.CHECK: "Move the right index finger by hand: does the figure of "
    "right_hand_index_0_joint change, and of no other? Then a knee and an elbow.",
    Step.STAND: "Does the robot hold the default pose, without shaking, feet level?",
    Step.LOWER: "Are both soles flat on the ground, and is the rope still taut?",
    Step.BALANCE: "Does it balance by itself, the rope slack by 5 cm, for 10 s?",
    Step.UNHOOK: "Is the hook off, and are you out of its reach?",
}
"""What a person must say yes to before a step is left."""


@dataclass(frozen=True, kw_only=True)
class RitualConfig:
    """Times and limits; all on the cautious side."""

    zero_torque_s: float = 1.0  # at least
    damping_s: float = 2.0  # at least
    damping_scale: float = 2.0  # of the robot's own damping gains
    ramp_s: float = 6.0  # from where the joints hang to the default pose
    steady_s: float = 2.0  # to stand still before a step is left
    fresh_s: float = 0.05  # a state older than this counts as none
    tilt: float = 0.35  # of the pelvis at most [rad]
    slow: float = 0.3  # what counts as still [rad/s]
    fast: float = 6.0  # of a joint in any step: something is loose [rad/s]
    behind: float = 0.5  # of a joint to its target in ramp and stand [rad]
    warm: float = 70.0  # of a motor, to begin with [deg C]
    remote: bool = True  # a stop by the remote must have been tried


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is known at one instant."""

    time: float  # robot time [s]
    state: RobotState | None  # None: no whole message yet
    hardware: Hardware | None
    motion_service: str | None  # what drives the robot; empty: nobody, None: not asked
    temperature: float = 0.0  # of the warmest motor [deg C]
    faults: tuple[str, ...] = ()  # joints whose motor reports an error
    commanding: bool = False  # whether the skills send commands
    confirmed: Step | None = None  # the step that the operator says yes to
    abort: bool = False  # the operator says stop
    remote_stop: bool = False  # a combination that stops is held on the remote
    stop_tried: bool = False  # one was, at some time


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do now."""

    step: Step
    command: JointCommand | None  # None: send nothing
    policies: bool = False  # the command of the skills may pass instead
    question: str | None = None  # for the operator
    waiting_for: str = ""  # why the step is not left; empty in `ready`
