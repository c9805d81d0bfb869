"""Run legs on the whole robot in MuJoCo, with the run time's own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.backends.mujoco_backend import MujocoBackend
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import project_gravity, yaw_of
from skills.balance import Balance
from skills.contract import Goal, JointTargets, Snapshot
from skills.policy import Policy
from skills.walk import velocity_targets

Array = NDArray[np.float64]
Command = tuple[float, float, float]
Legs = Policy | Balance  # a velocity policy, or the skill that stands


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one tick of a trial measured."""

    time: float  # [s]
    command: Command
    velocity: Array  # vx, vy [m/s], wz [rad/s], heading frame, (3,)
    power: float  # sum of |torque x joint speed| [W]
    base_pos_w: Array  # [m], (3,)
    base_quat_wxyz: Array  # (4,)
    feet_w: Array  # of both soles [m], (2, 3)
    fallen: bool


class LegTrial:
    """The whole robot with one owner of its legs; the rest follows a given target."""

    def __init__(
        self, robot: RobotConfig, backend: MujocoBackend, legs: Legs, seed: int
    ) -> None:
        """Reset the robot and start its legs."""
        self._robot = robot
        self._backend = backend
        self._legs = legs
        self._joints = JointMap(legs.joints, robot.joint_names)
        self.target = robot.default_joint_pos.copy()
        self.state = backend.reset(seed)
        if isinstance(legs, Balance):
            snapshot = Snapshot(state=self.state, objects={})
            legs.start(Goal(skill=legs.name), snapshot)
        else:
            legs.reset(self.state)
        self._feet = [
            backend.model.site(robot.sites.left_foot).id,
            backend.model.site(robot.sites.right_foot).id,
        ]

    def step(self, command: Command) -> Sample:
        """Advance one tick under a velocity command; `Balance` obeys none."""
        targets = self._targets(command)
        self.state = self._backend.step(
            JointCommand(
                joint_pos=self._joints.put(targets.joint_pos, self.target),
                stiffness=self._robot.stiffness,
                damping=self._robot.damping,
            )
        )
        return self._sample(command)

    def _targets(self, command: Command) -> JointTargets:
        snapshot = Snapshot(state=self.state, objects={})
        if isinstance(self._legs, Balance):
            return self._legs.step(snapshot)
        return velocity_targets(self._legs, snapshot, command, self.state.time)

    def run(
        self,
        seconds: float,
        command: Command,
        each: Callable[[Sample], None] = lambda sample: None,
    ) -> list[Sample]:
        """Advance for some time; stops early when the robot falls."""
        samples = []
        for _ in range(round(seconds / self._backend.control_dt)):
            sample = self.step(command)
            each(sample)
            samples.append(sample)
            if sample.fallen:
                break
        return samples

    def push(self, speed: float, direction: float) -> None:
        """Change the base's velocity at once.

        Args:
            speed: [m/s].
            direction: from straight ahead, to the left positive [rad].
        """
        angle = direction + float(yaw_of(self.state.base_quat_wxyz))
        self._backend.push(speed * np.array([np.cos(angle), np.sin(angle), 0.0]))

    def _sample(self, command: Command) -> Sample:
        state = self.state
        return Sample(
            time=state.time,
            command=command,
            velocity=heading_velocity(state),
            power=float(np.abs(state.joint_effort * state.joint_vel).sum()),
            base_pos_w=state.base_pos_w,
            base_quat_wxyz=state.base_quat_wxyz,
            feet_w=self._backend.data.site_xpos[self._feet].copy(),
            fallen=is_down(state),
        )


def heading_velocity(state: RobotState) -> Array:
    """Return vx, vy in the heading frame [m/s] and the turn rate [rad/s], (3,)."""
    yaw = float(yaw_of(state.base_quat_wxyz))
    vx, vy = (float(v) for v in state.base_lin_vel_w[:2])
    gravity = project_gravity(state.base_quat_wxyz)
    return np.array(
        [
            np.cos(yaw) * vx + np.sin(yaw) * vy,
            np.cos(yaw) * vy - np.sin(yaw) * vx,
            -float(gravity @ state.base_ang_vel),
        ]
    )


def is_down(state: RobotState) -> bool:
    """Whether the robot has fallen: tilted beyond 50 degrees or below 0.45 m."""
    tilted = float(project_gravity(state.base_quat_wxyz)[2]) > -0.64
    return tilted or float(state.base_pos_w[2]) < 0.45
