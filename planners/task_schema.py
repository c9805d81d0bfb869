"""What a task file may say, as models that check it and as a JSON Schema."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from configs.schema import Config, Name
from skills.predicate_names import PREDICATES, read_predicate

Place = tuple[int | str, ...]  # the keys that lead somewhere in a file

# What stands for a parameter: "{object}".
BRACES = r"\{[a-z][a-z0-9_]*\}"
_PARAMETER = {"type": "string", "pattern": f"^{BRACES}$"}
_PREDICATE = rf"^\s*({BRACES}|({'|'.join(PREDICATES)})\s*\(.*\))\s*$"


def _check_value(value: object) -> object:
    # bool is an int to Python, but `true` is neither a name nor a number to us.
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isfinite(value):
            return float(value)
    elif isinstance(value, str) and value:
        return value
    hint = "; a parameter stands in quotes: '{name}'" if isinstance(value, dict) else ""
    raise ValueError(f"expected a name or a number{hint}")


def _check_predicate(text: str) -> str:
    try:
        read_predicate(text)
    except ValueError as error:
        # YAML takes a comma between brackets for the end of an entry.
        cut = text.count("(") != text.count(")")
        hint = '; between [ ] it stands in quotes: "on(cup, shelf)"' if cut else ""
        raise ValueError(f"{error}{hint}") from None
    return text


def _or_parameter(**schema: object) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [schema, _PARAMETER]})


Text = Annotated[str, Field(min_length=1)]
Value = Annotated[str | float, BeforeValidator(_check_value)]
PredicateText = Annotated[
    str,
    AfterValidator(_check_predicate),
    WithJsonSchema({"type": "string", "pattern": _PREDICATE}),
]
Retries = Annotated[
    int, Field(ge=0, strict=True), _or_parameter(type="integer", minimum=0)
]
Times = Annotated[
    int, Field(ge=1, strict=True), _or_parameter(type="integer", minimum=1)
]
Seconds = Annotated[
    float,
    Field(gt=0, strict=True, allow_inf_nan=False),
    _or_parameter(type="number", exclusiveMinimum=0),
]


class StepConfig(Config):
    """One skill and its arguments."""

    skill: Text
    args: dict[Text, Value] = Field(default_factory=dict)
    retries: Retries | None = None


class GoalConfig(Config):
    """Something that must become true."""

    goal: PredicateText
    retries: Retries | None = None


class RepeatConfig(Config):
    """Items that are carried out several times."""

    repeat: Times | Literal["forever"]
    steps: Items


class IfConfig(Config):
    """Items for when something is so, and others for when it is not."""

    condition: PredicateText = Field(alias="if")
    then: Items
    otherwise: OtherItems = Field(default=(), alias="else")


class UnlessConfig(Config):
    """Items for when something is not so, and others for when it is."""

    condition: PredicateText = Field(alias="unless")
    then: Items
    otherwise: OtherItems = Field(default=(), alias="else")


# The key by which each kind of item is known.
KINDS: dict[str, type[Config]] = {
    "skill": StepConfig,
    "goal": GoalConfig,
    "repeat": RepeatConfig,
    "if": IfConfig,
    "unless": UnlessConfig,
}


def _kind_of(item: object) -> str | None:
    if isinstance(item, Config):
        return type(item).__name__
    keys = item if isinstance(item, dict) else {}
    return next((kind.__name__ for key, kind in KINDS.items() if key in keys), None)


def _check_item(item: object) -> object:
    if _kind_of(item) is None:
        keys = ", ".join(map(str, item)) if isinstance(item, dict) else ""
        came = f", got {keys or 'none'}" if isinstance(item, dict) else ""
        raise ValueError(f"expected one of the keys {', '.join(KINDS)}{came}")
    return item


ItemConfig = Annotated[
    Annotated[StepConfig, Tag("StepConfig")]
    | Annotated[GoalConfig, Tag("GoalConfig")]
    | Annotated[RepeatConfig, Tag("RepeatConfig")]
    | Annotated[IfConfig, Tag("IfConfig")]
    | Annotated[UnlessConfig, Tag("UnlessConfig")],
    Discriminator(_kind_of),
    BeforeValidator(_check_item),
]
OtherItems = tuple[ItemConfig, ...]
Items = Annotated[OtherItems, Field(min_length=1)]


class Parameters(Config):
    """What may be said in another way each time."""

    parameters: dict[Name, Value] = Field(
        default_factory=dict,
        description="What may be given on the command line, with its default.",
        json_schema_extra={"additionalProperties": False},
    )


class TaskConfig(Parameters):
    """A task: either goals, achieved in order, or steps."""

    text: Text | None = Field(
        default=None, description="What the task is, for a person."
    )
    goals: Annotated[tuple[PredicateText, ...], Field(min_length=1)] | None = None
    steps: Items | None = None
    deadline_s: Seconds | None = Field(
        default=None, description="Robot time for the whole task [s]."
    )
    retries: Retries | None = Field(default=None, description="Recoveries in all.")

    @model_validator(mode="after")
    def _check_one_of_both(self) -> TaskConfig:
        if (self.goals is None) == (self.steps is None):
            came = "neither" if self.goals is None else "both"
            raise ValueError(f"expected goals or steps, got {came}")
        return self


for _model in (RepeatConfig, IfConfig, UnlessConfig, TaskConfig):
    _model.model_rebuild()


def spell(place: Place) -> str:
    """Return a place in a file as errors name it, such as `steps.0.args`."""
    return ".".join(map(str, place))


def task_schema() -> dict[str, Any]:
    """Return the JSON Schema of a task file, for editors and other programs."""
    schema = TaskConfig.model_json_schema(by_alias=True)
    exactly_one = [{"required": ["goals"]}, {"required": ["steps"]}]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Praxis task",
        "oneOf": exactly_one,
    }
