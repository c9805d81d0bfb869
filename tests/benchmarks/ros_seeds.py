"""Launch a task once for each of several seeds, and count what the physics verified.

    python -m tests.benchmarks.ros_seeds --seeds 20 --json ros_seeds.json
    python -m tests.benchmarks.ros_seeds --seeds 20 robot_parameters:=hidden:1

Needs ROS 2 and the package praxis, built and sourced (docs/ros2.md). What is given
beside the options goes to the launch file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TASK = "walk to table and grasp cup"
LONGEST_S = 400.0


def one(seed: int, task: str, more: list[str]) -> dict[str, Any]:
    """Return the summary of one launch."""
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        done = subprocess.run(
            [
                *("ros2", "launch", "praxis", "deploy.launch.py"),
                *("sim:=true", "once:=true", f"task:={task}", f"seed:={seed}"),
                f"summary:={summary}",
                *more,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_S,
            check=False,
        )
        told = json.loads(summary.read_text()) if summary.is_file() else {}
    return {"seed": seed, "exit_code": done.returncode, **told}


def main() -> int:
    """Run the seeds one after the other and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--task", default=TASK)
    parser.add_argument("--json", type=Path)
    parser.add_argument("launch", nargs="*", help="such as speed:=0.5")
    given = parser.parse_args()
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    runs = []
    for seed in range(given.first, given.first + given.seeds):
        run = one(seed, given.task, given.launch)
        runs.append(run)
        sentence = (run.get("result") or {}).get("sentence", "no result")
        verified = "verified" if run["exit_code"] == 0 else "not done"
        print(f"seed {seed}: {verified}; {sentence}", flush=True)
    done = sum(run["exit_code"] == 0 for run in runs)
    print(f"{done} of {len(runs)} verified done")
    if given.json is not None:
        data = {"task": given.task, "done": done, "launch": given.launch, "runs": runs}
        given.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
