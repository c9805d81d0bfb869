"""Balance stands for as long as it is asked, and then says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from skills.balance import Balance, Feet
from skills.contract import Check, Goal, GoalError, Predicate, Snapshot

Standing = Callable[..., RobotState]


@pytest.fixture
def balance(policies: Any) -> Balance:
    return Balance(policies.load("balance"))


def stand(seconds: float | None = None) -> Goal:
    return Goal(
        skill="balance", args={} if seconds is None else {"duration_s": seconds}
    )


def at_time(standing: Standing, time: float) -> Snapshot:
    return Snapshot(state=standing(time=time), objects={})


def test_the_contract_names_what_it_needs_and_promises(
    balance: Balance, standing: Standing, g1: RobotConfig
) -> None:
    contract = balance.contract(stand(3.0), at_time(standing, 0.0))
    assert contract.joints == g1.joints_of("legs", "waist")
    assert [c.name for c in contract.pre] == ["upright(robot)"]
    assert [c.name for c in contract.hold] == ["upright(robot)"]
    assert [c.name for c in contract.post] == ["stood(3 s)"]
    assert contract.timeout_s == 8.0


def test_it_has_stood_when_robot_time_says_so(
    balance: Balance, standing: Standing
) -> None:
    (stood,) = balance.contract(stand(3.0), at_time(standing, 5.0)).post
    assert stood.check(at_time(standing, 9.0)) == Check(
        holds=False, reason="stood for 0.0 of 3.0 s"
    )
    balance.start(stand(3.0), at_time(standing, 10.0))
    assert stood.check(at_time(standing, 12.9)) == Check(
        holds=False, reason="stood for 2.9 of 3.0 s"
    )
    assert stood.check(at_time(standing, 13.0)).holds
    balance.stop()
    assert not stood.check(at_time(standing, 20.0)).holds


def test_without_a_duration_it_stands_until_told_otherwise(
    balance: Balance, standing: Standing
) -> None:
    contract = balance.contract(stand(), at_time(standing, 0.0))
    balance.start(stand(), at_time(standing, 0.0))
    assert contract.timeout_s == float("inf")
    assert not contract.post[0].check(at_time(standing, 1e6)).holds


@pytest.mark.parametrize("seconds", [0.0, -2.0])
def test_a_duration_must_be_positive(
    balance: Balance, standing: Standing, seconds: float
) -> None:
    with pytest.raises(
        GoalError,
        match=f"balance: duration_s is {seconds} s, it must be positive; say for how",
    ):
        balance.contract(stand(seconds), at_time(standing, 0.0))


def test_the_policy_is_told_to_stand(balance: Balance, standing: Standing) -> None:
    balance.start(stand(1.0), at_time(standing, 0.0))
    targets = balance.step(at_time(standing, 0.3))
    policy = balance._policy
    assert targets.names == policy.joints
    # velocity command and gait clock
    assert_array_equal(policy.last_observation[6:11], np.zeros(5))


def test_it_serves_and_undoes_nothing(balance: Balance) -> None:
    for text in ("upright()", "at(table)", "on(cup, shelf)", "holding(cup)"):
        assert balance.serves(Predicate.parse(text)) is None
        assert not balance.breaks(stand(), Predicate.parse(text))


# --- steps ----------------------------------------------------------------------------


@pytest.fixture
def stepping(policies: Any, g1: RobotConfig) -> Balance:
    """A balance that has the walk policy to step with."""
    return Balance(policies.load("balance"), policies.load("walk"), Feet(g1))


def tipping(standing: Standing, time: float, rate: float = -0.9) -> Snapshot:
    """A robot that tips to its left when the roll rate is negative."""
    spin = np.array([rate, 0.0, 0.0])
    return Snapshot(state=standing(time=time, base_ang_vel=spin), objects={})


def test_the_middle_of_the_feet_is_below_a_robot_that_stands(
    standing: Standing, g1: RobotConfig
) -> None:
    here = Feet(g1).pose(standing(x=2.0, y=1.0, yaw=0.5))
    assert here.yaw == pytest.approx(0.5)
    assert np.hypot(here.x - 2.0, here.y - 1.0) < 0.05


def test_feet_that_stand_still_are_left_alone(
    stepping: Balance, standing: Standing
) -> None:
    stepping.start(stand(), at_time(standing, 0.0))
    for tick in range(50):
        stepping.step(at_time(standing, tick * 0.02))
        assert not stepping.stepping


def test_a_robot_that_tips_steps_and_then_stands_again(
    stepping: Balance, standing: Standing
) -> None:
    stepping.start(stand(), at_time(standing, 0.0))
    stepping.step(at_time(standing, 0.0))
    stepping.step(tipping(standing, 0.02))
    assert stepping.stepping
    times = [0.04 + 0.02 * tick for tick in range(100)]
    back = []
    for time in times:
        stepping.step(at_time(standing, time))
        back.append(not stepping.stepping)
    # It steps for a second at least, and has stood still for 0.6 s before it stops.
    assert times[back.index(True)] == pytest.approx(1.02)
    assert all(back[back.index(True) :])


def test_without_a_walk_policy_it_never_steps(
    balance: Balance, standing: Standing
) -> None:
    balance.start(stand(), at_time(standing, 0.0))
    balance.step(tipping(standing, 0.02))
    assert not balance.stepping


@pytest.mark.parametrize(("rate", "phase"), [(-0.9, 0.55), (0.9, 0.05)])
def test_the_foot_on_the_falling_side_lifts_first(
    stepping: Balance, standing: Standing, rate: float, phase: float
) -> None:
    # The left foot swings from 0.55 of the gait period on, the right one from 0.05.
    stepping.start(stand(), at_time(standing, 0.0))
    stepping.step(tipping(standing, 0.02, rate))
    seen = stepping._stepping.last_observation[9:11]
    angle = 2 * np.pi * phase
    assert_allclose(seen, [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_feet_that_have_crept_away_are_brought_home(
    stepping: Balance, standing: Standing
) -> None:
    stepping.start(stand(), at_time(standing, 0.0))
    stepping.step(Snapshot(state=standing(time=0.02, x=0.14), objects={}))
    assert not stepping.stepping
    stepping.step(Snapshot(state=standing(time=0.04, x=0.16), objects={}))
    assert stepping.stepping
    stepping.step(Snapshot(state=standing(time=0.06, x=0.16), objects={}))
    command = stepping._stepping.last_observation[6:9]
    assert command[0] < 0.0  # back


def test_targets_change_smoothly_when_it_stands_again(
    stepping: Balance, standing: Standing
) -> None:
    stepping.start(stand(), at_time(standing, 0.0))
    stepping.step(tipping(standing, 0.0))
    before = stepping.step(at_time(standing, 0.02)).joint_pos
    for tick in range(2, 100):
        was = stepping.stepping
        now = stepping.step(at_time(standing, tick * 0.02)).joint_pos
        if was and not stepping.stepping:
            # The first tick is all the old policy's.
            assert_allclose(now, before, atol=1e-9)
        before = now


def test_a_jerk_is_let_pass_but_tipping_on_is_not(
    stepping: Balance, standing: Standing
) -> None:
    # 0.6 rad/s is not fast, but matters when it lasts for 0.06 s.
    stepping.start(stand(), at_time(standing, 0.0))
    for time in (0.02, 0.04, 0.06):
        stepping.step(tipping(standing, time, 0.6))
        assert not stepping.stepping
    stepping.step(at_time(standing, 0.08))
    for time in (0.10, 0.12, 0.14):
        stepping.step(tipping(standing, time, 0.6))
        assert not stepping.stepping
    stepping.step(tipping(standing, 0.16, 0.6))
    assert stepping.stepping
