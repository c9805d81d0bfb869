"""`praxis run` in a process of its own, and its like without ROS."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LONGEST_S = 180.0


def run_here(words: str, *, seed: int, trace: Path) -> list[Any]:
    """Return the trace of `praxis run`, without ROS."""
    from rich.console import Console

    from app.build import read_plan
    from app.options import RunOptions
    from app.run_command import Outputs, carry_out

    plan = read_plan(words, RunOptions(seed=seed))
    outputs = Outputs(traced=True, trace=trace)
    assert carry_out(plan, outputs, Console(quiet=True)) == 0
    return lines_of(trace)


def praxis(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the command line on a robot that runs elsewhere."""
    program = "import sys; from app.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words, "--backend", "ros2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def lines_of(trace: Path) -> list[Any]:
    """Return what a trace says."""
    return [json.loads(line) for line in trace.read_text().splitlines()]
