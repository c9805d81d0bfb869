"""Balance: stand, whatever the arms and outside pushes do; step when it has to."""

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
from skills.handover import Handover
from skills.policy import Policy
from skills.predicates import upright
from skills.stepping import Stepping
from skills.walk import velocity_targets

STAND_STILL = (0.0, 0.0, 0.0)
STEP_BLEND_S = 0.04  # from standing to stepping: there is no time to lose [s]
STAND_BLEND_S = 0.3  # and back [s]


class Balance:
    """Goal: stand for a time. It also owns legs and waist when nobody else does.

    A standing policy keeps the feet where they are; when that is not enough, the walk
    policy steps, and goes back home.
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

    def __init__(self, policy: Policy, steps: Stepping | None = None) -> None:
        """Take the standing policy; without `steps` the robot never takes one."""
        self._policy = policy
        self._steps = steps
        self._started: float | None = None
        self._handover: Handover | None = None
        self._last: JointTargets | None = None

    @property
    def policies(self) -> dict[str, Policy]:
        """Its networks, by name."""
        steps = {} if self._steps is None else {"balance.step": self._steps.policy}
        return {"balance": self._policy, **steps}

    @property
    def joints(self) -> tuple[str, ...]:
        """The joints it commands."""
        return self._policy.joints

    @property
    def stepping(self) -> bool:
        """Whether it takes steps now."""
        return self._steps is not None and self._steps.active

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
        self._started = snapshot.time
        self._policy.reset(snapshot.state)
        self._handover = self._last = None
        if self._steps is not None:
            self._steps.start(snapshot)

    def step(self, snapshot: Snapshot) -> JointTargets:
        """See `Skill.step`."""
        if self._steps is not None and self._steps.update(snapshot):
            if not self._steps.active:
                self._policy.reset(snapshot.state)
            self._pass_over(snapshot)
        if self._steps is not None and self._steps.active:
            targets = self._steps.targets(snapshot)
        else:
            targets = velocity_targets(self._policy, snapshot, STAND_STILL, 0.0)
        if self._handover is not None:
            targets = self._handover.blend(targets, snapshot.time)
        self._last = targets
        return targets

    def stop(self) -> None:
        """See `Skill.stop`."""
        self._started = None
        self._handover = self._last = None

    def _pass_over(self, snapshot: Snapshot) -> None:
        """Blend from the targets of the last tick to those of the other policy."""
        if self._last is not None:
            self._handover = Handover(
                begin=self._last,
                start_time=snapshot.time,
                duration_s=STEP_BLEND_S if self.stepping else STAND_BLEND_S,
            )
