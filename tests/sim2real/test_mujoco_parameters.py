"""A concrete robot in MuJoCo: bodies, ground, sensors, and nothing where neutral."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import ConfigError, load_robot, load_scene
from sim2real.backends.imperfections import Imperfections, ReadingTimes
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.mujoco_ground import ROUND, Ground, bounce, damping_ratio
from sim2real.mujoco_model import robot_spec
from sim2real.mujoco_parameters import change_motors, change_robot
from sim2real.mujoco_variation import Variation
from sim2real.randomization import load_randomization
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters
from sim2real.rotations import project_gravity

ROBOT = load_robot()
STAND = JointCommand(
    joint_pos=ROBOT.default_joint_pos, stiffness=ROBOT.stiffness, damping=ROBOT.damping
)
BENT = JointCommand(
    joint_pos=ROBOT.default_joint_pos + 0.1,
    stiffness=ROBOT.stiffness,
    damping=ROBOT.damping,
)


def make(values: dict[str, Any] | None, scene: str = "empty", **more: Any):
    parameters = None if values is None else RobotParameters.of(ROBOT, values)
    return MujocoBackend(ROBOT, load_scene(scene), parameters=parameters, **more)


def truths(backend: MujocoBackend, ticks: int = 15) -> list[RobotState]:
    backend.reset(seed=2)
    seen = []
    for tick in range(ticks):
        backend.step(STAND if tick % 3 else BENT)
        seen.append(backend.true_state())
    return seen


@pytest.mark.parametrize("values", [{}, {"gyro_bias": [0.1, 0.0, 0.0]}])
def test_what_is_neutral_changes_nothing_to_the_bit(values):
    # The second one takes the whole way of a concrete robot, with good motors.
    for plain, concrete in zip(
        truths(make(None, "kitchen")), truths(make(values, "kitchen")), strict=True
    ):
        for name, value in vars(plain).items():
            assert_array_equal(getattr(concrete, name), value)


def test_bodies_and_joints_have_what_was_said():
    backend = make(
        {
            "link_mass_scale": {"left_knee_link": 1.5},
            "base_mass_add": 2.0,
            "base_com_add": [0.0, 0.01, 0.0],
            "payload": {"right": 0.5, "left": 0.0},
            "armature_scale": {"legs": 1.2},
            "damping_add": {"waist": 0.3},
            "friction_loss_add": {"left_knee_joint": 0.4},
            "friction_scale": 0.5,
        }
    )
    backend.reset(seed=0)
    model, nominal = backend.model, robot_spec(ROBOT).compile()
    knee = nominal.body("left_knee_link")
    assert_allclose(model.body("left_knee_link").mass, 1.5 * knee.mass)
    assert_allclose(model.body("left_knee_link").inertia, 1.5 * knee.inertia)
    torso = nominal.body("torso_link")
    assert_allclose(model.body("torso_link").mass, torso.mass + 2.0)
    assert_allclose(model.body("torso_link").ipos, torso.ipos + np.array([0, 0.01, 0]))
    more = float(model.body_mass.sum() - nominal.body_mass.sum())
    assert more == pytest.approx(0.5 * float(knee.mass[0]) + 2.0 + 0.5)
    joint, was = model.joint("left_knee_joint"), nominal.joint("left_knee_joint")
    assert_allclose(joint.armature, 1.2 * was.armature)
    assert_allclose(joint.frictionloss, 0.4)
    assert model.dof_damping[model.joint("waist_yaw_joint").dofadr[0]] == 0.3
    assert model.geom("floor").friction[0] == pytest.approx(0.4)


def test_a_compiled_model_varies_to_the_same_as_one_that_is_compiled_anew():
    ranges = load_randomization("hard")
    compiled = robot_spec(ROBOT).compile()
    variation = Variation(compiled, ROBOT)
    for seed in (1, 2):
        one = ranges.draw(ROBOT, np.random.default_rng(seed))
        variation.become(one)
        spec = robot_spec(ROBOT)
        change_robot(spec, ROBOT, one)
        change_motors(spec, ROBOT, one)
        anew = spec.compile()
        for name in ("body_mass", "body_inertia", "body_ipos", "dof_armature"):
            assert_allclose(getattr(compiled, name), getattr(anew, name), rtol=1e-9)
        for name in ("dof_damping", "dof_frictionloss", "actuator_forcerange"):
            assert_allclose(getattr(compiled, name), getattr(anew, name), rtol=1e-9)
        for name in ("actuator_gainprm", "actuator_biasprm"):
            assert_allclose(getattr(compiled, name), getattr(anew, name), rtol=1e-9)
    variation.become(RobotParameters.nominal(ROBOT))
    assert_array_equal(compiled.body_mass, robot_spec(ROBOT).compile().body_mass)


def test_a_sloping_floor_rises_as_its_gradient_says():
    # Rolled by 0.1 rad the floor rises to the left, pitched it falls ahead.
    ground = Ground(origin=np.array([1.0, 2.0]), gradient=np.array([-0.2, 0.1]))
    points = np.array([[1.0, 2.0], [2.0, 2.0], [1.0, 4.0]])
    assert_allclose(ground.height(points), [0.0, -0.2, 0.2])


@pytest.mark.parametrize(
    "values",
    [
        {"ground_slope": [0.05, -0.03]},
        {"ground_slope": [0.02, 0.02], "ground_roughness": 0.01},
    ],
)
def test_the_robot_starts_with_a_foot_on_the_ground_that_is_there(values):
    backend = make(values, "kitchen")
    backend.reset(seed=3)
    simulation = backend._running()
    here = backend.scene.start
    offsets = np.random.default_rng(0).uniform(-1.5, 1.5, (30, 2))
    points = np.array([here.x, here.y]) + offsets
    heights = simulation._ground.height(points)
    hit = np.zeros(1, np.int32)
    groups = np.array([1, 0, 0, 0, 0, 0], np.uint8)  # not the robot's
    for (x, y), height in zip(points, heights, strict=True):
        way = mujoco.mj_ray(
            backend.model, backend.data, [x, y, 0.2], [0, 0, -1.0], groups, 1, -1, hit
        )
        if hit[0] >= 0 and backend.model.geom_conaffinity[hit[0]] == 0:
            assert 0.2 - way == pytest.approx(height, abs=1e-6) or way < 0.05
    depth = backend.data.contact.dist
    assert len(depth) >= 1 and depth.min() > -1e-4
    assert abs(depth).min() < 1e-4


def test_bumps_are_as_high_as_was_said_and_carry_the_robot():
    backend = make({"ground_roughness": 0.01})
    backend.reset(seed=0)
    bumps = backend._running()._ground.bumps
    assert bumps is not None and len(bumps) == 41 * 41
    tops = bumps[:, 2] + ROUND
    assert 0.0 <= tops.min() < 0.001 and 0.009 < tops.max() <= 0.01
    for _ in range(25):
        state = backend.step(STAND)
    assert state.base_pos_w[2] > 0.75


@pytest.mark.parametrize("restitution", [0.2, 0.4, 0.6])
def test_a_foot_bounces_back_with_its_share_of_the_speed(restitution):
    spec = mujoco.MjSpec()
    spec.option.timestep = 0.001
    ratio = damping_ratio(restitution)
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[1, 1, 1],
        priority=2,
        solref=[0.02, ratio],
        solimp=[0.9, 0.9001, 0.001, 0.5, 2],
    )
    ball = spec.worldbody.add_body(pos=[0, 0, 0.3])
    ball.add_freejoint()
    ball.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.05, 0, 0], mass=1.0)
    model = spec.compile()
    data = mujoco.MjData(model)
    speeds = []
    for _ in range(600):
        mujoco.mj_step(model, data)
        speeds.append(float(data.qvel[2]))
    assert max(speeds) / -min(speeds) == pytest.approx(restitution, abs=0.05)


def test_no_restitution_is_critical_damping():
    assert damping_ratio(0.0) == 1.0
    # z = 0.5: sqrt(0.75) = 0.866, atan2(0.866, 0.5) = pi / 3, exp(-0.577 * 2 pi / 3).
    assert bounce(0.5) == pytest.approx(0.29846, abs=1e-4)
    assert damping_ratio(0.29846) == pytest.approx(0.5, abs=1e-4)
    assert damping_ratio(0.1) == 1.0  # no contact of MuJoCo swallows more


def test_sensors_have_their_biases():
    bias = {"encoder_bias": {"left_arm": 0.02}, "gyro_bias": [0.1, 0.0, -0.2]}
    backend = make({**bias, "tilt_bias": [0.03, -0.02]})
    reading, truth = backend.reset(seed=1), backend.true_state()
    elbow = ROBOT.joint_names.index("left_elbow_joint")
    assert reading.joint_pos[elbow] - truth.joint_pos[elbow] == pytest.approx(0.02)
    assert_allclose(reading.base_ang_vel - truth.base_ang_vel, [0.1, 0.0, -0.2])
    # Gravity of an upright robot, seen by an IMU that is rolled and pitched.
    gravity = project_gravity(reading.base_quat_wxyz)
    assert_allclose(gravity, [-0.02, -0.03, -1.0], atol=1e-3)


def test_noise_of_the_robot_adds_to_that_of_the_run_in_its_variance():
    both = Imperfections(gyro_std=0.03).with_noise_of(
        RobotParameters.of(ROBOT, {"gyro_std": 0.04, "tilt_std": 0.01})
    )
    assert both.gyro_std == pytest.approx(0.05)
    assert both.tilt_std == 0.01


def test_a_reading_of_one_tick_ago_is_that_of_the_other_delay():
    late = make({"observation_delay_s": 0.02})
    usual = make(None, imperfections=Imperfections(observation_delay_ticks=1))
    for one, other in zip(
        [late.reset(0), *(late.step(BENT) for _ in range(5))],
        [usual.reset(0), *(usual.step(BENT) for _ in range(5))],
        strict=True,
    ):
        assert_allclose(one.joint_pos, other.joint_pos, atol=1e-9)
        assert one.time == other.time


def test_a_reading_between_two_steps_is_between_both():
    seen = {}
    for delay in (0.005, 0.0075, 0.01):
        backend = make({"observation_delay_s": delay})
        backend.reset(0)
        backend.step(BENT)
        seen[delay] = backend.step(BENT).joint_pos
    assert_allclose(seen[0.0075], (seen[0.005] + seen[0.01]) / 2, atol=1e-9)


def test_a_later_reading_is_never_older():
    parameters = RobotParameters.of(ROBOT, {"jitter_s": 0.05})
    times = ReadingTimes(parameters, np.random.default_rng(0))
    taken = [0.02 * k - times.age(0.02 * k) for k in range(1, 50)]
    assert taken == sorted(taken)
    assert taken[0] >= 0.0
    assert all(0.0 <= 0.02 * k - t <= 0.05 for k, t in enumerate(taken, 1))


def test_the_same_seed_gives_the_same_run_of_a_concrete_robot():
    ranges = load_randomization("hidden")
    one = ranges.draw(ROBOT, np.random.default_rng(5))
    runs = []
    for _ in range(2):
        backend = MujocoBackend(ROBOT, load_scene("kitchen"), parameters=one)
        backend.reset(seed=4)
        runs.append([backend.step(BENT).joint_pos for _ in range(5)])
    assert_array_equal(runs[0], runs[1])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base_mass_add": -7.0, "link_mass_scale": {"torso_link": 0.5}}, "would leav"),
        ({"link_mass_scale": {"tail": 1.1}}, "g1_dex3 has no link 'tail'. Known: pel"),
    ],
)
def test_bodies_that_cannot_be_are_refused_before_a_run(values, words):
    with pytest.raises(ConfigError) as caught:
        make(values)
    assert words in str(caught.value)


def test_parameters_of_another_robot_are_refused():
    fewer = ROBOT.model_copy(update={"joints": ROBOT.joints[:-1]})
    fewer.__dict__.pop("joint_names", None)
    parameters = RobotParameters.of(fewer, {"strength": 0.9})
    with pytest.raises(ConfigError, match="of 42 joints, g1_dex3 has 43"):
        MujocoBackend(ROBOT, load_scene("empty"), parameters=parameters)
