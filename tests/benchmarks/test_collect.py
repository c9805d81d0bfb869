"""How fast the trainer collects, against nothing but the physics of the same steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.training_schema import HandTrainingConfig, LegTrainingConfig
from sim2real.mujoco_model import DECIMATION
from skills import training  # before torch: it says how torch's threads wait

assert training.__doc__
torch = pytest.importorskip("torch", reason="the trainer's policies")
pytest.importorskip("rsl_rl", reason="the trainer's PPO")
pytest.importorskip("tensorboard", reason="the trainer's figures")

from mujoco import rollout  # noqa: E402

from skills.training.batch_physics import BatchPhysics  # noqa: E402
from skills.training.engines import Engine, make_env  # noqa: E402
from skills.training.ppo import collect  # noqa: E402
from skills.training.train import learner_for  # noqa: E402

NUM_ENVS, STEPS, ROUNDS = 1024, 24, 3
CONFIGS = {"walk": LegTrainingConfig, "grasp": HandTrainingConfig}


class Tape:
    """Remembers what the physics was asked to do, to ask the same of it alone."""

    def __init__(self, physics: BatchPhysics) -> None:
        self.asked: list[tuple[np.ndarray, np.ndarray]] = []
        self._physics, self._step = physics, physics.step

    def __enter__(self) -> Tape:
        self._physics.step = self._record  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self._physics.step = self._step  # type: ignore[method-assign]

    def _record(self, ctrl: np.ndarray) -> None:
        self.asked.append((self._physics.state.copy(), ctrl))
        self._step(ctrl)


class BarePhysics:
    """`mujoco.rollout` with the models of an environment, and nothing around it."""

    def __init__(self, physics: BatchPhysics, threads: int) -> None:
        import mujoco

        self._models = physics.models
        self._data = [mujoco.MjData(physics.models[0]) for _ in range(threads)]
        self._pool = rollout.Rollout(nthread=threads)
        self._state = np.zeros_like(physics.trajectory)
        sensors = (*self._state.shape[:2], physics.models[0].nsensordata)
        self._sensors = np.zeros(sensors)

    def replay(self, asked: list[tuple[np.ndarray, np.ndarray]]) -> None:
        for state, ctrl in asked:
            self._pool.rollout(
                self._models,
                self._data,
                state,
                ctrl,
                nstep=DECIMATION,
                state=self._state,
                sensordata=self._sensors,
                skip_checks=True,
            )

    def close(self) -> None:
        self._pool.close()


@pytest.fixture
def threads() -> Iterator[int]:
    """Every core for physics and for torch, as `praxis train` has it."""
    before, cores = torch.get_num_threads(), max(1, os.cpu_count() or 1)
    torch.set_num_threads(cores)
    yield cores
    torch.set_num_threads(before)


@pytest.mark.parametrize("skill", list(CONFIGS))
def test_collecting(skill: str, show: Any, threads: int) -> None:
    """Observations, inference, rewards, resets and physics, against physics alone.

    Both do the same steps from the same states, in turns; medians of the rounds.
    """
    data = read_yaml(CONFIG_DIR / "training" / f"{skill}.yaml")
    ppo = {"num_envs": NUM_ENVS, "steps_per_env": STEPS}
    config = CONFIGS[skill].model_validate({**data, "ppo": ppo})
    env = make_env(load_robot(), config, Engine())
    learner = learner_for(env, config)
    bare = BarePhysics(env.physics, threads)
    collecting, replaying = [], []
    for number in range(ROUNDS + 1):
        with Tape(env.physics) as tape:
            begun = perf_counter()
            collect(learner, env, STEPS)
            middle = perf_counter()
        replayed_from = perf_counter()
        bare.replay(tape.asked)
        done = perf_counter()
        learner.storage.clear()
        if number > 0:  # the first round warms up
            collecting.append(middle - begun)
            replaying.append(done - replayed_from)
    bare.close()
    env.close()
    collected, alone = (
        NUM_ENVS * STEPS / float(np.median(seconds))
        for seconds in (collecting, replaying)
    )
    show(
        f"collect_{skill}",
        {
            "environments": NUM_ENVS,
            "threads": threads,
            "collect_steps_per_s": round(collected),
            "rollout_steps_per_s": round(alone),
            "ratio": round(collected / alone, 3),
        },
    )
