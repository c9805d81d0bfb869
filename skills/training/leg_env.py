"""Many robots learning to walk or stand: a vectorised environment for PPO."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from configs.training_schema import LegTrainingConfig
from sim2real.mujoco_model import CONTROL_DT, DECIMATION, PHYSICS_DT
from sim2real.rotations import (
    project_gravity,
    rotate_inverse,
    wxyz_from_yaw,
    yaw_of,
)
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
from skills.training.batch_physics import BatchPhysics
from skills.training.episode_log import EpisodeLog
from skills.training.leg_models import draw_leg_models, wild_arm_pose

Array = NDArray[np.float32]
GAIT_STEPS = round(GAIT_PERIOD_S / CONTROL_DT)
POSITIVE = ("track_", "alive", "contact_phase")


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
        self.legs = robot.joints_of("legs", "waist")
        self.arms = robot.joints_of("left_arm", "right_arm")
        self.description = describe(robot, config)
        models, welded = draw_leg_models(
            robot,
            config.randomization,
            n,
            moving_arms=config.moving_arms,
            rng=self.rng,
        )
        self.physics = BatchPhysics(models, threads)
        self.names = self.legs + self.arms
        place = [robot.joint_names.index(name) for name in self.names]
        self.default = robot.default_joint_pos[place].astype(np.float32)
        self.k = len(self.legs)
        self.simulated = len(self.names) if config.moving_arms else self.k
        limits = robot.joint_range[place][: self.k]
        middle, half = limits.mean(1), (limits[:, 1] - limits[:, 0]) / 2
        self.soft_low = (middle - 0.92 * half).astype(np.float32)
        self.soft_high = (middle + 0.92 * half).astype(np.float32)
        self.scale = np.array(self.description.action.scale, dtype=np.float32)
        draw = config.randomization
        self.latency = self.rng.integers(
            draw.latency_steps[0], draw.latency_steps[1] + 1, n
        )
        self.encoder_bias = self.rng.uniform(
            -draw.encoder_bias, draw.encoder_bias, (n, len(self.names))
        ).astype(np.float32)
        self.privileged = _describe_models(models, self.latency)
        self.joint_pos = np.tile(self.default, (n, 1))
        self.joint_vel = np.zeros((n, len(self.names)), np.float32)
        if not config.moving_arms:
            self.joint_pos[:, self.k :] = [[w[a] for a in self.arms] for w in welded]
        self.arm_goal = np.tile(self.default[self.k :], (n, 1))
        self.arm_speed = np.ones((n, 1), np.float32)
        self.arm_target = self.arm_goal.copy()
        self.arm_next = np.zeros(n)
        self.action = np.zeros((n, self.k), np.float32)
        self.previous = np.zeros((n, self.k), np.float32)
        self.target = np.tile(self.default[: self.k], (n, 1))
        self.command = np.zeros((n, 3), np.float32)
        self.next_command = np.zeros(n)
        self.next_push = np.zeros(n)
        self.pushed = np.arange(n) < draw.push_share * n
        self.time = np.zeros(n)
        self.phase_start = np.zeros(n)
        self.velocities = np.zeros((n, GAIT_STEPS, 6), np.float32)
        self.filled = np.zeros(n, np.int64)
        self.tick = 0
        self.total_steps = 0
        self.ramp = 0.25
        self.settings = config.settings_at(0)
        self.log = EpisodeLog()
        self.noise = np.concatenate(
            [
                np.full(t.size, t.noise * t.scale, np.float32)
                for t in self.description.observations
            ]
        )
        self.reset(np.arange(n))
        self.time[:] = self.rng.uniform(0, config.episode_s, n)  # spread the resets
        self.physics.step(self._ctrl())
        self._read()

    # --- what a learner needs -------------------------------------------------

    def observe(self) -> tuple[Array, Array]:
        """Return the actor's and the critic's observation."""
        sense = Sense(
            joint_names=self.names,
            joint_pos=self.joint_pos + self.encoder_bias,
            joint_vel=self.joint_vel,
            default_joint_pos=self.default,
            base_quat_wxyz=self.quat,
            base_ang_vel=self.ang_vel,
            last_action=self.action,
            signals={
                "velocity_command": self.command,
                "gait_phase": self.phase,
                "moving": self.moving,
            },
        )
        clean = observe(self.description.observations, sense)
        noise = self.rng.uniform(-1, 1, clean.shape).astype(np.float32) * self.noise
        down = expected_contact(self.phase, self.moving)
        critic = np.concatenate(
            [
                clean,
                self.lin_vel_b,
                self.height[:, None],
                self.foot_force * 0.005,
                self.foot_height * 10,
                self.velocities.mean(1)[:, :3],
                self.foot_offset * 2,
                down,
                self.privileged,
            ],
            axis=-1,
            dtype=np.float32,
        )
        return clean + noise, np.clip(critic, -50.0, 50.0)

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

    def step(self, action: Array) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
        """Advance one control period; fallen and finished robots begin anew.

        Returns:
            reward (N,), done (N,), and which of the done ones ran out of time.
        """
        n = self.num_envs
        clip = self.config.action_clip
        action = np.clip(action, -clip, clip)
        older, self.previous = self.previous, self.action
        self.action = action
        old_target = self.target
        self.target = self.default[: self.k] + self.scale * action
        if self.config.moving_arms:
            self._move_arms()
        self._push()
        old_vel = self.joint_vel[:, : self.k].copy()
        self.physics.step(self._ctrl(old_target))
        self.time += CONTROL_DT
        self.tick += 1
        self.total_steps += n
        grown = min(1.0, self.total_steps / max(self.config.ramp_steps, 1))
        self.ramp = 0.25 + 0.75 * grown
        self.settings = self.config.settings_at(self.total_steps)
        broken = self.physics.broken(speed_limit=200.0)
        if broken.any():
            self.physics.replace(broken, self._start_state(int(broken.sum())))
            self.log.add("blown_up", float(broken.mean()))
        self._read()
        fallen = has_fallen(self.gravity, self.height) | broken
        if self.settings.keep_standing:
            fallen |= needs_a_step(self.capture_point, self.gravity)
        reward = self._reward(self._leg_state(older, old_vel))
        reward = np.where(fallen, -self.config.fall_penalty, reward)
        reward[broken] = 0.0
        late = (self.time >= self.config.episode_s) & ~fallen
        done = fallen | late
        self.log.steps += 1
        self.log.add("fall_rate_hz", float(fallen.mean()) / CONTROL_DT)
        if done.any():
            self.reset(np.flatnonzero(done))
            self._read()
        again = self.time >= self.next_command
        if again.any():
            self._draw_commands(np.flatnonzero(again))
        return reward.astype(np.float32), done, late

    @property
    def moving(self) -> Array:
        """1 for robots that are told to walk, 0 for those that are to stand, (N,)."""
        fastest: Array = np.abs(self.command).max(1)
        return (fastest > MOVING_SPEED).astype(np.float32)

    # --- parts ------------------------------------------------------------------

    def _ctrl(self, old_target: Array | None = None) -> NDArray[np.float64]:
        targets = [self.target]
        olds = [self.target if old_target is None else old_target]
        if self.config.moving_arms:
            targets.append(self.arm_target)
            olds.append(self.arm_target)
        new = np.concatenate(targets, 1)
        old = np.concatenate(olds, 1)
        arrived = np.arange(DECIMATION)[None] >= self.latency[:, None]
        return np.where(arrived[..., None], new[:, None], old[:, None]).astype(float)

    def _move_arms(self) -> None:
        again = np.flatnonzero(self.time >= self.arm_next)
        for i in again:
            pose = wild_arm_pose(self.robot, self.rng)
            self.arm_goal[i] = [pose[a] for a in self.arms]
        self.arm_speed[again, 0] = self.rng.uniform(0.3, 2.0, len(again))
        self.arm_next[again] = self.time[again] + self.rng.uniform(0.5, 3, len(again))
        limit = self.arm_speed * CONTROL_DT
        self.arm_target += np.clip(self.arm_goal - self.arm_target, -limit, limit)

    def _push(self) -> None:
        due = np.flatnonzero(self.time >= self.next_push)
        if not len(due):
            return
        draw = self.config.randomization
        angle = self.rng.uniform(-np.pi, np.pi, len(due))
        share = np.sqrt(self.rng.uniform(0, 1, len(due)))
        size = self.settings.push_speed * self.ramp * share
        qvel = self.physics.qvel
        qvel[due, 0] += size * np.cos(angle)
        qvel[due, 1] += size * np.sin(angle)
        qvel[due, 5] += self.rng.uniform(-0.4, 0.4, len(due)) * self.ramp
        self.next_push[due] = self.time[due] + self.rng.uniform(
            *draw.push_every_s, len(due)
        )

    def _start_state(self, count: int) -> NDArray[np.float64]:
        state = np.zeros((count, self.physics.state.shape[1]))
        layout = self.physics.layout
        qpos, qvel = state[:, layout.qpos], state[:, layout.qvel]
        qpos[:, 2] = self.robot.standing_height + self.rng.uniform(0.0, 0.02, count)
        qpos[:, 3:7] = wxyz_from_yaw(self.rng.uniform(-np.pi, np.pi, count))
        spread = self.rng.normal(0, 0.05, (count, self.simulated))
        qpos[:, 7:] = self.default[: self.simulated] + spread
        qvel[:, :3] = self.rng.normal(0, 0.15, (count, 3))
        qvel[:, 3:] = self.rng.normal(0, 0.1, qvel[:, 3:].shape)
        return state

    def reset(self, who: NDArray[np.intp]) -> None:
        """Put some robots back to the start.

        For one observation the critic sees the sensors of the state before.
        """
        self.physics.state[who] = self._start_state(len(who))
        self.time[who] = 0.0
        self.action[who] = 0.0
        self.previous[who] = 0.0
        self.target[who] = self.default[: self.k]
        self.arm_target[who] = self.default[self.k :]
        self.arm_next[who] = 0.0
        self.phase_start[who] = self.rng.uniform(0, GAIT_PERIOD_S, len(who))
        first = self.rng.uniform(1.0, 6.0, len(who))
        self.next_push[who] = np.where(self.pushed[who], first, np.inf)
        self.velocities[who] = 0.0
        self.filled[who] = 0
        self._draw_commands(who)

    def _draw_commands(self, who: NDArray[np.intp]) -> None:
        draw, rng, n = self.config.commands, self.rng, len(who)
        command = np.stack(
            [
                rng.uniform(*draw.vx, n),
                rng.uniform(*draw.vy, n),
                rng.uniform(*draw.wz, n),
            ],
            axis=1,
        ).astype(np.float32)
        command *= np.float32(max(self.ramp, 0.4))
        kind = rng.random(n)
        edge = draw.stand_share
        command[kind < edge] = 0.0
        straight = (kind >= edge) & (kind < edge + draw.straight_share)
        command[straight, 1:] = 0.0
        edge += draw.straight_share
        turning = (kind >= edge) & (kind < edge + draw.turn_share)
        command[turning, :2] = 0.0
        self.command[who] = command
        self.next_command[who] = self.time[who] + rng.uniform(*draw.hold_s, n)

    def _read(self) -> None:
        physics = self.physics
        qpos = physics.qpos.astype(np.float32)
        qvel = physics.qvel.astype(np.float32)
        self.quat = qpos[:, 3:7]
        self.ang_vel = qvel[:, 3:6]
        self.height = qpos[:, 2]
        self.joint_pos[:, : self.simulated] = qpos[:, 7:]
        self.joint_vel[:, : self.simulated] = qvel[:, 6:]
        self.gravity = project_gravity(self.quat)
        self.lin_vel_b = rotate_inverse(self.quat, qvel[:, :3])
        yaw = yaw_of(self.quat)
        cos, sin = np.cos(yaw), np.sin(yaw)
        vx, vy = qvel[:, 0], qvel[:, 1]
        spin = -(self.gravity * self.ang_vel).sum(1)  # turn rate about world z
        self.velocity = np.stack([cos * vx + sin * vy, cos * vy - sin * vx, spin], 1)
        self.vertical = qvel[:, 2]
        self.phase = np.mod((self.time + self.phase_start) / GAIT_PERIOD_S, 1.0).astype(
            np.float32
        )
        feet = ("left", "right")

        def both(name: str) -> Array:
            stack = [physics.sensor(f"{side}_{name}") for side in feet]
            return np.stack(stack, 1).astype(np.float32)

        position, self.foot_vel = both("pos"), both("vel")
        x_axis, z_axis = both("x"), both("z")
        self.foot_force = both("force")[..., 0]
        self.foot_height = position[..., 2]
        apart = position[:, 0, :2] - position[:, 1, :2]
        self.foot_offset = np.stack(
            [
                cos * apart[:, 0] + sin * apart[:, 1],
                cos * apart[:, 1] - sin * apart[:, 0],
            ],
            1,
        )
        heading = np.arctan2(x_axis[..., 1], x_axis[..., 0]) - yaw[:, None]
        self.foot_turn = np.arctan2(np.sin(heading), np.cos(heading))
        self.foot_tilt = (z_axis[..., :2] ** 2).sum(-1)
        self.capture_point = self._capture_point(position, yaw)

    def _capture_point(self, soles: Array, yaw: Array) -> Array:
        """Return it over the middle between the soles, in their heading [m], (N, 2)."""
        over = self.physics.sensor("com").astype(np.float32) - soles.mean(1)
        speed = self.physics.sensor("com_vel").astype(np.float32)
        point = capture_point(over, speed - self.foot_vel.mean(1))
        heading = yaw + self.foot_turn.mean(1)
        cos, sin = np.cos(heading), np.sin(heading)
        x, y = point[:, 0], point[:, 1]
        return np.stack([cos * x + sin * y, cos * y - sin * x], 1)

    def _leg_state(self, older: Array, old_vel: Array) -> LegState:
        k = self.k
        slot = self.tick % GAIT_STEPS
        self.velocities[:, slot, :3] = self.velocity
        self.velocities[:, slot, 3:] = self.command
        self.filled += 1
        share = GAIT_STEPS / np.clip(self.filled, 1, GAIT_STEPS)
        mean = self.velocities.mean(1) * share[:, None].astype(np.float32)
        vel = self.joint_vel[:, :k]
        effort = np.concatenate(
            [self.physics.sensor_history(f"effort_{j}") for j in self.legs], axis=-1
        )
        layout = self.physics.layout
        start = layout.qvel.start + 6
        speeds = self.physics.trajectory[:, :, start : start + k]
        power = np.abs(effort * speeds).sum(-1).mean(1).astype(np.float32)
        pos = self.joint_pos[:, :k]
        excess = np.clip(self.soft_low - pos, 0, None) + np.clip(
            pos - self.soft_high, 0, None
        )
        torso = -self.physics.sensor("torso_z").astype(np.float32)
        return LegState(
            velocity_command=self.command,
            moving=self.moving,
            gait_phase=self.phase,
            velocity=self.velocity,
            mean_velocity=mean[:, :3],
            mean_command=mean[:, 3:],
            vertical_velocity=self.vertical,
            base_ang_vel=self.ang_vel,
            base_gravity=self.gravity,
            torso_gravity=torso,
            base_height=self.height,
            capture_point=self.capture_point,
            joint_pos_rel=pos - self.default[:k],
            joint_vel=vel,
            joint_acc=(vel - old_vel) / CONTROL_DT,
            joint_limit_excess=excess,
            joint_effort=effort[:, -1].astype(np.float32),
            power=power,
            action_rate=self.action - self.previous,
            action_jerk=self.action - 2 * self.previous + older,
            foot_height=self.foot_height,
            foot_vel=self.foot_vel,
            foot_force=self.foot_force,
            foot_yaw=self.foot_turn,
            foot_offset=self.foot_offset,
            foot_tilt=self.foot_tilt,
        )

    def _reward(self, legs: LegState) -> Array:
        total = np.zeros(self.num_envs, np.float32)
        for name, weight in self.settings.rewards.items():
            value = REWARDS[name](legs) * np.float32(weight)
            if not name.startswith(POSITIVE):
                value = value * np.float32(self.ramp)
            self.log.add(f"reward/{name}", float(value.mean()))
            total += value
        error = np.abs(legs.mean_velocity - legs.mean_command)
        self.log.add("velocity_error", float(np.hypot(error[:, 0], error[:, 1]).mean()))
        self.log.add("turn_error", float(error[:, 2].mean()))
        return np.maximum(total, self.config.reward_floor) * np.float32(CONTROL_DT)

    def close(self) -> None:
        """Stop the physics threads."""
        self.physics.close()


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


_PRIVILEGED_MIRROR = Mirror.of(range(6), [1, 1, -1, 1, 1, 1])


def _describe_models(models: list[Any], latency: NDArray[np.intp]) -> Array:
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
