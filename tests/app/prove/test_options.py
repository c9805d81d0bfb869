"""What `praxis prove` may be asked for, and what goes together in one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.prove.options import ProveOptions
from app.prove.records import asked_for, read_records
from configs.loader import ConfigError

Options = Callable[..., ProveOptions]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"robots": 0}, "--robots 0: expected 1 or more"),
        ({"episodes": 0}, "--episodes 0: expected 1 or more"),
        ({"jobs": 0}, "--jobs 0: expected 1 or more"),
        ({"seed": -1}, "--seed -1: expected 0 or more"),
        ({"stages": "magic"}, "--stages magic: expected some of nominal,randomised"),
        ({"measures": ""}, "--measures : expected some of walk,pushes,grasp,task"),
        ({"identified": Path("nowhere")}, "--identified nowhere: there is no such"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    options: Options, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        options(**given)


def test_tasks_are_done_several_times_and_walks_once(options: Options) -> None:
    wanted = list(options(measures="walk,task", episodes=2).wanted())
    assert wanted == [("walk", 0), ("task", 0), ("task", 1)]


def test_measurements_of_other_settings_are_not_mixed_in(
    measured: Path, options: Options
) -> None:
    with pytest.raises(ConfigError, match=r"was measured with weak None, not 0\.8"):
        read_records(measured, options(weak=0.8))


def test_measurements_of_other_policies_are_not_mixed_in(
    measured: Path, options: Options, tmp_path: Path
) -> None:
    (tmp_path / "walk.onnx").write_bytes(b"another network")
    with pytest.raises(ConfigError, match=r"was measured with policies policies, not"):
        read_records(measured, options(policies=tmp_path))
    before = options(randomised=tmp_path).head()
    (tmp_path / "walk.onnx").write_bytes(b"yet another network")
    assert options(randomised=tmp_path).head() != before


def test_a_file_that_holds_something_else_is_left_alone(
    tmp_path: Path, options: Options
) -> None:
    path = tmp_path / "notes.json"
    path.write_text("[]")
    with pytest.raises(ConfigError, match="it is there and holds no measurements"):
        read_records(path, options())
    assert path.read_text() == "[]"


def test_more_robots_than_asked_for_may_be_in_the_file(
    options: Options, records: dict[str, dict[str, Any]]
) -> None:
    # One robot, two stages: a walk, the pushes, and one of two episodes of two tasks.
    found = asked_for(records, options(robots=1, episodes=1))
    assert len(found) == 2 * (1 + 1 + 2)
    assert {key.split("/")[1] for key in found} == {"0"}
