"""Keep what an interrupted fit has found already, so that it goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim2real.identification.fit import Finding
from sim2real.identification.identify import Finished
from sim2real.identification.unknowns import Unknown

FORMAT = 1


class FinishedFile(Finished):
    """A file beside the result; it counts only for the same logs and settings."""

    def __init__(
        self, path: Path, logs: Sequence[Path], settings: Mapping[str, object]
    ) -> None:
        """Read what is there.

        Args:
            path: of the file.
            logs: that are fitted.
            settings: of the fit.
        """
        self._path = path
        digests = [_digest(log) for log in logs]
        self._key = {"format": FORMAT, "logs": digests, **settings}
        self._parts: dict[str, list[dict[str, Any]]] = {}
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["key"] == self._key:
                self._parts = data["parts"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # nothing that could be used

    def get(self, part: str) -> Mapping[Unknown, Finding] | None:
        """Return what was found of a part, if it is done."""
        rows = self._parts.get(part)
        if rows is None:
            return None
        return {Unknown(**row["unknown"]): Finding(**row["finding"]) for row in rows}

    def put(self, part: str, findings: Mapping[Unknown, Finding]) -> None:
        """Keep what was found."""
        self._parts[part] = [
            {"unknown": asdict(one), "finding": asdict(finding)}
            for one, finding in findings.items()
        ]
        text = json.dumps({"key": self._key, "parts": self._parts})
        self._path.write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Forget everything; the fit is over, or begins anew."""
        self._parts = {}
        self._path.unlink(missing_ok=True)


def _digest(log: Path) -> str:
    files = sorted(log.rglob("*")) if log.is_dir() else [log]
    together = hashlib.sha256()
    for file in files:
        if file.is_file():
            together.update(file.read_bytes())
    return together.hexdigest()
