"""One parameter of a ROS node: its type, range and meaning, to declare and to check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str | list[str]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; its type is that of its default."""

    name: str
    default: Value
    text: str  # what it means, for a person
    low: float | None = None
    high: float | None = None
    live: bool = False  # may be changed while the node runs
    one_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a range for what is no number.

        Raises:
            ValueError: naming the parameter.
        """
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: expected both ends of a range")

    @property
    def kind(self) -> str:
        """The type, as ROS calls it."""
        if isinstance(self.default, bool):
            return "bool"
        if isinstance(self.default, int):
            return "integer"
        if isinstance(self.default, float):
            return "double"
        return "string[]" if isinstance(self.default, list) else "string"

    def wrong(self, value: Value) -> str | None:
        """Return why a value of the right type cannot be used, if so."""
        if self.one_of and value not in self.one_of:
            return f"{self.name}: expected one of {', '.join(self.one_of)}, got {value}"
        return None


class BadParameter(ValueError):
    """A parameter that cannot be used; one line for a person."""


def checked(table: tuple[Parameter, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of all parameters.

    Raises:
        BadParameter: naming the first that cannot be used.
    """
    checked_values: dict[str, Any] = {}
    for parameter in table:
        value = values.get(parameter.name, parameter.default)
        wrong = parameter.wrong(value)
        if wrong is not None:
            raise BadParameter(wrong)
        checked_values[parameter.name] = value
    return checked_values
