"""Ask conditions of the current snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from py_trees.behaviour import Behaviour
from py_trees.common import Status

from skills.contract import (
    Check,
    Condition,
    Failure,
    GoalError,
    Predicate,
    Snapshot,
    UnseenError,
)
from skills.predicates import Lasting

Missing = tuple[tuple[Condition, str], ...]  # conditions that do not hold, and why


class Now:
    """The snapshot of this tick, shared by reference with every leaf of one tree."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with the world as it is when the tree is built."""
        self.snapshot = snapshot


def unmet(conditions: Iterable[Condition], snapshot: Snapshot) -> Missing:
    """Return the conditions that do not hold, each with its measured reason.

    Every condition is asked, also behind one that fails: a condition that must
    hold for a while has to see every tick.
    """
    checks = [(condition, condition.check(snapshot)) for condition in conditions]
    return tuple((asked, check.reason) for asked, check in checks if not check.holds)


def unmet_now(conditions: Iterable[Condition], snapshot: Snapshot) -> Missing:
    """Return the conditions that do not hold at this instant, however long before."""
    checks = [(condition, _at_once(condition, snapshot)) for condition in conditions]
    return tuple((asked, check.reason) for asked, check in checks if not check.holds)


def tell(missing: Missing) -> str:
    """Return in words what does not hold."""
    return "; ".join(f"{condition.name}: {reason}" for condition, reason in missing)


def _at_once(condition: Condition, snapshot: Snapshot) -> Check:
    check = condition.check
    return (check.at_once if isinstance(check, Lasting) else check)(snapshot)


class Holds(Behaviour):
    """SUCCESS if every condition holds, else FAILURE with the measured reason.

    A patient leaf waits (RUNNING) where a condition holds now and has to last.
    No conditions at all is FAILURE: what promises nothing cannot be seen to hold.
    """

    def __init__(
        self,
        name: str,
        conditions: Callable[[], tuple[Condition, ...]],
        now: Now,
        *,
        patient: bool = False,
    ) -> None:
        """Ask what `conditions` returns each time this leaf is entered."""
        super().__init__(name)
        self.conditions: tuple[Condition, ...] = ()
        self.failure: Failure | None = None
        self.about: Predicate | None = None
        self._ask = conditions
        self._now = now
        self._patient = patient
        self._wrong: GoalError | None = None  # why it cannot even be asked

    @classmethod
    def of(cls, condition: Condition, now: Now) -> Holds:
        """Return a leaf for one condition, named after it."""
        return cls(condition.name, lambda: (condition,), now)

    def initialise(self) -> None:
        """Fetch the conditions afresh; they may be bound to where things are now."""
        self._wrong = None
        try:
            self.conditions = self._ask()
        except GoalError as error:
            self.conditions, self._wrong = (), error

    def update(self) -> Status:
        """Measure."""
        snapshot = self._now.snapshot
        if self._wrong is not None:
            text = f"cannot be asked, {self._wrong}"
            if isinstance(self._wrong, UnseenError):
                about = Predicate("visible", (self._wrong.name,))
                return self._fail(Failure.OBJECT_LOST, about, text)
            return self._fail(Failure.CONTRACT, None, text)
        if not self.conditions:
            return self._fail(None, None, "there is no condition to see hold")
        lasting = unmet(self.conditions, snapshot)
        missing = unmet_now((condition for condition, _ in lasting), snapshot)
        if missing:
            first = missing[0][0]
            text = f"does not hold, {tell(missing)}"
            return self._fail(first.failure, first.predicate, text)
        names = ", ".join(condition.name for condition in self.conditions)
        self.failure = self.about = None
        if lasting and self._patient:
            self.feedback_message = f"{names} holds, waiting: {tell(lasting)}"
            return Status.RUNNING
        self.feedback_message = f"{names} holds"
        return Status.SUCCESS

    def _fail(
        self, failure: Failure | None, about: Predicate | None, text: str
    ) -> Status:
        self.failure, self.about, self.feedback_message = failure, about, text
        return Status.FAILURE
