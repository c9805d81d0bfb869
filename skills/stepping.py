"""Steps of a robot that was standing: the walk policy's, until it stands home again."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from sim2real.rotations import project_gravity
from skills.contract import JointTargets, Snapshot
from skills.feet import Feet, Stance
from skills.furniture import Pose2D
from skills.locomotion import GAIT_PERIOD_S, MOVING_SPEED, STANCE_SHARE
from skills.policy import Policy
from skills.steadiness import needs_a_step
from skills.steering import Steering, SteeringLimits, Velocity
from skills.walk import velocity_targets

SLOWEST = MOVING_SPEED + 0.01  # a command that still means steps [m/s]
STEP_FOR_S = 1.0  # at least, once it steps [s]
STEADY_FOR_S = 0.6  # before it trusts its feet again [s]
TOO_FAR = 0.15  # of the feet from where they were to stand [m]
CALM = 1.5  # times as steady as it must be, before it stands again


@dataclass(kw_only=True)
class _Walk:
    """Steps back to where the robot stood."""

    begun: float  # robot time [s]
    clock_ahead: float  # of the gait clock, so that the right foot steps first [s]
    steering: Steering
    last: float  # robot time [s]
    steady_since: float | None = None


class Stepping:
    """Takes over from standing when the capture point leaves the feet.

    Call `update` every tick; while `active`, the legs follow `targets`.
    """

    def __init__(self, policy: Policy, feet: Feet) -> None:
        """Take the walk policy and the feet."""
        self._policy = policy
        self._feet = feet
        self._home: Pose2D | None = None
        self._stance: Stance | None = None
        self._walk: _Walk | None = None

    @property
    def policy(self) -> Policy:
        """The walk policy."""
        return self._policy

    @property
    def active(self) -> bool:
        """Whether it steps now."""
        return self._walk is not None

    def start(self, snapshot: Snapshot) -> None:
        """Remember where the robot is to stand."""
        self._walk = None
        self._stance = self._feet.stance(snapshot.state)
        self._home = self._stance.pose

    def update(self, snapshot: Snapshot) -> bool:
        """Look at the feet; return whether the legs change hands now."""
        if self._home is None:
            self.start(snapshot)
        self._stance = self._feet.stance(snapshot.state)
        assert self._home is not None
        if self._walk is None:
            if self._must_step(snapshot, self._stance, self._home):
                self._walk = self._begin(snapshot, self._stance, self._home)
                return True
        elif self._is_home(snapshot, self._stance, self._walk):
            self._walk = None
            return True
        return False

    def targets(self, snapshot: Snapshot) -> JointTargets:
        """Return the walk policy's targets on the way home."""
        assert self._walk is not None
        assert self._stance is not None
        walk = self._walk
        dt = snapshot.time - walk.last
        command = walk.steering.step(self._stance.pose, dt)
        walk.last = snapshot.time
        elapsed = snapshot.time - walk.begun
        if elapsed < STEP_FOR_S:
            command = _at_least_stepping(command)
        clock = elapsed + walk.clock_ahead
        return velocity_targets(self._policy, snapshot, command, clock)

    def _must_step(self, snapshot: Snapshot, stance: Stance, home: Pose2D) -> bool:
        gravity = project_gravity(snapshot.state.base_quat_wxyz)
        if bool(needs_a_step(stance.capture_point, gravity)):
            return True
        here = stance.pose
        return hypot(here.x - home.x, here.y - home.y) > TOO_FAR

    def _begin(self, snapshot: Snapshot, stance: Stance, home: Pose2D) -> _Walk:
        self._policy.reset(snapshot.state)
        return _Walk(
            begun=snapshot.time,
            last=snapshot.time,
            clock_ahead=_first_step(stance),
            steering=Steering(SteeringLimits(), [(home.x, home.y)], home),
        )

    def _is_home(self, snapshot: Snapshot, stance: Stance, walk: _Walk) -> bool:
        """Whether it has stood still, near home, for long enough."""
        now = snapshot.time
        gravity = project_gravity(snapshot.state.base_quat_wxyz)
        calm = not bool(needs_a_step(CALM * stance.capture_point, CALM * gravity))
        if not (calm and walk.steering.arrived):
            walk.steady_since = None
            return False
        if walk.steady_since is None:
            walk.steady_since = now
        lasted = now - walk.steady_since
        return now - walk.begun >= STEP_FOR_S and lasted >= STEADY_FOR_S


def _at_least_stepping(command: Velocity) -> Velocity:
    """Return a command that is fast enough to mean steps, in the same direction."""
    fastest = max(map(abs, command))
    if fastest > MOVING_SPEED:
        return command
    if fastest < 1e-6:
        return (SLOWEST, 0.0, 0.0)
    vx, vy, wz = (value * SLOWEST / fastest for value in command)
    return (vx, vy, wz)


def _first_step(stance: Stance) -> float:
    """Return the time of the gait clock at which the foot on the falling side lifts."""
    falls_left = float(stance.capture_point[1]) > 0.0
    phase = STANCE_SHARE if falls_left else STANCE_SHARE - 0.5
    return phase * GAIT_PERIOD_S
