"""Many robots learning to walk or stand on batched MuJoCo, for PPO on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig
from sim2real.curriculum import Curriculum
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from sim2real.rotations import wxyz_from_yaw
from skills.mirror import Mirror
from skills.training.arrays import NumpyArrays
from skills.training.batch_physics import BatchPhysics
from skills.training.leg_robots import LegRobots
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
        pace = config.curriculum
        self.curriculum = None if pace is None else Curriculum(pace)
        models, welded = self._draw_models()
        self.physics = BatchPhysics(models, threads)
        self._take_delays()
        self.task = LegTask(
            robot, config, NumpyArrays(self.rng), describe_models(models, self.latency)
        )
        self._take_biases()
        self.older_target = np.tile(self.task.default[: self.task.k], (n, 1))
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
        older = task.old_target
        task.act(action)
        self._push()
        self.older_target = older
        if self._weaken_with_speed:
            self.robots.limit_by_speed(physics.qvel[:, 6:])
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
        self._follow_curriculum(done, late)
        task.redraw()
        return reward, done, late

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put some robots back to the start.

        For one observation the critic sees the sensors of the state before.
        """
        self.physics.state[who] = self._start_state(len(who))
        self.task.begin(who)
        self.task.old_target[who] = self.task.target[who]
        self.older_target[who] = self.task.target[who]

    def close(self) -> None:
        """Stop the physics threads."""
        self.physics.close()

    def saved(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of the environments."""
        return {"curriculum": self.curriculum.saved()} if self.curriculum else {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        if self.curriculum and "curriculum" in saved:
            self.curriculum.restore(saved["curriculum"])
            self._redraw()

    # --- parts ------------------------------------------------------------------

    def _draw_models(self) -> tuple[list[Any], list[dict[str, float]]]:
        """Return a model and the welded joints for each robot."""
        self.robots = LegRobots(
            self.robot,
            self.config.randomization,
            self.num_envs,
            moving_arms=self.config.moving_arms,
            rng=self.rng,
            level=self.curriculum.level if self.curriculum else 1.0,
        )
        return self.robots.models, self.robots.welded

    def _follow_curriculum(
        self, done: NDArray[np.bool_], late: NDArray[np.bool_]
    ) -> None:
        """Count who lasted to the end of an episode, and take what comes of it."""
        if self.curriculum is None:
            return
        self.log.add("curriculum_level", self.curriculum.level)
        if self.curriculum.note(int(late.sum()), int(done.sum()), self.total_steps):
            self._redraw()

    def _redraw(self) -> None:
        assert self.curriculum is not None
        self.robots.redraw(self.curriculum.level)
        self._take_delays()
        self._take_biases()
        self.task.privileged = describe_models(self.robots.models, self.latency)

    def _take_delays(self) -> None:
        delays = self.robots.delays
        self.latency = delays.mean(1)  # of each robot [physics steps], (N,)
        self._spread = delays - self.latency[:, None]  # of its joints, (N, m)
        self._weaken_with_speed = self.robots.weaken_with_speed

    def _take_biases(self) -> None:
        """Let sensors err as the ranges say; drives see what their encoders read."""
        self._bias = self.robots.encoder_bias
        if self.robots.of_file:
            self.task.encoder_bias[:, : self._bias.shape[1]] = self._bias
            self.task.gyro_bias[:] = self.robots.gyro_bias
            self.task.mounting[:] = self.robots.mounting

    def _ctrl(self, old_target: Array) -> NDArray[np.float64]:
        """Return targets for each physics step: the old ones until the latency ends.

        A target that arrives within a step counts for the rest of it.
        """
        task = self.task
        arms = [task.arm_target] if self.config.moving_arms else []
        new, old, older = (
            np.concatenate([legs, *arms], 1)[:, None].astype(float)
            for legs in (task.target, old_target, self.older_target)
        )
        late = (self.latency[:, None] + self._spread)[:, None]
        passed = np.arange(1.0, DECIMATION + 1.0)[:, None] - np.round(late, 9)
        arrived = np.clip(passed, 0.0, 1.0)  # (N, DECIMATION, m)
        before = np.clip(passed + DECIMATION, 0.0, 1.0)
        targets: NDArray[np.float64] = (
            older + before * (old - older) + arrived * (new - old)
        )
        return targets - self._bias[:, None]

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
