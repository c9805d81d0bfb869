"""The practice of the hands is the same on numpy and on torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.training_schema import HandTrainingConfig
from sim2real.rotations import rotate

torch = pytest.importorskip("torch", reason="the other kind of arrays")
pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training import place_task  # noqa: E402
from skills.training.arrays import Arrays, NumpyArrays, TorchArrays  # noqa: E402
from skills.training.hand_env import HandEnv  # noqa: E402
from skills.training.hand_models import draw_tabletop  # noqa: E402
from skills.training.hand_task import HandSensors, HandTask, SceneState  # noqa: E402
from skills.training.place_env import PlaceEnv  # noqa: E402
from skills.training.place_task import PlaceTask  # noqa: E402

N = 4
KINDS = ["numpy", "torch"]


def config(skill: str, **randomization: Any) -> HandTrainingConfig:
    data = read_yaml(CONFIG_DIR / "training" / f"{skill}.yaml")
    ppo = {"num_envs": N}
    return HandTrainingConfig.model_validate(
        {**data, "randomization": randomization, "ppo": ppo}
    )


@pytest.fixture(scope="module")
def grasping() -> Iterator[HandEnv]:
    env = HandEnv(load_robot(), config("grasp", object_noise=0.0), threads=1)
    yield env
    env.close()


@pytest.fixture(scope="module")
def placing() -> Iterator[PlaceEnv]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place_task, "GRASP_S", 4.0)
        env = PlaceEnv(
            load_robot(),
            config("manipulate", object_noise=0.0).model_copy(
                update={"grasps_kept": 1}
            ),
            threads=1,
        )
    yield env
    env.close()


@pytest.fixture(params=["grasping", "placing"])
def env(request: pytest.FixtureRequest) -> HandEnv:
    env = request.getfixturevalue(request.param)
    env.restart()
    env.task.total_steps = 0
    env.log.read()
    env.success_rate()
    assert isinstance(env, HandEnv)
    return env


def tensors(state: SceneState) -> Any:
    values = {f.name: getattr(state, f.name) for f in fields(state)}
    return type(state)(**{k: torch.tensor(v) for k, v in values.items()})


def on_torch(env: HandEnv) -> HandTask:
    """Return the environment's task on torch, in the same state."""
    task = env.task
    twin = type(task)(env.robot, env.config, TorchArrays(0, "cpu"), env.tops)
    for name, value in vars(task).items():
        if isinstance(value, np.ndarray):
            setattr(twin, name, torch.tensor(value))
        elif isinstance(value, SceneState):
            setattr(twin, name, tensors(value))
        elif isinstance(value, bool):
            setattr(twin, name, value)
    return twin


def task_on(kind: str, env: HandEnv) -> HandTask:
    return env.task if kind == "numpy" else on_torch(env)


def everyone(task: HandTask) -> Any:
    return task.arrays.where(task.time >= 0.0)


