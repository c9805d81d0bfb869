"""Balance stands for as long as it is asked, and then says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from configs.schema import RobotConfig
from sim2real.robot import RobotState
from skills.balance import Balance
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
