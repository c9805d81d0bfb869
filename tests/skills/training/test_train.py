"""Training can be repeated, interrupted and resumed; a full disk spoils nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from configs.loader import CONFIG_DIR, load_robot, read_yaml
from configs.training_schema import HandTrainingConfig, LegTrainingConfig, PpoConfig

torch = pytest.importorskip("torch", reason="skills are trained with torch")
pytest.importorskip("rsl_rl", reason="skills are trained with rsl-rl-lib")

from skills.training.hand_env import HandEnv  # noqa: E402
from skills.training.leg_env import LegEnv  # noqa: E402
from skills.training.ppo import CappedPPO  # noqa: E402
from skills.training.train import (  # noqa: E402
    CHECKPOINT,
    CURVE,
    Progress,
    cut_curve,
    learner_for,
    save_checkpoint,
    train,
)

N, STEPS = 8, 4
BATCH = N * STEPS


def config(batches: int, **changes: Any) -> LegTrainingConfig:
    data = read_yaml(CONFIG_DIR / "training" / "walk.yaml")
    ppo = {"num_envs": N, "steps_per_env": STEPS, "hidden": [16, 8], "mini_batches": 2}
    total = batches * BATCH
    return LegTrainingConfig.model_validate(
        {**data, "total_steps": total, "ppo": ppo, **changes}
    )


@pytest.fixture
def make_env() -> Iterator[Callable[..., LegEnv]]:
    robot = load_robot()
    made: list[LegEnv] = []

    def make(config: LegTrainingConfig) -> LegEnv:
        made.append(LegEnv(robot, config, threads=1))
        return made[-1]

    yield make
    for env in made:
        env.close()


MakeEnv = Callable[..., LegEnv]


def weights(ppo: CappedPPO) -> list[np.ndarray]:
    parameters = [*ppo.actor.parameters(), *ppo.critic.parameters()]
    return [p.detach().numpy().copy() for p in parameters]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / CURVE).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def interrupt(progress: Progress) -> None:
    raise KeyboardInterrupt


def test_the_same_seed_learns_the_same(make_env: MakeEnv, tmp_path: Path) -> None:
    learnt = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        settings = config(2, seed=seed)
        ppo = train(make_env(settings), settings, tmp_path / name)
        learnt.append(weights(ppo))
    for first, second in zip(learnt[0], learnt[1], strict=True):
        assert_array_equal(first, second)
    assert any((a != c).any() for a, c in zip(learnt[0], learnt[2], strict=True))
    figures = [
        {k: v for k, v in row.items() if "per_s" not in k}
        for name in "ab"
        for row in rows(tmp_path / name)
    ]
    assert figures[:2] == figures[2:]


def test_the_curve_has_a_row_for_every_iteration(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    settings = config(2)
    reports: list[Progress] = []
    train(make_env(settings), settings, tmp_path, report=reports.append)
    curve = rows(tmp_path)
    assert [row["iteration"] for row in curve] == ["1", "2"]
    assert [row["steps"] for row in curve] == [str(BATCH), str(2 * BATCH)]
    assert [report.steps for report in reports] == [BATCH, 2 * BATCH]
    for name in ("velocity_error", "fall_rate_hz", "action_std", "reward/alive"):
        assert np.isfinite(float(curve[-1][name]))


def test_an_interrupted_run_goes_on_where_it_was(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    settings = config(3)
    with pytest.raises(KeyboardInterrupt):
        train(make_env(settings), settings, tmp_path, report=interrupt)
    state = torch.load(tmp_path / CHECKPOINT, weights_only=False)
    assert (state["iteration"], state["steps"]) == (1, BATCH)
    env = make_env(settings)
    started: list[CappedPPO] = []
    ppo = train(env, settings, tmp_path, resume=True, prepare=started.append)
    assert started == []  # only a fresh learner is prepared
    assert env.total_steps == 3 * BATCH
    assert [row["steps"] for row in rows(tmp_path)] == [
        str(i * BATCH) for i in (1, 2, 3)
    ]
    assert [row["iteration"] for row in rows(tmp_path)] == ["1", "2", "3"]
    resumed = torch.load(tmp_path / CHECKPOINT, weights_only=False)
    assert resumed["learning_rate"] == ppo.learning_rate


def test_resuming_begins_with_the_weights_of_the_checkpoint(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    done = config(1)
    first = train(make_env(done), done, tmp_path)
    again = train(make_env(done), done, tmp_path, resume=True)  # nothing is left to do
    for here, there in zip(weights(first), weights(again), strict=True):
        assert_array_equal(here, there)
    assert first.learning_rate == again.learning_rate
    assert len(rows(tmp_path)) == 1


def test_a_run_interrupted_before_its_first_row_still_gets_a_curve(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    settings = config(1)
    env = make_env(settings)
    step, env.step = env.step, interrupt  # type: ignore[assignment,method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(env, settings, tmp_path)
    env.step = step  # type: ignore[method-assign]
    train(env, settings, tmp_path, resume=True)
    assert [row["steps"] for row in rows(tmp_path)] == [str(BATCH)]


def test_a_figure_that_comes_up_later_does_not_shift_the_columns(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    settings = config(1)
    env = make_env(settings)
    env.log.add("blown_up", 0.5)  # only in the first part of the run
    train(env, settings, tmp_path)
    settings = config(2)
    train(make_env(settings), settings, tmp_path, resume=True)
    first, second = rows(tmp_path)
    assert float(first["blown_up"]) == pytest.approx(0.5 / STEPS, rel=1e-3)
    assert second["blown_up"] == ""
    assert second["steps"] == str(2 * BATCH)
    assert 0.4 < float(second["action_std"]) < 0.6


def test_a_full_disk_leaves_the_old_checkpoint_whole(
    make_env: MakeEnv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(1)
    train(make_env(settings), settings, tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def no_space(state: Any, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", no_space)
    settings = config(2)
    with pytest.raises(
        OSError,
        match=r"checkpoint .*checkpoint.pt could not be written .*No space left on "
        r"device.*the previous one is untouched. Free some space and go on with "
        r"--resume",
    ):
        train(make_env(settings), settings, tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {CHECKPOINT, CURVE}


def test_networks_that_are_not_finite_are_not_saved(
    make_env: MakeEnv, tmp_path: Path
) -> None:
    settings = config(1)
    ppo = learner_for(make_env(settings), settings)
    save_checkpoint(tmp_path / CHECKPOINT, ppo, 1, 10)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with torch.no_grad():
        next(iter(ppo.critic.parameters())).view(-1)[0] = float("nan")
    with pytest.raises(
        FloatingPointError,
        match=r"no longer finite at step 20; .*checkpoint.pt keeps the last sound "
        r"checkpoint. Go on from it with --resume, or lower the learning rate",
    ):
        save_checkpoint(tmp_path / CHECKPOINT, ppo, 2, 20)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_checkpoints_are_written_on_the_way(make_env: MakeEnv, tmp_path: Path) -> None:
    settings = config(2)
    there: list[bool] = []

    def look(progress: Progress) -> None:
        there.append((tmp_path / CHECKPOINT).exists())

    train(make_env(settings), settings, tmp_path, report=look, checkpoint_every_s=-1.0)
    assert there == [False, True]


def test_a_fresh_learner_is_prepared_once(make_env: MakeEnv, tmp_path: Path) -> None:
    settings = config(1)
    prepared: list[CappedPPO] = []
    ppo = train(make_env(settings), settings, tmp_path, prepare=prepared.append)
    assert prepared == [ppo]


def test_a_hand_with_symmetric_networks_is_refused_by_its_reason() -> None:
    settings = HandTrainingConfig(skill="grasp", ppo=PpoConfig(num_envs=2))
    env = HandEnv(load_robot(), settings, threads=1)
    with pytest.raises(ValueError, match="trained on one side; set symmetric: false"):
        learner_for(env, settings)
    env.close()


def test_a_curve_is_cut_back_to_its_checkpoint(tmp_path: Path) -> None:
    curve = tmp_path / CURVE
    curve.write_text("iteration,steps,value\n1,32,0.1\n2,64,0.2\n3,96,0.3\n")
    cut_curve(curve, 64)
    assert curve.read_text() == "iteration,steps,value\n1,32,0.1\n2,64,0.2\n"
    cut_curve(curve, 64)
    assert curve.read_text() == "iteration,steps,value\n1,32,0.1\n2,64,0.2\n"
    cut_curve(tmp_path / "none.csv", 64)  # a run that was stopped before its first line
    assert not (tmp_path / "none.csv").exists()
