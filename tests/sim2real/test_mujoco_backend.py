"""The MuJoCo backend: gains, limits, pushes, payloads, noise and delays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import SiteNames
from sim2real.backends.imperfections import Imperfections
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.robot import BackendError, JointCommand

ROBOT = load_robot()
N = len(ROBOT.joint_names)
STAND = JointCommand(
    joint_pos=ROBOT.default_joint_pos, stiffness=ROBOT.stiffness, damping=ROBOT.damping
)
LIMP = replace(STAND, stiffness=np.zeros(N), damping=np.zeros(N))
ELBOW = ROBOT.joint_names.index("left_elbow_joint")


def make(scene: str = "empty", **options) -> MujocoBackend:
    return MujocoBackend(ROBOT, load_scene(scene), **options)


def bent_elbow(by: float) -> JointCommand:
    target = ROBOT.default_joint_pos.copy()
    target[ELBOW] += by
    return replace(STAND, joint_pos=target)


def test_the_feet_just_touch_the_ground_at_the_start():
    backend = make("kitchen")
    state = backend.reset(seed=0)
    lowest = min(
        backend.data.geom(f"{side}_foot_{i}").xpos[2] - 0.005
        for side in ("left", "right")
        for i in range(4)
    )
    assert lowest == pytest.approx(0.0, abs=1e-9)
    start = backend.scene.start
    assert_allclose(state.base_pos_w[:2], [start.x, start.y])
    half = start.yaw / 2
    assert_allclose(state.base_quat_wxyz, [np.cos(half), 0.0, 0.0, np.sin(half)])


def test_at_the_table_the_robot_starts_free_of_table_and_cup():
    backend = make("tabletop")
    for seed in range(20):
        backend.reset(seed)
        geoms = {geom for pair in backend.data.contact.geom for geom in pair}
        touching = {
            backend.model.body(backend.model.geom_bodyid[geom]).name for geom in geoms
        }
        feet = {"left_ankle_roll_link", "right_ankle_roll_link"}
        assert touching <= {"world", "table", "cup"} | feet


def test_zero_gains_go_limp_and_the_robots_gains_hold_it():
    backend = make()
    heights = {}
    for name, command in (("limp", LIMP), ("held", STAND)):
        backend.reset(seed=0)
        for _ in range(25):  # 0.5 s
            state = backend.step(command)
        heights[name] = state.base_pos_w[2]
    assert heights["limp"] < 0.6
    assert heights["held"] > 0.75


def test_limp_joints_feel_no_effort_and_gains_come_back():
    backend = make()
    backend.reset(seed=0)
    assert_array_equal(backend.step(LIMP).joint_effort, np.zeros(N))
    assert np.abs(backend.step(STAND).joint_effort).max() > 1.0
    assert_array_equal(backend.model.actuator_gainprm[:, 0], ROBOT.stiffness)
    assert_array_equal(backend.model.actuator_biasprm[:, 1], -ROBOT.stiffness)
    assert_array_equal(backend.model.actuator_biasprm[:, 2], -ROBOT.damping)


def test_effort_stays_within_the_limits_of_the_motors():
    backend = make()
    backend.reset(seed=0)
    stiffness = ROBOT.stiffness.copy()
    stiffness[ELBOW] = 500.0
    command = replace(STAND, joint_pos=ROBOT.joint_range[:, 1], stiffness=stiffness)
    efforts = np.array([np.abs(backend.step(command).joint_effort) for _ in range(5)])
    assert (efforts <= ROBOT.effort_limit + 1e-9).all()
    assert_allclose(efforts[0, ELBOW], 25.0)  # asked for far more


def test_a_push_adds_its_velocity_to_the_base():
    backend = make()
    before = backend.reset(seed=0).base_lin_vel_w
    backend.push(np.array([0.5, -0.2, 0.0]))
    assert_allclose(backend.true_state().base_lin_vel_w - before, [0.5, -0.2, 0.0])
    assert backend.step(STAND).base_pos_w[0] > 0.005


def test_the_gyroscope_speaks_the_base_frame():
    backend = make()
    backend.reset(seed=0)
    # Lying on its face and turning about the world's z: that is the base's -x.
    backend.data.qpos[3:7] = [np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0]
    backend.data.qpos[2] = 2.0
    backend.data.qvel[:] = 0.0
    backend.data.qvel[3] = -1.0
    before = backend.true_state()
    assert_allclose(before.base_ang_vel, [-1.0, 0.0, 0.0])
    quat = backend.step(LIMP).base_quat_wxyz
    # 0.02 rad of yaw later: q_yaw * q_pitch, whose x is -sin(0.01) * sqrt(0.5).
    assert quat[1] == pytest.approx(-np.sin(0.01) * np.sqrt(0.5), abs=1e-3)
    assert quat[3] == pytest.approx(np.sin(0.01) * np.sqrt(0.5), abs=1e-3)


def test_a_payload_adds_its_mass_to_the_hand_and_collides_with_nothing():
    bare, loaded = make(), make(payload={"left": 0.7})
    bare.reset(seed=0)
    loaded.reset(seed=0)
    subtree = "left_wrist_yaw_link"
    extra = (
        loaded.model.body(subtree).subtreemass - bare.model.body(subtree).subtreemass
    )
    assert extra[0] == pytest.approx(0.7)
    load = loaded.model.body("left_grasp_payload")
    geom = loaded.model.geom(int(load.geomadr[0]))
    assert (geom.contype[0], geom.conaffinity[0]) == (0, 0)
    assert_allclose(load.pos, [0.135, -0.056, 0.0])


def test_noise_changes_readings_but_not_the_physics():
    noisy = make(
        "tabletop",
        imperfections=Imperfections(
            joint_pos_std=0.01,
            joint_vel_std=0.5,
            gyro_std=0.2,
            tilt_std=0.02,
            object_pos_std=0.01,
        ),
    )
    clean = make("tabletop")
    noisy.reset(seed=1)
    clean.reset(seed=1)
    for _ in range(10):
        reading, truth = noisy.step(STAND), clean.step(STAND)
    for name in ("joint_pos", "joint_vel", "base_ang_vel", "base_quat_wxyz"):
        assert not np.allclose(getattr(reading, name), getattr(truth, name), atol=1e-4)
        assert_array_equal(getattr(noisy.true_state(), name), getattr(truth, name))
    cup, true_cup = noisy.objects()["cup"], clean.objects()["cup"]
    assert not np.allclose(cup.pos_w, true_cup.pos_w, atol=1e-5)
    assert_array_equal(noisy.true_objects()["cup"].pos_w, true_cup.pos_w)
    assert_array_equal(noisy.objects()["cup"].pos_w, cup.pos_w)  # asked again: same


def test_the_noise_is_that_of_the_seed():
    backend = make(imperfections=Imperfections(joint_pos_std=0.01))
    first, again, other = (backend.reset(seed).joint_pos for seed in (7, 7, 8))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_delayed_command_gives_the_run_shifted_by_the_delay():
    late = make(imperfections=Imperfections(command_delay_steps=8))
    prompt = make()
    late.reset(seed=0)
    prompt.reset(seed=0)
    # Eight physics steps are two ticks, in which the robot holds its default pose.
    for command in (STAND, STAND, bent_elbow(0.3), bent_elbow(0.3)):
        expected = prompt.step(command)
    for command in [bent_elbow(0.3)] * 4:
        delayed = late.step(command)
    assert_array_equal(delayed.joint_pos, expected.joint_pos)


def test_a_delay_of_one_physics_step_moves_the_joint_less():
    moved = []
    for steps in (0, 1, 3, 4):
        backend = make(imperfections=Imperfections(command_delay_steps=steps))
        backend.reset(seed=0)
        bent = backend.step(bent_elbow(0.3)).joint_pos - ROBOT.default_joint_pos
        moved.append(bent[ELBOW])
    assert moved[0] > moved[1] > moved[2] > moved[3]
    assert moved[3] < 0.01


def test_a_delayed_reading_is_old_but_its_time_is_now():
    late = make(imperfections=Imperfections(observation_delay_ticks=2))
    prompt = make()
    old = [late.reset(seed=0)] + [late.step(bent_elbow(0.3)) for _ in range(4)]
    new = [prompt.reset(seed=0)] + [prompt.step(bent_elbow(0.3)) for _ in range(4)]
    for i, source in enumerate([0, 0, 0, 1, 2]):
        assert_array_equal(old[i].joint_pos, new[source].joint_pos)
        assert old[i].time == new[i].time


def test_a_smaller_physics_step_keeps_the_control_period():
    backend = make(physics_dt=0.002)
    backend.reset(seed=0)
    assert backend.step(STAND).time == 0.02
    assert backend.data.time == pytest.approx(0.02)


def test_a_blown_up_simulation_is_reported_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log there
    backend = make()
    backend.reset(seed=0)
    backend.data.qvel[0] = 1e12
    with pytest.raises(BackendError, match=r"blew up within 4 physics steps.*velocit"):
        backend.step(STAND)


def test_a_command_that_is_not_finite_is_not_sent():
    backend = make()
    backend.reset(seed=0)
    with pytest.raises(
        BackendError, match="joint_pos that is not finite, for left_elb"
    ):
        backend.step(bent_elbow(np.nan))
    assert backend.true_state().time == 0.0


@pytest.mark.parametrize("physics_dt", [0.003, 0.04, 0.0, -0.005])
def test_a_physics_step_that_does_not_divide_the_period_is_refused(physics_dt):
    with pytest.raises(ConfigError, match=r"must divide the control period of 0\.02 s"):
        make(physics_dt=physics_dt)


def test_a_payload_on_no_hand_or_without_mass_is_refused():
    with pytest.raises(ConfigError, match=r"side 'tail': .*Known: left, right\."):
        make(payload={"tail": 1.0})
    with pytest.raises(ConfigError, match="payload left: expected more than 0 kg"):
        make(payload={"left": 0.0})
    feet = {"imu": "imu", "left_foot": "left_foot", "right_foot": "right_foot"}
    handless = ROBOT.model_copy(update={"sites": SiteNames(**feet)})
    with pytest.raises(ConfigError, match=r"has no grasp site there\. Known: none\."):
        MujocoBackend(handless, load_scene("empty"), payload={"left": 1.0})


@pytest.mark.parametrize("what", ["model", "data", "scene"])
def test_there_is_no_simulation_before_the_reset(what):
    with pytest.raises(BackendError, match="call reset first"):
        getattr(make(), what)
