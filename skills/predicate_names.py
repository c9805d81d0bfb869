"""The predicates that a goal may name, what they take and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skills.contract import Predicate


@dataclass(frozen=True, kw_only=True)
class PredicateName:
    """One question about the world that a goal may be made of."""

    args: tuple[str, ...]  # what its arguments stand for, in order
    text: str  # how a person says it, with the arguments in braces

    def say(self, *values: str) -> str:
        """Return it as a person says it of these arguments."""
        return self.text.format(**dict(zip(self.args, values, strict=True)))


PREDICATES: Mapping[str, PredicateName] = {
    "on": PredicateName(
        args=("object", "surface"), text="the {object} stands on the {surface}"
    ),
    "holding": PredicateName(args=("object",), text="the robot holds the {object}"),
    "at": PredicateName(args=("place",), text="the robot stands at the {place}"),
    "in_reach": PredicateName(
        args=("object",), text="the {object} is where an arm can reach it"
    ),
    "visible": PredicateName(args=("object",), text="the {object} is seen"),
    "upright": PredicateName(args=(), text="the robot stands upright"),
}


def form_of(name: str) -> str:
    """Return how a known predicate is written, such as `on(object, surface)`."""
    return f"{name}({', '.join(PREDICATES[name].args)})"


def read_predicate(text: str) -> Predicate:
    """Read a predicate that is in the table, with as many arguments as it takes.

    Raises:
        ValueError: saying what is known, or how it is written.
    """
    predicate = Predicate.parse(text)
    if predicate.name not in PREDICATES:
        known = ", ".join(form_of(name) for name in PREDICATES)
        raise ValueError(f"there is no predicate '{predicate.name}' (known: {known})")
    wanted = PREDICATES[predicate.name].args
    if len(predicate.args) != len(wanted):
        raise ValueError(
            f"'{text}' names {len(predicate.args)} instead of {len(wanted)} things; "
            f"write it as {form_of(predicate.name)}"
        )
    return predicate
