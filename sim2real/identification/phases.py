"""What a stretch of an excitation log is: when, where, which joints, for what use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from configs.loader import ConfigError
from configs.schema import Config

Place = Literal["stand", "ground"]

KEY = "excitation"
"""Of the phases in the metadata of a log."""


class Phase(Config):
    """A stretch of time in which some joints of a robot were moved."""

    name: str
    joints: tuple[str, ...]  # that were moved; the others were held still
    start_s: Annotated[float, Field(ge=0)]  # log time [s]
    end_s: float  # [s]
    held_out: bool = False  # kept for judging; never seen by a fit
    on: Place = "stand"  # what carried the robot

    @model_validator(mode="after")
    def _check_order(self) -> Phase:
        if self.end_s <= self.start_s:
            raise ValueError(
                f"phase {self.name} must end after {self.start_s} s, not at "
                f"{self.end_s} s"
            )
        return self


_PHASES = TypeAdapter(tuple[Phase, ...])


def phases_as_text(phases: Sequence[Phase]) -> str:
    """Return the phases as one JSON line, for the metadata of a log."""
    return json.dumps([phase.model_dump() for phase in phases])


def phases_from_text(text: str | None, source: str) -> tuple[Phase, ...]:
    """Return the phases that the metadata of a log names.

    Args:
        text: the entry of the metadata, None where there is none.
        source: of the log, for the message.

    Raises:
        ConfigError: if there are none, or they cannot be read.
    """
    if not text:
        raise ConfigError(
            f"{source}: says nothing of an excitation, so that nobody knows what the "
            "robot was doing. Record one: praxis identify record."
        )
    try:
        phases = _PHASES.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{source}: its excitation cannot be read ({place}: {first['msg']}). "
            "Record it anew."
        ) from None
    if not phases:
        raise ConfigError(f"{source}: its excitation has no phases. Record it anew.")
    return phases
