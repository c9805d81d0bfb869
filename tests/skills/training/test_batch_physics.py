"""Many robots stepped at once move as each would alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from skills.training.batch_physics import BatchPhysics

PENDULUM = """
<mujoco>
  <option timestep="0.005" integrator="implicitfast"/>
  <worldbody>
    <body pos="0 0 1">
      <joint name="hinge" axis="0 1 0" damping="0.1"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.02" mass="{mass}"/>
      <body pos="0 0 -0.5">
        <joint name="elbow" axis="0 1 0" damping="0.1"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.02" mass="1"/>
        <site name="tip" pos="0 0 -0.5"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <position name="hinge" joint="hinge" kp="20"/>
    <position name="elbow" joint="elbow" kp="20"/>
  </actuator>
  <sensor>
    <framepos name="tip" objtype="site" objname="tip"/>
    <jointvel name="speed" joint="hinge"/>
  </sensor>
</mujoco>
"""
MASSES = (1.0, 3.0)


@pytest.fixture
def models() -> list[Any]:
    return [
        mujoco.MjModel.from_xml_string(PENDULUM.replace("{mass}", str(mass)))
        for mass in MASSES
    ]


@pytest.fixture
def physics(models: list[Any]) -> Iterator[BatchPhysics]:
    physics = BatchPhysics(models, threads=1)
    physics.qpos[:] = [[0.3, -0.2], [0.3, -0.2]]
    physics.qvel[:] = [[1.0, 0.0], [1.0, 0.0]]
    yield physics
    physics.close()


def test_it_is_mujoco_stepped_by_hand(models: list[Any], physics: BatchPhysics) -> None:
    targets = np.random.default_rng(0).normal(size=(2, 3, DECIMATION, 2))
    alone = [mujoco.MjData(model) for model in models]
    for data in alone:
        data.qpos[:], data.qvel[:] = [0.3, -0.2], [1.0, 0.0]
    for period in range(3):
        physics.step(np.ascontiguousarray(targets[:, period]))
        for i, (model, data) in enumerate(zip(models, alone, strict=True)):
            for step in range(DECIMATION):
                data.ctrl[:] = targets[i, period, step]
                mujoco.mj_step(model, data)
                assert_array_equal(
                    physics.sensor_history("tip")[i, step], data.sensor("tip").data
                )
            assert_array_equal(physics.qpos[i], data.qpos)
            assert_array_equal(physics.qvel[i], data.qvel)
            assert_array_equal(physics.sensor("tip")[i], data.sensor("tip").data)
            assert_array_equal(physics.sensor("speed")[i], data.sensor("speed").data)
    assert physics.qpos[0, 0] != physics.qpos[1, 0]  # the second one is heavier


def test_positions_and_velocities_are_views(physics: BatchPhysics) -> None:
    physics.qpos[1, 0] = 0.7
    physics.qvel[1, 1] = -0.4
    assert physics.state[1].tolist() == [0.0, 0.7, -0.2, 1.0, -0.4]


def test_a_trajectory_has_every_physics_step(physics: BatchPhysics) -> None:
    physics.step(np.zeros((2, DECIMATION, 2)))
    clock = PHYSICS_DT * np.arange(1, DECIMATION + 1)
    np.testing.assert_allclose(physics.trajectory[:, :, 0], [clock, clock])
    assert_array_equal(physics.trajectory[:, -1], physics.state)


def test_sound_robots_are_not_broken(physics: BatchPhysics) -> None:
    physics.step(np.zeros((2, DECIMATION, 2)))
    assert physics.broken(speed_limit=200.0).tolist() == [False, False]
    assert physics.broken(speed_limit=0.1).tolist() == [True, True]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
@pytest.mark.parametrize("column", [1, 4])
def test_a_robot_that_blew_up_is_broken_though_mujoco_reset_it(
    physics: BatchPhysics,
    value: float,
    column: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes a log of such accidents
    physics.step(np.zeros((2, DECIMATION, 2)))
    physics.state[1, column] = value
    physics.step(np.zeros((2, DECIMATION, 2)))
    assert physics.broken(speed_limit=1e9).tolist() == [False, True]
    physics.replace(np.array([False, True]), np.zeros((1, 5)))
    assert np.isfinite(physics.state).all() and np.isfinite(physics.trajectory).all()
    assert physics.sensor("tip")[1].tolist() == [0.0, 0.0, 0.0]
    assert physics.sensor("tip")[0].any()
    physics.step(np.zeros((2, DECIMATION, 2)))
    assert not physics.broken(speed_limit=200.0).any()


def test_a_first_period_that_blows_up_is_noticed_too(
    physics: BatchPhysics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    physics.qvel[0, 0] = np.nan
    physics.step(np.zeros((2, DECIMATION, 2)))
    assert physics.broken(speed_limit=200.0).tolist() == [True, False]
