"""Record a run into files that numpy and any JSON reader understand.

`F.npz` holds one row per control tick, in the units and orders of docs/conventions.md:

    time (T,)                       joint_names (n,)        object_names (k,)
    joint_pos, joint_vel (T, n)     base_pos_w (T, 3)       object_pos_w (T, k, 3)
    command_pos (T, n)              base_quat_wxyz (T, 4)   object_quat_wxyz (T, k, 4)
    command_stiffness, command_damping (T, n)               reaction (T,)
    task, robot, seed, format

`F.tree.jsonl` holds the behaviour tree, one line whenever it changed:
`{"time": ..., "step": ..., "sentence": ..., "tree": {name, kind, status, message,
children}}`.

An object that perception does not report in a tick has NaN there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from configs.loader import ConfigError
from planners.display import as_dict

FORMAT = 1
Row = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recorded episode; the head of this file lists the signals."""

    signals: Mapping[str, NDArray[Any]]
    trees: tuple[Mapping[str, Any], ...]

    @property
    def task(self) -> str:
        """What the operator asked for."""
        return str(self.signals["task"])

    @property
    def seed(self) -> int:
        """The seed of the scene."""
        return int(self.signals["seed"])


class Recorder:
    """Keeps one episode in memory and writes it when the run is over.

    An hour takes about 0.4 GB of memory.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; the ending `.npz` is added where it is missing."""
        self.path, self.tree_path = recording_paths(path)
        self._head: Row = {}
        self._rows: list[Row] = []
        self._trees: list[str] = []
        self._last_tree: dict[str, Any] | None = None

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Note what stays the same for a whole episode."""
        robot = assembly.backend.robot
        self._rows, self._trees, self._last_tree = [], [], None
        self._head = {
            "format": np.array(FORMAT),
            "task": np.array(assembly.task.text),
            "robot": np.array(robot.name),
            "seed": np.array(seed),
            "joint_names": np.array(robot.joint_names),
            "object_names": np.array(sorted(moment.snapshot.objects), dtype=np.str_),
        }

    def tick(self, moment: Moment) -> None:
        """Note one tick."""
        state, command = moment.snapshot.state, moment.command
        self._rows.append(
            {
                "time": np.array(state.time),
                "joint_pos": state.joint_pos.copy(),
                "joint_vel": state.joint_vel.copy(),
                "base_pos_w": state.base_pos_w.copy(),
                "base_quat_wxyz": state.base_quat_wxyz.copy(),
                "command_pos": command.joint_pos.copy(),
                "command_stiffness": command.stiffness.copy(),
                "command_damping": command.damping.copy(),
                "reaction": np.array(moment.reaction.value, dtype="U8"),
                **self._objects(moment),
            }
        )
        if moment.planned or moment.status.failure is not None:
            self._note_tree(moment)

    def end(self, result: EpisodeResult) -> None:
        """The files are written by `close`."""

    def close(self) -> None:
        """Write what there is, also of a run that was interrupted."""
        if not self._head:
            return
        arrays: dict[str, Any] = dict(self._head)
        for key in self._rows[0] if self._rows else ():
            arrays[key] = np.stack([row[key] for row in self._rows])
        np.savez_compressed(self.path, **arrays)
        self.tree_path.write_text("".join(self._trees), encoding="utf-8")

    def _objects(self, moment: Moment) -> Row:
        names = self._head["object_names"].tolist()
        pos, quat = np.full((len(names), 3), np.nan), np.full((len(names), 4), np.nan)
        for i, name in enumerate(names):
            thing = moment.snapshot.objects.get(name)
            if thing is not None:
                pos[i], quat[i] = thing.pos_w, thing.quat_wxyz
        return {"object_pos_w": pos, "object_quat_wxyz": quat}

    def _note_tree(self, moment: Moment) -> None:
        tree = as_dict(moment.root)
        if tree == self._last_tree:
            return
        self._last_tree = tree
        line = {
            "time": round(moment.snapshot.time, 6),
            "step": moment.status.step,
            "sentence": moment.status.sentence,
            "tree": tree,
        }
        self._trees.append(json.dumps(line, ensure_ascii=False) + "\n")


def recording_paths(path: Path) -> tuple[Path, Path]:
    """Return where the signals and the trees of a recording lie."""
    stem = path.with_suffix("") if path.suffix == ".npz" else path
    return (
        stem.with_name(f"{stem.name}.npz"),
        stem.with_name(f"{stem.name}.tree.jsonl"),
    )


def read_recording(path: Path) -> Recording:
    """Read what a `Recorder` wrote.

    Raises:
        ConfigError: if a file is missing or is no recording.
    """
    signal_path, tree_path = recording_paths(path)
    try:
        with np.load(signal_path) as file:
            signals = {key: file[key] for key in file.files}
        lines = tree_path.read_text(encoding="utf-8").splitlines()
        trees = tuple(json.loads(line) for line in lines)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{error.filename}: no such file. A recording is {signal_path.name} and "
            f"{tree_path.name}; keep them together."
        ) from None
    except (ValueError, OSError, EOFError) as error:
        raise ConfigError(f"{signal_path}: is no recording ({error}).") from None
    version = int(signals.get("format", np.array(-1)))
    if version != FORMAT:
        raise ConfigError(
            f"{signal_path}: is written in recording format {version}, this version of "
            f"Praxis reads {FORMAT}."
        )
    return Recording(signals=signals, trees=trees)
