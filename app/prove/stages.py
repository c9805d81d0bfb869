"""The stages that `praxis prove` compares: which policies, which adapter, on whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from configs.loader import ConfigError
from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Adapter
from sim2real.adaptation.choice import make_adapter
from sim2real.identified import IDENTIFIED_DIR, load_identified
from sim2real.mujoco_model import CONTROL_DT
from sim2real.randomization import hidden_robot
from sim2real.robot_parameters import RobotParameters
from skills.library import (
    ADAPTIVE,
    POLICY_DIR,
    WIDE,
    adaptive_skills,
    policy_path,
    skill_arguments,
)

STAGES = ("nominal", "randomised", "identified", "adapted", "all")


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """What the stages may use; nothing named means what ships with Praxis."""

    policies: Path | None = None
    randomised: Path | None = None  # policies trained on random robots
    identified: Path | None = None  # folder with a file for each hidden robot
    weak: float | None = None  # strength of all motors instead of the hidden one

    def randomised_files(self) -> dict[str, Path]:
        """Return policy files that were trained on random robots, by skill."""
        known = skill_arguments()
        if self.randomised is not None:
            files = {skill: policy_path(skill, self.randomised) for skill in known}
        else:
            files = {skill: policy_path(skill + WIDE, self.policies) for skill in known}
        return {skill: path for skill, path in files.items() if path.is_file()}

    def identified_file(self, seed: int) -> Path:
        """Return where the file of a hidden robot lies, if there is one."""
        return (self.identified or IDENTIFIED_DIR) / f"hidden_{seed}.yaml"


@dataclass(frozen=True, kw_only=True)
class Method:
    """How one stage drives one robot."""

    policies: Path | None
    adaptive: bool  # take adaptive policies where there are some
    adapter: Adapter
    files: Mapping[str, Path] = field(default_factory=dict)  # other policies, by skill
    known: RobotParameters | None = None  # what is known of the robot

    @property
    def walk(self) -> Path:
        """The policy file that walks."""
        adaptive = policy_path(f"walk{ADAPTIVE}", self.policies)
        if self.adaptive and adaptive.is_file():
            return adaptive
        return self.files.get("walk") or policy_path("walk", self.policies)


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
    folder = ingredients.policies
    files: dict[str, Path] = {}
    kind, known = "none", None
    if stage in ("randomised", "all"):
        files = ingredients.randomised_files()
    if stage in ("identified", "all"):
        known = _identified(robot, seed, ingredients)
    if stage == "randomised" and not files:
        place = ingredients.randomised or folder or POLICY_DIR
        name = "walk.onnx" if ingredients.randomised else f"walk{WIDE}.onnx"
        return Missing(
            reason=f"no policies trained on random robots: there is no {name} in "
            f"{place}"
        )
    if stage == "identified" and known is None:
        return Missing(reason=_not_identified(seed, ingredients))
    if stage in ("adapted", "all"):
        kind = "estimator"
    return Method(
        policies=folder,
        adaptive=kind == "estimator" and bool(adaptive_skills(folder)),
        adapter=make_adapter(kind, robot, CONTROL_DT, identified=known),
        files=files,
        known=known,
    )


def what_it_uses(stage: str, ingredients: Ingredients) -> str:
    """Return a line about what a stage is made of here."""
    wide = ", ".join(p.name for p in ingredients.randomised_files().values())
    wide = f"{wide} of {ingredients.randomised}" if ingredients.randomised else wide
    where = ingredients.identified or IDENTIFIED_DIR.name
    module = ", ".join(adaptive_skills(ingredients.policies))
    networks = f"adaptive policies: {module or 'none'}"
    if stage == "nominal":
        return "policies as they are, no adaptation"
    if stage == "randomised":
        return f"policies trained on random robots: {wide or 'none'}"
    if stage == "identified":
        return f"policies as they are, commands fitted to the files in {where}"
    if stage == "adapted":
        return f"estimator while running; {networks}"
    return (
        f"estimator; files in {where} where there are some; {networks}; policies "
        f"trained on random robots: {wide or 'none'}"
    )


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


def _identified(
    robot: RobotConfig, seed: int, ingredients: Ingredients
) -> RobotParameters | None:
    if ingredients.weak is not None and ingredients.identified is None:
        return None  # what ships was identified with the hidden motors
    path = ingredients.identified_file(seed)
    if not path.is_file():
        return None
    return load_identified(str(path)).robot_parameters(robot)


def _not_identified(seed: int, ingredients: Ingredients) -> str:
    if ingredients.weak is not None and ingredients.identified is None:
        return "with --weak the robots are others than those that were identified"
    name = ingredients.identified_file(seed).name
    return f"hidden robot {seed} is not identified: --identified FOLDER with {name}"
