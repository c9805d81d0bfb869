"""What adaptation costs in a tick: estimator, corrected commands, adaptive network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot
from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Estimate
from sim2real.adaptation.choice import make_adapter
from sim2real.robot import JointCommand, RobotState
from skills.contract import Snapshot
from skills.velocity_tracking import VelocityTracking

TICKS = 3000
MUST_MS = 0.3  # p99 of estimator and module together


def state_of(robot: RobotConfig, tick: int) -> RobotState:
    n = len(robot.joint_names)
    sway = 0.05 * np.sin(0.1 * tick + np.arange(n))
    return RobotState(
        time=0.02 * tick,
        joint_pos=robot.default_joint_pos + sway,
        joint_vel=0.1 * sway,
        joint_effort=5.0 * np.ones(n),
        base_pos_w=np.array([0.0, 0.0, 0.78]),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=0.01 * np.ones(3),
    )


def timed(act: Callable[[int], None]) -> np.ndarray[Any, Any]:
    """Return the computing time of each of many ticks [ms]; others may be busy too."""
    for tick in range(100):
        act(tick)
    spent = np.empty(TICKS)
    for tick in range(TICKS):
        begun = time.thread_time()
        act(tick)
        spent[tick] = 1e3 * (time.thread_time() - begun)
    return spent


def figures(spent: np.ndarray[Any, Any]) -> dict[str, float]:
    p50, p99 = np.percentile(spent, (50, 99))
    return {"p50_ms": round(float(p50), 4), "p99_ms": round(float(p99), 4)}


def adapter_cost(kind: str) -> np.ndarray[Any, Any]:
    robot = load_robot()
    adapter = make_adapter(kind, robot, 0.02)
    states = [state_of(robot, tick) for tick in range(200)]
    command = JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    adapter.reset(states[0])

    def act(tick: int) -> None:
        state = states[tick % 200]
        adapter.observe(state, command)
        adapter.compensate(command, state)
        adapter.estimate()

    return timed(act)


def tracking_cost() -> np.ndarray[Any, Any]:
    robot = load_robot()
    tracking = VelocityTracking(0.02)
    state, ticks = state_of(robot, 0), count()

    def act(tick: int) -> None:
        now = next(ticks)
        snapshot = Snapshot(
            state=replace(state, time=0.02 * now),
            objects={},
            adaptation=Estimate(travelled=(0.006 * now, 0.0, 0.0)),
        )
        tracking.correct((0.3 + 0.1 * np.sin(0.01 * tick), 0.1, 0.0), snapshot)

    return timed(act)


def module_cost(folder: Path) -> np.ndarray[Any, Any]:
    """Time a network of the shape of walk_adaptive's, less one without history."""
    torch = pytest.importorskip("torch", reason="the network is built with torch")
    pytest.importorskip("onnx", reason="and exported with onnx")
    from configs.training_schema import AdaptationConfig
    from skills.description import legs_description
    from skills.policy import Policy
    from skills.training.adaptive_env import parameter_mirror
    from skills.training.adaptive_graph import adaptive_model
    from skills.training.adaptive_networks import StudentNetwork, TeacherNetwork
    from skills.training.export import write_policy

    robot = load_robot()
    description = legs_description(
        "walk_adaptive",
        robot.joints_of("legs", "waist"),
        robot.joints_of("left_arm", "right_arm"),
        action_scale=0.25,
        action_clip=6.0,
        control_dt=0.02,
        arm_velocity=False,
    )
    torch.manual_seed(0)
    shape = AdaptationConfig()
    teacher = TeacherNetwork(
        description.observation_mirror(),
        parameter_mirror(description),
        description.action_mirror(),
        hidden=(256, 128, 64),
        encoder=shape.encoder,
        latent=shape.latent,
    )
    size, length = description.observation_size, shape.history
    student = StudentNetwork(
        size, length, frame=shape.frame, hidden=shape.hidden, latent=shape.latent
    )
    seen = np.random.default_rng(0).normal(0, 1, (8, length, size)).astype(np.float32)
    with torch.no_grad():
        window = torch.from_numpy(seen)
        actions = teacher.act(window[:, -1], student(window)).numpy()
    path = folder / "walk_adaptive.onnx"
    write_policy(
        adaptive_model(teacher, student),
        description,
        robot,
        path,
        config_digest="0" * 16,
        golden=(seen.reshape(8, -1), actions),
        history=length,
    )
    policy = Policy.load(path, robot)
    plain = Policy.load(Path("skills/policies/walk.onnx").resolve(), robot)
    signals = {"velocity_command": np.zeros(3), "gait_phase": 0.0, "moving": 0.0}
    states = [state_of(robot, tick) for tick in range(200)]
    for one in (policy, plain):
        one.reset(states[0])
    with_history = timed(lambda tick: _act(policy, states[tick % 200], signals))
    without = timed(lambda tick: _act(plain, states[tick % 200], signals))
    return with_history - np.median(without)


def _act(policy: Any, state: RobotState, signals: Any) -> None:
    policy.act(state, signals)


@pytest.mark.usefixtures("one_core")
def test_adaptation(show: Any, tmp_path: Path) -> None:
    """Estimator, corrected commands and, on top of a plain policy, the module."""
    nothing, estimator = adapter_cost("none"), adapter_cost("estimator")
    module = module_cost(tmp_path)
    tracking = tracking_cost()
    together = estimator + tracking + module  # of the same ticks
    everything = adapter_cost("all")
    show(
        "adaptation",
        {
            "none": figures(nothing),
            "estimator": figures(estimator),
            "corrected commands": figures(tracking),
            "module": figures(module),
            "estimator, corrected commands and module": figures(together),
            "estimator and residual": figures(everything),
            "must_p99_ms": MUST_MS,
        },
    )
