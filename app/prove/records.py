"""The file that measurements of `praxis prove` are kept in and gone on from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.prove.options import ProveOptions
from app.prove.tasks import Result
from app.report import check_writable
from configs.loader import ConfigError


def read_records(path: Path | None, options: ProveOptions) -> dict[str, Result]:
    """Return what was measured before, by key; nothing if there is no file yet.

    Raises:
        ConfigError: if the file holds something else, or other settings.
    """
    if path is None:
        return {}
    if not path.exists():
        check_writable(path)
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        records: dict[str, Result] = data["records"]
        head = data["head"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"--json {path}: it is there and holds no measurements ({error}). Name "
            "another file."
        ) from None
    for key, value in options.head().items():
        if head.get(key) != value:
            raise ConfigError(
                f"--json {path} was measured with {key} {head.get(key)}, not {value}. "
                "Name another file."
            )
    return records


def write_records(
    path: Path | None,
    options: ProveOptions,
    records: Mapping[str, Result],
    figures: Any = None,
) -> None:
    """Write everything; a file that is being written is never half there."""
    if path is None:
        return
    data = {"head": options.head(), "records": dict(sorted(records.items()))}
    if figures is not None:
        data["figures"] = figures
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def asked_for(
    records: Mapping[str, Result], options: ProveOptions
) -> dict[str, Result]:
    """Return the records that belong to what is asked for now."""
    found = {}
    for key, record in records.items():
        stage, seed, measure, number = key.split("/")
        wanted = stage in options.stages and measure in options.measures
        if wanted and int(seed) in options.seeds and int(number) < options.episodes:
            found[key] = record
    return found
