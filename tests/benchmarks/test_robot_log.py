"""What a robot log costs: in the control loop, and when it is read."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.robot import JointCommand
from sim2real.robot_log import PolicyStep, RobotLogWriter, read_robot_log

TICKS, PERIOD = 1000, 0.02
POLICIES = ("walk", "walk.carry.right")


@pytest.mark.usefixtures("one_core")
def test_a_log(show: Any, tmp_path: Path) -> None:
    """Paced as a robot is, so that the writing thread has its turns."""
    pytest.importorskip("mcap_ros2", reason="logs are MCAP files")
    robot = load_robot()
    backend = make_backend("fake", robot, load_scene("kitchen"))
    state, objects = backend.reset(1), backend.objects()
    command = JointCommand(
        joint_pos=state.joint_pos, stiffness=robot.stiffness, damping=robot.damping
    )
    step = PolicyStep(
        time=0.0,
        policy="walk",
        terms=tuple(f"joint_pos_rel.{name}" for name in robot.joint_names) * 2,
        observation=np.arange(86, dtype=np.float32),
        joints=robot.joint_names[:15],
        action=np.arange(15, dtype=np.float32),
    )
    rng, path, taken = np.random.default_rng(0), tmp_path / "log.mcap", []
    with RobotLogWriter(path, robot, control_dt=PERIOD) as writer:
        due = time.perf_counter()
        for k in range(TICKS):
            noise = rng.normal(size=len(robot.joint_names))
            now = replace(state, time=k * PERIOD, joint_pos=noise, joint_vel=noise)
            begun = time.perf_counter()
            writer.write_state(now)
            writer.write_objects(now, objects)
            for policy in POLICIES:
                writer.write_policy_step(replace(step, time=now.time, policy=policy))
            writer.write_command(now.time, command)
            taken.append(1e3 * (time.perf_counter() - begun))
            due += PERIOD
            time.sleep(max(0.0, due - time.perf_counter()))
    begun = time.perf_counter()
    read_robot_log(path, robot)
    show(
        "robot_log",
        {
            "ticks": TICKS,
            "period_ms": 1e3 * PERIOD,
            "first_ms": taken[0],
            "p50_ms": float(np.percentile(taken[1:], 50)),
            "p99_ms": float(np.percentile(taken[1:], 99)),
            "max_ms": max(taken[1:]),
            "kB_per_s": path.stat().st_size / (TICKS * PERIOD) / 1e3,
            "read_s_per_minute": 60 * (time.perf_counter() - begun) / TICKS / PERIOD,
        },
    )
