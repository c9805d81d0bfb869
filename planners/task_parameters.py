"""Put values in the place of `{name}` in a task file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from configs.loader import ConfigError, parse
from planners.task_schema import Parameters, Place, spell

DEEPEST = 40  # keys within keys; what goes deeper refers to itself
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def fill_parameters(
    data: Mapping[str, Any], given: Mapping[str, str | float], source: str
) -> dict[str, Any]:
    """Return the data of a task file with every parameter replaced by its value.

    Args:
        data: of the file.
        given: values that replace the defaults of the file.
        source: what errors call the file.

    Raises:
        ConfigError: if a parameter is not declared, not used, or a wrong value.
    """
    part = {key: value for key, value in data.items() if key == "parameters"}
    declared = parse(Parameters, part, source).parameters
    filling = _Filling({**declared, **_typed(declared, given, source)}, source)
    filled = {
        key: value if key == "parameters" else filling.fill(value, (key,))
        for key, value in data.items()
    }
    unused = declared.keys() - filling.used
    if unused:
        name = min(unused)
        raise ConfigError(
            f"{source}: parameters.{name}: it is used nowhere; write '{{{name}}}', in "
            "quotes, where its value belongs, or remove it."
        )
    return filled


def escape(text: str) -> str:
    """Return `text` so that its braces stay braces when a file is read."""
    return text.replace("{", "{{").replace("}", "}}")


class _Filling:
    """Replaces parameters and remembers which it met."""

    def __init__(self, values: Mapping[str, str | float], source: str) -> None:
        self._values = values
        self._source = source
        self.used: set[str] = set()

    def fill(self, value: object, place: Place) -> object:
        if len(place) > DEEPEST:
            raise ConfigError(
                f"{self._source}: {spell(place[:3])}: expected at most {DEEPEST} "
                "levels of keys, got more."
            )
        if isinstance(value, dict):
            return {key: self.fill(part, (*place, key)) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(part, (*place, i)) for i, part in enumerate(value)]
        return self._fill_text(value, place) if isinstance(value, str) else value

    def _fill_text(self, text: str, place: Place) -> str | float:
        whole = _BRACES.fullmatch(text)
        if whole is not None and whole[1] is not None:  # a number stays a number
            value = self._value(whole[1], place)
            is_whole = isinstance(value, float) and value.is_integer()
            return int(value) if is_whole else value

        def words(found: re.Match[str]) -> str:
            if found[1] is None:
                return found[0][0]
            value = self._value(found[1], place)
            return value if isinstance(value, str) else f"{value:g}"

        return _BRACES.sub(words, text)

    def _value(self, name: str, place: Place) -> str | float:
        if name not in self._values:
            raise ConfigError(
                f"{self._source}: {spell(place)}: there is no parameter '{name}' "
                f"({_known(self._values)})."
            )
        self.used.add(name)
        return self._values[name]


def _typed(
    declared: Mapping[str, str | float], given: Mapping[str, str | float], source: str
) -> dict[str, str | float]:
    """Return given values with the types of the defaults."""
    typed: dict[str, str | float] = {}
    for name, value in given.items():
        if name not in declared:
            raise ConfigError(
                f"{source}: parameters.{name}: there is no parameter '{name}' "
                f"({_known(declared)})."
            )
        wants_number = not isinstance(declared[name], str)
        read = _number(value) if wants_number else value
        if read is None or isinstance(read, str) == wants_number or read == "":
            wanted = "a number" if wants_number else "a name"
            raise ConfigError(
                f"{source}: parameters.{name}: expected {wanted}, got {value!r}."
            )
        typed[name] = read
    return typed


def _number(value: str | float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _known(names: Mapping[str, object]) -> str:
    return f"declared: {', '.join(names)}" if names else "the file declares none"
