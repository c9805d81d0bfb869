"""Many robots learning to walk or stand on batched MuJoCo, for PPO on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from sim2real.rotations import wxyz_from_yaw
from skills.mirror import Mirror
from skills.training.arrays import NumpyArrays
from skills.training.batch_physics import BatchPhysics
from skills.training.leg_models import draw_leg_models
from skills.training.leg_task import LegSensors, LegTask

Array = NDArray[np.float32]


class LegEnv:
    """N robots on a plane; actions are targets for legs and waist.

    Observations are float32 (N, size) for the actor, as on the robot, and
    (N, critic_size) for the critic, which also sees what no robot measures.
    """

    def __init__(
        self, robot: RobotConfig, config: LegTrainingConfig, threads: int = 2
    ) -> None:
        """Draw the robots and put them on the ground."""
        self.robot = robot
        self.config = config
        self.num_envs = n = config.ppo.num_envs
        self.rng = np.random.default_rng(config.seed)
        draw = config.randomization
        models, welded = draw_leg_models(
            robot, draw, n, moving_arms=config.moving_arms, rng=self.rng
        )
        self.physics = BatchPhysics(models, threads)
        self.latency = self.rng.integers(
            draw.latency_steps[0], draw.latency_steps[1] + 1, n
        )
        self.task = LegTask(
            robot, config, NumpyArrays(self.rng), describe_models(models, self.latency)
        )
        self.description = self.task.description
        self.log = self.task.log
        self.k = k = self.task.k
        self.simulated = len(self.task.names) if config.moving_arms else k
        self.joint_pos = np.tile(self.task.default, (n, 1))
        self.joint_vel = np.zeros((n, len(self.task.names)), np.float32)
        if not config.moving_arms:
            self.joint_pos[:, k:] = [[w[a] for a in self.task.arms] for w in welded]
        self.reset(np.arange(n))
        self.task.time[:] = self.rng.uniform(0, config.episode_s, n)  # spread resets
        self.physics.step(self._ctrl(self.task.target))
        self._read_motors()
        self._read()

    # --- what a learner needs -------------------------------------------------

    @property
    def total_steps(self) -> int:
        """Of all robots together."""
        return self.task.total_steps

    @total_steps.setter
    def total_steps(self, steps: int) -> None:
        self.task.total_steps = steps

    def observe(self) -> tuple[Array, Array]:
        """Return the actor's and the critic's observation."""
        return self.task.observe()

    def critic_mirror(self) -> Mirror:
        """Return the left-right mirror of the critic's observation."""
        return self.task.critic_mirror()

    def step(self, action: Array) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
        """Advance one control period; fallen and finished robots begin anew.

        Returns:
            reward (N,), done (N,), and which of the done ones ran out of time.
        """
        task, physics = self.task, self.physics
        task.act(action)
        self._push()
        physics.step(self._ctrl(task.old_target))
        self._read_motors()
        task.advance()
        broken = physics.broken(speed_limit=200.0)
        if broken.any():
            physics.replace(broken, self._start_state(int(broken.sum())))
        self._read()
        reward, fallen, late = task.judge(broken)
        done = fallen | late
        if done.any():
            self.reset(np.flatnonzero(done))
            self._read()
        task.redraw()
        return reward, done, late

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put some robots back to the start.

        For one observation the critic sees the sensors of the state before.
        """
        self.physics.state[who] = self._start_state(len(who))
        self.task.begin(who)

    def close(self) -> None:
        """Stop the physics threads."""
        self.physics.close()

    # --- parts ------------------------------------------------------------------

    def _ctrl(self, old_target: Array) -> NDArray[np.float64]:
        """Return targets for each physics step: the old ones until the latency ends."""
        task = self.task
        targets, olds = [task.target], [old_target]
        if self.config.moving_arms:
            targets.append(task.arm_target)
            olds.append(task.arm_target)
        new = np.concatenate(targets, 1)
        old = np.concatenate(olds, 1)
        arrived = np.arange(DECIMATION)[None] >= self.latency[:, None]
        return np.where(arrived[..., None], new[:, None], old[:, None]).astype(float)

    def _push(self) -> None:
        due, change = self.task.due_pushes()
        self.physics.qvel[due, :2] += change[:, :2]
        self.physics.qvel[due, 5] += change[:, 2]

    def _start_state(self, count: int) -> NDArray[np.float64]:
        state = np.zeros((count, self.physics.state.shape[1]))
        layout = self.physics.layout
        qpos, qvel = state[:, layout.qpos], state[:, layout.qvel]
        qpos[:, 2] = self.robot.standing_height + self.rng.uniform(0.0, 0.02, count)
        qpos[:, 3:7] = wxyz_from_yaw(self.rng.uniform(-np.pi, np.pi, count))
        spread = self.rng.normal(0, 0.05, (count, self.simulated))
        qpos[:, 7:] = self.task.default[: self.simulated] + spread
        qvel[:, :3] = self.rng.normal(0, 0.15, (count, 3))
        qvel[:, 3:] = self.rng.normal(0, 0.1, qvel[:, 3:].shape)
        return state

    def _read_motors(self) -> None:
        physics = self.physics
        legs = [physics.sensor_history(f"effort_{joint}") for joint in self.task.legs]
        effort = np.concatenate(legs, axis=-1)
        start = physics.layout.qvel.start + 6
        speeds = physics.trajectory[:, :, start : start + self.k]
        self.effort = effort[:, -1].astype(np.float32)
        power = np.abs(effort * speeds).sum(-1).mean(1)
        self.power = power.astype(np.float32)

    def _read(self) -> None:
        physics = self.physics
        qpos = physics.qpos.astype(np.float32)
        qvel = physics.qvel.astype(np.float32)
        self.joint_pos[:, : self.simulated] = qpos[:, 7:]
        self.joint_vel[:, : self.simulated] = qvel[:, 6:]

        def both(name: str) -> Array:
            stack = [physics.sensor(f"{side}_{name}") for side in ("left", "right")]
            return np.stack(stack, 1).astype(np.float32)

        self.task.see(
            LegSensors(
                quat_wxyz=qpos[:, 3:7],
                ang_vel=qvel[:, 3:6],
                lin_vel_w=qvel[:, :3],
                height=qpos[:, 2],
                torso_gravity=-physics.sensor("torso_z").astype(np.float32),
                joint_pos=self.joint_pos.copy(),
                joint_vel=self.joint_vel.copy(),
                joint_effort=self.effort,
                power=self.power,
                foot_pos_w=both("pos"),
                foot_vel_w=both("vel"),
                foot_x_w=both("x"),
                foot_z_w=both("z"),
                foot_force=both("force")[..., 0],
                com_w=physics.sensor("com").astype(np.float32),
                com_vel_w=physics.sensor("com_vel").astype(np.float32),
            )
        )


def describe_models(models: list[Any], latency: NDArray[np.intp]) -> Array:
    """Friction, torso centre of mass, mass and latency of each robot, (N, 6)."""
    rows = []
    for model, late in zip(models, latency, strict=True):
        torso = model.body("torso_link").id
        foot = model.geom("left_foot_0").id
        rows.append(
            [
                model.geom_friction[foot, 0],
                *(model.body_ipos[torso] * 10),
                (model.body_mass.sum() - 34.4) * 0.3,
                late * PHYSICS_DT * 50,
            ]
        )
    return np.array(rows, dtype=np.float32)
