"""Arms that learn to put down begin with the cup in the hand and a goal in reach."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.training_schema import HandTrainingConfig, PpoConfig
from skills.manipulate import PLACED_WITHIN

pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training import place_task
from skills.training.arrays import NumpyArrays
from skills.training.place_env import PlaceEnv
from skills.training.place_expert import place_action

N = 4
ALL = np.arange(N)


def config(**changes: object) -> HandTrainingConfig:
    data = read_yaml(CONFIG_DIR / "training" / "manipulate.yaml")
    ppo = PpoConfig(num_envs=N, symmetric=False)
    return HandTrainingConfig.model_validate({**data, "ppo": ppo, **changes})


@pytest.fixture(scope="module")
def filled() -> Iterator[PlaceEnv]:
    """Four scenes with two grasps each; every test puts them back to the start."""
    env = PlaceEnv(load_robot(), config(grasps_kept=2), threads=1)
    yield env
    env.close()


@pytest.fixture
def env(filled: PlaceEnv) -> Iterator[PlaceEnv]:
    usable = filled.task.usable.copy()
    filled.task.arrays = NumpyArrays(np.random.default_rng(0))
    filled.restart()
    yield filled
    filled.task.usable[:] = usable


def grip(env: PlaceEnv) -> np.ndarray:
    """Return how far each cup's centre is from the hand's grasp site [m]."""
    return np.asarray(env.task.grip)


def test_an_episode_begins_with_the_cup_in_the_hand(env: PlaceEnv) -> None:
    task = env.task
    good = task.usable
    assert good.sum() >= N - 1  # the expert grasps most cups
    assert (grip(env)[good] < 0.08).all()
    bottom = task.cup_w[:, 2] - task.cup_height / 2
    assert (bottom[good] - task.table_z[good] > 0.09).all()
    # The hand's targets squeeze: they run ahead of the fingers.
    ahead = np.abs(task.target - task.sensors.joint_pos)[:, 7:].max(axis=1)
    assert (ahead[good] > 0.2).all()
    assert not task.time.any() and not task.held_s.any()


def test_in_hand_states_are_drawn_from_those_of_the_scene(env: PlaceEnv) -> None:
    task = env.task
    scene = int(np.flatnonzero(task.bank_filled >= 2)[0])
    drawn = set()
    for _ in range(20):
        env.reset(np.array([scene]))
        here = env.physics.qpos[scene, 14:]
        cups = task.bank.cup_pos_w[scene], task.bank.cup_quat_wxyz[scene]
        kept = np.concatenate(cups, axis=1)
        slots = [i for i in range(2) if (kept[i] == here).all()]
        assert len(slots) == 1
        assert_array_equal(task.target[scene], task.bank_target[scene, slots[0]])
        drawn.add(slots[0])
    assert drawn == {0, 1}


def test_goals_are_on_the_table_within_reach_or_above_it(env: PlaceEnv) -> None:
    task = env.task
    draw = env.config.randomization
    aloft = 0
    for _ in range(50):
        env.reset(ALL)
        x, y, z = task.goal_w.T
        edge = np.array([top.table_edge for top in env.tops])
        assert (x >= draw.reach[0] + 0.02).all() and (x <= draw.reach[1] - 0.02).all()
        assert (x >= edge + 0.05).all()
        assert (y >= draw.cup_y[0] + 0.03).all() and (y <= draw.cup_y[1] - 0.03).all()
        rise = z - task.table_z - task.cup_height / 2
        assert_allclose(rise[~task.in_air], 0.0, atol=1e-6)
        assert ((rise[task.in_air] >= 0.08) & (rise[task.in_air] <= 0.16)).all()
        aloft += int(task.in_air.sum())
    # A quarter of 200: 50, give or take 4 standard deviations of 6.1.
    assert 25 < aloft < 75


def test_success_is_on_the_goal_and_let_go_or_at_a_goal_in_the_air(
    env: PlaceEnv,
) -> None:
    task = env.task

    def judged(
        in_air: bool, shift: tuple[float, float, float], apart: float
    ) -> np.ndarray:
        task.in_air[:] = in_air
        task.cup_w = task.goal_w + np.array(shift)
        task.cup = task.site + np.array([apart, 0.0, 0.0])
        task.cup_vel_w[:], task.cup_up_w[:] = 0.0, [0.0, 0.0, 1.0]
        return env.is_held()

    def verdict(in_air: bool, shift: tuple[float, float, float], apart: float) -> bool:
        answers = judged(in_air, shift, apart)
        assert len(set(answers)) == 1
        return bool(answers[0])

    assert verdict(False, (0.03, 0.03, 0.0), 0.11)  # 4.2 cm off
    assert not verdict(False, (0.04, 0.04, 0.0), 0.11)  # 5.7 cm off
    assert not verdict(False, (0.0, 0.0, 0.011), 0.11)  # not down
    assert not verdict(False, (0.0, 0.0, 0.0), 0.09)  # still in the hand
    assert verdict(True, (0.02, 0.0, 0.03), 0.0)  # 3.6 cm off
    assert not verdict(True, (0.03, 0.0, 0.03), 0.0)  # 4.2 cm off
    judged(False, (0.0, 0.0, 0.0), 0.11)
    task.cup_vel_w[0, 1] = 0.06
    task.cup_up_w[1] = [0.28, 0.0, 0.96]  # 16 degrees
    assert env.is_held().tolist() == [False, False, True, True]


def test_training_and_run_time_mean_the_same_by_placed(env: PlaceEnv) -> None:
    assert PLACED_WITHIN == 0.05
    assert place_task.RELEASED == 0.10  # as `hand_away` has it


def test_a_scene_without_a_grasp_begins_with_the_cup_on_its_table(
    env: PlaceEnv,
) -> None:
    task = env.task
    task.usable[2] = False
    env.restart()
    bottom = task.cup_w[:, 2] - task.cup_height / 2 - task.table_z
    assert bottom[2] == pytest.approx(0.0005, abs=1e-6)
    assert_array_equal(task.cup_w[2], task.start_pos_w[2])


def test_a_finished_scene_begins_with_the_cup_in_the_hand_again(env: PlaceEnv) -> None:
    one = int(np.flatnonzero(env.task.usable)[0])
    env.physics.qpos[one, 16] = env.task.table_z[one] - 0.2  # on the floor
    reward, done, late = env.step(np.zeros((N, 14), np.float32))
    assert done[one] and not late[one] and reward[one] == -2.0
    assert grip(env)[one] < 0.08


def test_the_expert_puts_cups_down_upright_and_backs_off(env: PlaceEnv) -> None:
    task = env.task
    task.in_air[:] = False
    task.goal_w[:, 2] = task.table_z + task.cup_height / 2
    for _ in range(300):  # 6 s
        arm, hand = place_action(env.view(), task.in_air)
        task.act(np.concatenate([arm, hand], axis=1) / task.scale)
        env.drive()
    good = env.is_held()
    assert good.sum() >= 2
    assert (grip(env)[good] > 0.10).all()


def test_without_a_single_grasp_there_is_nothing_to_learn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place_task, "GRASP_S", 0.02)
    with pytest.raises(RuntimeError, match="the expert grasped no cup; there is nothi"):
        PlaceEnv(load_robot(), config(grasps_kept=1), threads=1)
