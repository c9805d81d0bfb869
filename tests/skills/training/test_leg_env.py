"""Robots that learn to walk: reproducible, sound after an accident, symmetric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig
from sim2real.mujoco_model import CONTROL_DT
from skills.locomotion import REWARDS, LegState
from skills.mirror import Mirror, joint_mirror

pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training.batch_physics import BatchPhysics
from skills.training.leg_env import LegEnv
from skills.training.leg_models import leg_spec

N = 8


def config(skill: str = "walk", **changes: Any) -> LegTrainingConfig:
    data = read_yaml(CONFIG_DIR / "training" / f"{skill}.yaml")
    return LegTrainingConfig.model_validate({**data, "ppo": {"num_envs": N}, **changes})


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def env(robot: RobotConfig) -> Iterator[LegEnv]:
    env = LegEnv(robot, config(), threads=1)
    yield env
    env.close()


def still(env: LegEnv) -> np.ndarray:
    """Return the action that asks for the default pose."""
    return np.zeros((env.num_envs, env.k), np.float32)


def recorded(robot: RobotConfig, seed: int) -> list[np.ndarray]:
    """Return all that a learner sees of six steps with random actions."""
    env = LegEnv(robot, config(seed=seed), threads=1)
    rng = np.random.default_rng(9)
    seen: list[np.ndarray] = []
    for _ in range(6):
        seen += env.observe()
        seen += env.step(rng.normal(size=(N, env.k)).astype(np.float32))
    env.close()
    return seen


def test_the_same_seed_gives_the_same_numbers(robot: RobotConfig) -> None:
    first, second, other = (recorded(robot, seed) for seed in (1, 1, 2))
    for here, there in zip(first, second, strict=True):
        assert_array_equal(here, there)
    assert not np.array_equal(first[-5], other[-5])


@pytest.mark.parametrize(
    ("skill", "actor", "critic"), [("walk", 70, 91), ("balance", 84, 105)]
)
def test_observations_have_the_size_that_the_description_says(
    robot: RobotConfig, skill: str, actor: int, critic: int
) -> None:
    # 3 gyroscope, 3 gravity, 3 command, 2 clock, 29 joints, 15 actions and the
    # speeds of 15 (walk) or 29 joints; the critic sees 21 numbers more.
    env = LegEnv(robot, config(skill), threads=1)
    seen, judged = env.observe()
    assert (seen.shape, judged.shape) == ((N, actor), (N, critic))
    assert seen.dtype == judged.dtype == np.float32
    assert env.description.observation_size == actor
    assert len(env.critic_mirror().index) == critic
    reward, done, late = env.step(still(env))
    assert (reward.shape, done.shape, late.shape) == ((N,), (N,), (N,))
    assert reward.dtype == np.float32
    env.close()


@pytest.mark.parametrize("where", ["position", "joint", "speed"])
def test_a_robot_that_blew_up_begins_anew_and_leaves_no_nan(
    env: LegEnv, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes a log of such accidents
    env.step(still(env))
    env.task.time[:] = 3.0
    if where == "position":
        env.physics.qpos[2, 3] = np.nan
    elif where == "joint":
        env.physics.qpos[2, 12] = np.nan
    else:
        env.physics.qvel[2, 8] = 1e11
    reward, done, late = env.step(still(env))
    assert done[2] and not late[2] and reward[2] == 0.0
    assert env.task.time[2] == 0.0
    assert env.task.log.sums["blown_up"] == pytest.approx(1 / N)
    for _ in range(3):
        for values in (*env.observe(), reward, env.physics.state, env.task.velocities):
            assert np.isfinite(values).all()
        for value in (*vars(env).values(), *vars(env.task).values()):
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                assert np.isfinite(value).all()
        reward, _, _ = env.step(still(env))


def test_a_fall_is_punished_and_ends_the_episode(env: LegEnv) -> None:
    env.task.time[:] = 1.0
    env.physics.qpos[3, 2] = 0.3
    reward, done, late = env.step(still(env))
    assert done[3] and not late[3]
    assert reward[3] == -env.config.fall_penalty
    assert env.task.time[3] == 0.0
    assert env.physics.qpos[3, 2] >= env.robot.standing_height


def test_time_runs_out_without_a_punishment(env: LegEnv) -> None:
    env.task.time[:] = 1.0
    env.task.time[5] = env.config.episode_s - CONTROL_DT
    reward, done, late = env.step(still(env))
    assert done[5] and late[5] and reward[5] > -0.1
    assert late.sum() == 1


def test_commands_are_drawn_again_when_their_time_is_over(env: LegEnv) -> None:
    env.task.time[:] = 2.0
    env.task.next_command[:] = 100.0
    env.task.next_command[4] = 2.0 + CONTROL_DT
    before = env.task.command.copy()
    env.step(still(env))
    assert (env.task.command[4] != before[4]).any()
    assert_array_equal(np.delete(env.task.command, 4, 0), np.delete(before, 4, 0))
    low, high = env.config.commands.hold_s
    assert low <= env.task.next_command[4] - env.task.time[4] <= high


def test_what_the_policy_is_told_of_a_new_command_agrees(env: LegEnv) -> None:
    env.task.noise[:] = 0.0
    env.task.command[:] = 0.0
    env.task.time[:] = 2.0
    env.task.next_command[:] = 2.0
    env.step(still(env))
    seen, _ = env.observe()
    walks = np.abs(seen[:, 6:9] / 2.0).max(1) > 0.05
    assert walks.any()
    clock = np.hypot(seen[:, 9], seen[:, 10])
    assert_allclose(clock, walks.astype(float), atol=1e-6)


def commands(robot: RobotConfig, ramp: float = 1.0, **shares: float) -> np.ndarray:
    names = ("stand_share", "straight_share", "turn_share")
    chosen = {name: shares.get(name, 0.0) for name in names}
    env = LegEnv(robot, config(commands=chosen), threads=1)
    env.task.ramp = ramp
    drawn = []
    for _ in range(20):
        env.task.draw_commands(np.arange(N))
        drawn.append(env.task.command.copy())
    env.close()
    return np.concatenate(drawn)


def test_commands_by_their_shares(robot: RobotConfig) -> None:
    assert not commands(robot, stand_share=1.0).any()
    straight = commands(robot, straight_share=1.0)
    assert straight[:, 0].all() and not straight[:, 1:].any()
    turning = commands(robot, turn_share=1.0)
    assert turning[:, 2].all() and not turning[:, :2].any()
    free = commands(robot)
    limits = config().commands
    for column, (low, high) in enumerate((limits.vx, limits.vy, limits.wz)):
        assert low <= free[:, column].min() < 0.8 * low
        assert 0.8 * high < free[:, column].max() <= high


def test_commands_grow_with_the_ramp(robot: RobotConfig) -> None:
    early = commands(robot, ramp=0.25)
    assert 0.3 < early[:, 0].max() <= 0.4 * config().commands.vx[1]


def test_penalties_grow_from_a_quarter_to_full(robot: RobotConfig) -> None:
    env = LegEnv(robot, config(ramp_steps=4 * N), threads=1)
    assert env.task.ramp == 0.25
    ramps = []
    for _ in range(5):
        env.step(still(env))
        ramps.append(env.task.ramp)
    env.close()
    assert_allclose(ramps, [0.4375, 0.625, 0.8125, 1.0, 1.0])
    assert env.total_steps == 5 * N


def test_targets_arrive_late_by_the_latency(env: LegEnv) -> None:
    env.latency[:4] = [0, 1, 2, 4]  # physics steps of 5 ms
    old, new = env.task.target + 0.5, env.task.target
    ctrl = env._ctrl(old)[:4, :, 0] - new[:4, :1]
    expected = [
        [0.0, 0.0, 0.0, 0.0],
        [0.5, 0.0, 0.0, 0.0],
        [0.5, 0.5, 0.0, 0.0],
        [0.5, 0.5, 0.5, 0.5],
    ]
    assert_allclose(ctrl, expected, atol=1e-6)


def test_actions_are_clipped_and_scaled_around_the_default_pose(env: LegEnv) -> None:
    action = still(env)
    action[:, 3], action[:, 9] = 0.4, 100.0  # the knees
    env.step(action)
    assert_allclose(env.task.target[:, 3], 0.3 + 0.25 * 0.4, atol=1e-6)
    assert_allclose(env.task.target[:, 9], 0.3 + 0.25 * 6.0, atol=1e-6)
    assert env.task.action.max() == 6.0


def test_a_push_changes_the_velocity_of_the_base_only(env: LegEnv) -> None:
    env.task.next_push[:] = np.inf
    env.task.next_push[1] = 0.0
    before = env.physics.qvel.copy()
    env._push()
    change = env.physics.qvel - before
    assert not np.delete(change, 1, 0).any()
    speed = float(np.hypot(*change[1, :2]))
    assert 0.0 < speed <= env.config.randomization.push_speed * env.task.ramp
    assert not change[1, 6:].any()
    assert env.task.next_push[1] > env.task.time[1] + 3.9


def test_the_mean_velocity_covers_what_has_passed_since_the_reset(env: LegEnv) -> None:
    env.reset(np.arange(N))
    env._read()
    for number in range(3):
        env.task.velocity = np.full((N, 3), float(number), np.float32)
        env.task.tick += 1
        state = env.task.leg_state()
    assert_allclose(state.mean_velocity, 1.0, rtol=1e-6)  # of 0, 1 and 2
    assert_allclose(state.mean_command, env.task.command, rtol=1e-5)


# --- left and right -------------------------------------------------------------------


@pytest.fixture
def pair(robot: RobotConfig) -> Iterator[LegEnv]:
    """Two robots with nothing random about them, the second one to be mirrored."""
    env = LegEnv(robot, config(ppo={"num_envs": 2}), threads=1)
    env.physics.close()
    hands_and_arms = robot.joints_of("left_arm", "right_arm", "left_hand", "right_hand")
    default = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    model = leg_spec(robot, {n: float(default[n]) for n in hands_and_arms}).compile()
    env.physics = BatchPhysics([model, model], threads=1)
    env.joint_pos[:] = env.task.default
    env.task.encoder_bias[:] = env.task.noise[:] = env.latency[:] = 0
    env.task.privileged[1] = env.task.privileged[0] * [1, 1, -1, 1, 1, 1]
    env.reset(np.arange(2))
    env.task.next_push[:] = env.task.next_command[:] = 100.0
    env.task.command[:] = [[0.4, 0.2, -0.3], [0.4, -0.2, 0.3]]
    env.task.phase_start[:] = [0.1, 0.5]
    env.physics.state[1] = mirrored_state(env, env.physics.state[0])
    yield env
    env.close()


def mirrored_state(env: LegEnv, state: np.ndarray) -> np.ndarray:
    legs = joint_mirror(env.task.legs)
    layout = env.physics.layout
    image = state.copy()
    image[layout.qpos] = np.concatenate(
        [
            state[layout.qpos][:7] * [1, -1, 1, 1, -1, 1, -1],
            legs(state[layout.qpos][7:]),
        ]
    )
    image[layout.qvel] = np.concatenate(
        [
            state[layout.qvel][:6] * [1, -1, 1, -1, 1, -1],
            legs(state[layout.qvel][6:]),
        ]
    )
    return image


def test_a_mirrored_robot_moves_and_sees_like_its_mirror_image(pair: LegEnv) -> None:
    seen, acted = (
        pair.description.observation_mirror(),
        pair.description.action_mirror(),
    )
    judged = pair.critic_mirror()
    rng = np.random.default_rng(2)
    for step in range(6):
        action = rng.normal(0.0, 0.7, (1, pair.k)).astype(np.float32)
        reward, done, _ = pair.step(np.concatenate([action, acted(action)]))
        assert not done.any()
        # Left and right of the MJCF differ in the fifth decimal, and contacts amplify.
        position, speed = pair.physics.layout.qpos, pair.physics.layout.qvel
        image = mirrored_state(pair, pair.physics.state[0])
        assert_allclose(pair.physics.state[1, position], image[position], atol=2e-3)
        assert_allclose(pair.physics.state[1, speed], image[speed], atol=0.1)
        if step == 0:
            assert_allclose(pair.physics.state[1, position], image[position], atol=1e-4)
        actor, critic = pair.observe()
        assert_allclose(actor[1], seen(actor[0]), atol=2e-2)
        assert_close_for_the_critic(critic, judged)
        assert reward[1] == pytest.approx(reward[0], abs=2e-3)


def assert_close_for_the_critic(critic: np.ndarray, mirror: Mirror) -> None:
    there, here = critic[1], mirror(critic[0])
    force = slice(74, 76)  # in units of 200 N
    assert_allclose(np.delete(there, force), np.delete(here, force), atol=0.1)
    assert_allclose(there[force], here[force], atol=0.5)


def test_every_field_that_rewards_look_at_is_filled(env: LegEnv) -> None:
    env.step(still(env))
    state = env.task.leg_state()
    for field in fields(LegState):
        value = getattr(state, field.name)
        assert value.shape[0] == N and np.isfinite(value).all(), field.name
    for name, reward in REWARDS.items():
        assert reward(state).shape == (N,), name


def test_a_stage_takes_over_on_the_way(robot: RobotConfig) -> None:
    # Four robots make four steps a tick: the third tick is the twelfth step.
    stages = ({"start": 3 * N, "rewards": {"alive": 7.0}, "push_speed": 0.1},)
    settings = config("walk").model_dump() | {"stages": stages}
    env = LegEnv(robot, LegTrainingConfig.model_validate(settings), threads=1)
    before = env.task.settings
    env.step(still(env))
    env.step(still(env))
    assert env.task.settings == before
    env.step(still(env))
    assert env.task.settings.rewards == {**before.rewards, "alive": 7.0}
    assert env.task.settings.push_speed == 0.1
    env.close()


def test_where_it_has_to_keep_standing_a_tipping_robot_has_failed(
    robot: RobotConfig,
) -> None:
    for keep, failed in ((False, False), (True, True)):
        settings = config("balance").model_dump() | {"keep_standing": keep}
        env = LegEnv(robot, LegTrainingConfig.model_validate(settings), threads=1)
        env.task.time[:] = 1.0
        env.physics.qvel[2, 4] = 3.0  # pitches forward, yet far from lying down
        _, done, late = env.step(still(env))
        assert (bool(done[2]), bool(late[2])) == (failed, False)
        env.close()
