"""One MuJoCo episode, spoken to in the names and order of the robot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.schema import RobotConfig
from sim2real.backends.mujoco_memory import Instant, Memory
from sim2real.backends.mujoco_motors import Motors, PlainMotors
from sim2real.mujoco_ground import FLAT, Ground
from sim2real.robot import BackendError, JointCommand, ObjectState, RobotState
from sim2real.rotations import wxyz_from_yaw, yaw_of
from sim2real.scenes import Scene, SceneObject

Array = NDArray[np.float64]
MakeMotors = Callable[[RobotConfig, mujoco.MjModel, mujoco.MjData], Motors]

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

    def __init__(
        self,
        robot: RobotConfig,
        scene: Scene,
        model: mujoco.MjModel,
        *,
        make_motors: MakeMotors = PlainMotors,
        ground: Ground = FLAT,
        remembered_steps: int = 0,
    ) -> None:
        """Stand the robot at its start, in its default pose.

        Args:
            robot: the robot.
            scene: as it was drawn.
            model: of both.
            make_motors: of the robot, the model and its data.
            ground: where the floor of the model is.
            remembered_steps: how many physics steps `seen` may look back.
        """
        self.scene = scene
        self.model = model
        self.data = mujoco.MjData(model)
        self.steps = 0  # physics steps since the start
        self._strikes: list[_Strike] = []
        joints = [model.joint(name) for name in robot.joint_names]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._dof = np.array([joint.dofadr[0] for joint in joints])
        base = model.body(robot.base_body).jntadr[0]
        self._base_qpos = int(model.jnt_qposadr[base])
        self._base_dof = int(model.jnt_dofadr[base])
        self._motors = make_motors(robot, model, self.data)
        self._ground = ground
        self._memory = Memory(self.data, remembered_steps)
        self._stand(robot)
        self._memory.forget()

    def _stand(self, robot: RobotConfig) -> None:
        start, at, qpos = self.scene.start, self._base_qpos, self.data.qpos
        qpos[self._qpos] = robot.default_joint_pos
        qpos[at : at + 3] = [start.x, start.y, robot.standing_height]
        qpos[at + 3 : at + 7] = wxyz_from_yaw(np.array(start.yaw))
        self._motors.rest(robot.default_joint_pos)
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
        floor = self._ground.height(self.data.geom_xpos[spheres, :2])
        return float((bottom - floor).min())

    def send(self, command: JointCommand) -> None:
        """Give a command to the motors."""
        self._motors.send(command, self.steps)

    def advance(self, steps: int) -> None:
        """Run physics steps.

        Raises:
            BackendError: if the simulation blew up.
        """
        for _ in range(steps):
            self._motors.act(self.steps)
            for strike in self._strikes:
                self._drive(strike)
            mujoco.mj_step(self.model, self.data)
            self.steps += 1
            self._memory.note()
        for strike in self._strikes:
            self.data.xfrc_applied[strike.body] = 0.0
        self._strikes.clear()
        self._check_sane()

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
        self._motors.rest(state.joint_pos)
        self.data.qacc_warmstart[:] = 0.0
        mujoco.mj_forward(self.model, self.data)
        self._memory.forget()

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
        return self._state(self._memory.now(), time)

    def objects(self) -> dict[str, ObjectState]:
        """Return the true objects by name."""
        return self._objects(self._memory.now())

    def seen(
        self, steps_ago: float, time: float
    ) -> tuple[RobotState, dict[str, ObjectState]]:
        """Return the truth of a moment ago, stamped with `time` [s].

        Args:
            steps_ago: in physics steps; between two of them it is interpolated. Not
                before the reset, nor before what is remembered.
            time: of the stamp [s].
        """
        old = self._memory.ago(steps_ago)
        state = self._state(old, time)
        quat = state.base_quat_wxyz / np.linalg.norm(state.base_quat_wxyz)
        return replace(state, base_quat_wxyz=quat), self._objects(old)

    def _state(self, moment: Instant, time: float) -> RobotState:
        qpos, qvel = moment.qpos, moment.qvel
        at, dof = self._base_qpos, self._base_dof
        return RobotState(
            time=time,
            joint_pos=qpos[self._qpos],
            joint_vel=qvel[self._dof],
            joint_effort=self._motors.effort(moment.actuator_force),
            base_pos_w=qpos[at : at + 3].copy(),
            base_quat_wxyz=qpos[at + 3 : at + 7].copy(),
            base_lin_vel_w=qvel[dof : dof + 3].copy(),
            # MuJoCo gives the turning rate of a free joint in the body's own frame.
            base_ang_vel=qvel[dof + 3 : dof + 6].copy(),
        )

    def _objects(self, moment: Instant) -> dict[str, ObjectState]:
        return {thing.name: self._object(thing, moment) for thing in self.scene.objects}

    def _object(self, thing: SceneObject, moment: Instant) -> ObjectState:
        if not thing.movable:
            return thing.at_rest()
        joint = self.model.joint(thing.name)
        at, dof = int(joint.qposadr[0]), int(joint.dofadr[0])
        return replace(
            thing.at_rest(),
            pos_w=moment.qpos[at : at + 3].copy(),
            quat_wxyz=moment.qpos[at + 3 : at + 7].copy(),
            lin_vel_w=moment.qvel[dof : dof + 3].copy(),
        )
