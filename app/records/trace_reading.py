"""Read a trace back, refusing in one line what is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from app.records.trace_file import DEFAULT, FORMAT
from configs.loader import ConfigError
from configs.schema import Config
from planners.story import Account, Ending, Incident
from planners.trace import Change

T = TypeVar("T")


class _Head(Config):
    """The line that begins an episode."""

    trace: int
    episode: Annotated[int, Field(ge=1)]
    text: str
    scene: str
    backend: str
    robot: str
    seed: int


_HEAD = TypeAdapter(_Head)
_KINDS: Mapping[str, TypeAdapter[Any]] = {
    "id": TypeAdapter(Change),
    "hazard": TypeAdapter(Incident),
    "verdict": TypeAdapter(Ending),
}
"""The other lines, by a key that only they have."""

_PLACE = re.compile(r"\d+(\.\d+)*")


def read_trace(path: Path) -> tuple[Account, ...]:
    """Read what a `TraceFile` wrote, an account for each episode.

    Raises:
        ConfigError: if the file is missing, no trace, damaged, or of another format.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file. `praxis run` writes {DEFAULT}, or what "
            "--trace names."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is no trace but a binary file.") from None
    if lines == [""]:
        raise ConfigError(f"{path}: is empty; its run was over before it began.")
    if lines.pop():
        raise ConfigError(
            f"{path}: line {len(lines) + 1} is cut short; the file is damaged or was "
            "not copied as a whole."
        )
    accounts: list[Account] = []
    head: _Head | None = None
    found: list[Any] = []
    for number, text in enumerate(lines, start=1):
        where = f"{path}: line {number}"
        data = _data(text, where, first=number == 1)
        if "trace" in data:
            _check_format(data["trace"], where)
            if head is not None:
                accounts.append(_account(head, found))
            head, found = _checked(_HEAD, data, where), []
            continue
        kind = next((kind for key, kind in _KINDS.items() if key in data), None)
        if head is None or kind is None:
            raise _foreign(where)
        entry = _checked(kind, data, where)
        if isinstance(entry, Change) and not _PLACE.fullmatch(entry.id):
            raise ConfigError(f"{where}: '{entry.id}' is no place in a tree.")
        found.append(entry)
    if head is not None:
        accounts.append(_account(head, found))
    return tuple(accounts)


def _check_format(found: object, where: str) -> None:
    if found != FORMAT:
        raise ConfigError(
            f"{where} is of trace format {found}, this version reads {FORMAT}. "
            "Use the version that wrote it, or run again."
        )


def _data(text: str, where: str, *, first: bool) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or (first and "trace" not in data):
        raise _foreign(where)
    return data


def _foreign(where: str) -> ConfigError:
    return ConfigError(
        f"{where} is no line of a trace. Give a file that `praxis run` wrote, such as "
        f"{DEFAULT}."
    )


def _checked(kind: TypeAdapter[T], data: dict[str, Any], where: str) -> T:
    try:
        return kind.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"{where}: {key}: {first['msg'].lower()}. The file is damaged or was "
            "written by something else."
        ) from None


def _account(head: _Head, found: list[Any]) -> Account:
    endings = [one for one in found if isinstance(one, Ending)]
    return Account(
        text=head.text,
        scene=head.scene,
        backend=head.backend,
        robot=head.robot,
        seed=head.seed,
        changes=tuple(one for one in found if isinstance(one, Change)),
        incidents=tuple(one for one in found if isinstance(one, Incident)),
        ending=endings[-1] if endings else None,
    )
