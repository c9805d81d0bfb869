"""What arms that grasp a cup practise, whichever engine moves them.

Targets, goals, errors of perception, rewards, terminations, observations and the start
of an episode, on numpy or torch. An engine (`hand_env.py`) advances its physics to the
targets of the task, tells it what it measured, and puts scenes back to the start that
the task draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from configs.schema import RobotConfig
from configs.training_schema import HandTrainingConfig
from sim2real.kinematics import Chain
from sim2real.mujoco_model import CONTROL_DT
from sim2real.rotations import rotate, rotate_inverse, wxyz_from_yaw
from skills.description import PolicyDescription, hand_description
from skills.manipulation import HAND_REWARDS, HandState, hand_signals
from skills.observations import Sense, observe
from skills.training.arrays import Array, Arrays
from skills.training.episode_log import EpisodeLog
from skills.training.hand_expert import HandView
from skills.training.hand_models import Tabletop

GAP = 0.0005  # between the table and a cup that is put on it [m]
LOST_REWARD = -2.0
CRITIC_EXTRAS = 17  # numbers that the critic sees beside what the actor does
SUCCESS_S = 2.0  # an episode is a success if its end was held this long [s]
# Clocks are float32 sums of the period: they may end a little short of a round number.
SLACK_S = CONTROL_DT / 2


@dataclass(frozen=True, kw_only=True)
class SceneState:
    """Where arm, hand and cup of N scenes are, and how they move.

    The world of each scene has its origin on the ground, below the pelvis.
    """

    joint_pos: Array  # arm, then hand [rad], (N, k)
    joint_vel: Array  # [rad/s], (N, k)
    cup_pos_w: Array  # centre [m], (N, 3)
    cup_quat_wxyz: Array  # (N, 4)
    cup_vel_w: Array  # [m/s], (N, 3)
    cup_ang_vel: Array  # in the cup's own frame [rad/s], (N, 3)


@dataclass(frozen=True, kw_only=True)
class HandSensors(SceneState):
    """What an engine measures after a control period."""

    tip_pos_w: Array  # of thumb, index and middle finger [m], (N, 3, 3)
    base_pos_w: Array  # of the pelvis [m], (N, 3)
    base_quat_wxyz: Array  # of the pelvis, (N, 4)
    waist_pos: Array  # yaw, roll, pitch [rad], (N, 3)


class HandTask:
    """N arms before N tables that learn; actions change the joint targets.

    Positions without `_w` are in the pelvis frame, as the robot knows them. One control
    period: `act`, the engine's physics, `advance`, `see`, `judge`, `begin` and `see`
    again for scenes that are done, `observe`.
    """

    def __init__(
        self,
        robot: RobotConfig,
        config: HandTrainingConfig,
        arrays: Arrays,
        tops: Sequence[Tabletop],
    ) -> None:
        """Begin with every arm in its default pose.

        Args:
            robot: the robot.
            config: of the training.
            arrays: numpy's or torch's.
            tops: what was drawn for each scene.
        """
        self.robot = robot
        self.config = config
        self.arrays = arrays
        self.num_envs = n = len(tops)
        side, draw = config.side, config.randomization
        self.joints = robot.joints_of(f"{side}_arm", f"{side}_hand")
        self.arm = len(robot.joints_of(f"{side}_arm"))
        self.k = k = len(self.joints)
        self.chain = Chain(robot.mjcf, robot.base_body, f"{side}_grasp")
        self.description = describe(robot, config)
        place = [robot.joint_names.index(name) for name in self.joints]
        self.default = arrays.array(robot.default_joint_pos[place])
        self.limits = arrays.array(robot.joint_range[place])
        self.scale = arrays.array(self.description.action.scale)
        self.encoder_bias = arrays.uniform(-1.0, 1.0, n, k) * draw.encoder_bias
        self.radius = arrays.array([t.cup_radius for t in tops])
        self.cup_height = arrays.array([t.cup_height for t in tops])
        self.table_z = arrays.array([t.table_height for t in tops])
        self.privileged = arrays.array(
            [[t.cup_mass * 5, t.friction, t.table_height - 0.7] for t in tops]
        )
        edge = np.array([t.table_edge for t in tops])
        nearest = np.maximum(draw.reach[0], edge + draw.cup_depth[0])
        farthest = np.minimum(draw.reach[1], edge + draw.cup_depth[1])
        self.nearest, self.farthest = arrays.array(nearest), arrays.array(farthest)
        self.table_edge = arrays.array(edge)
        self.up_w = arrays.array([[0.0, 0.0, 1.0]])
        self.action = arrays.zeros(n, k)
        self.previous = arrays.zeros(n, k)
        self.target = arrays.zeros(n, k) + self.default
        self.old_target = arrays.zeros(n, k) + self.default
        self.object_bias = arrays.zeros(n, 3)
        self.start_pos_w = arrays.zeros(n, 3)
        self.goal_w = arrays.zeros(n, 3)
        self.time = arrays.zeros(n)
        self.held_s = arrays.zeros(n)
        self.total_steps = 0
        self.copies = 1  # processes whose steps count together
        self.log = EpisodeLog()
        self.log.add_mean("success", np.zeros(0, bool))
        self.finished = [0, 0]  # episodes, successes since the last read

    # --- one control period -------------------------------------------------------

    def act(self, action: Array) -> None:
        """Move `target` by actions (N, k), within the joints' limits."""
        xp = array_namespace(action)
        clip = self.config.action_clip
        self.previous, self.action = self.action, xp.clip(action, -clip, clip)
        self.old_target = self.target
        moved = self.target + self.scale * self.action
        self.target = xp.clip(moved, self.limits[:, 0], self.limits[:, 1])

    def advance(self) -> None:
        """Note that a control period has passed."""
        self.time = self.time + CONTROL_DT
        self.total_steps += self.num_envs * self.copies

    def see(self, sensors: HandSensors) -> None:
        """Take what the engine measured."""
        xp = array_namespace(sensors.joint_pos)
        self.sensors = sensors
        base = sensors.base_quat_wxyz
        self.up = rotate_inverse(base, self.up_w)
        self.cup_w = sensors.cup_pos_w
        self.cup_vel_w = sensors.cup_vel_w
        self.cup_up_w = rotate(sensors.cup_quat_wxyz, self.up_w)
        self.cup = self.to_base(self.cup_w)
        self.cup_up = rotate_inverse(base, self.cup_up_w)
        self.support_height = self.table_z - sensors.base_pos_w[:, 2]
        self.arm_chain = xp.concat(
            [sensors.waist_pos, sensors.joint_pos[:, : self.arm]], axis=-1
        )
        self.site, self.rotation = self.chain.forward(self.arm_chain)
        self.tips = sensors.tip_pos_w - self.cup_w[:, None]

    def judge(self, broken: Array) -> tuple[Array, Array, Array]:
        """Return reward (N,), whose cup is lost (N,) and whose time is over (N,).

        Args:
            broken: whose physics blew up; they count as lost, (N,).
        """
        xp = array_namespace(broken)
        lost = (self.cup_w[:, 2] < self.table_z - 0.1) | broken
        held = self.is_held()
        longer = self.held_s + CONTROL_DT
        self.held_s = xp.where(held, longer, xp.zeros_like(longer))
        reward = self._reward(held)
        reward = xp.where(lost, xp.zeros_like(reward) + LOST_REWARD, reward)
        late = (self.time >= self.config.episode_s - SLACK_S) & ~lost
        self.log.steps += 1
        self.log.add("held", _share(held))
        self.log.add("lost", _share(lost) / CONTROL_DT)
        good = self.held_s[self.arrays.where(lost | late)] >= SUCCESS_S - SLACK_S
        self.finished[0] += len(good)
        self.finished[1] += int(good.sum())
        self.log.add_mean("success", good)
        return reward, lost, late

    def is_held(self) -> Array:
        """Whether the cup is 10 cm up, upright within 30 degrees and in the hand."""
        return (self.lifted > 0.1) & (self.cup_up_w[:, 2] > 0.866) & (self.grip < 0.08)

    def begin(self, who: Array) -> SceneState:
        """Start a new episode for some scenes; indices (m,).

        Returns:
            what the engine is to put them to, (m, ...).
        """
        start = self.draw_start(who)
        self.action[who] = 0.0
        self.previous[who] = 0.0
        self.target[who] = start.joint_pos
        self.time[who] = 0.0
        self.held_s[who] = 0.0
        wide = self.config.randomization.object_bias
        self.object_bias[who] = self.arrays.uniform(-wide, wide, len(who), 3)
        self.start_pos_w[who] = start.cup_pos_w
        self.goal_w[who] = start.cup_pos_w + self.config.lift * self.up_w
        return start

    def observe(self) -> tuple[Array, Array]:
        """Return the actor's (N, size) and the critic's (N, critic_size) view."""
        xp, n, sensors = array_namespace(self.target), self.num_envs, self.sensors
        noise = self.arrays.normal(self.config.randomization.object_noise, n, 3)
        bias = self.arrays.zeros(n, self.arm_chain.shape[1] - self.arm)
        bias = xp.concat([bias, self.encoder_bias[:, : self.arm]], axis=-1)
        actor = self._observation(
            *self.chain.forward(self.arm_chain + bias),
            sensors.joint_pos + self.encoder_bias,
            self.cup + self.object_bias + noise,
        )
        clean = self._observation(self.site, self.rotation, sensors.joint_pos, self.cup)
        critic = xp.concat(
            [
                clean,
                self.privileged,
                self.cup_vel_w,
                xp.reshape(self.tips, (n, -1)) * 5,
                self.held_s[:, None],
                self.time[:, None] / self.config.episode_s,
            ],
            axis=-1,
        )
        return actor, critic

    @property
    def critic_size(self) -> int:
        """Length of the critic's observation."""
        return self.description.observation_size + CRITIC_EXTRAS

    # --- what else an engine and a teacher ask ------------------------------------

    def draw_start(self, who: Array) -> SceneState:
        """Draw arms near their default pose and standing cups within reach."""
        count, k, uniform = len(who), self.k, self.arrays.uniform
        spread = self.arrays.normal(0.08, count, self.arm)
        xp = array_namespace(spread)
        fingers = self.arrays.zeros(count, k - self.arm)
        pos = self.default + xp.concat([spread, fingers], axis=-1)
        low, high = self.nearest[who], self.farthest[who]
        centre = [
            low + (high - low) * uniform(0.0, 1.0, count),
            uniform(*self.config.randomization.cup_y, count),
            self.table_z[who] + self.cup_height[who] / 2 + GAP,
        ]
        return SceneState(
            joint_pos=xp.clip(pos, self.limits[:, 0], self.limits[:, 1]),
            joint_vel=self.arrays.zeros(count, k),
            cup_pos_w=xp.stack(centre, axis=-1),
            cup_quat_wxyz=wxyz_from_yaw(uniform(-np.pi, np.pi, count)),
            cup_vel_w=self.arrays.zeros(count, 3),
            cup_ang_vel=self.arrays.zeros(count, 3),
        )

    def begin_counting(self) -> None:
        """Forget the counts, and spread the ends of the episodes over their length."""
        self.total_steps = 0
        self.log.read()
        self.finished = [0, 0]
        self.time = self.arrays.uniform(0.0, self.config.episode_s, self.num_envs)

    def success_rate(self) -> float:
        """Return the share of episodes that ended held for 2 s, since last asked."""
        episodes, successes = self.finished
        self.finished = [0, 0]
        return successes / max(episodes, 1)

    def view(self) -> HandView:
        """Return the true state for the expert, which is numpy's."""
        site, rotation, jacobian = self.chain.jacobian(self.arm_chain)
        numpy, pos = self.arrays.numpy, self.sensors.joint_pos
        clearance = (site * self.up).sum(-1) - self.support_height
        return HandView(
            arm_pos=numpy(pos[:, : self.arm]),
            hand_pos=numpy(pos[:, self.arm :]),
            target=numpy(self.target),
            site=numpy(site),
            rotation=numpy(rotation),
            jacobian=numpy(jacobian[..., -self.arm :]),
            arm_limits=numpy(self.limits[: self.arm]),
            up=numpy(self.up),
            cup=numpy(self.cup),
            cup_up=numpy(self.cup_up),
            cup_radius=numpy(self.radius),
            cup_height=numpy(self.cup_height),
            lifted=numpy(self.lifted),
            clearance=numpy(clearance),
            goal=numpy(self.to_base(self.goal_w)),
        )

    def to_base(self, pos_w: Array) -> Array:
        """Return world positions (N, 3) in the pelvis frame."""
        sensors = self.sensors
        return rotate_inverse(sensors.base_quat_wxyz, pos_w - sensors.base_pos_w)

    @property
    def lifted(self) -> Array:
        """How far each cup is above where it stood [m], (N,)."""
        return self.cup_w[:, 2] - self.start_pos_w[:, 2]

    @property
    def grip(self) -> Array:
        """How far each cup's centre is from the grasp site [m], (N,)."""
        return norm(self.cup - self.site)

    # --- parts ------------------------------------------------------------------------

    def _observation(
        self, site: Array, rotation: Array, joint_pos: Array, cup: Array
    ) -> Array:
        xp, sensors = array_namespace(joint_pos), self.sensors
        signals = hand_signals(
            site=site,
            rotation=rotation,
            up=self.up,
            object_pos_b=cup,
            object_up_b=self.cup_up,
            object_size=xp.stack([self.radius, self.cup_height / 2], axis=-1),
            goal_pos_b=self.to_base(self.goal_w),
            support_height_b=self.support_height,
            joint_target=self.target,
            joint_pos=joint_pos,
        )
        sense = Sense(
            joint_names=self.joints,
            joint_pos=joint_pos,
            joint_vel=sensors.joint_vel,
            default_joint_pos=self.default,
            base_quat_wxyz=sensors.base_quat_wxyz,
            base_ang_vel=xp.zeros_like(cup),
            last_action=self.action,
            signals=signals,
        )
        return observe(self.description.observations, sense)

    def _reward(self, held: Array) -> Array:
        away = self.cup_w - self.start_pos_w
        total = self.arrays.zeros(self.num_envs)
        xp = array_namespace(total)
        state = HandState(
            site_to_object=self.cup - self.site,
            hand_up=self.rotation[..., 2],
            up=self.up,
            tips_to_object=self.tips,
            object_radius=self.radius,
            object_height=self.cup_height,
            lifted=self.lifted,
            moved=norm(away[:, :2]),
            object_up_w=self.cup_up_w,
            object_vel_w=self.cup_vel_w,
            goal_distance=norm(self.cup_w - self.goal_w),
            success=xp.astype(held, total.dtype),
            joint_vel=self.sensors.joint_vel,
            action=self.action,
            action_rate=self.action - self.previous,
            target_error=self.target - self.sensors.joint_pos,
        )
        for name, weight in self.config.rewards.items():
            value = HAND_REWARDS[name](state) * weight
            self.log.add(f"reward/{name}", value.mean())
            total = total + value
        floor = xp.zeros_like(total) + self.config.reward_floor
        return xp.maximum(total, floor) * CONTROL_DT


def describe(robot: RobotConfig, config: HandTrainingConfig) -> PolicyDescription:
    """Return the policy description of a hand skill."""
    return hand_description(
        config.skill,
        robot.joints_of(f"{config.side}_arm", f"{config.side}_hand"),
        arm_scale=config.arm_scale,
        hand_scale=config.hand_scale,
        action_clip=config.action_clip,
        control_dt=CONTROL_DT,
    )


def norm(vector: Array) -> Array:
    """Return the length of vectors (N, d), (N,)."""
    xp = array_namespace(vector)
    return xp.sqrt(xp.sum(vector**2, axis=-1))


def _share(mask: Array) -> Any:
    xp = array_namespace(mask)
    return xp.astype(mask, xp.float32).mean()
