"""`praxis collect`: logs of episodes, and what became of each."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

pytest.importorskip("mcap", reason="robot logs are MCAP files")

from app.build import Plan, read_plan
from app.cli import app
from app.collect_command import INDEX, collect
from app.options import RunOptions
from configs.loader import ConfigError
from sim2real.robot_log import read_robot_log

TASK = "walk forward 0.3 m"


def plan(task: str = TASK, **options: object) -> Plan:
    given = {"backend": "fake", "seed": 5, "episodes": 2, **options}
    return read_plan(task, RunOptions.model_validate(given))


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collected")
    collect(plan(), folder, quiet())
    return folder


def test_every_episode_has_a_log_and_a_label(folder: Path) -> None:
    index = json.loads((folder / INDEX).read_text())
    assert index["task"] == TASK
    assert [entry["seed"] for entry in index["episodes"]] == [5, 6]
    for entry in index["episodes"]:
        log = read_robot_log(folder / entry["log"], plan().robot)
        assert log.metadata["seed"] == str(entry["seed"])
        # Nobody judges a robot that only pretends, so nothing counts as a success.
        assert entry["verdict"] == "not judged"
        assert entry["success"] is False


def test_a_collection_goes_on_where_it_ended(folder: Path) -> None:
    before = (folder / "episode_00005.mcap").stat().st_mtime_ns
    more = collect(plan(episodes=3), folder, quiet())
    assert [entry["seed"] for entry in more.episodes] == [5, 6, 7]
    assert (folder / "episode_00005.mcap").stat().st_mtime_ns == before
    console = quiet()
    collect(plan(episodes=3), folder, console)
    assert isinstance(console.file, io.StringIO)
    assert "already holds these 3 episodes" in console.file.getvalue()


def test_episodes_of_another_task_are_not_mixed_in(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds episodes with task 'walk forward"):
        collect(plan("stand"), folder, quiet())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "cannot be read"), ("[]", "is no collection of this version")],
)
def test_an_index_that_is_none_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        collect(plan(), tmp_path, quiet())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        collect(plan(), tmp_path / "file" / "inside", quiet())


def test_the_command_collects(tmp_path: Path) -> None:
    words = ["collect", "stand", "--out", str(tmp_path / "out"), "--episodes", "1"]
    result = CliRunner().invoke(app, [*words, "--backend", "fake"])
    assert result.exit_code == 0, result.stderr
    assert "0 successes in 1 episodes" in result.stdout
