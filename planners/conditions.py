"""Ask conditions of the current snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from py_trees.behaviour import Behaviour
from py_trees.common import Status

from skills.contract import Condition, Failure, Snapshot


class Now:
    """The snapshot of this tick, shared by reference with every leaf of one tree."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with the world as it is when the tree is built."""
        self.snapshot = snapshot


def unmet(
    conditions: Iterable[Condition], snapshot: Snapshot
) -> tuple[tuple[Condition, str], ...]:
    """Return the conditions that do not hold, each with its measured reason.

    Every condition is asked, also behind one that fails: a condition that must
    hold for a while has to see every tick.
    """
    checks = [(condition, condition.check(snapshot)) for condition in conditions]
    return tuple((asked, check.reason) for asked, check in checks if not check.holds)


class Holds(Behaviour):
    """SUCCESS while every condition holds, else FAILURE with the measured reason.

    No conditions at all is FAILURE: what promises nothing cannot be seen to hold.
    """

    def __init__(
        self, name: str, conditions: Callable[[], tuple[Condition, ...]], now: Now
    ) -> None:
        """Ask what `conditions` returns each time this leaf is entered."""
        super().__init__(name)
        self.conditions: tuple[Condition, ...] = ()
        self.failure: Failure | None = None
        self._ask = conditions
        self._now = now

    @classmethod
    def of(cls, condition: Condition, now: Now) -> Holds:
        """Return a leaf for one condition, named after it."""
        return cls(condition.name, lambda: (condition,), now)

    def initialise(self) -> None:
        """Fetch the conditions afresh; they may be bound to where things are now."""
        self.conditions = self._ask()

    def update(self) -> Status:
        """Measure."""
        missing = unmet(self.conditions, self._now.snapshot)
        self.failure = missing[0][0].failure if missing else None
        if missing:
            self.feedback_message = "; ".join(
                f"{condition.name} does not hold: {reason}"
                for condition, reason in missing
            )
            return Status.FAILURE
        if not self.conditions:
            self.feedback_message = "there is no condition to see hold"
            return Status.FAILURE
        names = ", ".join(condition.name for condition in self.conditions)
        self.feedback_message = f"{names} holds"
        return Status.SUCCESS
