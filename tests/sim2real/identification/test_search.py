"""A search goes step by step, knows what is left to go, and stops at bounds."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

pytest.importorskip("mujoco.sysid._src.parameter", reason="needs mujoco[sysid]")

from configs.schema import RobotConfig
from sim2real.identification.problem import Problem
from sim2real.identification.search import REACH, Found, Search
from sim2real.identification.unknowns import Unknown, unknown
from sim2real.robot_parameters import RobotParameters


class Lines:
    """Residuals that are straight lines: ten times (x - best), and a pull of one."""

    def __init__(self, robot: RobotConfig, best: list[float]) -> None:
        self.robot, self.base = robot, RobotParameters.nominal(robot)
        self.unknowns: tuple[Unknown, ...] = (
            unknown(robot, "strength", "left_leg"),  # spread 0.2
            unknown(robot, "payload", "left"),  # spread 1 kg, not below 0
        )
        self.spread = np.array([one.spread for one in self.unknowns])
        self.nominal = np.array([one.nominal for one in self.unknowns])
        self.best = np.array(best)
        self.jacobians = 0

    def residual(self, x: np.ndarray) -> np.ndarray:
        columns = x.reshape(2, -1)
        self.jacobians += columns.shape[1] == 2
        found = np.concatenate([10.0 * (columns - self.best[:, None]), columns])
        return np.asarray(found[:, 0] if x.ndim == 1 else found)

    def values(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.nominal + x * self.spread)

    def shapes(self) -> list[tuple[int, int]]:
        return [(1, 2)]


def search(robot: RobotConfig, *best: float) -> tuple[Lines, Search]:
    lines = Lines(robot, list(best))
    return lines, Search(cast(Problem, lines), None)


def found_at(x: list[float]) -> Found:
    jacobian = np.vstack([10.0 * np.eye(2), np.eye(2)])
    return Found(x=np.array(x), cost=0.0, jacobian=jacobian)


def test_it_finds_the_lowest_place(robot: RobotConfig) -> None:
    _, one = search(robot, 0.5, 0.4)
    found = one.run(np.array([0.0, 0.1]), [0, 1], 5)
    # 10 (x - best) and x weigh as 100 to 1.
    np.testing.assert_allclose(found.x, [50 / 101, 40 / 101], atol=1e-6)
    assert one.left_to_go(found) == pytest.approx(0.0, abs=1e-5)


def test_one_run_goes_no_further_than_its_reach(robot: RobotConfig) -> None:
    _, one = search(robot, 2.0, 3.0)
    found = one.run(np.array([0.0, 0.5]), [0, 1], 5)
    np.testing.assert_allclose(found.x, [REACH, 0.5 + REACH], atol=1e-6)
    assert one.left_to_go(found) > 5.0


def test_what_is_left_is_counted_in_deviations(robot: RobotConfig) -> None:
    _, one = search(robot, 0.5, 0.4)
    # One deviation is 1 / sqrt(101).
    left = one.left_to_go(found_at([50 / 101 + 2 / np.sqrt(101), 40 / 101]))
    assert left == pytest.approx(2.0)


def test_what_presses_against_a_bound_has_arrived(robot: RobotConfig) -> None:
    _, one = search(robot, 0.0, -0.3)
    assert one.left_to_go(found_at([0.0, 0.0])) == pytest.approx(0.0, abs=1e-9)
    # Away from the bound it has not.
    assert one.left_to_go(found_at([0.0, 0.1])) > 1.0


def test_nearby_the_jacobian_of_before_will_do(robot: RobotConfig) -> None:
    lines, one = search(robot, 0.5, 0.4)
    known = found_at([0.0, 0.1]).jacobian
    found = one.run(np.array([0.0, 0.1]), [0, 1], 5, jacobian=known)
    np.testing.assert_allclose(found.x, [50 / 101, 40 / 101], atol=1e-6)
    assert lines.jacobians == 0
