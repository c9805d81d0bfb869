"""Many arms learning to grasp a cup: a vectorised environment for imitation and PPO."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from sim2real.kinematics import Chain
from sim2real.mujoco_model import CONTROL_DT, DECIMATION
from sim2real.rotations import rotate, rotate_inverse, wxyz_from_rpy
from skills.description import hand_description
from skills.manipulation import HAND_REWARDS, HandState, hand_signals
from skills.mirror import Mirror
from skills.observations import Sense, observe
from skills.training.batch_physics import BatchPhysics
from skills.training.episode_log import EpisodeLog
from skills.training.hand_expert import HandView
from skills.training.hand_models import draw_hand_models

Array = NDArray[np.float64]
SETTLE_STEPS = 10


class HandEnv:
    """N right arms before N tables; actions change the joint targets.

    All positions are in the pelvis frame, as the robot knows them.
    """

    def __init__(
        self, robot: RobotConfig, config: HandTrainingConfig, threads: int = 2
    ) -> None:
        """Draw the scenes and put a cup on every table."""
        self.robot = robot
        self.config = config
        self.num_envs = n = config.ppo.num_envs
        self.rng = np.random.default_rng(config.seed)
        side = config.side
        self.joints = robot.joints_of(f"{side}_arm", f"{side}_hand")
        self.chain = Chain(robot.mjcf, robot.base_body, f"{side}_grasp")
        self.description = hand_description(
            config.skill,
            self.joints,
            arm_scale=config.arm_scale,
            hand_scale=config.hand_scale,
            action_clip=config.action_clip,
            control_dt=CONTROL_DT,
        )
        models, self.tops = draw_hand_models(
            robot, config.randomization, n, side, self.rng
        )
        self.physics = BatchPhysics(models, threads)
        place = [robot.joint_names.index(name) for name in self.joints]
        self.default = robot.default_joint_pos[place]
        self.limits = robot.joint_range[place]
        self.scale = np.array(self.description.action.scale)
        draw = config.randomization
        self.latency = self.rng.integers(*draw.latency_steps, n, endpoint=True)
        self.encoder_bias = self.rng.uniform(-1, 1, (n, 14)) * draw.encoder_bias
        tops = self.tops
        self.base_pos = np.array([[0, 0, t.base_height] for t in tops])
        tilt = np.array([t.base_tilt for t in tops])
        self.base_quat = wxyz_from_rpy(tilt[:, 0], tilt[:, 1], np.zeros(n))
        self.up = rotate_inverse(self.base_quat, np.array([[0.0, 0.0, 1.0]]))
        self.waist = np.array([t.waist for t in tops])
        self.radius = np.array([t.cup_radius for t in tops])
        self.cup_height = np.array([t.cup_height for t in tops])
        self.table_z = np.array([t.table_height for t in tops])
        self.privileged = np.array(
            [[t.cup_mass * 5, t.friction, t.table_height - 0.7] for t in tops]
        )
        self.action = np.zeros((n, 14))
        self.previous = np.zeros((n, 14))
        self.target = np.tile(self.default, (n, 1))
        self.object_bias = np.zeros((n, 3))
        self.start_pos_w = np.zeros((n, 3))
        self.goal_w = np.zeros((n, 3))
        self.time = np.zeros(n)
        self.held_s = np.zeros(n)
        self.best_s = np.zeros(n)
        self.total_steps = 0
        self.log = EpisodeLog()
        self.log.add_mean("success", np.zeros(0, bool))
        self.finished = [0, 0]  # episodes, successes since the last read
        self.reset(np.arange(n))
        self._settle()

    # --- what a learner needs -----------------------------------------------------

    def observe(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the actor's and the critic's observation."""
        draw = self.config.randomization
        noise = self.rng.normal(0, draw.object_noise, (self.num_envs, 3))
        actor = self._observation(self.encoder_bias, self.object_bias + noise)
        clean = self._observation(np.zeros(14), np.zeros(3))
        critic = np.concatenate(
            [
                clean,
                self.privileged,
                self.cup_vel_w,
                self.tips.reshape(self.num_envs, -1) * 5,
                self.held_s[:, None],
                self.time[:, None] / self.config.episode_s,
            ],
            -1,
        )
        return actor.astype(np.float32), critic.astype(np.float32)

    def _observation(self, joint_bias: Array, object_bias: Array) -> Array:
        joint_pos = self.joint_pos + joint_bias
        site, rotation = self.chain.forward(
            np.concatenate([self.waist, joint_pos[:, :7]], 1)
        )
        cup_b = self.cup_b + object_bias
        signals = hand_signals(
            site=site,
            rotation=rotation,
            up=self.up,
            object_pos_b=cup_b,
            object_up_b=self.cup_up_b,
            object_size=np.stack([self.radius, self.cup_height / 2], -1),
            goal_pos_b=self.to_base(self.goal_w),
            support_height_b=(self.table_z - self.base_pos[:, 2]),
            joint_target=self.target,
            joint_pos=joint_pos,
        )
        sense = Sense(
            joint_names=self.joints,
            joint_pos=joint_pos,
            joint_vel=self.joint_vel,
            default_joint_pos=self.default,
            base_quat_wxyz=self.base_quat,
            base_ang_vel=np.zeros((self.num_envs, 3)),
            last_action=self.action,
            signals=signals,
        )
        values: Array = observe(self.description.observations, sense)
        return values

    def critic_mirror(self) -> Mirror:
        """Not mirrored: the left hand uses the right hand's policy."""
        raise ValueError("hand policies are trained on one side; set symmetric: false")

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Advance one control period; finished scenes begin anew."""
        clip = self.config.action_clip
        self.previous = self.action
        self.action = np.clip(action.astype(np.float64), -clip, clip)
        old = self.target
        self.target = np.clip(
            old + self.scale * self.action, self.limits[:, 0], self.limits[:, 1]
        )
        self._advance(old)
        self.time += CONTROL_DT
        self.total_steps += self.num_envs
        broken = self.physics.broken(speed_limit=200.0)
        if broken.any():
            self.physics.replace(broken, self._start_state(np.flatnonzero(broken)))
        self._read()
        lost = (self.cup_w[:, 2] < self.table_z - 0.1) | broken
        held = self.is_held()
        self.held_s = np.where(held, self.held_s + CONTROL_DT, 0.0)
        self.best_s = np.maximum(self.best_s, self.held_s)
        reward = self._reward(held)
        reward = np.where(lost, -2.0, reward)
        late = (self.time >= self.config.episode_s) & ~lost
        done = lost | late
        self.log.steps += 1
        self.log.add("held", float(held.mean()))
        self.log.add("lost", float(lost.mean()) / CONTROL_DT)
        if done.any():
            who = np.flatnonzero(done)
            self.finished[0] += len(who)
            good = self.held_s[who] >= 2.0
            self.finished[1] += int(good.sum())
            self.log.add_mean("success", good)
            self.reset(who)
            self._read()
        return reward.astype(np.float32), done, late

    def is_held(self) -> NDArray[np.bool_]:
        """Whether the cup is 10 cm up, upright within 30 degrees and in the hand."""
        lifted = self.cup_w[:, 2] - self.start_pos_w[:, 2]
        upright = self.cup_up_w[:, 2] > 0.866
        near = np.linalg.norm(self.cup_b - self.site, axis=1) < 0.08
        held: NDArray[np.bool_] = (lifted > 0.1) & upright & near
        return held

    def view(self) -> HandView:
        """Return the true state for the expert."""
        site, rotation, jacobian = self.chain.jacobian(
            np.concatenate([self.waist, self.joint_pos[:, :7]], 1)
        )
        return HandView(
            arm_pos=self.joint_pos[:, :7],
            hand_pos=self.joint_pos[:, 7:],
            target=self.target,
            site=site,
            rotation=rotation,
            jacobian=jacobian[..., 3:],
            arm_limits=self.limits[:7],
            up=self.up,
            cup=self.cup_b,
            cup_up=self.cup_up_b,
            cup_radius=self.radius,
            cup_height=self.cup_height,
            lifted=self.cup_w[:, 2] - self.start_pos_w[:, 2],
            clearance=(site * self.up).sum(-1) + self.base_pos[:, 2] - self.table_z,
            goal=self.to_base(self.goal_w),
        )

    def to_base(self, pos_w: Array) -> Array:
        """Return world positions (N, 3) in the pelvis frame."""
        value: Array = rotate_inverse(self.base_quat, pos_w - self.base_pos)
        return value

    # --- parts ------------------------------------------------------------------------

    def _advance(self, old: Array) -> None:
        arrived = np.arange(DECIMATION)[None] >= self.latency[:, None]
        self.physics.step(
            np.where(arrived[..., None], self.target[:, None], old[:, None])
        )

    def _start_state(self, who: NDArray[np.intp]) -> Array:
        state = np.zeros((len(who), self.physics.state.shape[1]))
        qpos = state[:, self.physics.layout.qpos]
        draw, rng = self.config.randomization, self.rng
        pos = np.tile(self.default, (len(who), 1))
        pos[:, :7] += rng.normal(0, 0.08, (len(who), 7))
        qpos[:, :14] = np.clip(pos, self.limits[:, 0], self.limits[:, 1])
        for row, i in enumerate(who):
            top = self.tops[i]
            edge = top.table_edge
            low = max(draw.reach[0], edge + draw.cup_depth[0])
            high = min(draw.reach[1], edge + draw.cup_depth[1])
            qpos[row, 14] = rng.uniform(low, high)
            qpos[row, 15] = rng.uniform(*draw.cup_y)
            qpos[row, 16] = top.table_height + top.cup_height / 2 + 0.0005
            yaw = rng.uniform(-np.pi, np.pi)
            qpos[row, 17:21] = [np.cos(yaw / 2), 0, 0, np.sin(yaw / 2)]
        return state

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put some scenes back to the start.

        For one observation the critic sees the sensors of the state before.
        """
        draw, rng = self.config.randomization, self.rng
        self.physics.state[who] = self._start_state(who)
        self.target[who] = self.physics.qpos[who, :14]
        self.action[who] = 0.0
        self.previous[who] = 0.0
        self.time[who] = 0.0
        self.held_s[who] = 0.0
        self.best_s[who] = 0.0
        self.object_bias[who] = rng.uniform(-1, 1, (len(who), 3)) * draw.object_bias
        self.start_pos_w[who] = self.physics.qpos[who, 14:17]
        self.goal_w[who] = self.start_pos_w[who] + [0.0, 0.0, self.config.lift]

    def _settle(self) -> None:
        for _ in range(SETTLE_STEPS):
            self._advance(self.target)
        self._read()

    def _read(self) -> None:
        qpos, qvel = self.physics.qpos, self.physics.qvel
        self.joint_pos = qpos[:, :14].copy()
        self.joint_vel = qvel[:, :14].copy()
        self.cup_w = qpos[:, 14:17].copy()
        self.cup_quat = qpos[:, 17:21].copy()
        self.cup_vel_w = qvel[:, 14:17].copy()
        self.cup_up_w = rotate(self.cup_quat, np.array([[0.0, 0.0, 1.0]]))
        self.cup_b = self.to_base(self.cup_w)
        self.cup_up_b = rotate_inverse(self.base_quat, self.cup_up_w)
        self.site, self.rotation = self.chain.forward(
            np.concatenate([self.waist, self.joint_pos[:, :7]], 1)
        )
        tips = [self.physics.sensor(f"{f}_tip") for f in ("thumb", "index", "middle")]
        self.tips = np.stack(tips, 1) - self.cup_w[:, None]

    def _reward(self, held: NDArray[np.bool_]) -> Array:
        state = HandState(
            site_to_object=self.cup_b - self.site,
            hand_up=self.rotation[..., 2],
            up=self.up,
            tips_to_object=self.tips,
            object_radius=self.radius,
            object_height=self.cup_height,
            lifted=self.cup_w[:, 2] - self.start_pos_w[:, 2],
            moved=np.linalg.norm((self.cup_w - self.start_pos_w)[:, :2], axis=1),
            object_up_w=self.cup_up_w,
            object_vel_w=self.cup_vel_w,
            goal_distance=np.linalg.norm(self.cup_w - self.goal_w, axis=1),
            success=held.astype(np.float64),
            joint_vel=self.joint_vel,
            action=self.action,
            action_rate=self.action - self.previous,
            target_error=self.target - self.joint_pos,
        )
        total = np.zeros(self.num_envs)
        for name, weight in self.config.rewards.items():
            value = HAND_REWARDS[name](state) * weight
            self.log.add(f"reward/{name}", float(value.mean()))
            total += value
        return np.maximum(total, self.config.reward_floor) * CONTROL_DT

    def begin_anew(self) -> None:
        """Put every scene back to the start and forget the counts."""
        self.total_steps = 0
        self.log.read()
        self.finished = [0, 0]
        self.reset(np.arange(self.num_envs))
        self._settle()
        self.time[:] = self.rng.uniform(0, self.config.episode_s, self.num_envs)

    def success_rate(self) -> float:
        """Return the share of episodes that ended held for 2 s, since last asked."""
        episodes, successes = self.finished
        self.finished = [0, 0]
        return successes / max(episodes, 1)

    def close(self) -> None:
        """Stop the physics threads."""
        self.physics.close()
