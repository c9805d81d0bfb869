"""One MuJoCo episode, spoken to in the names and order of the robot."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.schema import RobotConfig
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.rotations import wxyz_from_yaw, yaw_of
from sim2real.scenes import Scene, SceneObject

FATAL_WARNINGS = {
    mujoco.mjtWarning.mjWARN_BADQPOS: "positions",
    mujoco.mjtWarning.mjWARN_BADQVEL: "velocities",
    mujoco.mjtWarning.mjWARN_BADQACC: "accelerations",
}


@dataclass(frozen=True, kw_only=True)
class _Strike:
    """Something that drives a body for one control period."""

    body: int
    dof: int  # of the first of its three velocities
    direction: NDArray[np.float64]  # a unit vector, world axes, (3,)
    speed: float  # it does not drive it faster than this [m/s]
    force: float  # nor with more than this [N]


class Simulation:
    """A compiled robot in its scene, and the commands on their way to it."""

    def __init__(self, robot: RobotConfig, scene: Scene, model: mujoco.MjModel) -> None:
        """Stand the robot at its start, in its default pose."""
        self.scene = scene
        self.model = model
        self.data = mujoco.MjData(model)
        self.steps = 0  # physics steps since the start
        self._pending: deque[tuple[int, JointCommand]] = deque()
        self._strikes: list[_Strike] = []
        joints = [model.joint(name) for name in robot.joint_names]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._dof = np.array([joint.dofadr[0] for joint in joints])
        self._actuators = np.array(
            [model.actuator(name).id for name in robot.joint_names]
        )
        base = model.body(robot.base_body).jntadr[0]
        self._base_qpos = int(model.jnt_qposadr[base])
        self._base_dof = int(model.jnt_dofadr[base])
        self._stiffness, self._damping = robot.stiffness, robot.damping
        self._stand(robot)

    def _stand(self, robot: RobotConfig) -> None:
        start, at, qpos = self.scene.start, self._base_qpos, self.data.qpos
        qpos[self._qpos] = robot.default_joint_pos
        qpos[at : at + 3] = [start.x, start.y, robot.standing_height]
        qpos[at + 3 : at + 7] = wxyz_from_yaw(np.array(start.yaw))
        self.data.ctrl[self._actuators] = robot.default_joint_pos
        mujoco.mj_forward(self.model, self.data)
        qpos[at + 2] -= self._lowest_point_of_feet(robot)
        mujoco.mj_forward(self.model, self.data)

    def _lowest_point_of_feet(self, robot: RobotConfig) -> float:
        sites = (robot.sites.left_foot, robot.sites.right_foot)
        feet = [self.model.site(site).bodyid[0] for site in sites]
        # The geoms of a foot that touch the ground are spheres.
        touching = self.model.geom_conaffinity > 0
        spheres = np.isin(self.model.geom_bodyid, feet) & touching
        bottom = self.data.geom_xpos[spheres, 2] - self.model.geom_size[spheres, 0]
        return float(bottom.min())

    def send(self, command: JointCommand, delay_steps: int = 0) -> None:
        """Let `command` act from `delay_steps` physics steps from now on."""
        self._pending.append((self.steps + delay_steps, command))

    def advance(self, steps: int) -> None:
        """Run physics steps.

        Raises:
            BackendError: if the simulation blew up.
        """
        for _ in range(steps):
            while self._pending and self._pending[0][0] <= self.steps:
                self._obey(self._pending.popleft()[1])
            for strike in self._strikes:
                self._drive(strike)
            mujoco.mj_step(self.model, self.data)
            self.steps += 1
        for strike in self._strikes:
            self.data.xfrc_applied[strike.body] = 0.0
        self._strikes.clear()
        self._check_sane()

    def _obey(self, command: JointCommand) -> None:
        self.data.ctrl[self._actuators] = command.joint_pos
        if not np.array_equal(command.stiffness, self._stiffness):
            self._stiffness = command.stiffness.copy()
            self.model.actuator_gainprm[self._actuators, 0] = command.stiffness
            self.model.actuator_biasprm[self._actuators, 1] = -command.stiffness
        if not np.array_equal(command.damping, self._damping):
            self._damping = command.damping.copy()
            self.model.actuator_biasprm[self._actuators, 2] = -command.damping

    def _check_sane(self) -> None:
        # MuJoCo warns and starts over by itself, so a look at qpos is not enough.
        bad = [
            word
            for warning, word in FATAL_WARNINGS.items()
            if self.data.warning[warning].number
        ]
        if not bad and not np.isfinite(self.data.qpos).all():
            bad = ["positions"]
        if bad:
            raise BackendError(
                f"the simulation blew up within {self.steps} physics steps of the "
                f"reset: {' and '.join(bad)} are not finite or far too large. Lower "
                "the gains or the physics step, then reset."
            )

    def place(self, state: RobotState) -> None:
        """Put the robot into a state; its targets are the joints' positions."""
        qpos, qvel = self.data.qpos, self.data.qvel
        at, dof = self._base_qpos, self._base_dof
        qpos[at : at + 3] = state.base_pos_w
        qpos[at + 3 : at + 7] = state.base_quat_wxyz
        qpos[self._qpos] = state.joint_pos
        qvel[dof : dof + 3] = state.base_lin_vel_w
        qvel[dof + 3 : dof + 6] = state.base_ang_vel
        qvel[self._dof] = state.joint_vel
        self.data.ctrl[self._actuators] = state.joint_pos
        self._pending.clear()
        self.data.qacc_warmstart[:] = 0.0
        mujoco.mj_forward(self.model, self.data)

    def push(self, delta_velocity_w: ArrayLike) -> None:
        """Add a velocity to the base at once [m/s], (3,)."""
        self.data.qvel[self._base_dof : self._base_dof + 3] += delta_velocity_w

    def move(self, name: str, pos_w: ArrayLike) -> None:
        """Stand a loose object upright somewhere else, at rest; its yaw is kept."""
        joint = self.data.joint(name)
        joint.qpos[:3] = pos_w
        joint.qpos[3:] = wxyz_from_yaw(yaw_of(joint.qpos[3:].copy()))
        joint.qvel[:] = 0.0

    def strike(self, name: str, velocity_w: ArrayLike, force: float) -> None:
        """Drive a loose object during the next control period.

        Args:
            name: of the object.
            velocity_w: which way, and how fast at most [m/s], (3,).
            force: with which it is driven at most [N].
        """
        velocity = np.asarray(velocity_w, dtype=float)
        speed = float(np.linalg.norm(velocity))
        if speed == 0.0:
            return
        body = self.model.body(name)
        strike = _Strike(
            body=body.id,
            dof=int(self.model.jnt_dofadr[body.jntadr[0]]),
            direction=velocity / speed,
            speed=speed,
            force=force,
        )
        self._strikes.append(strike)

    def _drive(self, strike: _Strike) -> None:
        """Push as hard as it takes to reach the speed, and as the limit allows.

        What held the body back in the last step, such as the friction of fingers, has
        to be overcome as well.
        """
        dof = slice(strike.dof, strike.dof + 3)
        missing = strike.speed - float(self.data.qvel[dof] @ strike.direction)
        held_back = -float(self.data.qfrc_constraint[dof] @ strike.direction)
        mass = float(self.model.body_mass[strike.body])
        wanted = mass * missing / self.model.opt.timestep + max(held_back, 0.0)
        force = min(max(wanted, 0.0), strike.force)
        self.data.xfrc_applied[strike.body, :3] = force * strike.direction

    def state(self, time: float) -> RobotState:
        """Return the true state, stamped with `time` [s]."""
        qpos, qvel = self.data.qpos, self.data.qvel
        at, dof = self._base_qpos, self._base_dof
        return RobotState(
            time=time,
            joint_pos=qpos[self._qpos],
            joint_vel=qvel[self._dof],
            joint_effort=self.data.actuator_force[self._actuators],
            base_pos_w=qpos[at : at + 3].copy(),
            base_quat_wxyz=qpos[at + 3 : at + 7].copy(),
            base_lin_vel_w=qvel[dof : dof + 3].copy(),
            # MuJoCo gives the turning rate of a free joint in the body's own frame.
            base_ang_vel=qvel[dof + 3 : dof + 6].copy(),
        )

    def objects(self) -> dict[str, ObjectState]:
        """Return the true objects by name."""
        return {thing.name: self._object(thing) for thing in self.scene.objects}

    def _object(self, thing: SceneObject) -> ObjectState:
        if not thing.movable:
            return thing.at_rest()
        joint = self.data.joint(thing.name)
        return replace(
            thing.at_rest(),
            pos_w=joint.qpos[:3].copy(),
            quat_wxyz=joint.qpos[3:].copy(),
            lin_vel_w=joint.qvel[:3].copy(),
        )
