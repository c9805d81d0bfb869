"""Isaac Lab's commands find our skills under their ids."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.loader import ConfigError

gymnasium = pytest.importorskip("gymnasium", reason="Isaac Lab's registry of tasks")
pytest.importorskip("torch", reason="the learners' arrays")
pytest.importorskip("mujoco", reason="the trainer's physics")

from skills.training import isaaclab_tasks  # noqa: E402
from skills.training.isaaclab_tasks import TASKS, register, run_script  # noqa: E402
from skills.training.run import SKILLS  # noqa: E402


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = dict(gymnasium.registry)
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(known)


def test_nothing_is_registered_on_import() -> None:
    assert not set(TASKS) & set(gymnasium.registry)


def test_every_skill_that_can_be_trained_has_an_id() -> None:
    # What adapts is trained on MuJoCo only.
    assert {*TASKS.values(), "walk_wide", "walk_adaptive"} == set(SKILLS)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_names_what_isaac_lab_looks_for(task: str) -> None:
    register()
    register()  # of what is known already nothing is said
    spec = gymnasium.spec(task)
    assert set(spec.kwargs) == {
        "env_cfg_entry_point",
        "rsl_rl_cfg_entry_point",
        "skrl_cfg_entry_point",
        "sb3_cfg_entry_point",
    }
    assert spec.kwargs["sb3_cfg_entry_point"]()["policy"] == "MlpPolicy"
    assert spec.kwargs["skrl_cfg_entry_point"]()["agent"]["class"] == "PPO"


def test_legs_and_hands_have_environments_of_their_own() -> None:
    register()
    classes = {
        skill: str(gymnasium.spec(task).entry_point) for task, skill in TASKS.items()
    }
    assert classes["walk"] == classes["balance"] == isaaclab_tasks.LEGS
    assert classes["grasp"] == classes["manipulate"] == isaaclab_tasks.HANDS


def test_a_physics_engine_that_is_not_there_has_no_preset() -> None:
    assert not isaaclab_tasks.is_installed("a stone")


def test_a_script_finds_our_tasks_and_its_own_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import sys, gymnasium, beside\n"
        "assert __name__ == '__main__' and beside.HERE\n"
        "raise SystemExit(gymnasium.spec(sys.argv[1]).id)\n"
    )
    (tmp_path / "beside.py").write_text("HERE = True\n")
    monkeypatch.setattr(sys, "argv", ["before"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit, match="Praxis-Walk-G1-v0"):
        run_script([str(script), "Praxis-Walk-G1-v0"])


@pytest.mark.parametrize("arguments", [[], ["nowhere.py"]])
def test_without_a_script_it_says_how_to_name_one(arguments: list[str]) -> None:
    with pytest.raises(ConfigError, match="name a script of Isaac Lab: python -m"):
        run_script(arguments)
