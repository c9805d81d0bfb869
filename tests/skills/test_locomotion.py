"""The gait clock, rewards and terminations of the legs, by hand and on torch."""

from __future__ import annotations

from dataclasses import fields, replace
from math import cos, exp, radians, sin
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skills.locomotion import (
    REWARDS,
    STANCE_SHARE,
    SWING_HEIGHT,
    LegState,
    expected_contact,
    has_fallen,
    swing_progress,
)

K = 15  # legs and waist
SHAPES: dict[str, tuple[int, ...]] = {
    "velocity_command": (3,),
    "velocity": (3,),
    "mean_velocity": (3,),
    "mean_command": (3,),
    "base_ang_vel": (3,),
    "base_gravity": (3,),
    "torso_gravity": (3,),
    "foot_height": (2,),
    "foot_vel": (2, 3),
    "foot_force": (2,),
    "foot_yaw": (2,),
    "foot_offset": (2,),
    "foot_tilt": (2,),
    "capture_point": (2,),
    **{
        name: (K,)
        for name in (
            "joint_pos_rel",
            "joint_vel",
            "joint_acc",
            "joint_limit_excess",
            "joint_effort",
            "action_rate",
            "action_jerk",
        )
    },
}


def at_rest(**changes: Any) -> LegState:
    """One robot that stands still as it was asked to; some things are different."""
    values = {f.name: np.zeros((1, *SHAPES.get(f.name, ()))) for f in fields(LegState)}
    values["base_gravity"][:] = values["torso_gravity"][:] = [0.0, 0.0, -1.0]
    values["base_height"][:] = 0.76
    values["foot_force"][:] = 170.0
    values["foot_offset"][:] = [0.0, 0.24]
    state = LegState(**values)
    return replace(state, **{k: np.array([v], float) for k, v in changes.items()})


def reward(name: str, **changes: Any) -> float:
    return float(REWARDS[name](at_rest(**changes))[0])


def joints(**values: float) -> list[float]:
    """Return a joint vector with some entries, named by their number: j3=0.2."""
    return [values.get(f"j{i}", 0.0) for i in range(K)]


# --- the gait clock -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "left", "right"),
    [
        (0.0, 1, 1),  # the right foot is at 0.5, still down
        (0.04, 1, 1),
        (0.06, 1, 0),
        (0.49, 1, 0),
        (0.51, 1, 1),
        (0.56, 0, 1),
        (0.99, 0, 1),
    ],
)
def test_feet_are_down_by_turns(phase: float, left: int, right: int) -> None:
    down = expected_contact(np.array([phase]), np.array([1.0]))
    assert down.tolist() == [[left, right]]


def test_both_feet_are_down_while_standing() -> None:
    down = expected_contact(np.array([0.1, 0.7]), np.array([0.0, 0.0]))
    assert down.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_swing_goes_from_nothing_to_one() -> None:
    half_way = STANCE_SHARE + (1 - STANCE_SHARE) / 2
    phases = np.array([0.3, half_way, half_way - 0.5])
    expected = [[0.0, 0.25 / 0.45], [0.5, 0.0], [0.0, 0.5]]
    assert_allclose(swing_progress(phases), expected, atol=1e-12)


# --- rewards --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [name for name in REWARDS if name.startswith("track_")],
)
def test_following_the_command_exactly_is_worth_one(name: str) -> None:
    same = {"velocity_command": [0.5, -0.2, 0.3], "velocity": [0.5, -0.2, 0.3]}
    mean = {"mean_command": [0.5, -0.2, 0.3], "mean_velocity": [0.5, -0.2, 0.3]}
    assert reward(name, **same, **mean) == 1.0


def test_an_error_of_the_width_is_worth_a_third() -> None:
    # 0.3 m/s and 0.4 m/s are 0.5 m/s together.
    assert reward("track_velocity", velocity=[0.3, 0.4, 9.0]) == pytest.approx(exp(-1))
    assert reward("track_turn", velocity=[9.0, 9.0, -0.5]) == pytest.approx(exp(-1))


