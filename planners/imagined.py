"""A world made of the model of the skills, for any planner, in no time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sim2real.robot import ObjectState, RobotState
from skills.contract import (
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    GoalError,
    Predicate,
    Snapshot,
    UnseenError,
)
from skills.grasp import grasp_breaks, grasp_for
from skills.manipulate import manipulate_breaks, manipulate_for
from skills.selector.model import Outcome, SkillModel
from skills.selector.observation import History
from skills.selector.words import FACTS, NEEDS, REFUSED, SUCCESS, Subject
from skills.walk_goal import breaks as walk_breaks
from skills.walk_goal import goal_for as walk_for

TICK_S = 0.1  # between two looks of the planner while nothing runs
FAILURES: Mapping[str, Failure] = {
    "upright": Failure.UNSTABLE,
    "visible": Failure.OBJECT_LOST,
    "holding": Failure.DROPPED,
    "on_place": Failure.DROPPED,
}
"""How it fails if a fact is not so; the others are out of reach."""

PROMISES: Mapping[str, tuple[str, ...]] = {
    "approach": ("in_reach",),
    "grasp": ("holding",),
    "carry": ("holding", "spot_in_reach"),
    "place": ("on_place",),
    "go": ("at_place",),
}
"""The facts by which a choice is seen to be done already."""


@dataclass(kw_only=True)
class _Run:
    """A skill under way."""

    goal: Goal
    drawn: Outcome
    ends: float  # [s]
    over: bool = False


class ImaginedSkills:
    """Implements `RunnerPort`: skills end as the model draws it.

    Attributes:
        time: of the world [s].
        facts: that are so now.
        started: skills so far.
    """

    def __init__(
        self,
        model: SkillModel,
        subject: Subject,
        facts: frozenset[str],
        rng: np.random.Generator,
    ) -> None:
        """Begin among some facts."""
        self.time = 0.0
        self.facts = facts
        self.started = 0
        self._model = model
        self._subject = subject
        self._rng = rng
        self._run: _Run | None = None
        self._history = History()

    # --- the world ------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return what is seen now: names and time, nothing else means anything."""
        names = {self._subject.object: "visible", self._subject.place: None}
        objects = {
            name: _thing(name, movable=fact is not None)
            for name, fact in names.items()
            if name is not None and (fact is None or fact in self.facts)
        }
        return Snapshot(state=_state(self.time), objects=objects)

    def advance(self) -> None:
        """Let time pass: to the end of what runs, else one tick."""
        run = self._run
        if run is None or run.over:
            self.time += TICK_S
            return
        self.time = max(run.ends, self.time + TICK_S)
        self.facts = run.drawn.after
        run.over = True

    # --- the skills -----------------------------------------------------------------

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """See `RunnerPort.contract`."""
        choice = self._choice(goal)
        name = self._subject.object
        about = {goal.args.get(key) for key in ("object", "reach", "target")}
        if name is not None and name in about and "visible" not in self.facts:
            raise UnseenError(str(name), f"{goal.skill}: {name} is not seen")
        return Contract(
            goal=goal,
            joints=("right_arm",) if choice in ("grasp", "place") else ("legs",),
            pre=tuple(self._fact(fact) for fact in NEEDS[choice]),
            hold=tuple(self._holds(goal, failure) for failure in Failure),
            post=(self._promise(goal, choice),),
            timeout_s=float("inf"),
        )

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `RunnerPort.serves`."""
        found = (f(predicate) for f in (walk_for, grasp_for, manipulate_for))
        return next((goal for goal in found if goal is not None), None)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `RunnerPort.breaks`."""
        skills: dict[str, Callable[[Goal, Predicate], bool]] = {
            "walk": walk_breaks,
            "grasp": grasp_breaks,
            "manipulate": manipulate_breaks,
        }
        return goal.skill in skills and skills[goal.skill](goal, predicate)

    def question(self, predicate: Predicate) -> Condition:
        """See `RunnerPort.question`."""
        for fact in FACTS:
            if self._predicate(fact) == predicate:
                return self._fact(fact)
        raise GoalError(f"the model of the skills does not know {predicate}")

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """See `RunnerPort.start`."""
        choice, kind = self._choice(goal), self._subject.kind
        if not self._model.measured(kind, choice):
            raise GoalError(f"the model of the skills never saw {goal.skill} here")
        again = self._history.failures(choice) > 0
        drawn = self._model.draw(kind, choice, self.facts, self._rng, again=again)
        self.started += 1
        self._history = self._history.then(choice, drawn.outcome)
        self._run = _Run(goal=goal, drawn=drawn, ends=self.time + drawn.seconds)

    def stop(self, skill: str) -> None:
        """See `RunnerPort.stop`."""
        self._run = None

    def fault(self, skill: str) -> tuple[Failure, str] | None:
        """See `RunnerPort.fault`."""
        return None

    # --- conditions -----------------------------------------------------------------

    def _choice(self, goal: Goal) -> str:
        choice = self._subject.choice_of(goal)
        if choice is None or choice not in self._subject.choices:
            args = ", ".join(f"{name}={value}" for name, value in goal.args.items())
            raise GoalError(
                f"the model of the skills tells nothing of {goal.skill}({args}) for "
                f"{self._subject.predicate}"
            )
        return choice

    def _predicate(self, fact: str) -> Predicate:
        thing, place = str(self._subject.object), str(self._subject.place)
        return {
            "upright": Predicate("upright"),
            "at_object": Predicate("at", (thing,)),
            "at_place": Predicate("at", (place,)),
            "spot_in_reach": Predicate("spot_in_reach", (thing, place)),
            "on_place": Predicate("on", (thing, place)),
        }.get(fact, Predicate(fact, (thing,)))

    def _fact(self, fact: str) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            holds = fact in self.facts
            return Check(holds=holds, reason="so" if holds else "not so in the model")

        predicate = self._predicate(fact)
        return Condition(
            name=str(predicate),
            check=check,
            failure=FAILURES.get(fact, Failure.OUT_OF_REACH),
            predicate=predicate,
        )

    def _promise(self, goal: Goal, choice: str) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            run = self._run
            if run is not None and run.goal == goal:
                holds = run.over and run.drawn.outcome == SUCCESS
            else:
                facts = PROMISES.get(choice, ())
                holds = bool(facts) and all(fact in self.facts for fact in facts)
                holds = holds and not (choice == "place" and "holding" in self.facts)
            return Check(holds=holds, reason="so" if holds else "not so in the model")

        return Condition(name=f"done({choice})", check=check)

    def _holds(self, goal: Goal, failure: Failure) -> Condition:
        def check(snapshot: Snapshot) -> Check:
            run = self._run
            if run is None or run.goal != goal or not run.over:
                return Check(holds=True, reason="it goes on")
            outcome = run.drawn.outcome
            if outcome == REFUSED:  # a hand or a spot was not as it has to be
                outcome = Failure.OUT_OF_REACH.value
            return Check(holds=outcome != failure.value, reason=outcome)

        about = {
            Failure.OBJECT_LOST: "visible",
            Failure.DROPPED: "holding",
            Failure.OUT_OF_REACH: "in_reach",
        }.get(failure)
        return Condition(
            name=f"no {failure.value}",
            check=check,
            failure=failure,
            predicate=None if about is None else self._predicate(about),
        )


def _state(time: float) -> RobotState:
    return RobotState(
        time=time,
        joint_pos=np.zeros(1),
        joint_vel=np.zeros(1),
        joint_effort=np.zeros(1),
        base_pos_w=np.zeros(3),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=np.zeros(3),
    )


def _thing(name: str, *, movable: bool) -> ObjectState:
    return ObjectState(
        name=name,
        kind="cup" if movable else "table",
        pos_w=np.zeros(3),
        quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        lin_vel_w=np.zeros(3),
        half_size=np.ones(3),
        movable=movable,
    )
