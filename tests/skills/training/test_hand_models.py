"""The tabletops of grasp: one arm, a table and a cup, each with its own numbers."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from numpy.testing import assert_allclose

from configs.loader import load_robot
from configs.schema import RobotConfig
from configs.training_schema import HandRandomization
from sim2real.mujoco_model import robot_spec
from sim2real.rotations import wxyz_from_rpy
from skills.training.hand_models import (
    Tabletop,
    draw_hand_models,
    draw_tabletop,
    hand_spec,
)

TOP = Tabletop(
    table_height=0.7,
    table_edge=0.2,
    cup_radius=0.03,
    cup_height=0.1,
    cup_mass=0.25,
    friction=0.8,
    waist=(0.05, -0.03, 0.04),
    base_height=0.77,
    base_tilt=(0.04, -0.05),
)


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.mark.parametrize("side", ["left", "right"])
def test_only_one_arm_and_the_cup_can_move(robot: RobotConfig, side: str) -> None:
    model = hand_spec(robot, TOP, side).compile()
    names = [model.joint(i).name for i in range(model.njnt)]
    assert tuple(names[:-1]) == robot.joints_of(f"{side}_arm", f"{side}_hand")
    assert names[-1] == "cup"
    assert (model.nq, model.nv, model.nu) == (21, 20, 14)


def test_the_arm_is_where_the_whole_robots_arm_is(robot: RobotConfig) -> None:
    model = hand_spec(robot, TOP, "right").compile()
    here = mujoco.MjData(model)
    place = [robot.joint_names.index(model.joint(i).name) for i in range(14)]
    here.qpos[:14] = robot.default_joint_pos[place]
    mujoco.mj_kinematics(model, here)
    whole = robot_spec(robot).compile()
    there = mujoco.MjData(whole)
    roll, pitch = (np.float64(angle) for angle in TOP.base_tilt)
    tilt = wxyz_from_rpy(roll, pitch, np.float64(0.0))
    there.qpos[:7] = [0.0, 0.0, TOP.base_height, *tilt]
    pose = dict(zip(robot.joint_names, robot.default_joint_pos, strict=True))
    pose |= dict(zip(robot.joints_of("waist"), TOP.waist, strict=True))
    for name, value in pose.items():
        there.qpos[whole.joint(name).qposadr[0]] = value
    mujoco.mj_kinematics(whole, there)
    for site in ("right_grasp", "right_thumb_tip", "right_index_tip"):
        assert_allclose(here.site(site).xpos, there.site(site).xpos, atol=1e-9)


def test_table_and_cup_have_the_measures_that_were_drawn(robot: RobotConfig) -> None:
    model = hand_spec(robot, TOP, "right").compile()
    table = model.geom("table")
    assert table.pos[2] + table.size[2] == pytest.approx(0.7)
    assert table.pos[0] - table.size[0] == pytest.approx(0.2)
    assert model.geom("cup").size[:2] == pytest.approx([0.03, 0.05])
    assert model.body("cup").mass[0] == pytest.approx(0.25)
    assert model.geom("cup").friction[0] == pytest.approx(0.8)


def test_a_cup_stays_where_it_stands(robot: RobotConfig) -> None:
    far = replace(TOP, table_edge=0.6)  # out of the arm's way
    model = hand_spec(robot, far, "right").compile()
    data = mujoco.MjData(model)
    data.qpos[14:21] = [0.8, -0.1, 0.7505, 1, 0, 0, 0]
    place = [robot.joint_names.index(model.joint(i).name) for i in range(14)]
    data.qpos[:14] = data.ctrl[:] = robot.default_joint_pos[place]
    for _ in range(100):
        mujoco.mj_step(model, data)
    assert_allclose(data.qpos[14:17], [0.8, -0.1, 0.75], atol=2e-3)


def test_what_is_drawn_lies_in_its_range() -> None:
    config = HandRandomization()
    rng = np.random.default_rng(0)
    for _ in range(50):
        top = draw_tabletop(config, rng)
        for name in ("table_height", "table_edge", "cup_radius", "cup_height"):
            low, high = getattr(config, name)
            assert low <= getattr(top, name) <= high
        assert config.cup_mass[0] <= top.cup_mass <= config.cup_mass[1]
        assert config.friction[0] <= top.friction <= config.friction[1]
        assert config.base_height[0] <= top.base_height <= config.base_height[1]
        assert np.abs([*top.waist, *top.base_tilt]).max() <= 0.06


def test_every_environment_has_its_own_robot(robot: RobotConfig) -> None:
    models, tops, _ = draw_hand_models(
        robot, HandRandomization(), 3, "right", np.random.default_rng(0)
    )
    gains = np.array([model.actuator_gainprm[:, 0] for model in models])
    place = [robot.joint_names.index(models[0].joint(i).name) for i in range(14)]
    scale = gains / robot.stiffness[place]
    assert (scale >= 0.9).all() and (scale <= 1.1).all()
    assert len({float(row[0]) for row in gains}) == 3
    for model, top in zip(models, tops, strict=True):
        # The cup's mass is that which was drawn, whatever the links' scale.
        assert model.body("cup").mass[0] == pytest.approx(top.cup_mass)
        assert_allclose(model.actuator_biasprm[:, 1], -model.actuator_gainprm[:, 0])
