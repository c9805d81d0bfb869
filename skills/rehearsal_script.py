"""Rehearse failures: a script says how the runs of each skill end.

    grasp=dropped,ok; walk=timeout*

The first grasp loses what it has in its hand and the second one goes well, as do all
that come after what is listed. With `*` the last one is repeated for ever.

A run is a start of the skill, also by a recovery. It goes as usual for 0.4 s; then the
skill does nothing more, and what the script says has happened. What is over before
that ends well, and so does the standing of a robot that was told nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from configs.loader import ConfigError
from sim2real.robot import BackendError
from skills.contract import (
    Argument,
    Check,
    Condition,
    Contract,
    Failure,
    Goal,
    JointTargets,
    Predicate,
    Skill,
    Snapshot,
)
from skills.predicates import Hands

STRIKE_S = 0.4  # less than any promise has to last [s]
TIMEOUT_S = 3.0  # that is left to a run whose promise never comes [s]
HIDDEN_S = 3.0  # for which an object is lost [s]
TIP = 0.8  # how far the robot leans when it is unstable; 46 degrees [rad]
WELL = "ok"


class Mishaps(Protocol):
    """What may befall the robot that pretends."""

    def move_base(self, vx: float, vy: float, wz: float) -> None:
        """Glide with this velocity, base frame [m/s, m/s, rad/s], until told anew."""

    def detach(self, name: str) -> None:
        """Let go of an object."""

    def hide_object(self, name: str, for_s: float) -> None:
        """Report an object no more, for some time [s]."""

    def tip(self, pitch: float) -> None:
        """Lean forward by an angle [rad]."""


@dataclass(frozen=True, kw_only=True)
class Endings:
    """How the runs of one skill end; None is well."""

    listed: tuple[Failure | None, ...]
    for_ever: bool = False  # the last one also ends every later run

    def of(self, run: int) -> Failure | None:
        """Return the ending of a run; the first one is 0."""
        if run < len(self.listed):
            return self.listed[run]
        return self.listed[-1] if self.for_ever else None


def read_script(text: str, skills: Collection[str]) -> dict[str, Endings]:
    """Return the endings for each skill that a script names.

    Raises:
        ConfigError: naming what is not understood.
    """
    script: dict[str, Endings] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        skill, sign, words = (word.strip() for word in part.partition("="))
        if not sign:
            raise ConfigError(
                f"script '{part}': expected skill=ending,ending such as "
                "grasp=dropped,ok."
            )
        if skill not in skills:
            raise ConfigError(
                f"script '{part}': there is no skill '{skill}'. "
                f"Known: {', '.join(skills)}."
            )
        if skill in script:
            raise ConfigError(f"script '{part}': {skill} has its endings already.")
        for_ever = words.endswith("*")
        listed = [_ending(word.strip(), part) for word in words.rstrip("*").split(",")]
        script[skill] = Endings(listed=tuple(listed), for_ever=for_ever)
    return script


def _ending(word: str, part: str) -> Failure | None:
    if word == WELL:
        return None
    try:
        return Failure(word)
    except ValueError:
        known = ", ".join([WELL, *(failure.value for failure in Failure)])
        raise ConfigError(
            f"script '{part}': '{word}' is no ending. Known: {known}."
        ) from None


def follow(
    script: Mapping[str, Endings],
    skills: Mapping[str, Skill],
    *,
    stage: Mishaps,
    hands: Hands,
    trip: Callable[[Failure, str], None],
    stop: Callable[[], None],
) -> dict[str, Skill]:
    """Return skills that end as a script says.

    Args:
        script: the endings for each skill that has some.
        skills: by name.
        stage: where mishaps happen.
        hands: of the robot.
        trip: stops every skill, as the safety filter does: see `SkillRunner.trip`.
        stop: asks the robot to stop, as the operator does.
    """
    programme = _Programme(script)
    return {
        name: _Scripted(skill, programme, stage, hands, trip, stop)
        for name, skill in skills.items()
    }


class _Programme:
    """Knows what comes next; it begins anew when robot time does."""

    def __init__(self, script: Mapping[str, Endings]) -> None:
        self._script = script
        self._runs: Counter[str] = Counter()
        self._time = 0.0  # when it was looked at last [s]

    def next(self, goal: Goal, time: float) -> Failure | None:
        if time < self._time:
            self._runs.clear()
        self._time = time
        endings = self._script.get(goal.skill)
        return endings.of(self._runs[goal.skill]) if endings and goal.args else None

    def take(self, goal: Goal, time: float) -> Failure | None:
        ending = self.next(goal, time)
        self._runs[goal.skill] += bool(goal.args)
        return ending


class _Scripted:
    """One skill, each of whose runs ends as the programme says."""

    def __init__(
        self,
        skill: Skill,
        programme: _Programme,
        stage: Mishaps,
        hands: Hands,
        trip: Callable[[Failure, str], None],
        stop: Callable[[], None],
    ) -> None:
        self.name: str = skill.name
        self.arguments: tuple[Argument, ...] = skill.arguments
        self._skill = skill
        self._programme = programme
        self._stage = stage
        self._hands = hands
        self._trip = trip
        self._ask_to_stop = stop
        self._goal = Goal(skill=skill.name)
        self._ending: Failure | None = None  # of the run that is under way
        self._started = 0.0  # [s]
        self._struck = False  # what the script says has happened
        self._last: JointTargets | None = None

    def contract(self, goal: Goal, snapshot: Snapshot) -> Contract:
        """Return the contract with a condition that breaks when the script says so."""
        contract = self._skill.contract(goal, snapshot)
        ending = self._programme.next(goal, snapshot.time)
        if ending is Failure.TIMEOUT:
            return replace(contract, timeout_s=min(contract.timeout_s, TIMEOUT_S))
        if ending in _BROKEN:
            return replace(
                contract, hold=(self._as_scripted(ending, goal), *contract.hold)
            )
        return contract

    def serves(self, predicate: Predicate) -> Goal | None:
        """See `Skill.serves`."""
        return self._skill.serves(predicate)

    def breaks(self, goal: Goal, predicate: Predicate) -> bool:
        """See `Skill.breaks`."""
        return self._skill.breaks(goal, predicate)

    def start(self, goal: Goal, snapshot: Snapshot) -> None:
        """Begin the next run."""
        self._skill.start(goal, snapshot)
        self._ending = self._programme.take(goal, snapshot.time)
        self._goal, self._started, self._struck = goal, snapshot.time, False

    def step(self, snapshot: Snapshot) -> JointTargets:
        """Act, until the script strikes; then do nothing more."""
        if self._ending is not None and not self._struck and self._due(snapshot):
            self._struck = True
            self._stage.move_base(0.0, 0.0, 0.0)
            self._strike(self._ending)
        if not self._struck or self._last is None:
            self._last = self._skill.step(snapshot)
        return self._last

    def stop(self) -> None:
        """End the run."""
        self._ending, self._last = None, None
        self._skill.stop()

    def _due(self, snapshot: Snapshot) -> bool:
        if snapshot.time < self._started + STRIKE_S - 1e-9:
            return False
        thing = snapshot.objects.get(str(self._goal.args.get("object")))
        if self._ending is not Failure.DROPPED or thing is None:
            return True
        return self._hands.holder(snapshot.state, thing) is not None

    def _strike(self, ending: Failure) -> None:
        text = f"{self.name} meets what the script says: {ending.value}"
        thing = _thing(self._goal)
        if ending is Failure.CONTRACT:
            raise RuntimeError(text)
        if ending is Failure.HARDWARE:
            self._trip(ending, text)
        elif ending is Failure.OPERATOR:
            self._ask_to_stop()
        elif ending is Failure.UNSTABLE:
            self._stage.tip(TIP)
        elif ending is Failure.OBJECT_LOST and thing is not None:
            self._stage.hide_object(thing, HIDDEN_S)
        elif ending is Failure.DROPPED and thing is not None:
            with suppress(BackendError):  # it holds nothing
                self._stage.detach(thing)

    def _as_scripted(self, ending: Failure, goal: Goal) -> Condition:
        thing = _thing(goal)
        lost = ending is Failure.OBJECT_LOST and thing is not None

        def check(snapshot: Snapshot) -> Check:
            found = lost and thing in snapshot.objects
            return Check(holds=not self._struck or found, reason="the script says so")

        return Condition(
            name=ending.value,
            check=check,
            failure=ending,
            predicate=Predicate("visible", (str(thing),)) if lost else None,
        )


_BROKEN = (
    Failure.OUT_OF_REACH,
    Failure.OBJECT_LOST,
    Failure.DROPPED,
    Failure.UNSTABLE,
    Failure.BLOCKED,
)
"""Endings that a run meets as a condition that holds no longer."""


def _thing(goal: Goal) -> str | None:
    """Return what a goal is about, if anything."""
    keys = ("object", "carrying", "reach", "target")
    return next((str(goal.args[key]) for key in keys if key in goal.args), None)
