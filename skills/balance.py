"""Balance: stand, whatever the arms and outside pushes do; step when it has to."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from configs.schema import RobotConfig
from sim2real.kinematics import Chain
from sim2real.robot import RobotState
from sim2real.rotations import project_gravity, rotate
from skills.contract import (
    Argument,
    Check,
    Condition,
    Contract,
    Goal,
    GoalError,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.furniture import Pose2D
from skills.handover import Handover
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED, STANCE_SHARE
from skills.policy import Policy
from skills.predicates import pose_of, upright
from skills.steadiness import unsteady
from skills.steering import Steering, SteeringLimits, Velocity
from skills.walk import velocity_targets

STAND_STILL = (0.0, 0.0, 0.0)
SLOWEST = MOVING_SPEED + 0.01  # a command that still means steps [m/s]
STEP_BLEND_S = 0.04  # from standing to stepping: there is no time to lose [s]
STAND_BLEND_S = 0.3  # and back [s]
STEP_FOR_S = 1.0  # at least, once it steps [s]
STEADY_FOR_S = 0.6  # before it trusts its feet again [s]
TOO_FAR = 0.15  # of the feet from where they were to stand [m]
TIPPING, TIPPING_FOR_S = 0.5, 0.06  # a rate [rad/s] that matters if it lasts so long


class Feet:
    """Where the middle between the soles is, from the legs' joints and the base."""

    def __init__(self, robot: RobotConfig) -> None:
        """Read the legs' kinematics."""
        self._legs = []
        for site in (robot.sites.left_foot, robot.sites.right_foot):
            chain = Chain(robot.mjcf, robot.base_body, site)
            index = [robot.joint_names.index(name) for name in chain.joint_names]
            self._legs.append((chain, np.array(index)))

    def pose(self, state: RobotState) -> Pose2D:
        """Return the middle between the soles, with the pelvis' heading."""
        soles = [chain.forward(state.joint_pos[i])[0] for chain, i in self._legs]
        middle = (np.asarray(soles[0]) + np.asarray(soles[1])) / 2
        x, y, _ = state.base_pos_w + rotate(state.base_quat_wxyz, middle)
        return Pose2D(x=float(x), y=float(y), yaw=pose_of(state).yaw)


@dataclass(kw_only=True)
class _Recovery:
    """Steps back to where the robot stood, from `begun` on."""

    begun: float  # robot time [s]
    clock_ahead: float  # of the gait clock, so that the right foot steps first [s]
    steering: Steering
    last: float
    steady_since: float | None = None


