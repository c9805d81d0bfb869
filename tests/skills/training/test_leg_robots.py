"""Robots of leg trainings from a file of ranges: delays, curves, curriculum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import CONFIG_DIR, ConfigError, load_robot, read_yaml
from configs.training_schema import LegRandomization, LegTrainingConfig
from skills.training.leg_env import LegEnv
from skills.training.leg_robots import LegRobots

ROBOT = load_robot()
N = 4


def make(**changes: Any) -> LegEnv:
    data = read_yaml(CONFIG_DIR / "training" / "walk.yaml")
    data["ppo"] = {"num_envs": N}
    config = LegTrainingConfig.model_validate({**data, **changes})
    return LegEnv(ROBOT, config, threads=1)


def written(tmp_path: Any, text: str) -> dict[str, str]:
    path = tmp_path / "ranges.yaml"
    path.write_text(text, encoding="utf-8")
    return {"ranges": str(path)}


def test_hidden_robots_can_be_practised_with():
    env = make(randomization={"ranges": "hidden"})
    still = np.zeros((N, env.k), np.float32)
    for _ in range(3):
        reward, _, _ = env.step(still)
        assert np.isfinite(reward).all()
    actor, critic = env.observe()
    assert np.isfinite(actor).all() and np.isfinite(critic).all()
    assert (env.physics.models[0].dof_frictionloss[6:] > 0).all()
    env.close()


def test_targets_arrive_within_a_step_and_after_more_than_one_period(tmp_path):
    ranges = written(tmp_path, "command_delay_s: {legs: [0.0075, 0.0075]}")
    env = make(randomization=ranges)
    task = env.task
    env.older_target = task.target + 0.8
    old, new = task.target + 0.4, task.target
    ctrl = env._ctrl(old)[0, :, 0] - new[0, 0]
    assert_allclose(ctrl, [0.4, 0.2, 0.0, 0.0], atol=1e-6)
    env._spread[:] = 0.0
    env.latency[:] = 5.5  # physics steps: longer than a control period
    ctrl = env._ctrl(old)[0, :, 0] - new[0, 0]
    assert_allclose(ctrl, [0.8, 0.6, 0.4, 0.4], atol=1e-6)
    env.close()


def test_encoders_err_in_what_is_seen_and_in_what_is_reached(tmp_path):
    env = make(randomization=written(tmp_path, "encoder_bias: [0.02, 0.02]"))
    assert_allclose(env.task.encoder_bias[:, : env.k], 0.02, atol=1e-7)
    ctrl = env._ctrl(env.task.target)[:, -1] - env.task.target
    assert_allclose(ctrl, -0.02, atol=1e-6)
    env.close()


def test_an_imu_errs_in_what_is_seen(tmp_path):
    text = "gyro_bias: [0.02, 0.02]\ntilt_bias: [0.1, 0.1]"
    env = make(randomization=written(tmp_path, text))
    env.task.noise[:] = 0.0
    at, seen = 0, {}
    actor, _ = env.observe()
    for term in env.description.observations:
        seen[term.name] = actor[:, at : at + term.size] / term.scale
        at += term.size
    rate = env.task.sensors.ang_vel
    assert_allclose(seen["base_ang_vel"], rate + 0.02, atol=1e-6)
    changed = seen["projected_gravity"] - env.task.gravity
    assert_allclose(changed[:, :2], [[0.1, -0.1]] * N, atol=0.01)  # nose down, left up
    env.close()


def test_motors_weaken_with_speed_for_a_control_period(tmp_path):
    env = make(randomization=written(tmp_path, "corner_speed_share: [0.6, 0.6]"))
    knee = list(ROBOT.joints_of("legs", "waist")).index("left_knee_joint")
    at = ROBOT.joint_names.index("left_knee_joint")
    speeds = np.zeros((N, env.k))
    speeds[0, knee] = 0.8 * ROBOT.velocity_limit[at]
    env.robots.limit_by_speed(speeds)
    limits = [model.actuator_forcerange[knee, 1] for model in env.physics.models]
    assert_allclose(np.array(limits) / ROBOT.effort_limit[at], [0.5, 1, 1, 1])
    env.close()


def test_delays_that_the_trainer_cannot_bear_are_refused(tmp_path):
    config = LegRandomization(**written(tmp_path, "command_delay_s: [0.05, 0.06]"))
    with pytest.raises(ConfigError, match=r"delays up to 0\.04 s, got 0\.05"):
        LegRobots(ROBOT, config, 1, moving_arms=True, rng=np.random.default_rng(0))


CURRICULUM = {
    **{"start": 0.0, "step": 0.5, "episodes": 4, "patience": 1},
    **{"harder_above": 0.8, "easier_below": 0.5},
}


def masses(env: LegEnv) -> list[float]:
    return [float(model.body_mass.sum()) for model in env.physics.models]


def test_the_curriculum_widens_the_ranges_when_robots_stay_up():
    ranges = {"torso_mass": [1.0, 2.0], "payload": [0.0, 0.0]}
    env = make(curriculum=CURRICULUM, randomization={**ranges, "mass_scale": [1, 1]})
    nominal = masses(env)
    assert max(nominal) - min(nominal) < 1e-9
    env.task.time[:] = env.config.episode_s  # every episode ends well
    env.step(np.zeros((N, env.k), np.float32))
    assert env.curriculum.level == 0.5
    added = np.array(masses(env)) - nominal
    assert ((added >= 0.5) & (added <= 1.0)).all()
    assert env.log.read()["curriculum_level"] == 0.0  # of the step that is over

    other = make(curriculum=CURRICULUM, randomization={**ranges, "mass_scale": [1, 1]})
    other.restore(env.saved())
    assert other.curriculum.level == 0.5
    assert (np.array(masses(other)) - nominal >= 0.5).all()
    env.close()
    other.close()


def test_without_a_curriculum_there_is_nothing_to_keep():
    env = make()
    assert env.curriculum is None and env.saved() == {}
    before = masses(env)
    env.restore({})
    assert_array_equal(masses(env), before)
    env.close()
