"""Ask the world, with the skills' own contracts, for the facts about one goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from skills.contract import Condition, Contract, Goal, GoalError, Predicate, Snapshot
from skills.selector.words import RELEVANT, Subject


class Asks(Protocol):
    """What answers for the skills: a `SkillRunner`, or a model of it."""

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return what a goal needs and promises."""

    def question(self, predicate: Predicate) -> Condition:
        """Return the condition that a predicate names."""


def facts_of(subject: Subject, asks: Asks, snapshot: Snapshot) -> frozenset[str]:
    """Return the facts that are so now; ask while no skill of the subject runs."""
    return frozenset(
        fact for fact in RELEVANT[subject.kind] if _ASK[fact](subject, asks, snapshot)
    )


Ask = Callable[[Subject, Asks, Snapshot], bool]


def _question(name: str, *about: str) -> Ask:
    """Ask a predicate about what the subject calls `object` or `place`."""

    def ask(subject: Subject, asks: Asks, snapshot: Snapshot) -> bool:
        args = tuple(str(getattr(subject, word)) for word in about)
        return asks.question(Predicate(name, args)).check(snapshot).holds

    return ask


def _need(choice: str, name: str) -> Ask:
    """Ask a pre-condition of a choice, for it knows which hand and which spot."""

    def ask(subject: Subject, asks: Asks, snapshot: Snapshot) -> bool:
        try:
            contract = asks.contract(subject.goal(choice), snapshot)
        except GoalError:  # it makes no sense now
            return False
        return all(
            condition.check(snapshot).holds
            for condition in contract.pre
            if condition.predicate is not None and condition.predicate.name == name
        )

    return ask


_ASK: Mapping[str, Ask] = {
    "upright": _question("upright"),
    "visible": _question("visible", "object"),
    "reachable": _need("grasp", "reachable"),
    "in_reach": _need("grasp", "in_reach"),
    "holding": _question("holding", "object"),
    "at_object": _question("at", "object"),
    "at_place": _question("at", "place"),
    "spot_in_reach": _need("place", "spot_in_reach"),
    "on_place": _question("on", "object", "place"),
}