def test_rewards_ends_and_observations_agree(env: HandEnv) -> None:
    task, rng = env.task, np.random.default_rng(3)
    task.held_s[1] = task.config.episode_s
    twin = on_torch(env)
    physics = env.physics
    for tick in range(5):
        if tick == 2:  # the first cup falls, the time of the second is over
            physics.qpos[0, 16] = task.table_z[0] - 0.2
            task.time[1] = twin.time[1] = task.config.episode_s
        if tick == 3:  # the third is lifted a little, the fourth put to its goal
            physics.qpos[2, 16] += 0.05
            physics.qpos[3, 14:17] = task.goal_w[3]
        action = rng.normal(0.0, 1.0, (N, task.k)).astype(np.float32)
        broken = np.arange(N) == (2 if tick == 4 else N)
        task.act(action)
        twin.act(torch.tensor(action))
        env.drive()
        task.advance()
        twin.advance()
        twin.see(tensors(task.sensors))
        there = task.judge(broken)
        here = twin.judge(torch.tensor(broken))
        assert_allclose(here[0].numpy(), there[0], atol=1e-5)
        assert here[1].tolist() == there[1].tolist()
        assert here[2].tolist() == there[2].tolist()
        assert there[1][0] == (tick >= 2)
        assert there[2][1] == (tick >= 2)
        assert there[1][2] == (tick == 4)
        assert_allclose(twin.target.numpy(), task.target, atol=1e-6)
        for tensor, array in zip(twin.observe(), task.observe(), strict=True):
            assert tensor.dtype == torch.float32 and array.dtype == np.float32
            assert_allclose(tensor.numpy(), array, atol=2e-5)
        assert twin.is_held().tolist() == task.is_held().tolist()
        for name, value in vars(task.view()).items():
            assert_allclose(getattr(twin.view(), name), value, atol=2e-5)
    assert twin.total_steps == task.total_steps == 5 * N
    assert twin.log.read() == pytest.approx(task.log.read(), rel=1e-4, abs=1e-5)
    assert twin.finished == task.finished
    assert twin.success_rate() == task.success_rate()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_stays_within_its_bounds(env: HandEnv, kind: str) -> None:
    task = task_on(kind, env)
    draw = task.config.randomization
    assert float(abs(task.encoder_bias).max()) <= draw.encoder_bias
    for _ in range(20):
        start = task.draw_start(everyone(task))
        x, y, z = np.asarray(start.cup_pos_w).T
        edge = np.array([top.table_edge for top in env.tops])
        assert (x >= np.maximum(draw.reach[0], edge + draw.cup_depth[0]) - 1e-6).all()
        assert (x <= np.minimum(draw.reach[1], edge + draw.cup_depth[1]) + 1e-6).all()
        assert (y >= draw.cup_y[0] - 1e-6).all() and (y <= draw.cup_y[1] + 1e-6).all()
        bottom = z - np.asarray(task.cup_height) / 2 - np.asarray(task.table_z)
        assert_allclose(bottom, 0.0005, atol=1e-6)
        up = rotate(np.asarray(start.cup_quat_wxyz), np.array([[0.0, 0.0, 1.0]]))
        assert_allclose(up, [[0.0, 0.0, 1.0]] * N, atol=1e-6)
        low, high = np.asarray(task.limits).T
        pos = np.asarray(start.joint_pos)
        assert (pos >= low).all() and (pos <= high).all()
        assert_allclose(pos[:, 7:], np.tile(task.default[7:], (N, 1)), atol=1e-6)
        for still in (start.joint_vel, start.cup_vel_w, start.cup_ang_vel):
            assert not np.asarray(still).any()
        task.begin(everyone(task))
        assert float(abs(task.object_bias).max()) <= draw.object_bias


