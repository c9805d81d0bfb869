"""Balance: stand, whatever the arms and outside pushes do."""

from __future__ import annotations

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
from skills.policy import Policy
from skills.predicates import upright
from skills.walk import velocity_targets

STAND_STILL = (0.0, 0.0, 0.0)


class Balance:
    """Goal: stand for a time. It also owns legs and waist when nobody else does."""

    name = "balance"
    arguments: tuple[Argument, ...] = (
        Argument(
            name="duration_s",
            kind="number",
            required=False,
            text="how long to stand [s]; without it, until told otherwise",
        ),
    )

    def __init__(self, policy: Policy) -> None:
        """Take the balance policy."""
        self._policy = policy
        self._started: float | None = None

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

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return None: standing brings nothing about."""
        return None

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Return False: standing undoes nothing."""
        return False

    def _stood(self, wanted: float) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            begun = self._started
            stood = 0.0 if begun is None else snapshot.time - begun
            return Check(
                holds=begun is not None and stood >= wanted - 1e-9,
                reason=f"stood for {stood:.1f} of {wanted:.1f} s",
            )

        return Condition(name=f"stood({wanted:g} s)", check=check)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `Skill.start`."""
        self._started = snapshot.time
        self._policy.reset(snapshot.state)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        begun = snapshot.time if self._started is None else self._started
        elapsed = snapshot.time - begun
        return velocity_targets(self._policy, snapshot, STAND_STILL, elapsed)

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._started = None
