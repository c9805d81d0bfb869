"""A witness says what touches what, from the contacts of the physics."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("mujoco")

from app.truth import Witness
from configs.loader import load_robot, load_scene
from sim2real.backends import make_backend
from sim2real.robot import JointCommand


@pytest.fixture
def backend():
    backend = make_backend("mujoco", load_robot(), load_scene("kitchen"))
    backend.reset(0)
    yield backend
    backend.close()


def settle(backend, ticks=10):
    robot = backend.robot
    command = JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )
    for _ in range(ticks):
        backend.step(command)


def put_cup(backend, pos):
    joint = backend.data.joint("cup")
    joint.qpos[:3], joint.qvel[:] = pos, 0.0


def test_a_cup_on_the_table_touches_the_table(backend):
    settle(backend)
    truth = Witness(backend).look()
    assert truth.touching == {"cup": frozenset({"table"})}
    assert truth.state.time == pytest.approx(0.2)
    assert set(truth.objects) == {"table", "shelf", "cup"}


def test_a_cup_in_the_air_touches_nothing(backend):
    put_cup(backend, [5.0, 5.0, 2.0])
    settle(backend, ticks=2)
    assert Witness(backend).look().touching["cup"] == frozenset()


def test_a_cup_on_the_floor_touches_the_floor(backend):
    put_cup(backend, [5.0, 5.0, backend.true_objects()["cup"].half_size[2]])
    settle(backend)
    assert Witness(backend).look().touching["cup"] == frozenset({"floor"})


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("right_hand_index_1_link", "right_hand"),
        ("left_hand_thumb_2_link", "left_hand"),
        ("left_wrist_yaw_link", "left_hand"),  # it carries the palm
        ("torso_link", "robot"),
        ("left_elbow_link", "robot"),
    ],
)
def test_a_hand_is_told_from_the_rest_of_the_robot(backend, body, word):
    model = backend.model
    geoms = np.flatnonzero(
        (model.geom_bodyid == model.body(body).id) & (model.geom_conaffinity > 0)
    )
    put_cup(backend, backend.data.geom_xpos[geoms[0]])
    settle(backend, ticks=1)
    assert word in Witness(backend).look().touching["cup"]
