"""A scenario: a task, what disturbs the robot in it, and which answers are right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from configs.loader import CONFIG_DIR, ConfigError, load, parse
from configs.schema import Config, Name, Range, SceneConfig
from skills.contract import Failure
from skills.predicate_names import read_predicate

SCENARIO_DIR = CONFIG_DIR / "scenarios"
SUCCESS = "success"

Text = Annotated[str, Field(min_length=1)]
Length = Annotated[float, Field(gt=0)]
Outcome = Literal["success"] | Failure


def _predicate(text: str) -> str:
    read_predicate(text)
    return text


class WhenConfig(Config):
    """The moment in an episode: all that is said must be so at once."""

    skill: Name | None = None  # it has joints
    covered: Length | None = None  # since it began, or half of its way if shorter [m]
    holds: Annotated[str, AfterValidator(_predicate)] | None = None
    for_s: Annotated[float, Field(ge=0)] = 0.0  # it has been so without a break [s]

    @model_validator(mode="after")
    def _check_something_is_said(self) -> WhenConfig:
        if self.skill is None and self.holds is None:
            raise ValueError("expected skill or holds, got neither")
        if self.covered is not None and self.skill is None:
            raise ValueError("covered is a way of a skill; name the skill")
        return self


_NEEDS: dict[str, tuple[str, ...]] = {
    "move": ("object", "distance"),
    "knock": ("object", "speed", "force"),
    "put_back": ("object",),
    "push": ("speed",),
    "hide": ("object",),
}
_MAY_HAVE = {"move": ("from_rim",), "put_back": ("from_rim",)}


class DisturbanceConfig(Config):
    """Something that happens to the world, once, whatever the robot does.

    move: somebody moves an object along what it stands on.
    knock: something hits an object until it is out of the hand.
    put_back: somebody takes an object out of the hand and puts it on the furniture
        below.
    push: somebody shoves the robot.
    hide: perception reports an object no more.
    """

    kind: Literal["move", "knock", "put_back", "push", "hide"]
    when: WhenConfig | None = None  # None: before the robot looks for the first time
    object: Name | None = None
    distance: Length | None = None  # that it is moved [m]
    speed: Length | None = None  # of the shove, or of what hits the object [m/s]
    force: Length | None = None  # of what hits the object, at most [N]
    from_rim: Range = (0.05, 0.20)  # from its centre to the nearest rim, afterwards [m]

    @model_validator(mode="after")
    def _check_kind(self) -> DisturbanceConfig:
        needed = _NEEDS[self.kind]
        given = self.model_fields_set - {"kind", "when"}
        for field in needed:
            if field not in given:
                raise ValueError(
                    f"{self.kind} needs {', '.join(needed)}: {field} is missing"
                )
        allowed = needed + _MAY_HAVE.get(self.kind, ())
        for field in sorted(given):
            if field not in allowed:
                raise ValueError(
                    f"{self.kind} takes {', '.join(allowed)}; remove {field}"
                )
        return self


class ScenarioConfig(Config):
    """What `praxis scenario` carries out."""

    text: Text  # what happens, for a person
    why: Text  # it is worth a scenario, and why these answers are right
    task: Text  # a sentence, or the name of a task file
    scene: str = "kitchen"
    # Of objects of the scene, by name: what is different from the scene file.
    changes: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    disturbance: DisturbanceConfig | None = None
    right: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    # Right as well where the disturbed object ends up fallen over or out of reach.
    right_if_lost: tuple[Outcome, ...] = ()
    untouched: tuple[Name, ...] = ()  # must stay where they are

    @model_validator(mode="after")
    def _check_something_can_be_lost(self) -> ScenarioConfig:
        about = self.disturbance.object if self.disturbance else None
        if self.right_if_lost and about is None:
            raise ValueError("right_if_lost needs a disturbance of an object")
        return self

    def changed(self, scene: SceneConfig) -> SceneConfig:
        """Return a scene with the changes of this scenario.

        Raises:
            ConfigError: naming what does not fit the scene.
        """
        known = [thing.name for thing in scene.objects]
        named = [*self.changes, *self.untouched]
        if self.disturbance is not None and self.disturbance.object is not None:
            named.append(self.disturbance.object)
        for name in named:
            if name not in known:
                raise ConfigError(
                    f"scene {scene.name} has no '{name}' (known: "
                    f"{', '.join(known) or 'none'}). Correct the scenario."
                )
        if not self.changes:
            return scene
        data = scene.model_dump(exclude_unset=True)
        data["objects"] = [
            {**thing, **self.changes.get(thing["name"], {})}
            for thing in data["objects"]
        ]
        return parse(SceneConfig, data, f"scene {scene.name}, changed")


def load_scenario(name: str) -> ScenarioConfig:
    """Load a scenario by name from `configs/scenarios`, or from a path to a YAML file.

    Raises:
        ConfigError: naming the file, the key, what was expected and what came.
    """
    return load(ScenarioConfig, scenario_path(name))


def scenario_path(name: str) -> Path:
    """Return where a scenario lies."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    return SCENARIO_DIR / f"{name}.yaml"


def shipped() -> list[str]:
    """Return the names of the scenarios in `configs/scenarios`."""
    return sorted(path.stem for path in SCENARIO_DIR.glob("*.yaml"))
