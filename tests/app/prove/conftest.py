"""What tests of `praxis prove` begin with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.prove.measures import key_of
from app.prove.options import ProveOptions

Records = dict[str, dict[str, Any]]


@pytest.fixture
def options() -> Callable[..., ProveOptions]:
    """Return what makes options: two robots, two stages, unless told otherwise."""

    def make(**given: Any) -> ProveOptions:
        usual: dict[str, Any] = {
            "robots": 2,
            "seed": 0,
            "stages": "nominal,adapted",
            "measures": None,
            "episodes": 2,
            "identified": None,
            "randomised": None,
            "heavy_cup": False,
            "weak": None,
            "policies": None,
        }
        return ProveOptions.of(**{**usual, **given})

    return make


@pytest.fixture
def records() -> Records:
    """Two robots: adaptation halves the error and saves one task of four."""
    found: Records = {}
    for stage, error, tasks in (("nominal", 0.1, 2), ("adapted", 0.05, 3)):
        done = 0
        for robot in (0, 1):
            found[key_of(stage, robot, "walk")] = {
                "commands": 10,
                "falls": 0,
                "velocity_error_m_s": error + 0.01 * robot,
                "turn_error_rad_s": 0.05,
            }
            found[key_of(stage, robot, "pushes")] = {"pushes": 8, "falls": 1}
            for number in (0, 1):
                done += 1
                for name in ("grasp", "task"):
                    found[key_of(stage, robot, name, number)] = {
                        "success": done <= tasks
                    }
    return found


@pytest.fixture
def measured(
    tmp_path: Path, options: Callable[..., ProveOptions], records: Records
) -> Path:
    """Return a file with all of `records`."""
    path = tmp_path / "proof.json"
    path.write_text(json.dumps({"head": options().head(), "records": records}))
    return path


@pytest.fixture
def short_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command for three seconds instead of ten for five."""
    from app.prove import legs

    monkeypatch.setattr(legs, "COMMANDS", 1)
    monkeypatch.setattr(legs, "COMMAND_S", 3.0)
    monkeypatch.setattr(legs, "STAND_S", 0.5)
