"""What becomes of joint targets on their way to the torque of a MuJoCo joint."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]


class Motors(Protocol):
    """Moves the joints of one simulation; times are in physics steps since reset."""

    def rest(self, joint_pos: Array) -> None:
        """Forget every command and hold these positions [rad], (n,)."""

    def send(self, command: JointCommand, at: float) -> None:
        """Take a command that is sent at this time."""

    def act(self, step: int) -> None:
        """Set targets, gains and limits for a physics step that is about to begin."""

    def effort(self, force: Array) -> Array:
        """Return what the drives believe that they give [N m], (n,).

        Args:
            force: of the actuators, in the model's order [N m].
        """


class PlainMotors:
    """PD motors as the robot's file says, all delayed by the same whole steps."""

    def __init__(
        self,
        robot: RobotConfig,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        delay_steps: int = 0,
    ) -> None:
        """Take the model and its data; they stay the caller's."""
        self._model, self._data = model, data
        self._delay = delay_steps
        self._actuators = actuator_ids(robot, model)
        self._stiffness, self._damping = robot.stiffness, robot.damping
        self._pending: deque[tuple[float, JointCommand]] = deque()

    def rest(self, joint_pos: Array) -> None:
        """Forget every command and hold these positions."""
        self._data.ctrl[self._actuators] = joint_pos
        self._pending.clear()

    def send(self, command: JointCommand, at: float) -> None:
        """Let `command` act after the delay."""
        self._pending.append((at + self._delay, command))

    def act(self, step: int) -> None:
        """Obey what has arrived."""
        while self._pending and self._pending[0][0] <= step:
            self._obey(self._pending.popleft()[1])

    def effort(self, force: Array) -> Array:
        """Return the torques as they are [N m], (n,)."""
        effort: Array = force[self._actuators]
        return effort

    def _obey(self, command: JointCommand) -> None:
        self._data.ctrl[self._actuators] = command.joint_pos
        if not np.array_equal(command.stiffness, self._stiffness):
            self._stiffness = command.stiffness.copy()
            self._model.actuator_gainprm[self._actuators, 0] = command.stiffness
            self._model.actuator_biasprm[self._actuators, 1] = -command.stiffness
        if not np.array_equal(command.damping, self._damping):
            self._damping = command.damping.copy()
            self._model.actuator_biasprm[self._actuators, 2] = -command.damping


@dataclass(frozen=True, kw_only=True)
class _Arrival:
    """A command on its way; a drive takes it up when it arrives at its joint."""

    at: Array  # [physics steps since reset], (n,)
    first: float  # of them
    last: float  # of them
    target: Array  # as the drive sees it [rad], (n,)
    command: JointCommand


