"""Steps of a robot that was standing: when they begin, where they go, when they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from skills.balance import Balance
from skills.contract import Goal, Snapshot
from skills.feet import Feet
from skills.stepping import Stepping

Standing = Callable[..., RobotState]
STAND = Goal(skill="balance")


@pytest.fixture
def steps(policies: Any, g1: RobotConfig) -> Stepping:
    return Stepping(policies.load("walk"), Feet(g1))


@pytest.fixture
def balance(policies: Any, steps: Stepping) -> Balance:
    return Balance(policies.load("balance"), steps)


def at_time(standing: Standing, time: float, **changes: Any) -> Snapshot:
    return Snapshot(state=standing(time=time, **changes), objects={})


def tipping(standing: Standing, time: float, rate: float = -0.9) -> Snapshot:
    """A robot that tips to its left when the roll rate is negative."""
    return at_time(standing, time, base_ang_vel=np.array([rate, 0.0, 0.0]))


def test_feet_that_stand_still_are_left_alone(
    balance: Balance, standing: Standing
) -> None:
    balance.start(STAND, at_time(standing, 0.0))
    for tick in range(50):
        balance.step(at_time(standing, tick * 0.02))
        assert not balance.stepping


def test_it_remembers_home_when_nobody_started_it(
    steps: Stepping, standing: Standing
) -> None:
    assert steps.update(at_time(standing, 0.0, x=3.0)) is False
    assert steps.update(at_time(standing, 0.02, x=3.2)) is True


def test_a_robot_that_tips_steps_and_then_stands_again(
    balance: Balance, standing: Standing
) -> None:
    balance.start(STAND, at_time(standing, 0.0))
    balance.step(at_time(standing, 0.0))
    balance.step(tipping(standing, 0.02))
    assert balance.stepping
    times = [0.04 + 0.02 * tick for tick in range(100)]
    back = []
    for time in times:
        balance.step(at_time(standing, time))
        back.append(not balance.stepping)
    # It steps for a second at least, and has stood still for 0.6 s before it stops.
    assert times[back.index(True)] == pytest.approx(1.02)
    assert all(back[back.index(True) :])


@pytest.mark.parametrize(("rate", "phase"), [(-0.9, 0.55), (0.9, 0.05)])
def test_the_foot_on_the_falling_side_lifts_first(
    steps: Stepping, standing: Standing, rate: float, phase: float
) -> None:
    # The left foot swings from 0.55 of the gait period on, the right one from 0.05.
    steps.start(at_time(standing, 0.0))
    falling = tipping(standing, 0.02, rate)
    assert steps.update(falling)
    steps.targets(falling)
    seen = steps._policy.last_observation[9:11]
    angle = 2 * np.pi * phase
    assert_allclose(seen, [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_feet_that_have_crept_away_are_brought_home(
    steps: Stepping, standing: Standing
) -> None:
    steps.start(at_time(standing, 0.0))
    assert not steps.update(at_time(standing, 0.02, x=0.14))
    assert steps.update(at_time(standing, 0.04, x=0.16))
    steps.targets(at_time(standing, 0.04, x=0.16))
    steps.update(at_time(standing, 0.06, x=0.16))
    steps.targets(at_time(standing, 0.06, x=0.16))
    command = steps._policy.last_observation[6:9]
    assert command[0] < 0.0  # back


def test_targets_change_smoothly_when_it_stands_again(
    balance: Balance, standing: Standing
) -> None:
    balance.start(STAND, at_time(standing, 0.0))
    balance.step(tipping(standing, 0.0))
    before = balance.step(at_time(standing, 0.02)).joint_pos
    for tick in range(2, 100):
        was = balance.stepping
        now = balance.step(at_time(standing, tick * 0.02)).joint_pos
        if was and not balance.stepping:
            # The first tick is all the old policy's.
            assert_allclose(now, before, atol=1e-9)
        before = now


def test_without_steps_it_only_stands(policies: Any, standing: Standing) -> None:
    alone = Balance(policies.load("balance"))
    alone.start(STAND, at_time(standing, 0.0))
    alone.step(tipping(standing, 0.02))
    assert not alone.stepping
