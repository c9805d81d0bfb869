"""Drive: walk as somebody else steers, such as Nav2 or a joystick."""

from __future__ import annotations

from skills.contract import (
    Argument,
    Contract,
    Goal,
    JointTargets,
    Predicate,
    Snapshot,
)
from skills.policy import Policy
from skills.predicates import upright
from skills.steering import SteeringLimits, Velocity
from skills.walk import velocity_targets


class Drive:
    """Goal: none of its own; the legs follow `velocity` until somebody stops it."""

    name = "drive"
    arguments: tuple[Argument, ...] = ()

    def __init__(self, policy: Policy, limits: SteeringLimits | None = None) -> None:
        """Take the walk policy and how fast it may go.

        Args:
            policy: of walking.
            limits: to speed and acceleration.
        """
        self._policy = policy
        self._limits = limits or SteeringLimits()
        self._begun = self._last = 0.0
        self._now: Velocity = (0.0, 0.0, 0.0)
        self.velocity: Velocity = (0.0, 0.0, 0.0)

    @property
    def policies(self) -> dict[str, Policy]:
        """Its network, by name."""
        return {"drive": self._policy}

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `Skill.contract`; it promises nothing and never takes too long."""
        return Contract(
            goal=goal,
            joints=self._policy.joints,
            pre=(upright(),),
            hold=(upright(),),
            post=(),
            timeout_s=float("inf"),
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`: no planner drives."""
        return None

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return True

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        self._policy.reset(snapshot.state)
        self._begun = self._last = snapshot.time
        self._now = (0.0, 0.0, 0.0)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`: what is asked for is limited, and approached smoothly."""
        passed, self._last = snapshot.time - self._last, snapshot.time
        self._now = self._approach(max(passed, 0.0), snapshot.speed_share)
        return velocity_targets(
            self._policy, snapshot, self._now, snapshot.time - self._begun
        )

    def stop(self) -> None:
        """See `Skill.stop`."""
        self.velocity = self._now = (0.0, 0.0, 0.0)

    def _approach(self, passed: float, share: float) -> Velocity:
        limits = self._limits
        lows = (-limits.backward, -limits.sideways, -limits.turn)
        highs = (limits.forward, limits.sideways, limits.turn)
        rates = (limits.acceleration, limits.acceleration, limits.turn_acceleration)
        vx, vy, wz = (
            _toward(now, share * min(max(wanted, low), high), rate * passed)
            for now, wanted, low, high, rate in zip(
                self._now, self.velocity, lows, highs, rates, strict=True
            )
        )
        return vx, vy, wz


def _toward(now: float, wanted: float, most: float) -> float:
    return now + min(max(wanted - now, -most), most)