class WornMotors:
    """PD motors of a concrete robot: weak, late, with a torque-speed curve.

    A target that arrives within a physics step acts for the rest of it: the step sees
    the mean of both targets, which is the same impulse. (MuJoCo's own actuator delay
    with linear interpolation does the same, without jitter.)
    """

    def __init__(
        self,
        robot: RobotConfig,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        parameters: RobotParameters,
        rng: np.random.Generator,
        delay_steps: int = 0,
    ) -> None:
        """Take the model and its data; they stay the caller's.

        Args:
            robot: the robot.
            model: compiled with the nominal motors.
            data: of the model.
            parameters: what differs.
            rng: of the jitter.
            delay_steps: on top of the delays of the parameters [physics steps].
        """
        self._model, self._data, self._rng = model, data, rng
        self._parameters = parameters
        self._actuators = actuator_ids(robot, model)
        dof = [model.joint(name).dofadr[0] for name in robot.joint_names]
        self._dof = np.array(dof)
        self._per_s = 1.0 / model.opt.timestep
        # Rounded, because a delay of whole steps is a hair off after a division.
        self._delay = np.round(parameters.command_delay_s * self._per_s, 9)
        self._delay += delay_steps
        self._least, self._most = float(self._delay.min()), float(self._delay.max())
        self._limit = (
            robot.effort_limit * parameters.effort_limit_scale * parameters.strength
        )
        corner = np.minimum(parameters.corner_speed_share, 1.0 - 1e-9)
        curved = parameters.corner_speed_share < 1.0
        self._corner = np.where(
            curved, corner * robot.velocity_limit, np.inf
        )  # [rad/s]
        # Torque left at speed v, as a share: (v_max - v) / (v_max - v_corner).
        self._slope = 1.0 / ((1.0 - corner) * robot.velocity_limit)
        self._at_rest = 1.0 / (1.0 - corner)
        self._curved, self._fell = bool(curved.any()), False
        self._pending: deque[_Arrival] = deque()
        self._target = np.zeros(len(dof))
        self._last = 0.0  # nothing overtakes what was sent before
        self._stiffness, self._damping = robot.stiffness, robot.damping
        self._set_gains(robot.stiffness, robot.damping)
        self._model.actuator_forcerange[self._actuators, 0] = -self._limit
        self._model.actuator_forcerange[self._actuators, 1] = self._limit

    def rest(self, joint_pos: Array) -> None:
        """Forget every command and hold these positions."""
        self._pending.clear()
        self._target = joint_pos - self._parameters.encoder_bias
        self._data.ctrl[self._actuators] = self._target

    def send(self, command: JointCommand, at: float) -> None:
        """Let `command` act after the delay of each joint and the jitter of the bus."""
        jitter = self._parameters.jitter_s * self._per_s
        sent = at + (self._rng.uniform(0.0, jitter) if jitter else 0.0)
        self._last = max(self._last, sent)
        self._pending.append(
            _Arrival(
                at=self._last + self._delay,
                first=self._last + self._least,
                last=self._last + self._most,
                target=command.joint_pos - self._parameters.encoder_bias,
                command=command,
            )
        )

    def act(self, step: int) -> None:
        """Set targets, gains and limits for a physics step that is about to begin."""
        if self._pending:
            self._data.ctrl[self._actuators] = self._targets(step)
        if self._curved:
            self._limit_by_speed()

    def effort(self, force: Array) -> Array:
        """Return the torques as the currents tell them [N m], (n,)."""
        effort: Array = force[self._actuators] / self._parameters.strength
        return effort

    def _targets(self, step: int) -> Array:
        """Return the mean of the targets over a physics step, (n,)."""
        while self._pending and self._pending[0].last <= step:
            arrived = self._pending.popleft()
            self._target = arrived.target
            self._take_gains(arrived.command)
        mean = before = self._target
        for arrival in self._pending:
            if arrival.first >= step + 1:
                break
            share = np.clip(step + 1.0 - arrival.at, 0.0, 1.0)  # of the step left to it
            mean = mean + share * (arrival.target - before)
            before = arrival.target
        return mean

    def _take_gains(self, command: JointCommand) -> None:
        same = np.array_equal(command.stiffness, self._stiffness) and np.array_equal(
            command.damping, self._damping
        )
        if not same:
            self._stiffness = command.stiffness.copy()
            self._damping = command.damping.copy()
            self._set_gains(command.stiffness, command.damping)

    def _set_gains(self, stiffness: Array, damping: Array) -> None:
        parameters, at = self._parameters, self._actuators
        stiffness = stiffness * parameters.stiffness_scale * parameters.strength
        damping = damping * parameters.damping_gain_scale * parameters.strength
        self._model.actuator_gainprm[at, 0] = stiffness
        self._model.actuator_biasprm[at, 1] = -stiffness
        self._model.actuator_biasprm[at, 2] = -damping

    def _limit_by_speed(self) -> None:
        speed = self._data.qvel[self._dof]
        falls = bool((np.abs(speed) > self._corner).any())
        if not (falls or self._fell):
            return
        self._fell = falls
        fall = self._slope * speed
        upper = np.clip(self._at_rest - fall, 0.0, 1.0)
        lower = np.clip(self._at_rest + fall, 0.0, 1.0)
        self._model.actuator_forcerange[self._actuators, 0] = -lower * self._limit
        self._model.actuator_forcerange[self._actuators, 1] = upper * self._limit


def actuator_ids(robot: RobotConfig, model: mujoco.MjModel) -> NDArray[np.intp]:
    """Return the actuators of the joints, in robot order, (n,)."""
    return np.array([model.actuator(name).id for name in robot.joint_names])
