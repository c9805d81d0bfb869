"""What keeps a G1 up, or lets it down gently, when its policy is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from configs.loader import load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.blind_stand import BlindStand
from sim2real.classical_stand import ClassicalStand
from sim2real.footing import Soles
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import project_gravity
from skills.contract import Snapshot
from skills.library import policy_path
from skills.policy import Policy, PolicyMismatch
from skills.walk import velocity_targets

DT = 0.02
WATCHED_S = 8.0
BEFORE = {"standing": 0.0, "walking 0.2 m/s": 0.2, "walking 0.5 m/s": 0.5}
MOMENTS = 6  # of the stride in which the policy is lost

Tick = Callable[[RobotState], JointCommand]
Start = Callable[[RobotConfig, RobotState, JointCommand], Tick]


def _hold(robot: RobotConfig, state: RobotState, last: JointCommand) -> Tick:
    return lambda state: last


def _limp(robot: RobotConfig, state: RobotState, last: JointCommand) -> Tick:
    limp = JointCommand(
        joint_pos=state.joint_pos,
        stiffness=0.0 * robot.stiffness,
        damping=2.0 * robot.damping,
    )
    return lambda state: limp


def _blind(robot: RobotConfig, state: RobotState, last: JointCommand) -> Tick:
    blind = BlindStand(robot)
    blind.start(state, last)
    return lambda state: blind.stand()


def _fold(robot: RobotConfig, state: RobotState, last: JointCommand) -> Tick:
    blind = BlindStand(robot)
    blind.start(state, last)
    return lambda state: blind.crouch(DT / 0.5)


def _classical(robot: RobotConfig, state: RobotState, last: JointCommand) -> Tick:
    stand = ClassicalStand(robot, Soles(robot))
    stand.start(state, last)
    return stand.step


STANDS: dict[str, Start] = {
    "the last command is held": _hold,
    "limp at once": _limp,
    "blind stand": _blind,
    "blind, folding within 0.5 s": _fold,
    "classical stand": _classical,
}


@pytest.mark.parametrize("name", STANDS)
def test_a_stand(name: str, show: Any) -> None:
    """Seconds until it is down, and the fastest that the base came down."""
    pytest.importorskip("mujoco", reason="the simulation")
    robot = load_robot()
    backend: Any = make_backend("mujoco", robot, load_scene("empty"))
    figures: dict[str, Any] = {}
    for before, speed in BEFORE.items():
        runs = [_run(backend, STANDS[name], speed, 3.0 + 0.14 * i) for i in range(6)]
        fell = [after for after, _ in runs if after is not None]
        speeds = [f"{down:.1f}" for _, down in runs]
        figures[before] = (
            f"{MOMENTS - len(fell)} of {MOMENTS} stand {WATCHED_S:g} s"
            + (
                f", others fall after {min(fell):.1f} to {max(fell):.1f} s"
                if fell
                else ""
            )
            + f"; down at up to {max(speeds)} m/s"
        )
    backend.close()
    show(f"stand_{name}", figures)


def _run(
    backend: Any, start: Start, speed: float, at: float
) -> tuple[float | None, float]:
    state, last = _under_way(backend, speed, at)
    tick = start(backend.robot, state, last)
    fell, down = None, 0.0
    for i in range(round(WATCHED_S / DT)):
        state = backend.step(tick(state))
        down = max(down, -float(state.base_lin_vel_w[2]))
        level = -float(project_gravity(state.base_quat_wxyz)[2])
        if fell is None and (state.base_pos_w[2] < 0.45 or level < 0.64):
            fell = i * DT
    return fell, down


def _under_way(
    backend: Any, speed: float, until: float
) -> tuple[RobotState, JointCommand]:
    """Stand or walk with the committed policies; return the last command too."""
    robot = backend.robot
    try:
        policy = Policy.load(policy_path("walk" if speed else "balance"), robot)
    except PolicyMismatch as error:
        pytest.skip(f"it needs the policies: {error}")
    state = backend.reset(0)
    policy.reset(state)
    index = np.array([robot.joint_names.index(name) for name in policy.joints])
    for i in range(round(until / DT)):
        ahead = min(speed, 0.5 * i * DT)
        seen = Snapshot(state=state, objects={})
        targets = velocity_targets(policy, seen, (ahead, 0.0, 0.0), i * DT)
        pos = robot.default_joint_pos.copy()
        pos[index] = targets.joint_pos
        last = JointCommand(
            joint_pos=pos, stiffness=robot.stiffness, damping=robot.damping
        )
        state = backend.step(last)
    return state, last
