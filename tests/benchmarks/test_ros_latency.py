"""Punctuality over real ROS 2, and the same policy in a plain loop through torch.jit.

    PRAXIS_ROS_MINUTES=10 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 \
        python -m pytest tests/benchmarks/test_ros_latency.py -s

Two processes, as on a robot: the virtual robot in real time at 200 Hz, and the node,
whose robot stands. In the second half a plain loop takes the node's place: it listens
to the same topics and answers with the balance policy as TorchScript, no tree, no
skills, no safety. Numbers are printed, and written to PRAXIS_ROS_JSON if it is set.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
pytest.importorskip("praxis_msgs", reason="needs praxis_msgs, built (docs/ros2.md)")

ROOT = Path(__file__).parents[2]
STARTING_S = 15.0  # both processes load their models
MINUTES = os.environ.get("PRAXIS_ROS_MINUTES")
PLAIN_MINUTES = 3.0  # at most, for the plain loop


def start(module: str, *parameters: str) -> subprocess.Popen[str]:
    words = [word for p in parameters for word in ("-p", p)]
    return subprocess.Popen(
        [sys.executable, "-m", module, "--ros-args", *words], cwd=ROOT, text=True
    )


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60.0)


def measure(minutes: float, module: str, *parameters: str) -> None:
    """Let a robot and whatever commands it run for a while."""
    robot = start("app.ros.virtual_robot")
    commander = start(module, *parameters)
    try:
        commander.wait(timeout=STARTING_S + 60.0 * minutes)
    except subprocess.TimeoutExpired:
        end(commander)
    finally:
        end(robot)


@pytest.mark.skipif(MINUTES is None, reason="set PRAXIS_ROS_MINUTES")
def test_latency_over_ros_and_in_a_plain_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setenv("ROS_DOMAIN_ID", "77")
    minutes = float(MINUTES or 1.0)
    ours, plain = tmp_path / "praxis.json", tmp_path / "plain.json"
    standing = ("autostart:=true", "hoisted:=false")
    measure(minutes, "app.ros.node", f"summary:={ours}", *standing)
    shorter = min(minutes, PLAIN_MINUTES)
    measure(shorter, "tests.benchmarks.plain_ros_loop", f"summary:={plain}")
    result: dict[str, Any] = {
        "praxis": json.loads(ours.read_text())["loop"],
        "plain": json.loads(plain.read_text()),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if "PRAXIS_ROS_JSON" in os.environ:
        Path(os.environ["PRAXIS_ROS_JSON"]).write_text(text + "\n", encoding="utf-8")
    assert result["praxis"]["ticks"] > 0
