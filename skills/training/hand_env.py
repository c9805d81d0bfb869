"""Many arms learning to grasp a cup on batched MuJoCo, for imitation and PPO."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from sim2real.mujoco_model import DECIMATION, PHYSICS_DT
from sim2real.rotations import wxyz_from_rpy
from skills.mirror import Mirror
from skills.training.arrays import NumpyArrays
from skills.training.batch_physics import BatchPhysics
from skills.training.hand_expert import HandView
from skills.training.hand_models import draw_hand_models
from skills.training.hand_task import HandSensors, HandTask, SceneState

Array = NDArray[np.float32]
SETTLE_STEPS = 10
FINGERS = ("thumb", "index", "middle")


class HandEnv:
    """N right arms before N tables; actions change the joint targets."""

    practice: type[HandTask] = HandTask
    task: HandTask

    def __init__(
        self, robot: RobotConfig, config: HandTrainingConfig, threads: int = 2
    ) -> None:
        """Draw the scenes and put a cup on every table."""
        self.robot = robot
        self.config = config
        self.num_envs = n = config.ppo.num_envs
        self.rng = np.random.default_rng(config.seed)
        draw = config.randomization
        models, tops, robots = draw_hand_models(robot, draw, n, config.side, self.rng)
        self.tops = tops
        self.physics = BatchPhysics(models, threads)
        at = robot.joint_names.index(f"{config.side}_elbow_joint")
        late = np.array([one.command_delay_s[at] for one in robots])
        self.latency = np.rint(late / PHYSICS_DT).astype(int)  # of arms: physics steps
        self.task = self.practice(robot, config, NumpyArrays(self.rng), tops)
        self.description = self.task.description
        self.joints = self.task.joints
        self.log = self.task.log
        roll, pitch = np.array([t.base_tilt for t in tops]).T
        self.base_quat = wxyz_from_rpy(roll, pitch, np.zeros(n)).astype(np.float32)
        self.base_pos = np.zeros((n, 3), np.float32)
        self.base_pos[:, 2] = [t.base_height for t in tops]
        self.waist = np.array([t.waist for t in tops], np.float32)
        self.restart()
        self._settle()

    # --- what a learner needs -----------------------------------------------------

    @property
    def total_steps(self) -> int:
        """Of all scenes together."""
        return self.task.total_steps

    @total_steps.setter
    def total_steps(self, steps: int) -> None:
        self.task.total_steps = steps

    def observe(self) -> tuple[Array, Array]:
        """Return the actor's and the critic's observation."""
        return self.task.observe()

    def critic_mirror(self) -> Mirror:
        """Not mirrored: the left hand uses the right hand's policy."""
        raise ValueError("hand policies are trained on one side; set symmetric: false")

    def step(self, action: Array) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
        """Advance one control period; scenes that lost the cup or ended begin anew.

        Returns:
            reward (N,), done (N,), and which of the done ones ran out of time.
        """
        task, physics = self.task, self.physics
        task.act(action)
        self._advance()
        task.advance()
        broken = physics.broken(speed_limit=200.0)
        if broken.any():
            start = task.draw_start(np.flatnonzero(broken))
            physics.replace(broken, self._full_state(start))
        self._read()
        reward, lost, late = task.judge(broken)
        done = lost | late
        if done.any():
            self.reset(np.flatnonzero(done))
            self._read()
        return reward, done, late

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put some scenes back to the start.

        For one observation the critic sees the sensors of the state before.
        """
        self.physics.state[who] = self._full_state(self.task.begin(who))

    def begin_anew(self) -> None:
        """Put every scene back to the start and forget the counts."""
        self.restart()
        self._settle()
        self.task.begin_counting()

    def is_held(self) -> NDArray[np.bool_]:
        """Return whose cup is held, (N,); see the task."""
        held: NDArray[np.bool_] = self.task.is_held()
        return held

    def success_rate(self) -> float:
        """Return the share of episodes that ended held for 2 s, since last asked."""
        return self.task.success_rate()

    def view(self) -> HandView:
        """Return the true state for the expert."""
        return self.task.view()

    def restart(self) -> None:
        """Put every scene back to the start, and see."""
        self.reset(np.arange(self.num_envs))
        self._read()

    def drive(self) -> None:
        """Advance one control period towards the targets, and see."""
        self._advance()
        self._read()

    def close(self) -> None:
        """Stop the physics threads."""
        self.physics.close()

    # --- parts ------------------------------------------------------------------------

    def _advance(self) -> None:
        """Step with the old targets until the latency ends."""
        task = self.task
        arrived = np.arange(DECIMATION)[None] >= self.latency[:, None]
        new, old = task.target[:, None], task.old_target[:, None]
        self.physics.step(np.where(arrived[..., None], new, old).astype(float))

    def _settle(self) -> None:
        self.task.old_target = self.task.target
        for _ in range(SETTLE_STEPS):
            self._advance()
        self._read()

    def _full_state(self, start: SceneState) -> NDArray[np.float64]:
        state = np.zeros((len(start.joint_pos), self.physics.state.shape[1]))
        layout = self.physics.layout
        position = (start.joint_pos, start.cup_pos_w, start.cup_quat_wxyz)
        velocity = (start.joint_vel, start.cup_vel_w, start.cup_ang_vel)
        state[:, layout.qpos] = np.concatenate(position, axis=1)
        state[:, layout.qvel] = np.concatenate(velocity, axis=1)
        return state

    def _read(self) -> None:
        physics, k = self.physics, self.task.k
        qpos = physics.qpos.astype(np.float32)
        qvel = physics.qvel.astype(np.float32)
        tips = [physics.sensor(f"{finger}_tip") for finger in FINGERS]
        self.task.see(
            HandSensors(
                joint_pos=qpos[:, :k],
                joint_vel=qvel[:, :k],
                cup_pos_w=qpos[:, k : k + 3],
                cup_quat_wxyz=qpos[:, k + 3 :],
                cup_vel_w=qvel[:, k : k + 3],
                cup_ang_vel=qvel[:, k + 3 :],
                tip_pos_w=np.stack(tips, 1).astype(np.float32),
                base_pos_w=self.base_pos,
                base_quat_wxyz=self.base_quat,
                waist_pos=self.waist,
            )
        )
