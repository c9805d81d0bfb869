"""Legs are measured: means over a gait, drift of the feet, and falls that count."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_scene
from configs.schema import RobotConfig
from skills.balance import Balance
from skills.policy import Policy, PolicyMismatch

pytest.importorskip("mujoco", reason="evaluations are simulated")

from sim2real.backends.mujoco_backend import MujocoBackend
from skills.library import policy_path
from skills.training import evaluate_legs
from skills.training.evaluate_legs import (
    ArmMotion,
    evaluate_balance,
    evaluate_walk,
    feet_drift,
    push_survival,
    smooth,
)
from skills.training.trial import LegTrial, Sample

Quiet = Callable[[str], None]


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.fixture
def one_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Push from behind only: 4 pushes of each kind instead of 32."""
    monkeypatch.setattr(evaluate_legs, "PUSH_DIRECTIONS", (0.0,))


# --- by hand --------------------------------------------------------------------------


def test_smooth_is_the_mean_over_one_gait_period() -> None:
    # A period of 0.8 s is 40 ticks: of 0, 1, ..., 41 the means of 40 are 19.5, 20.5
    # and 21.5; a sway of that period is gone.
    ticks = np.arange(42)
    sway = np.sin(2 * np.pi * ticks / 40)
    smoothed = smooth(np.stack([ticks, sway], axis=1))
    assert_allclose(smoothed, [[19.5, 0], [20.5, 0], [21.5, 0]], atol=1e-12)


def sample(x: float) -> Sample:
    """A robot whose right foot is at x."""
    return Sample(
        time=0.0,
        command=(0.0, 0.0, 0.0),
        velocity=np.zeros(3),
        power=0.0,
        base_pos_w=np.zeros(3),
        base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
        feet_w=np.array([[0.0, 0.1, 0.03], [x, -0.1, 0.0]]),
        fallen=False,
    )


def test_drift_is_measured_from_where_the_feet_stood_after_half_a_second() -> None:
    way = [0.5] * 25 + [0.0, 0.02, 0.05, 0.01]  # the first 25 ticks do not count
    assert feet_drift([sample(x) for x in way]) == pytest.approx(0.05)


def test_arms_move_no_faster_than_they_may_and_legs_stay(g1: RobotConfig) -> None:
    arms = ArmMotion(g1, np.random.default_rng(0))
    names = g1.joints_of("left_arm", "right_arm")
    moving = np.array([name in names for name in g1.joint_names])
    target = g1.default_joint_pos
    farthest = np.zeros(len(target))
    for _ in range(500):
        before, target = target, arms.step(target, 0.02)
        assert np.abs(target - before).max() <= 2.0 * 0.02 + 1e-12
        farthest = np.maximum(farthest, np.abs(target - g1.default_joint_pos))
    assert (farthest[moving] > 0.05).all()
    assert not farthest[~moving].any()


# --- policies that fall ---------------------------------------------------------------


@pytest.mark.usefixtures("one_direction")
def test_a_walk_that_falls_is_reported_with_its_falls(
    g1: RobotConfig, policies: Any
) -> None:
    lines: list[str] = []
    result = evaluate_walk(
        g1, policies.load("walk"), seed=0, minutes=1 / 12, report=lines.append
    )
    tracking = result["tracking"]
    assert (tracking["commands"], tracking["falls"]) == (1, 1)
    assert tracking["velocity_error_m_s"] is tracking["turn_error_rad_s"] is None
    assert set(result["pushes"]) == {
        f"{gait}_{speed}_m_s"
        for gait in ("standing", "walking")
        for speed in ("0.8", "1.0", "1.2")
    }
    assert all(push == {"survived": 0, "of": 4} for push in result["pushes"].values())
    cost = {f"at_{speed}_m_s": None for speed in ("0.50", "0.75", "1.00")}
    assert result["cost_of_transport"] == cost
    assert "pushes: standing_0.8_m_s 0 of 4" in lines
    json.dumps(result, allow_nan=False)


@pytest.mark.usefixtures("one_direction")
def test_a_balance_that_falls_has_no_drift(g1: RobotConfig, policies: Any) -> None:
    lines: list[str] = []
    result = evaluate_balance(
        g1, Balance(policies.load("balance")), seed=0, episodes=2, report=lines.append
    )
    assert result["moving_arms"] == {
        "episodes": 2,
        "stayed_up": 0,
        "stepped": 0,
        "feet_drift_median_m": None,
        "feet_drift_largest_m": None,
        "share_with_drift_below_10_cm": 0.0,
    }
    assert lines[0].startswith("arms: 1 of 2, 0 stayed up; fell after ")
    # Balance is not asked to walk.
    assert set(result["pushes"]) == {f"standing_{v}_m_s" for v in ("0.8", "1.0", "1.2")}
    json.dumps(result, allow_nan=False)


def test_a_fall_in_the_first_moments_is_measured_too(
    g1: RobotConfig, policies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_legs, "PUSH_DIRECTIONS", ())
    monkeypatch.setattr(LegTrial, "step", fall_at_once)
    result = evaluate_balance(
        g1, Balance(policies.load("balance")), seed=0, episodes=1, report=quiet
    )
    assert result["moving_arms"]["stayed_up"] == 0


def fall_at_once(trial: LegTrial, command: tuple[float, float, float]) -> Sample:
    """A trial whose robot lies on the floor."""
    return Sample(**{**vars(sample(0.0)), "fallen": True})


# --- the policy that ships ------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(g1: RobotConfig) -> Policy:
    try:
        return Policy.load(policy_path("walk"), g1)
    except PolicyMismatch as error:
        pytest.skip(f"there is no walk policy for this robot: {error}")


def test_the_walk_that_ships_goes_where_it_is_told(
    g1: RobotConfig, walk: Policy
) -> None:
    trial = LegTrial(g1, MujocoBackend(g1, load_scene("empty")), walk, seed=0)
    samples = trial.run(4.0, (0.5, 0.0, 0.0))
    assert not samples[-1].fallen
    velocity = smooth(np.array([s.velocity for s in samples]))[-50:].mean(axis=0)
    assert_allclose(velocity, [0.5, 0.0, 0.0], atol=0.15)


@pytest.mark.usefixtures("one_direction")
def test_the_walk_that_ships_stands_a_small_push(g1: RobotConfig, walk: Policy) -> None:
    backend = MujocoBackend(g1, load_scene("empty"))
    result = push_survival(g1, backend, walk, quiet, speeds=(0.2,), walking=False)
    assert result == {"standing_0.2_m_s": {"survived": 4, "of": 4}}
