"""The semi-Markov model of the skills as an environment to learn choosing in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from configs.loader import ConfigError
from configs.training_schema import SelectorTrainingConfig
from skills.contract import Failure
from skills.selector.model import SkillModel
from skills.selector.observation import MOST_SKILLS, NAMES, History, observe
from skills.selector.words import CHOICES, GOALS, REFUSED, SUCCESS, Subject

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
Choose = Callable[[Array32], int]

MOST_FAILURES = 2  # of one choice in one place; then the tree takes over
FATAL = tuple(
    failure.value
    for failure in (
        Failure.UNSTABLE,
        Failure.CONTRACT,
        Failure.HARDWARE,
        Failure.OPERATOR,
    )
)
"""Outcomes that end a task: the tree does not retry them either."""


class SelectorEnv(gymnasium.Env[Array32, np.int64]):
    """One step is one skill, from its start to its end.

    A success is worth 1, every start and every second costs a little, a fall costs a
    lot. Control given to the tree ends the episode at a cost.

    Discounting by time: after a skill of `t` seconds the episode goes on with the
    probability `discount_per_s ** t`, which gives the same expected return as
    discounting what follows by that factor (Puterman, Markov Decision Processes,
    1994, section 5.3). So the learner's own discount is 1, whatever its algorithm.
    """

    def __init__(
        self,
        model: SkillModel,
        config: SelectorTrainingConfig,
        *,
        lasting: bool = False,
    ) -> None:
        """Take the model.

        Args:
            model: of the skills.
            config: settings.
            lasting: for evaluation: no episode ends by the discount, and all begin
                as measured ones did.

        Raises:
            ConfigError: if the model cannot tell about any goal of the config.
        """
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, (len(NAMES),))
        self.action_space = gymnasium.spaces.Discrete(len(CHOICES))
        self._model = model
        self._config = config
        self._lasting = lasting
        self._goals = _goals(model, config)
        self._beginnings = {kind: _beginnings(model, kind) for kind, _ in self._goals}
        self._subject = Subject.some(self._goals[0][0])
        self._facts: frozenset[str] = frozenset()
        self._history = History()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array32, dict[str, Any]]:
        """Begin with a goal that is not reached; `options` may name its kind."""
        super().reset(seed=seed)
        kinds, shares = zip(*self._goals, strict=True)
        kind = (options or {}).get("goal")
        if kind is None:
            kind = str(self.np_random.choice(kinds, p=shares))
        self._subject = Subject.some(kind)
        self._facts = self._start()
        self._history = History()
        return self._observe(), {}

    def step(
        self, action: np.int64
    ) -> tuple[Array32, float, bool, bool, dict[str, Any]]:
        """Run one skill in the model."""
        choice, config = CHOICES[int(action)], self._config
        if (
            choice not in self._subject.choices
            or not self._model.measured(self._subject.kind, choice)
            or self._subject.unmet(choice, self._facts)
            or self._history.failures(choice) >= MOST_FAILURES
            or len(self._history.tried) >= MOST_SKILLS
        ):
            return self._end(REFUSED, 0.0, -config.handover_cost)
        drawn = self._model.draw(
            self._subject.kind,
            choice,
            self._facts,
            self.np_random,
            again=self._history.failures(choice) > 0,
        )
        if drawn.outcome == REFUSED:
            return self._end(REFUSED, 0.0, -config.handover_cost)
        self._facts = drawn.after
        self._history = self._history.then(choice, drawn.outcome)
        reward = -config.choice_cost - config.time_cost_per_s * drawn.seconds
        if drawn.outcome in FATAL:
            return self._end(drawn.outcome, drawn.seconds, reward - config.fall_cost)
        if self._subject.reached(self._facts):
            worth = config.discount_per_s**drawn.seconds
            return self._end(SUCCESS, drawn.seconds, reward + worth)
        stays = config.discount_per_s**drawn.seconds
        over = not self._lasting and self.np_random.random() > stays
        info = {"seconds": drawn.seconds, "end": ""}
        return self._observe(), reward, bool(over), False, info

    def _end(
        self, how: str, seconds: float, reward: float
    ) -> tuple[Array32, float, bool, bool, dict[str, Any]]:
        return self._observe(), reward, True, False, {"seconds": seconds, "end": how}

    def _observe(self) -> Array32:
        return observe(self._subject.kind, self._facts, self._history)

    def _start(self) -> frozenset[str]:
        kind = self._subject.kind
        known, starts, shares = self._beginnings[kind]
        exploring = self.np_random.random() < self._config.exploring_starts
        if exploring and not self._lasting:
            return known[int(self.np_random.integers(len(known)))]
        return starts[int(self.np_random.choice(len(starts), p=shares))]


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """One goal, carried out in the environment."""

    goal: str
    success: bool
    end: str
    skills: int
    seconds: float
    value: float  # return, discounted by time


def roll_out(
    env: SelectorEnv, config: SelectorTrainingConfig, choose: Choose, seed: int
) -> Rollout:
    """Carry out one goal with a chooser, without its exploration."""
    observation, _ = env.reset(seed=seed)
    value, seconds, skills = 0.0, 0.0, 0
    while True:
        observation, reward, over, _, info = env.step(np.int64(choose(observation)))
        value += config.discount_per_s**seconds * reward
        seconds += info["seconds"]
        if info["end"] != REFUSED:
            skills += 1
        if over:
            break
    goal = GOALS[int(np.argmax(observation[_goal_slice()]))]
    return Rollout(
        goal=goal,
        success=info["end"] == SUCCESS,
        end=info["end"],
        skills=skills,
        seconds=seconds,
        value=value,
    )


def _beginnings(
    model: SkillModel, kind: str
) -> tuple[list[frozenset[str]], list[frozenset[str]], Array]:
    """Return facts known, facts at the start of episodes, and the latter's shares."""
    subject = Subject.some(kind)

    def is_open(facts: frozenset[str]) -> bool:
        return "upright" in facts and not subject.reached(facts)

    starts = [(facts, count) for facts, count in model.starts(kind) if is_open(facts)]
    counts = np.array([count for _, count in starts], dtype=float)
    known = [facts for facts in model.known(kind) if is_open(facts)]
    begin = [facts for facts, _ in starts]
    return known or begin, begin, counts / counts.sum()


def _goal_slice() -> slice:
    begin = next(i for i, name in enumerate(NAMES) if name.startswith("goal: "))
    return slice(begin, begin + len(GOALS))


def _goals(
    model: SkillModel, config: SelectorTrainingConfig
) -> list[tuple[str, float]]:
    """Return the goals that the model can tell about, with their shares."""
    unknown = sorted(set(config.goals) - set(GOALS))
    if unknown:
        raise ConfigError(
            f"goals: there is no '{unknown[0]}' (known: {', '.join(GOALS)})."
        )
    found = []
    for kind, share in config.goals.items():
        subject = Subject.some(kind)
        open_starts = [
            facts
            for facts, _ in model.starts(kind)
            if "upright" in facts and not subject.reached(facts)
        ]
        if share > 0 and open_starts:
            found.append((kind, share))
    total = sum(share for _, share in found)
    if not found:
        raise ConfigError(
            f"the model of the skills has no episode for {', '.join(config.goals)}; "
            "measure more: praxis model skills"
        )
    return [(kind, share / total) for kind, share in found]
