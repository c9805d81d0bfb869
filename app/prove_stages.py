"""The stages that `praxis prove` compares: which policies, which adapter, on whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Adapter
from sim2real.adaptation.choice import make_adapter
from sim2real.identified import load_identified
from sim2real.mujoco_model import CONTROL_DT
from sim2real.randomization import hidden_robot
from sim2real.robot_parameters import RobotParameters
from skills.library import adaptive_skills

STAGES = ("nominal", "randomised", "identified", "adapted", "all")


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """What the stages may use."""

    policies: Path | None = None  # those that ship if None
    randomised: Path | None = None  # policies trained on random robots
    identified: Path | None = None  # folder with a file for each hidden robot


@dataclass(frozen=True, kw_only=True)
class Method:
    """How one stage drives one robot."""

    policies: Path | None
    adaptive: bool  # take adaptive policies where there are some
    adapter: Adapter


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A stage that cannot be measured, and why."""

    reason: str


def method_of(
    stage: str, robot: RobotConfig, seed: int, ingredients: Ingredients
) -> Method | Missing:
    """Return how a stage drives hidden robot `seed`, or what it lacks.

    Args:
        stage: one of `STAGES`.
        robot: as its files describe it.
        seed: of the hidden robot.
        ingredients: of all stages.

    Raises:
        ConfigError: if an identified file is there and cannot be used.
    """
    folder, adaptive = ingredients.policies, False
    kind, known = "none", None
    if stage == "randomised":
        if ingredients.randomised is None:
            return Missing(reason="no policies trained on random robots: --randomised")
        folder = ingredients.randomised
    if stage == "identified":
        known = _identified(robot, seed, ingredients)
        if known is None:
            return Missing(
                reason=f"hidden robot {seed} is not identified: --identified FOLDER "
                f"with {_file(seed)}"
            )
    if stage in ("adapted", "all"):
        kind, adaptive = "estimator", bool(adaptive_skills(folder))
    if stage == "all":
        folder = ingredients.randomised or folder
        known = _identified(robot, seed, ingredients)
        adaptive = bool(adaptive_skills(folder))
    adapter = make_adapter(kind, robot, CONTROL_DT, identified=known)
    return Method(policies=folder, adaptive=adaptive, adapter=adapter)


def what_it_uses(stage: str, ingredients: Ingredients) -> str:
    """Return a line about what a stage is made of here."""
    module = adaptive_skills(ingredients.policies)
    networks = f"adaptive policies: {', '.join(module) or 'none'}"
    if stage == "nominal":
        return "policies as they are, no adaptation"
    if stage == "randomised":
        return f"policies in {ingredients.randomised}"
    if stage == "identified":
        return f"policies as they are, commands fitted to {ingredients.identified}"
    if stage == "adapted":
        return f"estimator while running; {networks}"
    known = ingredients.identified or "no identified robots"
    return f"estimator; {known}; {ingredients.randomised or 'policies as they are'}"


def drawn_robot(robot: RobotConfig, seed: int, weak: float | None) -> RobotParameters:
    """Return hidden robot `seed`, with all motors of one strength if that is given.

    Raises:
        ConfigError: if the strength cannot be.
    """
    parameters = hidden_robot(robot, seed)
    if weak is None:
        return parameters
    if not 0.3 <= weak <= 1.2:
        raise ConfigError(f"--weak {weak}: expected a share between 0.3 and 1.2.")
    strength = parameters.strength * 0.0 + weak
    return replace(parameters, strength=strength)


def _file(seed: int) -> str:
    return f"hidden_{seed}.yaml"


def _identified(
    robot: RobotConfig, seed: int, ingredients: Ingredients
) -> RobotParameters | None:
    if ingredients.identified is None:
        return None
    path = ingredients.identified / _file(seed)
    if not path.is_file():
        return None
    return load_identified(str(path)).robot_parameters(robot)
