"""Measuring hidden robots for real, briefly: here and in other processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

pytest.importorskip("mujoco", reason="hidden robots are simulated")

from app.prove.measures import Measurement, carry_out
from app.prove.processes import carried_out
from app.prove.stages import Ingredients
from app.prove.tasks import HEAVY_CUP, with_heavy_cup
from configs.loader import ConfigError, load_scene


def one_of(stage: str, robot: int = 0, measure: str = "walk") -> Measurement:
    return Measurement(
        stage=stage,
        robot=robot,
        measure=measure,
        number=0,
        heavy_cup=False,
        ingredients=Ingredients(),
    )


@pytest.mark.parametrize("stage", ["nominal", "adapted"])
@pytest.mark.usefixtures("short_walk")
def test_a_hidden_robot_is_measured(stage: str) -> None:
    """A short walk, for real: the same robot and commands in both stages."""
    result = carry_out(one_of(stage))
    assert result["commands"] == 1
    assert 0.0 < result["velocity_error_m_s"] < 1.2


def test_a_heavy_cup_is_half_a_kilogram() -> None:
    scene = with_heavy_cup(load_scene("kitchen"))
    masses = [thing.mass for thing in scene.objects if thing.kind == "cup"]
    assert masses == [HEAVY_CUP]


@pytest.mark.usefixtures("short_walk")
def test_measurements_are_the_same_in_any_order() -> None:
    wanted = [one_of("nominal", robot) for robot in (1, 2)]
    forth = {one.key: result for one, result in carried_out(wanted, 1)}
    back = {one.key: result for one, result in carried_out(wanted[::-1], 1)}
    assert forth == back
    assert forth["nominal/1/walk/0"] != forth["nominal/2/walk/0"]


def test_other_processes_measure_the_same() -> None:
    wanted = [one_of("nominal", robot, "grasp") for robot in (1, 2)]
    apart = {one.key: result for one, result in carried_out(wanted, 2)}
    assert set(apart) == {one.key for one in wanted}
    assert apart["nominal/1/grasp/0"] == carry_out(wanted[0])


def test_a_process_that_ends_by_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object, **__: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(ProcessPoolExecutor, "submit", ended)
    wanted = [one_of("nominal", robot) for robot in (1, 2)]
    with pytest.raises(ConfigError, match="a process ended by itself, perhaps for"):
        list(carried_out(wanted, 2))
