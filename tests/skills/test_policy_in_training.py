"""On the robot a policy sees and does what it saw and did in the trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from configs.loader import load_robot
from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig, PpoConfig
from sim2real.joint_map import JointMap
from sim2real.robot import RobotState
from skills.policy import Policy

torch = pytest.importorskip("torch", reason="policies are exported with torch")
pytest.importorskip("onnx", reason="policies are exported with onnx")

from skills.training.export import export_policy  # noqa: E402
from skills.training.leg_env import LegEnv  # noqa: E402


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


@pytest.fixture
def env(robot: RobotConfig) -> Any:
    """Two robots of the trainer, with perfect sensors."""
    env = LegEnv(
        robot, LegTrainingConfig(skill="walk", ppo=PpoConfig(num_envs=2)), threads=1
    )
    env.task.noise[:] = 0.0
    env.task.encoder_bias[:] = 0.0
    yield env
    env.close()


def first_robot(env: LegEnv, robot: RobotConfig) -> RobotState:
    """What the trainer's first robot would measure as a robot of its own."""
    joints = JointMap(env.task.names, robot.joint_names)
    return RobotState(
        time=float(env.task.time[0]),
        joint_pos=joints.put(env.joint_pos[0], into=robot.default_joint_pos),
        joint_vel=joints.put(env.joint_vel[0], into=np.zeros(len(robot.joints))),
        joint_effort=np.zeros(len(robot.joints)),
        base_pos_w=np.array([0.0, 0.0, env.task.sensors.height[0]]),
        base_quat_wxyz=env.task.sensors.quat_wxyz[0].astype(float),
        base_lin_vel_w=np.zeros(3),
        base_ang_vel=env.task.sensors.ang_vel[0].astype(float),
    )


def test_observations_and_targets_are_those_of_the_trainer(
    env: LegEnv, robot: RobotConfig, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    size = env.description.observation_size
    actor = torch.nn.Sequential(
        torch.nn.Linear(size, 32),
        torch.nn.ELU(),
        torch.nn.Linear(32, len(env.task.legs)),
    )
    with torch.no_grad():
        actor[2].weight *= 20.0  # so that some actions are clipped
    path = tmp_path / "walk.onnx"
    export_policy(
        actor,
        env.description,
        robot,
        path,
        config_digest="none",
        golden_observations=np.tile(env.observe()[0], (4, 1)),
    )
    policy = Policy.load(path, robot)
    env.reset(np.arange(2))
    env._read()
    policy.reset(first_robot(env, robot))
    clipped = 0
    for _ in range(6):
        trained = env.observe()[0]
        target = policy.act(
            first_robot(env, robot),
            {
                "velocity_command": env.task.command[0],
                "gait_phase": env.task.phase[0],
                "moving": env.task.moving[0],
            },
        )
        # The last action is in it, and onnxruntime adds up in another order.
        assert_allclose(policy.last_observation, trained[0], atol=2e-5)
        with torch.no_grad():
            env.step(actor(torch.tensor(trained)).numpy())
        assert_allclose(target, env.task.target[0], atol=1e-5)
        clipped += int((np.abs(env.task.action[0]) == env.config.action_clip).sum())
    assert clipped > 0
    assert_array_equal(policy.joints, env.task.legs)