class Balance:
    """Goal: stand for a time. It also owns legs and waist when nobody else does.

    A standing policy keeps the feet where they are. When the pelvis tips faster than
    that can hold, or the feet have crept away, the walk policy steps back home.
    """

    name = "balance"
    arguments: tuple[Argument, ...] = (
        Argument(
            name="duration_s",
            kind="number",
            required=False,
            text="how long to stand [s]; without it, until told otherwise",
        ),
    )

    def __init__(
        self, policy: Policy, stepping: Policy | None = None, feet: Feet | None = None
    ) -> None:
        """Take the standing policy, and the walk policy with the feet's kinematics.

        Without the latter two it never steps.
        """
        self._policy = policy
        self._stepping = stepping
        self._feet = feet
        self._started: float | None = None
        self._home: Pose2D | None = None
        self._recovery: _Recovery | None = None
        self._handover: Handover | None = None
        self._last: JointTargets | None = None
        self._tips_since: float | None = None  # robot time [s]

    @property
    def joints(self) -> tuple[str, ...]:
        """The joints it commands."""
        return self._policy.joints

    @property
    def stepping(self) -> bool:
        """Whether it takes steps now."""
        return self._recovery is not None

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`."""
        duration = goal.args.get("duration_s")
        if duration is not None and float(duration) <= 0.0:
            raise GoalError(
                f"balance: duration_s is {duration} s, it must be positive; "
                "say for how long to stand"
            )
        wanted = float("inf") if duration is None else float(duration)
        return Contract(
            goal=goal,
            joints=self._policy.joints,
            pre=(upright(),),
            hold=(upright(),),
            post=(self._stood(wanted),),
            timeout_s=wanted + 5.0,
        )

    def _stood(self, wanted: float) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            begun = self._started
            stood = 0.0 if begun is None else snapshot.time - begun
            return Check(
                holds=begun is not None and stood >= wanted - 1e-9,
                reason=f"stood for {stood:.1f} of {wanted:.1f} s",
            )

        return Condition(name=f"stood({wanted:g} s)", check=check)

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`: standing brings nothing about."""
        return None

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`: standing undoes nothing."""
        return False

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        self._started, self._tips_since = snapshot.time, None
        self._policy.reset(snapshot.state)
        self._home = self._feet.pose(snapshot.state) if self._feet else None
        self._recovery = self._handover = self._last = None

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        if self._recovery is None and self._must_step(snapshot):
            self._begin_to_step(snapshot)
        elif self._recovery is not None and self._is_home(snapshot, self._recovery):
            self._recovery = None
            self._policy.reset(snapshot.state)
            self._pass_over(snapshot, STAND_BLEND_S)
        if self._recovery is None:
            targets = velocity_targets(self._policy, snapshot, STAND_STILL, 0.0)
        else:
            targets = self._step_home(snapshot, self._recovery)
        if self._handover is not None:
            targets = self._handover.blend(targets, snapshot.time)
        self._last = targets
        return targets

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._started = self._home = None
        self._recovery = self._handover = self._last = None

    # --- steps ------------------------------------------------------------------------

    def _must_step(self, snapshot: Snapshot) -> bool:
        if self._stepping is None or self._home is None or self._feet is None:
            return False
        state = snapshot.state
        gravity = project_gravity(state.base_quat_wxyz)
        if self._keeps_tipping(snapshot) or bool(unsteady(gravity, state.base_ang_vel)):
            return True
        here = self._feet.pose(state)
        return hypot(here.x - self._home.x, here.y - self._home.y) > TOO_FAR

    def _keeps_tipping(self, snapshot: Snapshot) -> bool:
        """Whether the pelvis has been tipping for a while; arms only jerk it."""
        rate = float(np.abs(snapshot.state.base_ang_vel[:2]).max())
        if rate < TIPPING:
            self._tips_since = None
        elif self._tips_since is None:
            self._tips_since = snapshot.time
        since = self._tips_since
        return since is not None and snapshot.time - since >= TIPPING_FOR_S - 1e-9

    def _begin_to_step(self, snapshot: Snapshot) -> None:
        assert self._stepping is not None and self._home is not None
        goal = (self._home.x, self._home.y)
        self._recovery = _Recovery(
            begun=snapshot.time,
            last=snapshot.time,
            clock_ahead=_first_step(snapshot.state),
            steering=Steering(SteeringLimits(), [goal], self._home),
        )
        self._stepping.reset(snapshot.state)
        self._pass_over(snapshot, STEP_BLEND_S)

    def _step_home(self, snapshot: Snapshot, recovery: _Recovery) -> JointTargets:
        assert self._stepping is not None and self._feet is not None
        here = self._feet.pose(snapshot.state)
        command = recovery.steering.step(here, snapshot.time - recovery.last)
        recovery.last = snapshot.time
        elapsed = snapshot.time - recovery.begun
        if elapsed < STEP_FOR_S:
            command = _at_least_stepping(command)
        return velocity_targets(
            self._stepping, snapshot, command, elapsed + recovery.clock_ahead
        )

    def _is_home(self, snapshot: Snapshot, recovery: _Recovery) -> bool:
        """Whether it has stood still, near home, for long enough."""
        state, now = snapshot.state, snapshot.time
        gravity = project_gravity(state.base_quat_wxyz)
        calm = not bool(unsteady(1.5 * gravity, 2.0 * state.base_ang_vel))
        if not (calm and recovery.steering.arrived):
            recovery.steady_since = None
            return False
        if recovery.steady_since is None:
            recovery.steady_since = now
        lasted = now - recovery.steady_since
        return now - recovery.begun >= STEP_FOR_S and lasted >= STEADY_FOR_S

    def _pass_over(self, snapshot: Snapshot, duration_s: float) -> None:
        """Blend from the targets of the last tick to those of the other policy."""
        if self._last is not None:
            self._handover = Handover(
                begin=self._last, start_time=snapshot.time, duration_s=duration_s
            )


def _at_least_stepping(command: Velocity) -> Velocity:
    """Return a command that is fast enough to mean steps, in the same direction."""
    fastest = max(map(abs, command))
    if fastest > MOVING_SPEED:
        return command
    if fastest < 1e-6:
        return (SLOWEST, 0.0, 0.0)
    vx, vy, wz = (value * SLOWEST / fastest for value in command)
    return (vx, vy, wz)


def _first_step(state: RobotState) -> float:
    """Return the time of the gait clock at which the foot on the falling side lifts."""
    tips_left = float(state.base_ang_vel[0]) < 0.0
    phase = STANCE_SHARE if tips_left else STANCE_SHARE - 0.5
    return phase * GAIT_PERIOD_S
