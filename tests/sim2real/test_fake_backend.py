"""The fake backend: what it pretends, in numbers."""

from __future__ import annotations

from dataclasses import replace
from math import exp, pi

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot, load_scene
from sim2real.backends.fake_backend import FakeBackend
from sim2real.robot import BackendError, JointCommand
from sim2real.rotations import project_gravity

ROBOT = load_robot()
STAND = JointCommand(
    joint_pos=ROBOT.default_joint_pos, stiffness=ROBOT.stiffness, damping=ROBOT.damping
)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(ROBOT, load_scene("tabletop"))


def run(backend: FakeBackend, ticks: int):
    for _ in range(ticks):
        state = backend.step(STAND)
    return state


def test_joints_cover_63_percent_of_the_way_in_the_lag(backend):
    backend.reset(seed=0)
    elbow = ROBOT.joint_names.index("left_elbow_joint")
    target = ROBOT.default_joint_pos.copy()
    target[elbow] += 1.0
    state = backend.step(replace(STAND, joint_pos=target))
    moved = state.joint_pos[elbow] - ROBOT.default_joint_pos[elbow]
    assert moved == pytest.approx(1 - exp(-0.4))  # 0.02 s / 0.05 s
    assert state.joint_vel[elbow] == pytest.approx((1 - exp(-0.4)) / 0.02)


def test_joints_stay_within_their_range_and_speed(backend):
    backend.reset(seed=0)
    far = replace(STAND, joint_pos=np.full(43, 100.0))
    states = [backend.step(far) for _ in range(100)]
    assert_allclose(states[-1].joint_pos, ROBOT.joint_range[:, 1], atol=1e-6)
    for state in states:
        assert (state.joint_vel <= ROBOT.velocity_limit + 1e-9).all()


def test_the_base_glides_a_metre_in_two_seconds_at_half_a_metre_per_second():
    backend = FakeBackend(ROBOT, load_scene("empty"))
    backend.reset(seed=0)
    backend.move_base(0.5, 0.0, 0.0)
    state = run(backend, 100)
    assert_allclose(state.base_pos_w, [1.0, 0.0, ROBOT.standing_height])
    assert_allclose(state.base_lin_vel_w, [0.5, 0.0, 0.0])


def test_a_turning_base_walks_a_circle():
    backend = FakeBackend(ROBOT, load_scene("empty"))
    backend.reset(seed=0)
    # Half a turn in 2 s at 0.5 m/s: a half circle of radius v / w = 1 / pi.
    backend.move_base(0.5, 0.0, pi / 2)
    state = run(backend, 100)
    assert_allclose(state.base_pos_w[:2], [0.0, 2 / pi], atol=1e-4)
    assert_allclose(np.abs(state.base_quat_wxyz), [0.0, 0.0, 0.0, 1.0], atol=1e-9)
    assert_allclose(state.base_lin_vel_w, [-0.5, 0.0, 0.0], atol=1e-9)
    assert_allclose(state.base_ang_vel, [0.0, 0.0, pi / 2])


def test_a_reset_stops_the_base_and_opens_the_hands(backend):
    backend.reset(seed=0)
    cup = backend.objects()["cup"].pos_w
    backend.move_base(1.0, 0.0, 0.0)
    backend.attach("cup", "right")
    run(backend, 10)
    start = backend.reset(seed=0)
    assert_allclose(run(backend, 10).base_pos_w, start.base_pos_w)
    assert_allclose(backend.objects()["cup"].pos_w, cup)


def test_a_held_cup_moves_with_the_hand(backend):
    state = backend.reset(seed=0)
    backend.attach("cup", "right", pos_b=np.array([0.4, -0.1, 0.2]))
    backend.move_base(0.0, 0.0, 0.0)
    state = run(backend, 1)
    cup = backend.objects()["cup"]
    yaw = backend.scene.start.yaw
    ahead = 0.4 * np.cos(yaw) + 0.1 * np.sin(yaw)
    assert cup.pos_w[0] - state.base_pos_w[0] == pytest.approx(ahead)
    assert cup.pos_w[2] == pytest.approx(ROBOT.standing_height + 0.2)
    backend.move_base(-0.5, 0.0, 0.0)
    run(backend, 2)
    after = backend.objects()["cup"]
    assert_allclose(np.linalg.norm(after.lin_vel_w), 0.5)


def test_a_cup_let_go_over_the_table_rests_on_the_table(backend):
    backend.reset(seed=0)
    table, cup = backend.objects()["table"], backend.objects()["cup"]
    backend.attach("cup", "right", pos_b=np.array([0.5, 0.0, 0.4]))
    run(backend, 1)
    backend.detach("cup")
    top = table.pos_w[2] + table.half_size[2]
    assert backend.objects()["cup"].pos_w[2] == pytest.approx(top + cup.half_size[2])
    assert_allclose(backend.objects()["cup"].lin_vel_w, 0.0)


def test_a_cup_let_go_beside_the_table_falls_to_the_floor(backend):
    backend.reset(seed=0)
    backend.attach("cup", "left", pos_b=np.array([-0.5, 0.0, 0.4]))
    run(backend, 1)
    backend.detach("cup")
    cup = backend.objects()["cup"]
    assert cup.pos_w[2] == pytest.approx(cup.half_size[2])


@pytest.mark.parametrize(
    ("name", "side"), [("table", "left"), ("sword", "left"), ("cup", "third")]
)
def test_what_cannot_be_held_is_refused(backend, name, side):
    backend.reset(seed=0)
    with pytest.raises(
        BackendError,
        match=f"attach '{name}' to the {side} hand. Loose objects: cup; hands: left",
    ):
        backend.attach(name, side)


def test_what_is_not_held_cannot_be_let_go(backend):
    backend.reset(seed=0)
    with pytest.raises(BackendError, match=r"'cup': it is not held\. Held: nothing"):
        backend.detach("cup")


def test_an_object_that_is_hidden_for_a_while_comes_back(backend):
    backend.reset(seed=0)
    backend.hide_object("cup", for_s=0.1)
    assert "cup" not in backend.objects()
    run(backend, 4)
    assert "cup" not in backend.objects()
    run(backend, 1)
    assert "cup" in backend.objects()


def test_a_robot_that_is_tipped_leans_until_the_next_reset(backend):
    backend.reset(seed=0)
    backend.tip(0.8)
    quat = run(backend, 1).base_quat_wxyz
    # Gravity leans towards the front by sin(0.8).
    assert_allclose(project_gravity(quat), [np.sin(0.8), 0.0, -np.cos(0.8)], atol=1e-9)
    assert_allclose(project_gravity(backend.reset(seed=0).base_quat_wxyz), [0, 0, -1])
