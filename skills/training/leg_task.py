"""What walking and standing robots practise, whichever engine moves them.

Commands, gait clock, moving arms, pushes, rewards, terminations and observations, on
numpy or torch. An engine (`leg_env.py`, `isaaclab_env.py`) advances its physics to the
targets of the task, tells it what it measured, and puts fallen robots back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig
from sim2real.mujoco_model import CONTROL_DT
from sim2real.rotations import multiply, project_gravity, rotate_inverse, yaw_of
from skills.description import PolicyDescription, legs_description
from skills.locomotion import (
    GAIT_PERIOD_S,
    MOVING_SPEED,
    REWARDS,
    LegState,
    expected_contact,
    has_fallen,
)
from skills.mirror import Mirror, join
from skills.observations import Sense, observe
from skills.steadiness import capture_point, needs_a_step
from skills.training.arrays import Array, Arrays
from skills.training.episode_log import EpisodeLog
from skills.training.leg_models import wild_arms

GAIT_STEPS = round(GAIT_PERIOD_S / CONTROL_DT)
PRIVILEGED = 6  # numbers that set each robot apart
POSITIVE = ("track_", "alive", "contact_phase")


@dataclass(frozen=True, kw_only=True)
class LegSensors:
    """What an engine measures after a control period; soles are left, right.

    Joints of `joint_pos` and `joint_vel` are legs, waist and arms; the rest has legs
    and waist only.
    """

    quat_wxyz: Array  # of the pelvis, (N, 4)
    ang_vel: Array  # pelvis frame [rad/s], (N, 3)
    lin_vel_w: Array  # of the pelvis [m/s], (N, 3)
    height: Array  # of the pelvis above the ground [m], (N,)
    torso_gravity: Array  # gravity's direction in the torso's frame, (N, 3)
    joint_pos: Array  # [rad], (N, n)
    joint_vel: Array  # [rad/s], (N, n)
    joint_effort: Array  # [N m], (N, k)
    power: Array  # sum of |torque x speed|, averaged over the period [W], (N,)
    foot_pos_w: Array  # [m], (N, 2, 3); z above the ground
    foot_vel_w: Array  # [m/s], (N, 2, 3)
    foot_x_w: Array  # the soles' x axes, (N, 2, 3)
    foot_z_w: Array  # the soles' z axes, (N, 2, 3)
    foot_force: Array  # normal force [N], (N, 2)
    com_w: Array  # centre of mass [m], (N, 3); z as of the soles
    com_vel_w: Array  # [m/s], (N, 3)


class LegTask:
    """N robots that learn; actions are targets for legs and waist.

    One control period: `act`, the engine's physics, `advance`, `see`, `judge`, `begin`
    and `see` again for robots that are done, `redraw`, `observe`.
    """

    def __init__(
        self,
        robot: RobotConfig,
        config: LegTrainingConfig,
        arrays: Arrays,
        privileged: Array,
    ) -> None:
        """Begin with every robot in its default pose.

        Args:
            robot: the robot.
            config: of the training.
            arrays: numpy's or torch's.
            privileged: what sets each robot apart, for the critic, (N, 6).
        """
        self.robot = robot
        self.config = config
        self.arrays = arrays
        self.num_envs = n = len(privileged)
        self.legs = robot.joints_of("legs", "waist")
        self.arms = robot.joints_of("left_arm", "right_arm")
        self.names = self.legs + self.arms
        self.k = k = len(self.legs)
        self.description = describe(robot, config)
        place = [robot.joint_names.index(name) for name in self.names]
        self.default = arrays.array(robot.default_joint_pos[place])
        limits = robot.joint_range[place][:k]
        middle, half = limits.mean(1), (limits[:, 1] - limits[:, 0]) / 2
        self.soft_low = arrays.array(middle - 0.92 * half)
        self.soft_high = arrays.array(middle + 0.92 * half)
        self.scale = arrays.array(self.description.action.scale)
        draw = config.randomization
        self.encoder_bias = arrays.uniform(
            -draw.encoder_bias, draw.encoder_bias, n, len(self.names)
        )
        self.gyro_bias = arrays.zeros(n, 3)  # [rad/s]
        self.mounting = arrays.zeros(n, 4)  # from the IMU's axes to the base's
        self.mounting[:, 0] = 1.0
        self.privileged = privileged
        wild = wild_arms(robot)
        self.arm_low, self.arm_high = arrays.array(wild.low), arrays.array(wild.high)
        self.arm_least, self.arm_most = (
            arrays.array(wild.least),
            arrays.array(wild.most),
        )
        self.arm_goal = arrays.zeros(n, len(self.arms)) + self.default[k:]
        self.arm_speed = arrays.zeros(n, 1) + 1.0
        self.arm_target = arrays.zeros(n, len(self.arms)) + self.default[k:]
        self.arm_next = arrays.zeros(n)
        self.action = arrays.zeros(n, k)
        self.previous = arrays.zeros(n, k)
        self.older = arrays.zeros(n, k)
        self.target = arrays.zeros(n, k) + self.default[:k]
        self.old_target = arrays.zeros(n, k) + self.default[:k]
        self.command = arrays.zeros(n, 3)
        self.next_command = arrays.zeros(n)
        self.next_push = arrays.zeros(n)
        xp = array_namespace(self.command)
        self.pushed = arrays.array(np.arange(n)) < draw.push_share * n
        self.time = arrays.zeros(n)
        self.phase_start = arrays.zeros(n)
        self.velocities = arrays.zeros(n, GAIT_STEPS, 6)
        self.filled = arrays.zeros(n)
        self.old_joint_vel = arrays.zeros(n, k)
        self.tick = 0
        self.total_steps = 0
        self.copies = 1  # processes whose steps count together
        self.ramp = 0.25
        self.settings = config.settings_at(0)
        self.log = EpisodeLog()
        terms = self.description.observations
        self.noise = xp.concat(
            [arrays.zeros(t.size) + t.noise * t.scale for t in terms]
        )

    # --- one control period -------------------------------------------------------

    def act(self, action: Array) -> None:
        """Turn actions (N, k) into `target`, and move the arms' targets."""
        xp = array_namespace(action)
        clip = self.config.action_clip
        self.older, self.previous = self.previous, self.action
        self.action = xp.clip(action, -clip, clip)
        self.old_target = self.target
        self.target = self.default[: self.k] + self.scale * self.action
        if self.config.moving_arms:
            self._move_arms()

    def due_pushes(self) -> tuple[Array, Array]:
        """Return who is pushed now and by how much.

        Returns:
            indices (m,), and the change of velocity along x and y [m/s] and of the
            turn rate [rad/s], (m, 3).
        """
        due = self.arrays.where(self.time >= self.next_push)
        draw, count = self.config.randomization, len(due)
        uniform = self.arrays.uniform
        angle = uniform(-np.pi, np.pi, count)
        xp = array_namespace(angle)
        size = self.settings.push_speed * self.ramp * xp.sqrt(uniform(0.0, 1.0, count))
        turn = uniform(-0.4, 0.4, count) * self.ramp
        self.next_push[due] = self.time[due] + uniform(*draw.push_every_s, count)
        return due, xp.stack([size * xp.cos(angle), size * xp.sin(angle), turn], -1)

    def advance(self) -> None:
        """Note that a control period has passed."""
        self.time = self.time + CONTROL_DT
        self.tick += 1
        self.total_steps += self.num_envs * self.copies
        grown = min(1.0, self.total_steps / max(self.config.ramp_steps, 1))
        self.ramp = 0.25 + 0.75 * grown
        self.settings = self.config.settings_at(self.total_steps)

    def see(self, sensors: LegSensors) -> None:
        """Take what the engine measured."""
        xp = array_namespace(sensors.height)
        self.sensors = sensors
        self.gravity = project_gravity(sensors.quat_wxyz)
        self.lin_vel_b = rotate_inverse(sensors.quat_wxyz, sensors.lin_vel_w)
        yaw = yaw_of(sensors.quat_wxyz)
        ahead = _turned(yaw, sensors.lin_vel_w[..., :2])
        spin = -xp.sum(self.gravity * sensors.ang_vel, axis=-1)  # about world z
        self.velocity = xp.concat([ahead, spin[:, None]], axis=-1)
        turns = (self.time + self.phase_start) / GAIT_PERIOD_S
        self.phase = xp.remainder(turns, xp.ones_like(turns))
        soles, x_axis = sensors.foot_pos_w, sensors.foot_x_w
        self.foot_offset = _turned(yaw, soles[:, 0, :2] - soles[:, 1, :2])
        heading = xp.atan2(x_axis[..., 1], x_axis[..., 0]) - yaw[:, None]
        self.foot_turn = xp.atan2(xp.sin(heading), xp.cos(heading))
        self.foot_tilt = xp.sum(sensors.foot_z_w[..., :2] ** 2, axis=-1)
        over = sensors.com_w - xp.mean(soles, axis=1)
        speed = sensors.com_vel_w - xp.mean(sensors.foot_vel_w, axis=1)
        point = capture_point(over, speed)
        self.capture_point = _turned(yaw + xp.mean(self.foot_turn, axis=1), point)

    def judge(self, broken: Array) -> tuple[Array, Array, Array]:
        """Return reward (N,), who fell (N,) and whose time is over (N,).

        Args:
            broken: whose physics blew up; they count as fallen, (N,).
        """
        xp = array_namespace(broken)
        sensors = self.sensors
        fallen = has_fallen(self.gravity, sensors.height) | broken
        if self.settings.keep_standing:
            fallen = fallen | needs_a_step(self.capture_point, self.gravity)
        reward = self._reward(self.leg_state())
        lost = xp.zeros_like(reward) - self.config.fall_penalty
        reward = xp.where(fallen, lost, reward)
        reward = xp.where(broken, xp.zeros_like(reward), reward)
        late = (self.time >= self.config.episode_s) & ~fallen
        self.log.steps += 1
        self.log.add_rare("blown_up", _share(broken))
        self.log.add("fall_rate_hz", _share(fallen) / CONTROL_DT)
        return reward, fallen, late

    def begin(self, who: Array) -> None:
        """Start a new episode for some robots; indices (m,)."""
        count, uniform = len(who), self.arrays.uniform
        self.time[who] = 0.0
        self.action[who] = 0.0
        self.previous[who] = 0.0
        self.target[who] = self.default[: self.k]
        self.arm_target[who] = self.default[self.k :]
        self.arm_next[who] = 0.0
        self.phase_start[who] = uniform(0.0, GAIT_PERIOD_S, count)
        first = uniform(1.0, 6.0, count)
        xp = array_namespace(first)
        never = xp.zeros_like(first) + xp.inf
        self.next_push[who] = xp.where(self.pushed[who], first, never)
        self.velocities[who] = 0.0
        self.filled[who] = 0.0
        self.draw_commands(who)

    def redraw(self) -> None:
        """Give a new command to those whose time has come."""
        again = self.arrays.where(self.time >= self.next_command)
        if len(again):
            self.draw_commands(again)

    def observe(self) -> tuple[Array, Array]:
        """Return the actor's (N, size) and the critic's (N, critic_size) view."""
        sensors = self.sensors
        sense = Sense(
            joint_names=self.names,
            joint_pos=sensors.joint_pos + self.encoder_bias,
            joint_vel=sensors.joint_vel,
            default_joint_pos=self.default,
            base_quat_wxyz=multiply(sensors.quat_wxyz, self.mounting),
            base_ang_vel=sensors.ang_vel + self.gyro_bias,
            last_action=self.action,
            signals={
                "velocity_command": self.command,
                "gait_phase": self.phase,
                "moving": self.moving,
            },
        )
        clean = observe(self.description.observations, sense)
        xp = array_namespace(clean)
        noise = self.arrays.uniform(-1.0, 1.0, *clean.shape) * self.noise
        critic = xp.concat(
            [
                clean,
                self.lin_vel_b,
                sensors.height[:, None],
                sensors.foot_force * 0.005,
                sensors.foot_pos_w[..., 2] * 10,
                xp.mean(self.velocities, axis=1)[:, :3],
                self.foot_offset * 2,
                expected_contact(self.phase, self.moving),
                self.privileged,
            ],
            axis=-1,
        )
        return clean + noise, xp.clip(critic, -50.0, 50.0)

    @property
    def critic_size(self) -> int:
        """Length of the critic's observation."""
        return len(self.critic_mirror().index)

    def critic_mirror(self) -> Mirror:
        """Return the left-right mirror of the critic's observation."""
        swap = Mirror.of([1, 0], [1, 1])
        flip = Mirror.of(range(3), [1, -1, 1])
        return join(
            [
                self.description.observation_mirror(),
                flip,
                Mirror.of([0], [1]),
                swap,
                swap,
                Mirror.of(range(3), [1, -1, -1]),
                Mirror.of(range(2), [-1, 1]),
                swap,
                _PRIVILEGED_MIRROR,
            ]
        )

    # --- parts ------------------------------------------------------------------------

    @property
    def moving(self) -> Array:
        """1 for robots that are told to walk, 0 for those that are to stand, (N,)."""
        xp = array_namespace(self.command)
        fastest = xp.max(xp.abs(self.command), axis=1)
        return xp.astype(fastest > MOVING_SPEED, self.command.dtype)

    def draw_commands(self, who: Array) -> None:
        """Draw new commands for some robots; indices (m,)."""
        draw, count = self.config.commands, len(who)
        uniform = self.arrays.uniform
        parts = [uniform(*span, count) for span in (draw.vx, draw.vy, draw.wz)]
        xp = array_namespace(parts[0])
        command = xp.stack(parts, -1) * max(self.ramp, 0.4)
        kind = uniform(0.0, 1.0, count)
        edge = draw.stand_share
        command[kind < edge] = 0.0
        straight = (kind >= edge) & (kind < edge + draw.straight_share)
        command[straight, 1:] = 0.0
        edge += draw.straight_share
        turning = (kind >= edge) & (kind < edge + draw.turn_share)
        command[turning, :2] = 0.0
        self.command[who] = command
        self.next_command[who] = self.time[who] + uniform(*draw.hold_s, count)

    def _move_arms(self) -> None:
        again = self.arrays.where(self.time >= self.arm_next)
        count = len(again)
        uniform = self.arrays.uniform
        share = uniform(0.0, 1.0, count, len(self.arms))
        xp = array_namespace(share)
        goal = self.arm_low + share * (self.arm_high - self.arm_low)
        self.arm_goal[again] = xp.clip(goal, self.arm_least, self.arm_most)
        self.arm_speed[again, 0] = uniform(0.3, 2.0, count)
        self.arm_next[again] = self.time[again] + uniform(0.5, 3.0, count)
        limit = self.arm_speed * CONTROL_DT
        way = self.arm_goal - self.arm_target
        self.arm_target = self.arm_target + xp.clip(way, -limit, limit)

    def leg_state(self) -> LegState:
        """Return what the rewards look at; call once each control period."""
        sensors, k = self.sensors, self.k
        slot = self.tick % GAIT_STEPS
        self.velocities[:, slot, :3] = self.velocity
        self.velocities[:, slot, 3:] = self.command
        self.filled = self.filled + 1.0
        xp = array_namespace(self.filled)
        share = GAIT_STEPS / xp.clip(self.filled, 1.0, float(GAIT_STEPS))
        mean = xp.mean(self.velocities, axis=1) * share[:, None]
        pos, vel = sensors.joint_pos[:, :k], sensors.joint_vel[:, :k]
        below, above = self.soft_low - pos, pos - self.soft_high
        old_vel, self.old_joint_vel = self.old_joint_vel, vel
        return LegState(
            velocity_command=self.command,
            moving=self.moving,
            gait_phase=self.phase,
            velocity=self.velocity,
            mean_velocity=mean[:, :3],
            mean_command=mean[:, 3:],
            vertical_velocity=sensors.lin_vel_w[:, 2],
            base_ang_vel=sensors.ang_vel,
            base_gravity=self.gravity,
            torso_gravity=sensors.torso_gravity,
            base_height=sensors.height,
            capture_point=self.capture_point,
            joint_pos_rel=pos - self.default[:k],
            joint_vel=vel,
            joint_acc=(vel - old_vel) / CONTROL_DT,
            joint_limit_excess=_positive(below) + _positive(above),
            joint_effort=sensors.joint_effort,
            power=sensors.power,
            action_rate=self.action - self.previous,
            action_jerk=self.action - 2 * self.previous + self.older,
            foot_height=sensors.foot_pos_w[..., 2],
            foot_vel=sensors.foot_vel_w,
            foot_force=sensors.foot_force,
            foot_yaw=self.foot_turn,
            foot_offset=self.foot_offset,
            foot_tilt=self.foot_tilt,
        )

    def _reward(self, legs: LegState) -> Array:
        total = self.arrays.zeros(self.num_envs)
        for name, weight in self.settings.rewards.items():
            value = REWARDS[name](legs) * weight
            if not name.startswith(POSITIVE):
                value = value * self.ramp
            self.log.add(f"reward/{name}", value.mean())
            total = total + value
        xp = array_namespace(total)
        error = xp.abs(legs.mean_velocity - legs.mean_command)
        walked = xp.sqrt(xp.sum(error[:, :2] ** 2, axis=-1))
        self.log.add("velocity_error", walked.mean())
        self.log.add("turn_error", error[:, 2].mean())
        floor = xp.zeros_like(total) + self.config.reward_floor
        return xp.maximum(total, floor) * CONTROL_DT


def describe(robot: RobotConfig, config: LegTrainingConfig) -> PolicyDescription:
    """Return the policy description of a leg skill."""
    return legs_description(
        config.skill,
        robot.joints_of("legs", "waist"),
        robot.joints_of("left_arm", "right_arm"),
        action_scale=config.action_scale,
        action_clip=config.action_clip,
        control_dt=CONTROL_DT,
        arm_velocity=config.moving_arms,
    )


_PRIVILEGED_MIRROR = Mirror.of(range(PRIVILEGED), [1, 1, -1, 1, 1, 1])


def _turned(yaw: Array, vector: Array) -> Array:
    """Return vectors (N, 2) in frames that are turned by yaw (N,)."""
    xp = array_namespace(yaw)
    cos, sin = xp.cos(yaw), xp.sin(yaw)
    x, y = vector[..., 0], vector[..., 1]
    return xp.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)


def _positive(values: Array) -> Array:
    xp = array_namespace(values)
    return xp.maximum(values, xp.zeros_like(values))


def _share(mask: Array) -> Any:
    xp = array_namespace(mask)
    return xp.astype(mask, xp.float32).mean()
