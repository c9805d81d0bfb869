"""Disturb an episode once, at a moment that the seed and the robot decide."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Moment
from app.faults.meddling import ACTS, World
from app.result import EpisodeResult
from app.scenario import DisturbanceConfig, WhenConfig
from planners.behaviours import RunSkill
from skills.contract import Predicate, Snapshot
from skills.predicates import Hands
from skills.runner import SkillRunner

Array = NDArray[np.float64]


class Disturbance:
    """Watches the robot until the moment has come, then acts once, then never again.

    It acts on the world alone: no command is changed. `prepare` belongs after each
    reset, and the rest is an observer, told of every tick before the backend's step.

    Attributes:
        at: robot time of the first act [s]; None before.
        over: whether it has acted and ended.
        what: what was done, with numbers.
    """

    def __init__(
        self,
        config: DisturbanceConfig,
        world: World,
        runner: SkillRunner,
        hands: Hands,
    ) -> None:
        """Take what is to happen, the world, and who knows what the robot does."""
        self.at: float | None = None
        self.over = False
        self.what = ""
        self._config = config
        self._world = world
        self._hands = hands
        self._moment = None if config.when is None else _When(config.when, runner)
        self._act: Iterator[str] | None = None
        self._rng = np.random.default_rng(0)

    def prepare(self, seed: int) -> None:
        """Forget the episode before; act at once if no moment was named."""
        self.at, self.over, self.what, self._act = None, False, "", None
        self._rng = np.random.default_rng([seed, 2])
        if self._moment is None:
            self._go_on(0.0)
        else:
            self._moment.forget()

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Nothing has moved yet."""

    def tick(self, moment: Moment) -> None:
        """Act if it is time for it."""
        came = self._act is not None or (
            self._moment is not None and self._moment.has_come(moment)
        )
        if came and not self.over:
            self._go_on(moment.snapshot.time)

    def end(self, result: EpisodeResult) -> None:
        """What was done is kept until the next episode."""

    def close(self) -> None:
        """Nothing is held."""

    def _go_on(self, time: float) -> None:
        if self._act is None:
            self._act = ACTS[self._config.kind](
                self._config, self._world, self._hands, self._rng
            )
        said = next(self._act, None)
        if said is None:
            self.over = True
        else:
            self.at = time if self.at is None else self.at
            self.what = said


class _When:
    """Recognises a moment."""

    def __init__(self, config: WhenConfig, runner: SkillRunner) -> None:
        self._config = config
        self._condition = (
            None
            if config.holds is None
            else runner.question(Predicate.parse(config.holds))
        )
        self.forget()

    def forget(self) -> None:
        """Begin with another episode."""
        self._began_at: Array | None = None  # where the skill began [m], (2,)
        self._way = inf  # so far it must get [m]
        self._since: float | None = None

    def has_come(self, moment: Moment) -> bool:
        """Whether everything has been so for long enough."""
        now = moment.snapshot.time
        if not (self._is_far(moment) and self._holds(moment.snapshot)):
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        return now - self._since >= self._config.for_s - 1e-9

    def _is_far(self, moment: Moment) -> bool:
        if self._config.skill is None:
            return True
        if self._config.skill not in moment.active:
            self._began_at = None
            return False
        here = moment.snapshot.state.base_pos_w[:2]
        if self._began_at is None:
            self._began_at = here
            self._way = min(self._config.covered or 0.0, _whole_way(moment) / 2)
        return float(np.linalg.norm(here - self._began_at)) >= self._way

    def _holds(self, snapshot: Snapshot) -> bool:
        return self._condition is None or self._condition.check(snapshot).holds


def _whole_way(moment: Moment) -> float:
    """Return how far it is to what the skill that runs is about [m]."""
    leaf = moment.root.tip()
    args = leaf.step.args if isinstance(leaf, RunSkill) else {}
    name = args.get("reach", args.get("target"))
    thing = moment.snapshot.objects.get(str(name))
    if thing is None:
        return inf
    away = thing.pos_w[:2] - moment.snapshot.state.base_pos_w[:2]
    return float(np.linalg.norm(away))
