"""What every backend must do, simulated or not.

Over ROS 2 it is the virtual robot in lock-step, in a process of its own. In real time
three points cannot hold, on no robot: that time goes on by exactly one period, that a
run is the same to the bit, and that a reset puts robot and things where the seed says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends import make_backend
from sim2real.robot import BackendError, JointCommand, RobotBackend

ROOT = Path(__file__).parents[2]
BACKENDS = ("mujoco", "fake", "isaaclab", "ros2")
STARTING_S = 60.0  # a process that loads its model, on a busy computer
SIZES = {
    "joint_pos": 43,
    "joint_vel": 43,
    "joint_effort": 43,
    "base_pos_w": 3,
    "base_quat_wxyz": 4,
    "base_lin_vel_w": 3,
    "base_ang_vel": 3,
}


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(scope="module")
def virtual_robot() -> Iterator[None]:
    """The robot behind ROS 2, in a domain of its own on this computer."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ROS_DOMAIN_ID", str(100 + os.getpid() % 100))
        environment.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        program = [sys.executable, "-m", "app.ros.virtual_robot"]
        robot = subprocess.Popen(
            [*program, "--ros-args", "-p", "lockstep:=true"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        yield
        robot.terminate()
        robot.wait(timeout=STARTING_S)


@pytest.fixture(params=BACKENDS)
def backend(
    request: pytest.FixtureRequest, robot: RobotConfig
) -> Iterator[RobotBackend]:
    if request.param == "mujoco":
        pytest.importorskip("mujoco")
    if request.param == "isaaclab":
        pytest.importorskip("isaaclab", reason="Isaac Lab 3, see docs/isaaclab.md")
    options: dict[str, Any] = {}
    if request.param == "ros2":
        pytest.importorskip("rclpy", reason="needs ROS 2 (docs/ros2.md)")
        pytest.importorskip("praxis_msgs", reason="needs praxis_msgs (docs/ros2.md)")
        request.getfixturevalue("virtual_robot")
        options["begin_s"] = STARTING_S
    backend = make_backend(request.param, robot, load_scene("kitchen"), **options)
    yield backend
    backend.close()


@pytest.fixture
def stand(robot: RobotConfig) -> JointCommand:
    return JointCommand(
        joint_pos=robot.default_joint_pos,
        stiffness=robot.stiffness,
        damping=robot.damping,
    )


def test_a_reset_starts_at_time_zero_in_the_default_pose(backend, robot):
    state = backend.reset(seed=3)
    assert state.time == 0.0
    assert_allclose(state.joint_pos, robot.default_joint_pos)
    assert_allclose(state.base_pos_w[2], robot.standing_height, atol=1e-3)


def test_every_vector_of_the_state_has_its_size_and_is_finite(backend, stand):
    for state in (backend.reset(seed=0), backend.step(stand)):
        for name, size in SIZES.items():
            assert getattr(state, name).shape == (size,), name
            assert np.isfinite(getattr(state, name)).all(), name
        assert_allclose(np.linalg.norm(state.base_quat_wxyz), 1.0)


def test_time_advances_by_the_control_period(backend, stand):
    backend.reset(seed=0)
    assert backend.control_dt == 0.02
    assert [backend.step(stand).time for _ in range(3)] == pytest.approx(
        [0.02, 0.04, 0.06]
    )


@pytest.mark.parametrize(
    "joint", ["left_elbow_joint", "waist_yaw_joint", "right_hand_index_1_joint"]
)
def test_a_command_moves_the_joint_at_its_place_in_robot_order(backend, robot, joint):
    backend.reset(seed=0)
    place = robot.joint_names.index(joint)
    target = robot.default_joint_pos.copy()
    target[place] += 0.3
    command = JointCommand(
        joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
    )
    for _ in range(10):
        state = backend.step(command)
    moved = np.abs(state.joint_pos - robot.default_joint_pos)
    assert np.argmax(moved) == place
    assert moved[place] > 0.15


def test_the_same_seed_and_commands_give_the_same_run_to_the_bit(backend, stand):
    runs = []
    for _ in range(2):
        backend.reset(seed=5)
        states = [backend.step(stand) for _ in range(20)]
        runs.append((states, backend.objects()))
    for first, second in zip(runs[0][0], runs[1][0], strict=True):
        for name in SIZES:
            assert_array_equal(getattr(first, name), getattr(second, name))
    for name, thing in runs[0][1].items():
        assert_array_equal(thing.pos_w, runs[1][1][name].pos_w)


def test_another_seed_draws_another_scene(backend):
    backend.reset(seed=1)
    first = backend.objects()["cup"]
    backend.reset(seed=2)
    assert not np.allclose(first.pos_w, backend.objects()["cup"].pos_w)


def test_a_state_keeps_its_values_while_the_robot_moves_on(backend, stand):
    state = backend.reset(seed=0)
    before = {name: getattr(state, name).copy() for name in SIZES}
    for _ in range(5):
        backend.step(stand)
    for name, values in before.items():
        assert_array_equal(getattr(state, name), values)


def test_every_object_of_the_scene_is_listed_with_its_kind(backend, stand):
    backend.reset(seed=0)
    backend.step(stand)
    things = backend.objects()
    assert {name: thing.kind for name, thing in things.items()} == {
        "table": "table",
        "shelf": "shelf",
        "cup": "cup",
    }
    assert [name for name, thing in things.items() if thing.movable] == ["cup"]
    assert [thing.name for thing in things.values()] == list(things)


def test_the_cup_stands_on_the_table(backend, stand):
    backend.reset(seed=0)
    for _ in range(10):
        backend.step(stand)
    table, cup = backend.objects()["table"], backend.objects()["cup"]
    top = table.pos_w[2] + table.half_size[2]
    assert_allclose(cup.pos_w[2] - cup.half_size[2], top, atol=1e-3)


def test_closing_twice_is_fine_and_a_reset_starts_again(backend):
    backend.reset(seed=0)
    backend.close()
    backend.close()
    assert backend.reset(seed=0).time == 0.0


def test_a_backend_that_was_not_reset_says_so(backend, stand):
    with pytest.raises(BackendError, match="backend is not running; call reset first"):
        backend.step(stand)
    with pytest.raises(BackendError, match="call reset first"):
        backend.objects()


def test_an_unknown_backend_is_refused_with_the_known_ones(robot):
    with pytest.raises(
        ConfigError, match=r"backend 'gazebo'\. Known: fake, isaaclab, mujoco, ros2\."
    ):
        make_backend("gazebo", robot, load_scene("empty"))


def test_the_fake_backend_runs_without_mujoco():
    program = (
        "import sys; sys.modules['mujoco'] = None\n"
        "from configs.loader import load_robot, load_scene\n"
        "from sim2real.backends import make_backend\n"
        "print(make_backend('fake', load_robot(), load_scene('kitchen')).reset(0).time)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "0.0", done.stderr
