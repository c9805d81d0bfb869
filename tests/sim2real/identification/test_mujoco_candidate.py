"""The cut-down model moves like the whole robot on a stand."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
from numpy.testing import assert_allclose

from configs.loader import load_scene
from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.identification.mujoco_candidate import Candidates, Setting
from sim2real.identification.poses import hoisted_pose
from sim2real.mujoco_hoist import hoist
from sim2real.robot import JointCommand
from sim2real.robot_parameters import RobotParameters


def setting(robot: RobotConfig, *groups: str) -> Setting:
    return Setting(
        robot=robot,
        joints=robot.joints_of(*groups),
        pose=hoisted_pose(robot),
        stiffness=robot.stiffness,
        damping=robot.damping,
    )


def test_only_the_joints_of_the_part_are_left(robot: RobotConfig) -> None:
    leg = setting(robot, "left_leg")
    model = Candidates(leg).spec(RobotParameters.nominal(robot)).compile()
    assert (model.nv, model.nu, model.nsensor) == (6, 6, 6)


def test_a_welded_joint_holds_its_body_where_the_pose_says(robot: RobotConfig) -> None:
    nominal = RobotParameters.nominal(robot)
    model = Candidates(setting(robot, "left_hand")).spec(nominal).compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    backend = MujocoBackend(robot, load_scene("empty"))
    state = backend.reset(0)
    backend.place(replace(state, joint_pos=hoisted_pose(robot)))
    # Seen from the pelvis, which the cut-down model leaves where its file has it.
    for body in ("left_wrist_yaw_link", "left_elbow_link", "torso_link"):
        here = data.body(body).xpos - data.body("pelvis").xpos
        there = backend.data.body(body).xpos - backend.data.body("pelvis").xpos
        assert_allclose(here, there, atol=1e-9)


def test_an_empty_and_a_full_hand_have_the_same_bodies(robot: RobotConfig) -> None:
    arm = setting(robot, "left_arm")
    nominal = RobotParameters.nominal(robot)
    empty = Candidates(arm).spec(nominal).compile()
    full = Candidates(arm).spec(replace(nominal, payload={"left": 0.5})).compile()
    assert empty.nbody == full.nbody
    assert_allclose(full.body_mass.sum() - empty.body_mass.sum(), 0.5, atol=1e-6)


def test_a_robot_on_the_stand_stays_there_and_its_feet_touch_nothing(
    robot: RobotConfig,
) -> None:
    backend = MujocoBackend(robot, load_scene("empty"))
    state = backend.reset(0)
    hoist(backend.model, robot)
    height = state.base_pos_w[2]
    target = robot.default_joint_pos.copy()
    target[:6] += 0.2
    command = JointCommand(
        joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
    )
    for _ in range(50):
        state = backend.step(command)
    # 350 N against 1e8 N s/m: 3.5 micrometres in this second.
    assert abs(state.base_pos_w[2] - height) < 5e-6
    assert_allclose(state.base_ang_vel, np.zeros(3), atol=1e-5)
    assert backend.data.ncon == 0


def test_joints_on_the_stand_rub_as_those_of_the_model(robot: RobotConfig) -> None:
    """A stand that is far heavier once made the solver ignore dry friction."""
    rubbing = RobotParameters.of(robot, {"friction_loss_add": {"legs": 0.5}})
    leg = replace(setting(robot, "left_leg"), pose=robot.default_joint_pos)
    model = Candidates(leg).spec(rubbing).compile()
    data = mujoco.MjData(model)
    data.qpos[:] = robot.default_joint_pos[:6]
    backend = MujocoBackend(robot, load_scene("empty"), parameters=rubbing)
    backend.reset(0)
    hoist(backend.model, robot)
    target = robot.default_joint_pos.copy()
    for tick in range(100):
        target[:6] += 0.004 if tick < 50 else -0.004
        data.ctrl[:] = target[:6]
        mujoco.mj_step(model, data, 4)
        backend.step(
            JointCommand(
                joint_pos=target, stiffness=robot.stiffness, damping=robot.damping
            )
        )
        there = backend.true_state().joint_pos[:6]
        assert_allclose(data.qpos, there, atol=1e-4)
