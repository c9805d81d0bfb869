"""Write what the tree did into a file of JSON lines, as it happens.

Each episode is one line that says what was asked for, then what happened, then the
result; the episodes of a run follow each other. No line holds wall-clock time, so the
same scenario gives the same file.

    {"trace": 1, "episode": 1, "text", "scene", "backend", "robot", "seed"}
    {"tick", "time", "id", "node", "kind", "status", "reason"}     a node changed
    {"tick", "time", "hazard", "text"}                             the safety filter
    {"time", "success", "failure", "sentence", "verdict", "judge"} the result
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from configs.loader import ConfigError
from planners.story import Ending, Incident
from planners.trace import Tracer

FORMAT = 1
DEFAULT = Path("runs") / "last.trace.jsonl"


class TraceFile:
    """Writes the trace of a run, line by line as it happens.

    Attributes:
        path: of the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        scene: str,
        backend: str,
        warn: Callable[[str], None],
    ) -> None:
        """Begin a new file.

        Args:
            path: of the file.
            scene: name of the scene.
            backend: name of the backend.
            warn: told once if the file cannot be written any further.

        Raises:
            ConfigError: if it cannot be written at all.
        """
        self._names = {"scene": scene, "backend": backend}
        self.path = path
        self._warn = warn
        self._episode = self._tick = self._incidents = 0
        self._tracer = Tracer()
        self._last: Moment | None = None
        self._broken = False
        # A run that still writes to a file of this name keeps its own.
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                path.unlink()
        try:
            # Line by line: also a run that is killed leaves whole lines.
            self._file = path.open("w", buffering=1, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError(
                f"{path}: the trace cannot be written there ({error.strerror}). "
                "Choose another place (--trace FILE), or none (--no-trace)."
            ) from None

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Say what was asked for, and note every node of the tree."""
        self._episode += 1
        self._tick, self._incidents = 0, 0
        self._tracer = Tracer()
        head = {
            "trace": FORMAT,
            "episode": self._episode,
            "text": assembly.task.text,
            **self._names,
            "robot": assembly.backend.robot.name,
            "seed": seed,
        }
        self._write(head)
        self._note(moment)

    def tick(self, moment: Moment) -> None:
        """Note what changed."""
        for event in moment.events[self._incidents :]:
            incident = Incident(
                tick=self._tick,
                time=round(event.time, 6),
                hazard=event.kind.value,
                text=event.text,
            )
            self._write(asdict(incident))
        self._incidents = len(moment.events)
        if moment.planned or moment.status.failure is not None:
            self._note(moment)
        self._last = moment
        self._tick += 1

    def end(self, result: EpisodeResult) -> None:
        """Note how the tree was left, and the result."""
        if self._last is not None:
            self._note(self._last)
        judgement = result.judgement
        ending = Ending(
            time=round(result.duration_s, 6),
            success=result.success,
            failure=result.failure.value if result.failure else None,
            sentence=result.sentence,
            verdict=judgement.verdict.value,
            judge=judgement.reason if result.success else None,
        )
        self._write(asdict(ending))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

    def _note(self, moment: Moment) -> None:
        time = moment.snapshot.time
        for change in self._tracer.changes(moment.root, self._tick, time):
            self._write(asdict(change))

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._broken:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            # The robot goes on: a full disk is no reason to drop the cup.
            self._broken = True
            self._warn(f"the trace {self.path} ends here ({error.strerror})")


def open_trace(
    path: Path | None,
    *,
    scene: str,
    backend: str,
    warn: Callable[[str], None],
) -> TraceFile | None:
    """Return the trace of a run.

    At the default place it is a courtesy: if it cannot be written the person is
    warned and the run goes on without.

    Args:
        path: of the file; the default place if None.
        scene: name of the scene.
        backend: name of the backend.
        warn: told if there is none, or if it cannot be written any further.

    Raises:
        ConfigError: if `path` cannot be written.
    """
    if path is not None:
        return TraceFile(path, scene=scene, backend=backend, warn=warn)
    try:
        with suppress(OSError):  # what is wrong is said when the file is opened
            DEFAULT.parent.mkdir(exist_ok=True)
        return TraceFile(DEFAULT, scene=scene, backend=backend, warn=warn)
    except ConfigError as error:
        warn(f"no trace is kept: {error}")
        return None
