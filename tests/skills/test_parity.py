"""Two engines are the same to a policy, or the first difference is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_scene
from configs.schema import RobotConfig
from skills.parity import Comparison, random_states

pytest.importorskip("mujoco", reason="the reference engine")

from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import JointCommand, RobotState


def engine(robot: RobotConfig, kind: type[MujocoBackend] = MujocoBackend) -> Any:
    return kind(robot, load_scene("empty"))


class Crooked(MujocoBackend):
    """An engine that reports the joint velocities of left and right the other way."""

    def place(self, state: RobotState) -> RobotState:
        seen = super().place(state)
        return replace(seen, joint_vel=seen.joint_vel[::-1].copy())


class Limp(MujocoBackend):
    """An engine with half of the stiffness."""

    def step(self, command: JointCommand) -> RobotState:
        return super().step(replace(command, stiffness=0.5 * command.stiffness))


def compared(robot: RobotConfig, policies: Any, kind: type[MujocoBackend]) -> Any:
    chosen = {name: policies.load(name) for name in ("walk", "grasp")}
    comparison = Comparison(
        reference=engine(robot), other=engine(robot, kind), policies=chosen
    )
    rows = comparison.run(random_states(robot, 3, seed=1))
    return {row.what: row for row in rows}


def test_an_engine_agrees_with_itself(g1: RobotConfig, policies: Any) -> None:
    rows = compared(g1, policies, MujocoBackend)
    assert all(row.agrees and row.worst == 0.0 for row in rows.values())
    assert {"default pose", "walk: joint_vel", "grasp: joint_pos_rel"} <= set(rows)
    assert {"free fall: base", "PD motion: joints"} <= set(rows)


def test_swapped_velocities_are_named(g1: RobotConfig, policies: Any) -> None:
    rows = compared(g1, policies, Crooked)
    assert not rows["walk: joint_vel"].agrees
    assert rows["walk: joint_vel"].where in g1.joint_names
    assert rows["walk: joint_pos_rel"].agrees


def test_another_stiffness_shows_in_motion_only(g1: RobotConfig, policies: Any) -> None:
    rows = compared(g1, policies, Limp)
    different = [what for what, row in rows.items() if not row.agrees]
    assert "PD motion: joints" in different
    assert all(what.startswith("PD motion") for what in different)


def test_random_states_are_in_the_air_and_within_the_limits(g1: RobotConfig) -> None:
    for state in random_states(g1, 20, seed=0):
        assert (state.joint_pos >= g1.joint_range[:, 0]).all()
        assert (state.joint_pos <= g1.joint_range[:, 1]).all()
        assert state.base_pos_w[2] > 2.5
        assert np.linalg.norm(state.base_quat_wxyz) == pytest.approx(1.0)


def test_a_placed_robot_measures_the_state_it_was_put_into(g1: RobotConfig) -> None:
    backend = engine(g1)
    backend.reset(0)
    wanted = random_states(g1, 1, seed=4)[0]
    seen = backend.place(wanted)
    for name in vars(wanted):
        if name not in ("time", "joint_effort"):
            assert_allclose(getattr(seen, name), getattr(wanted, name), atol=1e-12)
