"""`praxis train` from a config to a policy file, and its refusals."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from configs.loader import ConfigError, load_robot, read_yaml
from configs.schema import RobotConfig

torch = pytest.importorskip("torch", reason="skills are trained with torch")
pytest.importorskip("onnx", reason="policies are exported with onnx")
pytest.importorskip("tensorboard", reason="training writes its figures for it")

from skills.policy import Policy  # noqa: E402
from skills.training.run import (  # noqa: E402
    CONFIG_FILE,
    SKILLS,
    digest,
    train_skill,
    training_config,
)
from skills.training.train import CHECKPOINT, CURVE  # noqa: E402

N, STEPS = 8, 4
TINY = (
    f"ppo.num_envs={N}",
    f"ppo.steps_per_env={STEPS}",
    "ppo.hidden=[16, 8]",
    "ppo.mini_batches=2",
)
TWO_ITERATIONS = (*TINY, f"total_steps={2 * N * STEPS}")


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def walk_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run of two iterations, and what it printed."""
    folder = tmp_path_factory.mktemp("runs") / "walk"
    console = quiet()
    train_skill("walk", TWO_ITERATIONS, folder, resume=False, console=console)
    return folder, printed(console)


def test_a_run_ends_with_a_policy_that_the_robot_accepts(
    walk_run: tuple[Path, str], robot: RobotConfig
) -> None:
    folder, text = walk_run
    policy = Policy.load(folder / "walk.onnx", robot, control_dt=0.02)
    assert policy.joints == robot.joints_of("legs", "waist")
    contract = policy.contract
    assert contract.notes == {
        "steps": 2 * N * STEPS,
        "seed": 1,
        "gait_period_s": 0.8,
    }
    config, _ = training_config("walk", TWO_ITERATIONS)
    assert contract.training_digest == digest(config)
    assert contract.golden_pairs()[0].shape == (16, contract.observation_size)
    assert f"train walk: {N} environments" in text
    assert f"policy: {folder / 'walk.onnx'}" in text


def test_a_run_leaves_its_curve_and_its_settings(walk_run: tuple[Path, str]) -> None:
    folder, _ = walk_run
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / CURVE).read_text().splitlines()) == 3
    saved, _ = training_config("walk", [], folder / CONFIG_FILE)
    asked, _ = training_config("walk", TWO_ITERATIONS)
    assert saved == asked
    assert list((folder / "tensorboard").iterdir())


def test_a_finished_run_can_go_on(
    walk_run: tuple[Path, str], robot: RobotConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "walk"
    folder.mkdir()
    for name in (CHECKPOINT, CURVE, CONFIG_FILE):
        (folder / name).write_bytes((walk_run[0] / name).read_bytes())
    more = [f"total_steps={3 * N * STEPS}"]
    run = train_skill("walk", more, folder, resume=True, console=quiet(), robot=robot)
    assert run.config.ppo.num_envs == N  # from the run's own settings
    assert Policy.load(run.policy, robot).contract.notes["steps"] == 3 * N * STEPS
    assert len((folder / CURVE).read_text().splitlines()) == 4


def test_a_hand_is_taught_first(robot: RobotConfig, tmp_path: Path) -> None:
    console = quiet()
    run = train_skill(
        "grasp",
        [*TINY, f"total_steps={N * STEPS}", "imitation_steps=8"],
        tmp_path / "grasp",
        resume=False,
        console=console,
        robot=robot,
    )
    assert "imitation: 800 steps, expert acts in 100%" in printed(console)
    assert Policy.load(run.policy, robot).contract.action.kind == "increment"


def test_few_environments_still_give_enough_golden_pairs(
    robot: RobotConfig, tmp_path: Path
) -> None:
    few = [*TINY, "ppo.num_envs=2", f"total_steps={2 * STEPS}"]
    folder = tmp_path / "walk"
    run = train_skill("walk", few, folder, resume=False, console=quiet(), robot=robot)
    assert Policy.load(run.policy, robot).contract.golden.count == 16


def test_a_folder_that_holds_a_run_is_not_written_over(
    walk_run: tuple[Path, str],
) -> None:
    folder, _ = walk_run
    with pytest.raises(
        ConfigError,
        match="already holds a run; go on with --resume, or name another folder with "
        "--run",
    ):
        train_skill("walk", TINY, folder, resume=False, console=quiet())


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="holds no checkpoint to resume; start without --resume"
    ):
        train_skill("walk", [], tmp_path, resume=True, console=quiet())
    (tmp_path / CHECKPOINT).write_bytes(b"no settings beside it")
    with pytest.raises(ConfigError, match="holds no checkpoint to resume"):
        train_skill("walk", [], tmp_path, resume=True, console=quiet())


def test_the_run_of_another_skill_is_not_resumed(walk_run: tuple[Path, str]) -> None:
    folder, _ = walk_run
    with pytest.raises(
        ConfigError,
        match="holds a run of 'walk', not of 'balance'; name its own folder with --run",
    ):
        train_skill("balance", [], folder, resume=True, console=quiet())
    with pytest.raises(ConfigError, match="holds a run of 'walk', not of 'grasp'"):
        train_skill("grasp", [], folder, resume=True, console=quiet())


def test_an_unknown_skill_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "dance"
    with pytest.raises(
        ConfigError,
        match=r"there is no skill 'dance' to train \(known: walk, balance, grasp",
    ):
        train_skill("dance", [], folder, resume=False, console=quiet())
    assert not folder.exists()


@pytest.mark.parametrize(
    ("skill", "override", "message"),
    [
        ("walk", "ppo.envs=4", r"unknown key 'ppo.envs'. Known keys: num_envs"),
        ("walk", "total_steps=many", "total_steps: expected a valid integer"),
        ("walk", "seed", r"override 'seed': expected key=value"),
        ("walk", "rewards.alvie=1", r"unknown reward 'alvie'. Known: track_velocity"),
        ("grasp", "rewards.alive=1", r"unknown reward 'alive'. Known: reach"),
    ],
)
def test_a_wrong_override_is_refused_before_anything_is_written(
    skill: str, override: str, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / skill
    with pytest.raises(ConfigError, match=message):
        train_skill(skill, [override], folder, resume=False, console=quiet())
    assert not folder.exists()


@pytest.mark.parametrize("skill", list(SKILLS))
def test_every_skill_has_a_config_of_its_own(skill: str) -> None:
    config, data = training_config(skill, [])
    assert config.skill == data["skill"] == skill
    assert config.rewards


def test_the_digest_is_of_every_setting() -> None:
    config, _ = training_config("walk", [])
    other, _ = training_config("walk", ["ppo.gamma=0.98"])
    assert digest(config) == digest(training_config("walk", [])[0])
    assert digest(config) != digest(other)
    assert len(digest(config)) == 16


def test_settings_survive_being_written_and_read(tmp_path: Path) -> None:
    data = read_yaml(Path(load_robot().mjcf).parents[1] / "training" / "walk.yaml")
    config, plain = training_config("walk", ["rewards.effort=-1.5e-05"])
    assert plain == data
    assert config.rewards["effort"] == np.float64(-1.5e-5)
