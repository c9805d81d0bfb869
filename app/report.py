"""Write down what a run came to, and with which versions, as JSON."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from app.build import Plan
from app.options import RunOptions
from app.result import EpisodeResult, Summary
from configs.loader import ConfigError
from skills.library import POLICY_DIR

LIBRARIES = ("praxis", "mujoco", "numpy", "onnxruntime", "py_trees")


def report(
    plan: Plan, results: Sequence[EpisodeResult], *, interrupted: bool
) -> dict[str, Any]:
    """Return the report of a run as plain data that JSON can hold."""
    options = plan.options
    return {
        "task": plan.task.text,
        "steps": [str(step) for step in plan.task.items],
        "robot": plan.robot.name,
        "scene": plan.scene.name,
        "backend": options.backend,
        "seed": options.seed,
        "asked": options.episodes,
        "interrupted": interrupted,
        **Summary(episodes=results).as_dict(),
        "versions": versions(),
        "policies": policy_digests(options),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide how a run goes."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def policy_digests(options: RunOptions) -> dict[str, str]:
    """Return the beginning of each policy's SHA-256; a rehearsal has no policies."""
    if options.backend == "fake":
        return {}
    files = sorted((options.policies or POLICY_DIR).glob("*.onnx"))
    return {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files
    }


def check_writable(path: Path) -> None:
    """Refuse an output path before a long run rather than after it.

    Raises:
        ConfigError: if the folder does not exist or the path is a folder.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; give the path of a file.")
    if not path.absolute().parent.is_dir():
        raise ConfigError(
            f"{path}: there is no folder {path.absolute().parent}. Create it first."
        )


def write_text(path: Path, text: str) -> None:
    """Write `text`.

    Raises:
        ConfigError: if it cannot be written there.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from None


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write `data` so that a person can read it too."""
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
