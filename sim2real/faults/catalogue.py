"""The faults that are injected, and what is expected of the robot in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import radians

from configs.schema import RobotConfig
from sim2real.faults.fault import Fault
from sim2real.faults.of_commands import (
    GainsZeroed,
    Hijacked,
    MotorDead,
    OperatorGone,
    PolicyNotANumber,
    PolicySlow,
    Silent,
)
from sim2real.faults.of_states import (
    Bursts,
    ClockBack,
    Duplicated,
    FrozenImu,
    ImuJump,
    JointMissing,
    JointOutOfRange,
    Late,
    NotANumber,
    Reordered,
    Stopped,
)
from sim2real.faults.of_the_world import ObjectGone, Pushed

STAND, WALK, FETCH = "standing", "walking", "fetching"
COMMAND_WATCHDOG, RUNNER, PLANNER = "command watchdog", "runner", "planner"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What has to happen."""

    detected_by: str  # a hazard, or who else
    reaction: str  # the gravest step of the ladder, and who keeps the robot up
    within_ms: float  # from the beginning of the fault to the first reaction
    may_fall: bool = False  # nothing that was tried keeps the robot up
    pretending: str = ""  # the reaction of a robot without physics, if another
    or_else: str = ""  # as good: what becomes of it depends on the moment


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault in one situation."""

    name: str  # for `--only`
    what: str  # for a person
    doing: str  # standing, walking or fetching
    make: Callable[[RobotConfig], Fault]
    expected: Expected
    policies: tuple[str, ...] = ()  # skills that the fault is in
    physics: bool = False  # whether it needs a robot that feels
    killed: bool = False  # our process really is killed


def _expect(
    detected_by: str,
    reaction: str,
    within_ms: float,
    *,
    may_fall: bool = False,
    pretending: str = "",
    or_else: str = "",
) -> Expected:
    return Expected(
        detected_by=detected_by,
        reaction=reaction,
        within_ms=within_ms,
        may_fall=may_fall,
        pretending=pretending,
        or_else=or_else,
    )


def _knee(robot: RobotConfig) -> int:
    return robot.joint_names.index("left_knee_joint")


# One tick is 20 ms; a fault that begins in a tick is seen in the next at the earliest.
CASES: tuple[Case, ...] = (
    Case(
        name="state_stops",
        what="state stream stops",
        doing=STAND,
        make=lambda robot: Stopped(),
        expected=_expect("stale_state", "crouch (blind stand)", 80),
    ),
    Case(
        name="state_stops_walking",
        what="state stream stops",
        doing=WALK,
        make=lambda robot: Stopped(),
        expected=_expect(
            "stale_state",
            "damped",
            80,
            may_fall=True,
            pretending="crouch (blind stand)",
        ),
    ),
    Case(
        name="state_late",
        what="states are 40 ms late",
        doing=WALK,
        make=lambda robot: Late(2),
        expected=_expect("late_state", "slow", 60),
    ),
    Case(
        name="state_very_late",
        what="states are 100 ms late",
        doing=STAND,
        make=lambda robot: Late(5),
        expected=_expect("stale_state", "crouch (blind stand)", 80),
    ),
    Case(
        name="state_bursts",
        what="states come in heaps of 3",
        doing=WALK,
        make=lambda robot: Bursts(3),
        expected=_expect("late_state", "slow", 60),
    ),
    Case(
        name="state_duplicated",
        what="states come three times each",
        doing=WALK,
        make=lambda robot: Duplicated(),
        expected=_expect("duplicates", "slow", 80),
    ),
    Case(
        name="state_reordered",
        what="an old state follows each new one",
        doing=WALK,
        make=lambda robot: Reordered(),
        expected=_expect("reordered", "slow", 140),
    ),
    Case(
        name="state_nan",
        what="a joint position is not a number",
        doing=STAND,
        make=lambda robot: NotANumber(),
        expected=_expect("stale_state", "crouch (blind stand)", 80),
    ),
    Case(
        name="state_joint_missing",
        what="a joint is missing in the state",
        doing=STAND,
        make=lambda robot: JointMissing(),
        expected=_expect("stale_state", "crouch (blind stand)", 80),
    ),
    Case(
        name="clock_back",
        what="the clock jumps back by 2 s",
        doing=WALK,
        make=lambda robot: ClockBack(2.0),
        expected=_expect("clock", "stand (balance)", 20),
    ),
    Case(
        name="imu_frozen",
        what="the IMU repeats itself",
        doing=STAND,
        make=lambda robot: FrozenImu(),
        expected=_expect("frozen_imu", "crouch (blind stand)", 500),
        physics=True,
    ),
    Case(
        name="imu_frozen_walking",
        what="the IMU repeats itself",
        doing=WALK,
        make=lambda robot: FrozenImu(),
        expected=_expect("frozen_imu", "damped", 140, may_fall=True),
        physics=True,
    ),
    Case(
        name="imu_jump",
        what="the IMU is off by 15 degrees at once",
        doing=STAND,
        make=lambda robot: ImuJump(radians(15.0)),
        expected=_expect("imu_jump", "crouch (blind stand)", 20),
        physics=True,
    ),
    Case(
        name="joint_out_of_range",
        what="a knee is measured 0.5 rad beyond its range",
        doing=STAND,
        make=lambda robot: JointOutOfRange(
            _knee(robot), float(robot.joint_range[_knee(robot), 1]) + 0.5
        ),
        expected=_expect("joint_range", "crouch (blind stand)", 40),
    ),
    Case(
        name="pushed",
        what="a push of 0.5 m/s",
        doing=STAND,
        make=lambda robot: Pushed((0.5, 0.0, 0.0)),
        expected=_expect("", "ok", 0),
        physics=True,
    ),
    Case(
        name="pushed_over",
        what="a push of 2.5 m/s",
        doing=STAND,
        make=lambda robot: Pushed((2.5, 0.0, 0.0)),
        expected=_expect("fall", "damped", 1000, may_fall=True),
        physics=True,
    ),
    Case(
        name="policy_nan",
        what="the standing policy gives NaN",
        doing=STAND,
        make=lambda robot: PolicyNotANumber(),
        policies=("balance",),
        expected=_expect("policy", "stand (classical stand)", 20),
    ),
    Case(
        name="policy_nan_walking",
        what="the walking policy gives NaN",
        doing=WALK,
        make=lambda robot: PolicyNotANumber(),
        policies=("walk",),
        expected=_expect(RUNNER, "stand (balance)", 120),
    ),
    Case(
        name="policies_nan_walking",
        what="all policies of the legs give NaN",
        doing=WALK,
        make=lambda robot: PolicyNotANumber(),
        policies=("walk", "balance"),
        expected=_expect(
            "policy",
            "damped",
            40,
            may_fall=True,
            pretending="stand (classical stand)",
        ),
    ),
    Case(
        name="policy_slow",
        what="the standing policy takes 100 ms",
        doing=STAND,
        make=lambda robot: PolicySlow(0.1),
        policies=("balance",),
        expected=_expect("policy_slow", "stand (classical stand)", 120),
    ),
    Case(
        name="policy_slow_walking",
        what="the walking policy takes 100 ms",
        doing=WALK,
        make=lambda robot: PolicySlow(0.1),
        policies=("walk",),
        expected=_expect("policy_slow", "stand (balance)", 120),
    ),
    Case(
        name="gains_zeroed",
        what="the standing policy commands no stiffness",
        doing=STAND,
        make=lambda robot: GainsZeroed(),
        policies=("balance",),
        expected=_expect("bad_command", "stand (classical stand)", 40),
    ),
    Case(
        name="motor_dead",
        what="an ankle motor gives no torque",
        doing=STAND,
        make=lambda robot: MotorDead(robot.joint_names.index("left_ankle_pitch_joint")),
        expected=_expect(
            "dead_motor", "stand (balance)", 1000, may_fall=True, or_else="damped"
        ),
        physics=True,
    ),
    Case(
        name="motor_dead_walking",
        what="a knee motor gives no torque",
        doing=WALK,
        make=lambda robot: MotorDead(_knee(robot)),
        expected=_expect("dead_motor", "damped", 1000, may_fall=True),
        physics=True,
    ),
    Case(
        name="hijacked",
        what="a second commander sends zeros",
        doing=WALK,
        make=lambda robot: Hijacked(),
        expected=_expect("authority", "stand (balance)", 40),
    ),
    Case(
        name="heartbeat_lost",
        what="no sign of the operator",
        doing=WALK,
        make=lambda robot: OperatorGone(),
        expected=_expect("heartbeat", "stand (balance)", 540),
    ),
    Case(
        name="object_lost",
        what="the cup is seen no more",
        doing=FETCH,
        make=lambda robot: ObjectGone("cup"),
        expected=_expect(PLANNER, "stand (balance)", 6000),
    ),
    Case(
        name="commands_stop",
        what="our commands come no more",
        doing=STAND,
        make=lambda robot: Silent(),
        expected=_expect(COMMAND_WATCHDOG, "stand (robot)", 140),
    ),
    Case(
        name="node_killed",
        what="our process is killed (SIGKILL)",
        doing=STAND,
        make=lambda robot: Silent(),
        expected=_expect(COMMAND_WATCHDOG, "stand (robot)", 140),
        killed=True,
    ),
    Case(
        name="node_killed_walking",
        what="our process is killed (SIGKILL)",
        doing=WALK,
        make=lambda robot: Silent(),
        expected=_expect(
            COMMAND_WATCHDOG,
            "damped (robot)",
            140,
            may_fall=True,
            pretending="stand (robot)",
        ),
        killed=True,
    ),
)
