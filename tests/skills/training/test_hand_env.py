"""Arms that learn to grasp: reproducible, and sound after an accident."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig, PpoConfig
from sim2real.mujoco_model import CONTROL_DT

pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training.hand_env import HandEnv

N = 8


def config(seed: int = 1) -> HandTrainingConfig:
    data = read_yaml(CONFIG_DIR / "training" / "grasp.yaml")
    ppo = PpoConfig(num_envs=N, symmetric=False)
    return HandTrainingConfig.model_validate({**data, "seed": seed, "ppo": ppo})


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def env(robot: RobotConfig) -> Iterator[HandEnv]:
    env = HandEnv(robot, config(), threads=1)
    yield env
    env.close()


def still() -> np.ndarray:
    return np.zeros((N, 14), np.float32)


def recorded(robot: RobotConfig, seed: int) -> list[np.ndarray]:
    env = HandEnv(robot, config(seed), threads=1)
    rng = np.random.default_rng(9)
    seen: list[np.ndarray] = []
    for _ in range(6):
        seen += env.observe()
        seen += env.step(rng.normal(size=(N, 14)).astype(np.float32))
    env.close()
    return seen


def test_the_same_seed_gives_the_same_numbers(robot: RobotConfig) -> None:
    first, second, other = (recorded(robot, seed) for seed in (1, 1, 2))
    for here, there in zip(first, second, strict=True):
        assert_array_equal(here, there)
    assert not np.array_equal(first[-5], other[-5])


def test_observations_have_the_size_that_the_description_says(env: HandEnv) -> None:
    # Four vectors of 14 joints, 18 numbers of cup and hand; the critic sees 17 more.
    seen, judged = env.observe()
    assert env.description.observation_size == 4 * 14 + 18
    assert (seen.shape, judged.shape) == ((N, 74), (N, 91))
    assert env.task.critic_size == 91
    assert seen.dtype == judged.dtype == np.float32


@pytest.mark.parametrize("place", ["arm", "cup", "speed"])
def test_a_scene_that_blew_up_begins_anew_and_leaves_no_nan(
    env: HandEnv, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes a log of such accidents
    env.step(still())
    if place == "arm":
        env.physics.qpos[2, 3] = np.nan
    elif place == "cup":
        env.physics.qpos[2, 15] = np.inf
    else:
        env.physics.qvel[2, 8] = 1e11
    reward, done, late = env.step(still())
    assert done[2] and not late[2] and reward[2] == -2.0
    assert env.task.time[2] == 0.0
    for _ in range(3):
        for values in (*env.observe(), reward, env.physics.state):
            assert np.isfinite(values).all()
        for value in vars(env.task).values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                assert np.isfinite(value).all()
        reward, _, _ = env.step(still())


def test_a_cup_that_fell_from_the_table_ends_the_episode(env: HandEnv) -> None:
    task = env.task
    env.physics.qpos[3, 16] = task.table_z[3] - 0.2
    reward, done, late = env.step(still())
    assert done.tolist() == [i == 3 for i in range(N)]
    assert not late.any() and reward[3] == -2.0
    assert task.cup_w[3, 2] > task.table_z[3]


def test_time_runs_out_without_a_punishment(env: HandEnv) -> None:
    env.task.time[5] = env.config.episode_s - CONTROL_DT
    reward, done, late = env.step(still())
    assert done[5] and late[5] and reward[5] > -0.1
    assert done.sum() == 1


def test_cups_stand_on_their_tables_within_reach(env: HandEnv) -> None:
    task = env.task
    env.reset(np.arange(N))
    draw = env.config.randomization
    x, y, z = env.physics.qpos[:, 14:17].T
    rest = task.table_z + task.cup_height / 2
    assert_allclose(z - rest, 0.0005, atol=1e-6)
    assert (x >= draw.reach[0]).all() and (x <= draw.reach[1]).all()
    depth = x - [top.table_edge for top in env.tops]
    assert (depth >= draw.cup_depth[0]).all() and (depth <= draw.cup_depth[1]).all()
    assert (y >= draw.cup_y[0]).all() and (y <= draw.cup_y[1]).all()
    way = task.goal_w - task.start_pos_w
    assert_allclose(way, [[0, 0, env.config.lift]] * N, atol=1e-6)
    for _ in range(10):
        env.step(still())
    # The hand may begin at the cup and knock it over, but seldom.
    assert (task.cup_up_w[:, 2] > 0.999).sum() >= N - 2


def test_actions_change_the_targets_within_the_limits(env: HandEnv) -> None:
    task = env.task
    before = task.target.copy()
    action = still()
    action[:, 0], action[:, 3], action[:, 13] = 1.0, -100.0, 1.0
    env.step(action)
    change = task.target - before
    assert_allclose(change[:, 0], 0.025, atol=1e-6)
    clipped = np.maximum(-0.025 * 1.5, task.limits[3, 0] - before[:, 3])
    assert_allclose(change[:, 3], clipped, atol=1e-6)
    assert_allclose(change[:, 13], 0.06, atol=1e-6)
    assert not change[:, [1, 2, 4, 5]].any()


def test_targets_arrive_late_by_the_latency(env: HandEnv) -> None:
    task = env.task
    # The same scene three times, its target changed at once, half way, and not yet.
    model = env.physics.models[0]
    env.physics.models[:3] = [model] * 3
    env.physics.state[:3] = env.physics.state[0]
    task.target[:3] = env.physics.qpos[0, :14]
    task.old_target = task.target.copy()
    task.target[:, 5] += 0.2
    env.latency[:3] = [0, 2, 4]
    start = env.physics.qpos[0, 5]
    env.drive()
    moved = np.abs(env.physics.trajectory[:3, :, 6] - start)
    gained = moved[0, -1] - moved[2, -1]
    assert gained > 0.01
    assert moved[0, -1] > moved[1, -1] > moved[2, -1]
    # With two steps of latency the first two steps are those of the old target.
    assert_array_equal(moved[1, :2], moved[2, :2])


def test_held_is_up_upright_and_in_the_hand(env: HandEnv) -> None:
    task = env.task
    task.cup = task.site.copy()
    task.cup_up_w = np.tile([0.0, 0.0, 1.0], (N, 1))
    task.start_pos_w = task.cup_w - [0.0, 0.0, 0.11]
    assert env.is_held().all()
    task.start_pos_w[0, 2] += 0.02  # not high enough
    task.cup_up_w[1] = [0.6, 0.0, 0.8]  # 37 degrees
    task.cup[2, 0] += 0.09  # too far from the grip
    assert env.is_held().tolist() == [False] * 3 + [True] * 5


def test_an_episode_that_ends_with_the_cup_held_is_a_success(env: HandEnv) -> None:
    task = env.task
    env.success_rate()
    task.is_held = lambda: np.array([True, True, *[False] * 6])  # type: ignore[method-assign]
    task.held_s[:2] = [2.0, 1.0]
    task.time[:4] = env.config.episode_s
    env.step(still())
    assert env.success_rate() == pytest.approx(1 / 4)
    assert env.success_rate() == 0.0  # nothing has ended since


def test_the_hand_is_not_mirrored(env: HandEnv) -> None:
    with pytest.raises(ValueError, match="trained on one side; set symmetric: false"):
        env.critic_mirror()


def test_begin_anew_forgets_the_counts(env: HandEnv) -> None:
    env.step(still())
    env.begin_anew()
    assert env.total_steps == 0
    assert env.log.steps == 0
    assert (env.task.time < env.config.episode_s).all() and len(set(env.task.time)) == N
