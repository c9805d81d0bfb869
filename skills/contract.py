"""What a skill promises: joints, arguments, pre / hold / post, typed failures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim2real.adaptation.adapter import Estimate
from sim2real.robot import ObjectState, RobotState

Array = NDArray[np.float64]


class Failure(str, Enum):
    """Why a skill or a task failed; the type picks the recovery."""

    TIMEOUT = "timeout"
    OUT_OF_REACH = "out_of_reach"
    OBJECT_LOST = "object_lost"
    DROPPED = "dropped"
    UNSTABLE = "unstable"
    BLOCKED = "blocked"
    CONTRACT = "contract"
    HARDWARE = "hardware"
    OPERATOR = "operator"


class GoalError(ValueError):
    """A goal that makes no sense in this world; one line for a person."""


class UnseenError(GoalError):
    """A goal about an object that perception does not report now.

    Attributes:
        name: of the object.
    """

    def __init__(self, name: str, message: str) -> None:
        """Take the object's name and the line for a person."""
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What everyone sees during one tick."""

    state: RobotState
    objects: Mapping[str, ObjectState]
    commanded: Array | None = None  # targets of the last command [rad], (n,)
    adaptation: Estimate | None = None  # in what the robot differs from its model
    speed_share: float = 1.0  # how fast walks may be, as a share of their speed

    @property
    def time(self) -> float:
        """Robot time [s]."""
        return self.state.time


@dataclass(frozen=True, kw_only=True)
class Check:
    """The answer of a predicate: whether it holds, and the measurement behind it."""

    holds: bool
    reason: str  # "cup is 0.41 m away, reach is 0.35 m"


@dataclass(frozen=True)
class Predicate:
    """A question about the world by name, such as `on(cup, shelf)`.

    The words of goals in task files and of back-chaining. `robot` is nobody else
    than ours, so `holding(robot, cup)` is `holding(cup)`.
    """

    name: str
    args: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Predicate:
        """Read `name(argument, ...)`.

        Raises:
            ValueError: if it is written in another way.
        """
        match = _PREDICATE.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"'{text}' is no predicate; write it as name(argument, ...), such as "
                "on(cup, shelf)"
            )
        name, inside = match.groups()
        args = [word.strip() for word in inside.split(",")] if inside.strip() else []
        if args and args[0] == "robot":
            args = args[1:]
        return cls(name, tuple(args))

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.name}({', '.join(self.args)})"


_PREDICATE = re.compile(r"(\w+)\s*\(\s*((?:[\w-]+(?:\s*,\s*[\w-]+)*)?)\s*\)")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A named question about the snapshot, such as `holding(cup)`.

    Two conditions with the same name ask the same thing.
    """

    name: str
    check: Callable[[Snapshot], Check] = field(compare=False)
    failure: Failure = field(default=Failure.TIMEOUT, compare=False)
    # What it asks, for a planner that looks for a skill to make it so.
    predicate: Predicate | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of a skill."""

    name: str
    kind: str  # "object", "number", "side"
    required: bool
    text: str  # what it means, for a person


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A skill and its arguments, as the planner asks for it."""

    skill: str
    args: Mapping[str, str | float] = field(
        default_factory=lambda: MappingProxyType({})
    )


@dataclass(frozen=True, kw_only=True)
class JointTargets:
    """PD targets for the joints a skill owns, in the order of `names`."""

    names: tuple[str, ...]
    joint_pos: Array  # [rad], (k,)
    stiffness: Array  # [N m/rad], (k,)
    damping: Array  # [N m s/rad], (k,)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One goal of one skill, bound to the world it was asked in."""

    goal: Goal
    joints: tuple[str, ...]  # owned while it runs
    pre: tuple[Condition, ...]
    hold: tuple[Condition, ...]
    post: tuple[Condition, ...]
    timeout_s: float  # robot time after which the skill has failed [s]


class Skill(Protocol):
    """Turns a goal into joint targets until its post-conditions hold."""

    name: str
    arguments: tuple[Argument, ...]

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return what this goal needs and promises.

        Raises:
            GoalError: if the goal names something that is not there or cannot be.
        """

    def serves(self, predicate: Predicate) -> Goal | None:
        """Return the goal that makes a predicate true, or None if none does."""

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """Whether carrying out a goal may make a predicate false."""

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin: clear histories, warm the policy on the live observation."""

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Return the targets for this tick."""

    def stop(self) -> None:
        """Forget the goal."""
