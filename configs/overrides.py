"""Command-line overrides of a config: `ppo.num_envs=64` on top of a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from configs.loader import ConfigError, parse

T = TypeVar("T", bound=BaseModel)


def apply_overrides(
    model: type[T], data: dict[str, Any], overrides: Sequence[str], source: str
) -> T:
    """Check `data` with `key=value` overrides laid over it; dots go into sections.

    Raises:
        ConfigError: naming the override, or the key that the result gets wrong.
    """
    merged = _copy(data)
    for override in overrides:
        key, sign, text = override.partition("=")
        if not sign or not key:
            raise ConfigError(
                f"override '{override}': expected key=value, such as ppo.num_envs=64."
            )
        section = merged
        *path, last = key.strip().split(".")
        for part in path:
            inner = section.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ConfigError(f"override '{override}': '{part}' has no parts.")
            section = inner
        try:
            section[last] = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):  # the latter for an impossible date
            raise ConfigError(
                f"override '{override}': '{text}' is not a value in YAML."
            ) from None
    where = f"{source} with {', '.join(overrides)}" if overrides else source
    return parse(model, merged, where)


def origins(
    config: BaseModel, data: dict[str, Any], overrides: Sequence[str], source: str
) -> list[tuple[str, Any, str]]:
    """Return every setting with its value and where that came from."""
    named = {o.partition("=")[0].strip() for o in overrides}
    rows = []
    for key, value in _leaves(config.model_dump()):
        if any(key == name or key.startswith(f"{name}.") for name in named):
            origin = "command line"
        elif _given(data, key):
            origin = source
        else:
            origin = "default"
        rows.append((key, value, origin))
    return rows


def _leaves(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in data.items():
        if isinstance(value, dict) and value:
            rows += _leaves(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", value))
    return rows


def _given(data: dict[str, Any], key: str) -> bool:
    here: Any = data
    for part in key.split("."):
        if not isinstance(here, dict) or part not in here:
            return False
        here = here[part]
    return True


def _copy(data: dict[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, dict) else v for k, v in data.items()}
