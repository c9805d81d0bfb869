"""Processes beside this one work and end with it."""

from __future__ import annotations

import subprocess
import sys
from math import factorial
from pathlib import Path

from app.processes import processes

ROOT = Path(__file__).parents[2]
PARENT = """
import os, sys, time
from app.processes import processes

if __name__ == "__main__":
    with processes(2) as pool:
        sys.stdout.write(f"{pool.submit(os.getpid).result()}\\n")
        sys.stdout.flush()
        pool.submit(time.sleep, 600).result()
"""


def test_what_comes_of_many_comes_back_in_order() -> None:
    with processes(2) as pool:
        assert list(pool.map(factorial, range(3, 6))) == [6, 24, 120]


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert parent.stdout is not None
    assert int(parent.stdout.readline()) != parent.pid
    parent.kill()
    # The pipe is closed when nobody holds it any more.
    assert parent.communicate(timeout=60)[0] == ""
