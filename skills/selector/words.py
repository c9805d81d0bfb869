"""The words of the learned planner: one goal, facts about it, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

from skills.contract import Failure, Goal, Predicate

GOALS: tuple[str, ...] = ("on", "holding", "at")
"""The kinds of goals: on(object, place), holding(object), at(place)."""

FACTS: tuple[str, ...] = (
    "upright",  # the robot stands
    "visible",  # perception reports the object
    "reachable",  # the object is at a height where a hand can take it
    "in_reach",  # the object is where the arm can grasp it from here
    "holding",  # the object is in a hand, clear of every surface
    "at_object",  # the robot stands at the object, or at what carries it
    "at_place",  # the robot stands at the place
    "spot_in_reach",  # a free spot on the place is where the arm can put things
    "on_place",  # the object stands on the place
)
"""What is asked of the world before each choice, in the order of the observation."""

CHOICES: tuple[str, ...] = (
    "approach",
    "grasp",
    "carry",
    "place",
    "go",
    "step_back",
    "turn",
    "wait",
)
"""What may be started next, in the order of the network's output."""

WALKS: tuple[str, ...] = ("approach", "carry", "go", "step_back", "turn")
"""The choices after which the robot stands elsewhere."""

RELEVANT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "on": FACTS,
        "holding": FACTS[:6],
        "at": ("upright", "at_place"),
    }
)
"""The facts that a goal has to do with; the others are never true for it."""

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "approach": ("upright", "visible"),
        "grasp": ("upright", "visible", "reachable", "in_reach"),
        "carry": ("upright", "visible", "holding"),
        "place": ("upright", "visible", "holding", "spot_in_reach"),
        "go": ("upright",),
        "step_back": ("upright",),
        "turn": ("upright",),
        "wait": ("upright",),
    }
)
"""The skills' pre-conditions, as far as they can be said in facts."""

_CHOICES_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "on": ("approach", "grasp", "carry", "place", "step_back", "turn", "wait"),
        "holding": ("approach", "grasp", "step_back", "turn", "wait"),
        "at": ("go", "step_back", "turn", "wait"),
    }
)
STEP_BACK_M = 0.3
TURN_RAD = pi / 4
WAIT_S = 1.0

SUCCESS, REFUSED = "success", "refused"
OUTCOMES: tuple[str, ...] = (SUCCESS, REFUSED, *(failure.value for failure in Failure))
"""How a choice may end; refused: the skill would not begin."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The one goal of a task: its kind, and what it is about."""

    kind: str  # one of GOALS
    object: str | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        """Check that the names fit the kind."""
        wanted = {"on": (True, True), "holding": (True, False), "at": (False, True)}
        given = (self.object is not None, self.place is not None)
        if wanted.get(self.kind) != given:
            raise ValueError(
                f"no goal of a learned planner: '{self.kind}' with object "
                f"{self.object} and place {self.place}; expected on(object, place), "
                "holding(object) or at(place)"
            )

    @property
    def predicate(self) -> Predicate:
        """The goal in the words of the skills."""
        args = tuple(name for name in (self.object, self.place) if name is not None)
        return Predicate(self.kind, args)

    @classmethod
    def some(cls, kind: str) -> Subject:
        """Return a subject of a kind whose names do not matter."""
        thing, place = "object" if kind != "at" else None, "place"
        return cls(kind=kind, object=thing, place=None if kind == "holding" else place)

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be done for such a goal."""
        return _CHOICES_FOR[self.kind]

    def goal(self, choice: str) -> Goal:
        """Return what a choice asks of a skill.

        Raises:
            KeyError: for a choice that such a goal does not have.
        """
        if choice not in self.choices:
            raise KeyError(choice)
        thing, place = str(self.object), str(self.place)
        goals: dict[str, tuple[str, dict[str, str | float]]] = {
            "approach": ("walk", {"target": thing, "reach": thing}),
            "grasp": ("grasp", {"object": thing}),
            "carry": ("walk", {"target": place, "carrying": thing}),
            "place": ("manipulate", {"object": thing, "target": place}),
            "go": ("walk", {"target": place}),
            "step_back": ("walk", {"forward": -STEP_BACK_M}),
            "turn": ("walk", {"turn": TURN_RAD}),
            "wait": ("balance", {"duration_s": WAIT_S}),
        }
        skill, args = goals[choice]
        return Goal(skill=skill, args=args)

    def choice_of(self, goal: Goal) -> str | None:
        """Return the choice that a goal of a skill is an instance of, or None."""
        args = goal.args
        match goal.skill:
            case "grasp" if args.get("object") == self.object:
                return "grasp"
            case "manipulate" if (
                args.get("object") == self.object and args.get("target") == self.place
            ):
                return "place"
            case "balance":
                return "wait"
            case "walk" if "target" not in args:
                back = float(args.get("forward", 0.0)) < 0.0
                return "step_back" if back else "turn"
            case "walk" if "carrying" in args:
                return "carry" if args["target"] == self.place else None
            case "walk" if self.object is None:
                return "go" if args["target"] == self.place else None
            case "walk" if self.object in (args["target"], args.get("reach")):
                return "approach"
        return None

    def reached(self, facts: frozenset[str]) -> bool:
        """Whether the goal is so among these facts."""
        if self.kind == "on":
            return "on_place" in facts and "holding" not in facts
        return ("holding" if self.kind == "holding" else "at_place") in facts

    def unmet(self, choice: str, facts: frozenset[str]) -> tuple[str, ...]:
        """Return the facts that a choice needs and that are not so."""
        return tuple(fact for fact in NEEDS[choice] if fact not in facts)