@pytest.mark.parametrize("kind", KINDS)
def test_an_episode_begins_from_rest_with_the_targets_at_the_joints(
    grasping: HandEnv, kind: str
) -> None:
    grasping.restart()
    task = task_on(kind, grasping)
    task.act(task.arrays.zeros(N, task.k) + 1.0)
    task.act(task.arrays.zeros(N, task.k) + 1.0)
    task.advance()
    task.held_s[:] = 1.0
    two = task.arrays.where(task.arrays.array([0.0, 1.0, 0.0, 1.0]) > 0.5)
    start = task.begin(two)
    for values in (task.action, task.previous, task.time, task.held_s):
        rows = np.asarray(values)
        assert not rows[[1, 3]].any() and rows[[0, 2]].all()
    assert_allclose(np.asarray(task.target)[[1, 3]], np.asarray(start.joint_pos))
    stood = np.asarray(task.start_pos_w)[[1, 3]]
    assert_allclose(stood, np.asarray(start.cup_pos_w))
    lift = [0.0, 0.0, task.config.lift]
    assert_allclose(np.asarray(task.goal_w)[[1, 3]], stood + lift, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_placing_begins_as_the_grasp_was_and_goals_are_in_reach(
    placing: PlaceEnv, kind: str
) -> None:
    task = task_on(kind, placing)
    assert isinstance(task, PlaceTask)
    draw = task.config.randomization
    usable = np.asarray(task.usable)
    assert usable.any()
    aloft = []
    for _ in range(50):
        start = task.begin(everyone(task))
        for name in place_task.PARTS:
            kept = np.asarray(getattr(task.bank, name))[:, 0]
            assert_allclose(np.asarray(getattr(start, name))[usable], kept[usable])
        kept = np.asarray(task.bank_target)[:, 0]
        assert_allclose(np.asarray(task.target)[usable], kept[usable])
        x, y, z = np.asarray(task.goal_w).T
        edge = np.array([top.table_edge for top in placing.tops])
        nearest = np.maximum(draw.reach[0] + 0.02, edge + draw.cup_depth[0] + 0.01)
        assert (x >= nearest - 1e-6).all() and (x <= draw.reach[1] - 0.02 + 1e-6).all()
        assert (y >= draw.cup_y[0] + 0.03 - 1e-6).all()
        assert (y <= draw.cup_y[1] - 0.03 + 1e-6).all()
        rise = z - np.asarray(task.table_z) - np.asarray(task.cup_height) / 2
        air = np.asarray(task.in_air)
        assert_allclose(rise[~air], 0.0, atol=1e-6)
        assert ((rise[air] >= 0.08 - 1e-6) & (rise[air] <= 0.16 + 1e-6)).all()
        aloft += air.tolist()
    # A quarter of 200: 50, give or take 4 standard deviations of 6.1.
    assert 25 < sum(aloft) < 75


@pytest.mark.parametrize("kind", KINDS)
def test_a_bank_is_filled_by_grasps_that_held(
    placing: PlaceEnv, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place_task, "GRASP_S", 0.04)
    placing.restart()  # now the engine only repeats what it measured after a grasp
    known = task_on(kind, placing)
    sensors = placing.task.sensors
    if kind == "torch":
        sensors = tensors(sensors)
    task = PlaceTask(placing.robot, placing.config, known.arrays, placing.tops)

    def restart() -> None:
        task.begin(everyone(task))
        task.start_pos_w = known.start_pos_w + 0.0
        task.see(sensors)

    task.fill_bank(restart, lambda: task.see(sensors))
    lifted = np.asarray(task.lifted) > 0.1
    assert lifted.any()
    assert (np.asarray(task.usable) <= lifted).all()
    held = np.flatnonzero(task.usable)
    assert (np.asarray(task.bank_filled)[held] == task.config.grasps_kept).all()
    for name in place_task.PARTS:
        kept = np.asarray(getattr(task.bank, name))[held]
        measured = np.asarray(getattr(sensors, name))[held]
        assert_allclose(kept, np.stack([measured] * task.config.grasps_kept, axis=1))
    assert not task.filling


@pytest.mark.parametrize("kind", KINDS)
def test_no_engine_is_needed_to_practise(kind: str) -> None:
    rng = np.random.default_rng(1)
    settings = config("grasp")
    arrays: Arrays = NumpyArrays(rng) if kind == "numpy" else TorchArrays(1, "cpu")
    tops = [draw_tabletop(settings.randomization, rng) for _ in range(N)]
    task = HandTask(load_robot(), settings, arrays, tops)
    start = task.begin(everyone(task))
    values = {f.name: getattr(start, f.name) for f in fields(start)}
    task.see(
        HandSensors(
            **values,
            tip_pos_w=arrays.zeros(N, 3, 3),
            base_pos_w=arrays.array([[0.0, 0.0, 0.77]] * N),
            base_quat_wxyz=arrays.array([[1.0, 0.0, 0.0, 0.0]] * N),
            waist_pos=arrays.zeros(N, 3),
        )
    )
    # A level pelvis that looks ahead: only the height differs from the world.
    expected = np.asarray(start.cup_pos_w) - [0.0, 0.0, 0.77]
    assert_allclose(np.asarray(task.cup), expected, atol=1e-6)
    assert not task.is_held().any()
    seen, judged = task.observe()
    assert seen.shape == (N, task.description.observation_size)
    assert judged.shape == (N, task.description.observation_size + 17)
    # What the actor sees is true but for errors of joints and of perception.
    gap = np.abs(np.asarray(seen) - np.asarray(judged)[:, : seen.shape[1]])
    assert 0.0 < gap.max() < 0.3
