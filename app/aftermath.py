"""See what became of the world in a scenario, and whether the answer was right."""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees
from typing import Any

import numpy as np

from app.claims import claims_of
from app.control_loop import Assembly, Moment
from app.disturbance import Disturbance
from app.faults.meddling import World, from_rim, in_hand
from app.result import EpisodeResult
from app.scenario import SUCCESS, ScenarioConfig
from app.truth import Truth
from sim2real.robot import ObjectState
from sim2real.rotations import rotate
from skills.contract import Failure
from skills.furniture import support_of, top_of
from skills.predicates import UPRIGHT, Hands

UNTOUCHED = 0.01  # what is left alone does not move further than this [m]
AT_REST = 0.05  # speed of what lies still [m/s]
AT_REST_S = 0.5  # for so long
WITHIN_REACH = 0.22  # from the rim to what can be taken over it [m]
GAP = 0.015  # below what stands on something [m]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One episode of a scenario, and what it was worth."""

    result: EpisodeResult
    right: bool
    why: str
    disturbed_at: float | None  # robot time [s]
    disturbance: str  # what was done to the world, in words

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data that JSON can hold."""
        at = self.disturbed_at
        return {
            **self.result.as_dict(),
            "right": self.right,
            "why": self.why,
            "disturbed_at_s": None if at is None else round(at, 3),
            "disturbance": self.disturbance,
        }


class Aftermath:
    """Watches the truth of each episode and gives each its mark.

    Attributes:
        answers: of the episodes that ended, in order.
    """

    def __init__(
        self,
        config: ScenarioConfig,
        world: World,
        hands: Hands,
        disturbance: Disturbance | None,
    ) -> None:
        """Take what is right, the world that tells the truth, and what disturbs it."""
        self.answers: list[Answer] = []
        self._config = config
        self._world = world
        self._hands = hands
        self._disturbance = disturbance

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Remember how everything was."""
        self._start = self._truth()
        self._moved = dict.fromkeys(self._config.untouched, 0.0)
        self._still_since: float | None = None
        self._left: str | None = None  # how the disturbed object came to rest
        self._lost = False

    def tick(self, moment: Moment) -> None:
        """Look at the truth."""
        objects = self._world.true_objects()
        for name, most in self._moved.items():
            away = objects[name].pos_w - self._start.objects[name].pos_w
            self._moved[name] = max(most, float(np.linalg.norm(away)))
        self._follow(moment.snapshot.time)

    def end(self, result: EpisodeResult) -> None:
        """Give the episode its mark."""
        self.answers.append(self._answer(result))

    def close(self) -> None:
        """Nothing is held."""

    def _follow(self, now: float) -> None:
        """See where the disturbed object comes to rest for the first time."""
        disturbance = self._disturbance
        if disturbance is None or not disturbance.over or self._left is not None:
            return
        thing = self._disturbed()
        if thing is None:
            return
        moving = float(np.linalg.norm(thing.lin_vel_w)) > AT_REST
        if moving or in_hand(self._hands, self._world.true_state(), thing):
            self._still_since = None
        elif self._still_since is None:
            self._still_since = now
        elif now - self._still_since >= AT_REST_S - 1e-9:
            self._look_at(thing)

    def _look_at(self, thing: ObjectState) -> None:
        wrong = out_of_reach(thing, self._truth())
        self._lost = wrong is not None
        self._left = wrong or f"{thing.name} stands within reach"

    def _look_at_last(self) -> None:
        """Look at what never came to rest, as a cup that rolls on and on."""
        thing, state = self._disturbed(), self._world.true_state()
        if thing is not None and not in_hand(self._hands, state, thing):
            self._look_at(thing)

    def _disturbed(self) -> ObjectState | None:
        config = self._config.disturbance
        if config is None or config.object is None or config.kind == "hide":
            return None  # there is nothing to be seen of it in the world
        return self._world.true_objects()[config.object]

    def _answer(self, result: EpisodeResult) -> Answer:
        disturbance = self._disturbance
        at = None if disturbance is None else disturbance.at
        what = "" if disturbance is None else disturbance.what
        if at is not None and self._left is None:
            self._look_at_last()
        wrong = self._wrong(result)
        outcome = SUCCESS if result.success else _failure(result)
        left = f"; {self._left}" if self._left else ""
        return Answer(
            result=result,
            right=wrong is None,
            why=(wrong or f"{outcome} is right") + left,
            disturbed_at=at,
            disturbance=what,
        )

    def _wrong(self, result: EpisodeResult) -> str | None:
        """Return what is wrong with an answer, or None."""
        if result.contradicted:
            return f"false success: {result.judgement.reason}"
        if self._disturbance is not None and self._disturbance.at is None:
            return "the moment of the disturbance never came"
        for name, moved in self._moved.items():
            if moved > UNTOUCHED:
                return f"{name} was moved by {moved * 100:.1f} cm"
        outcome = SUCCESS if result.success else _failure(result)
        right = [_word(outcome) for outcome in self._config.right]
        if self._lost:
            right += [_word(outcome) for outcome in self._config.right_if_lost]
        if outcome not in right:
            return f"{outcome} is not right ({' or '.join(right)})"
        if outcome != Failure.UNSTABLE.value:
            return claims_of((), self._start)[0].shortfall(self._truth())
        return None

    def _truth(self) -> Truth:
        return Truth(
            state=self._world.true_state(),
            objects=self._world.true_objects(),
            touching={},
        )


def out_of_reach(thing: ObjectState, truth: Truth) -> str | None:
    """Return why a hand cannot take an object where it is, or None if one can."""
    level = float(rotate(thing.quat_wxyz, np.array([0.0, 0.0, 1.0]))[2])
    support = support_of(thing, truth.objects)
    if support is None:
        return f"{thing.name} lies on the floor"
    if level <= UPRIGHT:
        tilt = degrees(np.arccos(np.clip(level, -1.0, 1.0)))
        return f"{thing.name} has fallen over on {support.name}, by {tilt:.0f} degrees"
    gap = float(thing.pos_w[2] - thing.half_size[2]) - top_of(support)
    if abs(gap) > GAP:
        return f"{thing.name} is {gap * 100:.0f} cm above {support.name}"
    inside = from_rim(thing, support)
    if inside > WITHIN_REACH:
        return (
            f"{thing.name} stands {inside * 100:.0f} cm from the rim of {support.name}"
        )
    return None


def _failure(result: EpisodeResult) -> str:
    return "nothing" if result.failure is None else result.failure.value


def _word(outcome: str) -> str:
    return outcome.value if isinstance(outcome, Failure) else outcome
