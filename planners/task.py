"""A task: what to carry out, in order; steps, repetitions, conditions and goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from skills.contract import Goal, Predicate


@dataclass(frozen=True, kw_only=True)
class Step:
    """One skill and its arguments, such as `walk(target=table, reach=cup)`."""

    skill: str
    args: Mapping[str, str | float] = field(default_factory=dict)
    retries: int | None = None  # how many recoveries it may use; the budget's if None

    def __post_init__(self) -> None:
        """Keep a private, read-only copy of the arguments."""
        object.__setattr__(self, "args", MappingProxyType(dict(self.args)))

    @property
    def goal(self) -> Goal:
        """The step in the words of the skills."""
        return Goal(skill=self.skill, args=self.args)

    def __str__(self) -> str:
        """Return the step as a person writes it."""
        values = (
            f"{name}={value}" if isinstance(value, str) else f"{name}={value:g}"
            for name, value in self.args.items()
        )
        return f"{self.skill}({', '.join(values)})"


@dataclass(frozen=True, kw_only=True)
class Achieve:
    """Something that must become true; how is found from the skills' contracts."""

    predicate: Predicate
    retries: int | None = None

    def __str__(self) -> str:
        """Return the goal as a person writes it."""
        return str(self.predicate)


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Items that are carried out several times."""

    items: tuple[Item, ...]
    times: int | None  # None: until the operator stops it

    def __str__(self) -> str:
        """Return the repetition as a person says it."""
        often = "until told to stop" if self.times is None else f"{self.times} times"
        return f"{often}: {', '.join(map(str, self.items))}"


@dataclass(frozen=True, kw_only=True)
class If:
    """Items that are carried out when something is so, and others when it is not."""

    condition: Predicate
    items: tuple[Item, ...]
    otherwise: tuple[Item, ...] = ()
    negated: bool = False  # True: `items` when the condition does not hold

    def __str__(self) -> str:
        """Return the choice as a person says it."""
        sign = "not " if self.negated else ""
        text = f"if {sign}{self.condition}: {', '.join(map(str, self.items))}"
        if self.otherwise:
            text += f"; else: {', '.join(map(str, self.otherwise))}"
        return text


Item = Step | Achieve | Repeat | If


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the operator asked for. Two tasks are equal if they ask the same."""

    text: str = field(compare=False)  # the operator's words
    items: tuple[Item, ...]
    deadline_s: float | None = None  # robot time for the whole task [s]
    retries: int | None = None  # recoveries in all; the budget's if None

    @property
    def leaves(self) -> tuple[Step | Achieve, ...]:
        """Every step and goal, in the order they are written, each once."""
        return tuple(_leaves(self.items))


def _leaves(items: tuple[Item, ...]) -> Iterator[Step | Achieve]:
    for item in items:
        if isinstance(item, Step | Achieve):
            yield item
        elif isinstance(item, Repeat):
            yield from _leaves(item.items)
        else:
            yield from _leaves(item.items)
            yield from _leaves(item.otherwise)