def test_the_mean_is_judged_more_strictly_than_the_moment() -> None:
    error = [0.2, 0.0, 0.2]
    for mean, moment in (
        ("track_mean_velocity", "track_velocity"),
        ("track_mean_turn", "track_turn"),
    ):
        strict, loose = (
            reward(mean, mean_velocity=error),
            reward(moment, velocity=error, mean_velocity=error),
        )
        assert strict < loose < 1.0
        assert reward(mean, velocity=error) == 1.0


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("alive", {}, 1.0),
        ("contact_phase", {}, 2.0),
        ("contact_phase", {"foot_force": [170.0, 4.0]}, 1.0),
        ("contact_phase", {"moving": 1.0, "gait_phase": 0.2}, 1.0),
        (
            "contact_phase",
            {"moving": 1.0, "gait_phase": 0.2, "foot_force": [340.0, 0.0]},
            2.0,
        ),
        ("swing_height", {}, 0.0),
        # The left foot is in mid swing and 5 cm high.
        (
            "swing_height",
            {"moving": 1.0, "gait_phase": 0.775, "foot_height": [0.05, 0.3]},
            (0.05 - SWING_HEIGHT) ** 2,
        ),
        ("swing_height", {"gait_phase": 0.775, "foot_height": [0.05, 0.3]}, 0.0),
        ("feet_together", {}, 0.0),
        ("feet_together", {"foot_offset": [0.3, 0.1]}, 0.06),
        ("feet_together", {"foot_offset": [0.0, -0.5]}, 0.3),
        ("foot_slip", {"foot_vel": [[0.3, 0.4, 9.0], [0.1, 0, 0]]}, 0.25 + 0.01),
        (
            "foot_slip",
            {"foot_vel": [[0.3, 0.4, 0], [0.1, 0, 0]], "foot_force": [0.0, 340.0]},
            0.01,
        ),
        ("foot_impact", {"foot_force": [940.0, 100.0]}, 0.5),
        ("foot_impact", {"foot_force": [5000.0, 440.0]}, 1.0),
        ("foot_yaw", {"foot_yaw": [0.1, -0.2]}, 0.05),
        ("foot_flat", {"foot_tilt": [0.1, 0.2]}, 0.3),
        ("stand_still", {"joint_pos_rel": joints(j0=0.1, j3=-0.2)}, 0.3),
        ("stand_still", {"joint_pos_rel": joints(j0=0.1), "moving": 1.0}, 0.0),
        ("off_balance", {"capture_point": [0.03, -0.04]}, 0.0025),
        ("off_balance", {"capture_point": [0.3, 0.4], "moving": 1.0}, 0.0),
        ("stand_speed", {"joint_vel": joints(j0=2.0, j3=-1.0)}, 5.0),
        ("stand_speed", {"joint_vel": joints(j0=2.0), "moving": 1.0}, 0.0),
        ("bounce", {"vertical_velocity": -0.3}, 0.09),
        ("sway", {"base_ang_vel": [0.3, -0.4, 7.0]}, 0.25),
        ("pelvis_tilt", {"base_gravity": [0.6, 0.0, -0.8]}, 0.36),
        ("torso_tilt", {"torso_gravity": [0.0, -0.6, -0.8]}, 0.36),
        ("height", {"base_height": 0.66}, 0.01),
        ("effort", {"joint_effort": joints(j1=3.0, j2=-4.0)}, 25.0),
        ("power", {"power": 120.0}, 120.0),
        ("joint_speed", {"joint_vel": joints(j1=3.0, j2=-4.0), "moving": 1.0}, 25.0),
        ("joint_acc", {"joint_acc": joints(j1=3.0, j2=-4.0)}, 25.0),
        ("action_rate", {"action_rate": joints(j1=0.3, j2=-0.4)}, 0.25),
        ("action_jerk", {"action_jerk": joints(j1=0.3, j2=-0.4)}, 0.25),
        ("joint_limits", {"joint_limit_excess": joints(j1=0.3, j2=0.4)}, 0.7),
        # Hip roll and yaw of both legs and the waist; not the knees.
        ("posture", {"joint_pos_rel": joints(j1=0.1, j8=0.2, j12=0.3)}, 0.14),
        ("posture", {"joint_pos_rel": joints(j0=1, j3=1, j4=1, j9=1)}, 0.0),
    ],
)
def test_rewards_by_hand(name: str, changes: dict[str, Any], expected: float) -> None:
    assert reward(name, **changes) == pytest.approx(expected)


def test_posture_looks_at_the_joints_that_it_names() -> None:
    from configs.loader import load_robot
    from skills.locomotion import _posture_columns

    names = load_robot().joints_of("legs", "waist")
    assert [names[i] for i in _posture_columns(at_rest())] == [
        "left_hip_roll_joint",
        "left_hip_yaw_joint",
        "right_hip_roll_joint",
        "right_hip_yaw_joint",
        "waist_yaw_joint",
        "waist_roll_joint",
        "waist_pitch_joint",
    ]


# --- terminations ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tilt", "height", "expected"),
    [
        (0.0, 0.76, False),
        (50.0, 0.76, False),
        (51.0, 0.76, True),
        (180.0, 0.76, True),
        (0.0, 0.46, False),
        (0.0, 0.44, True),
    ],
)
def test_falling_is_a_tilt_or_a_low_pelvis(
    tilt: float, height: float, expected: bool
) -> None:
    gravity = np.array([[sin(radians(tilt)), 0.0, -cos(radians(tilt))]])
    assert has_fallen(gravity, np.array([height])).tolist() == [expected]


# --- numpy and torch ------------------------------------------------------------------


def random_state() -> LegState:
    rng = np.random.default_rng(1)
    batch = (4, 3)
    values = {
        f.name: rng.normal(size=(*batch, *SHAPES.get(f.name, ())))
        for f in fields(LegState)
    }
    values["moving"] = rng.integers(0, 2, batch).astype(float)
    values["gait_phase"] = rng.uniform(size=batch)
    values["foot_force"] = rng.uniform(0, 900, (*batch, 2)) * rng.integers(0, 2, 2)
    return LegState(**values)


@pytest.mark.parametrize("name", list(REWARDS))
def test_torch_gives_the_numbers_of_numpy(name: str) -> None:
    torch = pytest.importorskip("torch", reason="other engines train on torch")
    state = random_state()
    tensors = LegState(
        **{f.name: torch.tensor(getattr(state, f.name)) for f in fields(LegState)}
    )
    here, there = REWARDS[name](state), REWARDS[name](tensors)
    assert here.shape == tuple(there.shape) == (4, 3)
    assert_allclose(here, there.numpy(), rtol=1e-12)


def test_falling_on_torch_is_falling_on_numpy() -> None:
    torch = pytest.importorskip("torch", reason="other engines train on torch")
    state = random_state()
    fallen = has_fallen(state.base_gravity, state.base_height)
    tensors = torch.tensor(state.base_gravity), torch.tensor(state.base_height)
    assert fallen.tolist() == has_fallen(*tensors).tolist()
    assert fallen.sum() > 0


def test_every_reward_goes_by_its_functions_name() -> None:
    assert {name: f.__name__ for name, f in REWARDS.items()} == {n: n for n in REWARDS}
