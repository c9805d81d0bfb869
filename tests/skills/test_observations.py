"""Observation terms: right by hand, and the same in training as on the robot."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sim2real.rotations import wxyz_from_rpy
from skills.description import legs_description
from skills.observations import Sense, Term, observation_mirror, observe

LEGS = ("left_hip_roll_joint", "right_hip_roll_joint", "waist_yaw_joint")
ARMS = ("left_elbow_joint", "right_elbow_joint")


def sense(**changes: Any) -> Sense:
    """One robot standing upright with its joints a little off the default pose."""
    return replace(
        Sense(
            joint_names=LEGS + ARMS,
            joint_pos=np.array([0.1, 0.2, 0.3, 0.4, 0.5]),
            joint_vel=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
            default_joint_pos=np.array([0.0, 0.0, 0.1, 0.9, 0.9]),
            base_quat_wxyz=np.array([1.0, 0.0, 0.0, 0.0]),
            base_ang_vel=np.array([0.4, -0.8, 1.2]),
            last_action=np.array([0.7, -0.7, 0.0]),
            signals={
                "velocity_command": np.array([0.5, 0.1, -0.2]),
                "gait_phase": np.array(0.25),
                "moving": np.array(1.0),
            },
        ),
        **changes,
    )


def one(name: str, size: int, **more: Any) -> tuple[Term, ...]:
    return (Term(name=name, size=size, **more),)


def upright(roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> Any:
    return wxyz_from_rpy(np.array(roll), np.array(pitch), np.array(yaw))


# --- terms --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quat", "gravity"),
    [
        (upright(), [0.0, 0.0, -1.0]),
        (upright(yaw=2.0), [0.0, 0.0, -1.0]),
        (upright(pitch=pi / 2), [1.0, 0.0, 0.0]),  # on its face
        (upright(pitch=-pi / 2), [-1.0, 0.0, 0.0]),  # on its back
        (upright(roll=pi / 2), [0.0, -1.0, 0.0]),  # on its right side
        (upright(roll=pi / 6), [0.0, -0.5, -(0.75**0.5)]),
    ],
)
def test_gravity_points_to_the_ground_as_the_base_sees_it(
    quat: Any, gravity: list[float]
) -> None:
    seen = observe(one("projected_gravity", 3), sense(base_quat_wxyz=quat))
    assert_allclose(seen, gravity, atol=1e-12)


def test_gyroscope_is_scaled() -> None:
    seen = observe(one("base_ang_vel", 3, scale=0.25), sense())
    assert_allclose(seen, [0.1, -0.2, 0.3])


def test_joint_terms_pick_their_joints_in_their_order() -> None:
    joints = ("right_elbow_joint", "left_hip_roll_joint")
    positions = observe(one("joint_pos_rel", 2, joints=joints), sense())
    velocities = observe(one("joint_vel", 2, joints=joints, scale=0.1), sense())
    assert_allclose(positions, [0.5 - 0.9, 0.1])
    assert_allclose(velocities, [0.5, 0.1])


@pytest.mark.parametrize(
    ("phase", "moving", "expected"),
    [
        (0.0, 1.0, [0.0, 1.0]),
        (0.25, 1.0, [1.0, 0.0]),
        (0.5, 1.0, [0.0, -1.0]),
        (0.25, 0.0, [0.0, 0.0]),
    ],
)
def test_the_gait_clock_turns_and_is_still_while_standing(
    phase: float, moving: float, expected: list[float]
) -> None:
    signals = {"gait_phase": np.array(phase), "moving": np.array(moving)}
    seen = observe(one("gait_phase", 2), sense(signals=signals))
    assert_allclose(seen, expected, atol=1e-12)


def test_any_other_term_is_a_signal_of_its_own_name() -> None:
    seen = observe(one("velocity_command", 3, scale=2.0), sense())
    assert_allclose(seen, [1.0, 0.2, -0.4])


def test_a_signal_that_is_not_given_is_named() -> None:
    with pytest.raises(KeyError, match="object_pos_hand"):
        observe(one("object_pos_hand", 3), sense())


# --- one function for every engine --------------------------------------------------


def leg_terms() -> tuple[Term, ...]:
    description = legs_description(
        "walk",
        LEGS,
        ARMS,
        action_scale=0.25,
        action_clip=6.0,
        control_dt=0.02,
        arm_velocity=False,
    )
    assert description.observation_size == 3 + 3 + 3 + 2 + 5 + 3 + 3
    return description.observations


def batch(count: int, seed: int = 0) -> Sense:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=(count, *shape)).astype(np.float32)

    quat = draw(4)
    return Sense(
        joint_names=LEGS + ARMS,
        joint_pos=draw(5),
        joint_vel=draw(5),
        default_joint_pos=np.array([0.0, 0.0, 0.1, 0.9, 0.9], np.float32),
        base_quat_wxyz=quat / np.linalg.norm(quat, axis=1, keepdims=True),
        base_ang_vel=draw(3),
        last_action=draw(3),
        signals={
            "velocity_command": draw(3),
            "gait_phase": rng.uniform(size=count).astype(np.float32),
            "moving": np.ones(count, np.float32),
        },
    )


def each(sense: Sense, change: Any) -> Sense:
    """Apply `change` to every array."""
    fields = {
        name: change(value)
        for name, value in vars(sense).items()
        if name not in ("joint_names", "signals", "default_joint_pos")
    }
    signals = {name: change(value) for name, value in sense.signals.items()}
    return replace(sense, **fields, signals=signals)


def test_a_batch_is_its_robots_one_by_one() -> None:
    many = batch(4)
    whole = observe(leg_terms(), many)
    assert whole.shape == (4, 22)
    assert whole.dtype == np.float32
    for i in range(4):
        alone = observe(leg_terms(), each(many, lambda values, i=i: values[i]))
        assert_allclose(whole[i], alone, atol=1e-6)


def test_torch_gives_what_numpy_gives() -> None:
    torch = pytest.importorskip("torch", reason="the trainers use torch")
    many = batch(4)
    tensors = replace(
        each(many, torch.from_numpy),
        default_joint_pos=torch.from_numpy(many.default_joint_pos),
    )
    assert_allclose(
        observe(leg_terms(), tensors).numpy(), observe(leg_terms(), many), atol=1e-6
    )


# --- the mirror image ---------------------------------------------------------------


def test_signs_of_the_mirror_image_by_hand() -> None:
    # To the left becomes to the right: y of vectors, x and z of turns.
    mirror = observation_mirror(leg_terms()[:4], LEGS)
    ang_vel, gravity = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    command, phase = [1.0, 2.0, 3.0], [0.6, 0.8]
    assert_allclose(
        mirror(np.array([*ang_vel, *gravity, *command, *phase], np.float32)),
        [*(-0.1, 0.2, -0.3), *(0.4, -0.5, 0.6), *(1.0, -2.0, -3.0), *(-0.6, -0.8)],
    )


def test_mirroring_twice_changes_nothing() -> None:
    mirror = observation_mirror(leg_terms(), LEGS)
    seen = observe(leg_terms(), batch(8))
    assert_array_equal(mirror(mirror(seen)), seen)
    assert not np.array_equal(mirror(seen), seen)


def test_observing_a_mirrored_robot_is_mirroring_the_observation() -> None:
    left_leg, right_leg, waist, left_arm, right_arm = 0.1, 0.2, 0.3, 0.4, 0.5
    roll, pitch = 0.2, 0.1
    robot = sense(
        joint_pos=np.array([left_leg, right_leg, waist, left_arm, right_arm]),
        base_quat_wxyz=upright(roll, pitch),
    )
    mirrored = sense(
        joint_pos=np.array([-right_leg, -left_leg, -waist, right_arm, left_arm]),
        joint_vel=np.array([-2.0, -1.0, -3.0, 5.0, 4.0]),
        default_joint_pos=np.array([0.0, 0.0, -0.1, 0.9, 0.9]),
        base_quat_wxyz=upright(-roll, pitch),
        base_ang_vel=np.array([-0.4, -0.8, -1.2]),
        last_action=np.array([0.7, -0.7, 0.0]),
        signals={
            "velocity_command": np.array([0.5, -0.1, 0.2]),
            "gait_phase": np.array(0.75),  # the other foot
            "moving": np.array(1.0),
        },
    )
    mirror = observation_mirror(leg_terms(), LEGS)
    assert_allclose(
        mirror(observe(leg_terms(), robot)),
        observe(leg_terms(), mirrored),
        atol=1e-6,
    )


def test_a_term_without_a_known_mirror_image_is_an_error() -> None:
    with pytest.raises(ValueError, match="'object_pos_hand' has no known mirror image"):
        observation_mirror(one("object_pos_hand", 3), LEGS)
