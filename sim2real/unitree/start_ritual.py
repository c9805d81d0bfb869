"""From a G1 that hangs on a hoist to one that stands on its own feet, step by step.

    connect -> hoist -> release -> zero torque -> damping -> check -> ramp -> stand
            -> lower -> balance -> unhook -> ready

A step is left when its guard holds and, where a person must look, the operator has
confirmed this very step. From every step `abort`, a failed guard or a fall leads to
`aborted`, where the robot is damped. Plain data and robot time, so that a command
line, a ROS 2 node and a test walk the same steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import project_gravity
from sim2real.unitree.hardware import HardwareMismatch, check_hardware
from sim2real.unitree.ritual_steps import (
    HELD,
    IN_POSE,
    ORDER,
    QUESTIONS,
    SKILLS,
    UNTOUCHED,
    Advice,
    RitualConfig,
    Seen,
    Step,
)

Array = NDArray[np.float64]


class StartRitual:
    """Call `advance` at every state; it never goes back, and ends ready or aborted.

    Attributes:
        step: where it is.
        reason: why it was aborted, or empty.
    """

    def __init__(self, robot: RobotConfig, config: RitualConfig | None = None) -> None:
        """Take the robot that is expected."""
        self.step = Step.CONNECT
        self.reason = ""
        self._config = config or RitualConfig()
        self._robot = robot
        self._since: float | None = None  # when this step began [s]
        self._still_since: float | None = None
        self._hung: Array | None = None  # where the joints were when the ramp began

    @property
    def releasing(self) -> bool:
        """Whether the vendor's motion service must let go now."""
        return self.step is Step.RELEASE

    def advance(self, seen: Seen) -> Advice:
        """Look at what is known, go on if it is safe, and say what to do."""
        if self._since is None:
            self._since = seen.time
        if self.step is not Step.ABORTED:
            wrong = self._what_is_wrong(seen)
            if wrong:
                self._enter(Step.ABORTED, seen)
                self.reason = wrong
        waiting = self.reason if self.step is Step.ABORTED else self._waits_for(seen)
        if not waiting and self.step in ORDER[:-1]:
            self._enter(ORDER[ORDER.index(self.step) + 1], seen)
            waiting = self._waits_for(seen)
        return Advice(
            step=self.step,
            command=self._command(seen),
            policies=self.step in SKILLS,
            question=QUESTIONS.get(self.step),
            waiting_for=waiting,
        )

    def _enter(self, step: Step, seen: Seen) -> None:
        self.step, self._since, self._still_since = step, seen.time, None
        if step is Step.RAMP and seen.state is not None:
            self._hung = seen.state.joint_pos.copy()

    # --- what must never be -----------------------------------------------------------

    def _what_is_wrong(self, seen: Seen) -> str:
        """Return why everything must stop, or an empty string."""
        if seen.abort:
            return "the operator stopped it"
        if self.step in UNTOUCHED:
            return ""  # the vendor's controller has the robot, nothing was sent
        if seen.remote_stop:
            return "it was stopped by the remote"
        state, limits = seen.state, self._config
        if state is None or seen.time - state.time > limits.fresh_s:
            return f"no state for more than {1000 * limits.fresh_s:.0f} ms"
        if seen.motion_service:
            return f"the motion service '{seen.motion_service}' drives the robot again"
        if self.step is Step.READY:
            return ""  # the safety filter watches from here on
        if seen.faults:
            return f"the motor of {seen.faults[0]} reports an error"
        tilt = _tilt(state)
        if tilt > limits.tilt:
            return f"the pelvis tilts by {np.degrees(tilt):.0f} deg"
        fastest = int(np.argmax(abs(state.joint_vel)))
        speed = float(abs(state.joint_vel[fastest]))
        if self.step in HELD and speed > limits.fast:
            return f"{self._robot.joint_names[fastest]} moves at {speed:.1f} rad/s"
        if self.step in IN_POSE:
            return self._left_behind(seen, state)
        return ""

    def _left_behind(self, seen: Seen, state: RobotState) -> str:
        error = abs(self._target(seen) - state.joint_pos)
        worst = int(np.argmax(error))
        if error[worst] <= self._config.behind:
            return ""
        return (
            f"{self._robot.joint_names[worst]} is {error[worst]:.2f} rad away from "
            "its target; does something block it?"
        )

    # --- what is waited for -----------------------------------------------------------

    def _waits_for(self, seen: Seen) -> str:
        """Return why this step is not over, or an empty string."""
        asks = self.step in QUESTIONS and seen.confirmed is not self.step
        return self._guard(seen) or ("the operator's yes" if asks else "")

    def _guard(self, seen: Seen) -> str:
        limits, lasted = self._config, seen.time - (self._since or 0.0)
        match self.step:
            case Step.CONNECT:
                return self._connected(seen)
            case Step.HOIST if limits.remote and not seen.stop_tried:
                return "L2+B on the remote, once, to see that it is heard"
            case Step.RELEASE:
                service = seen.motion_service
                return "" if service == "" else f"motion service '{service}' to let go"
            case Step.ZERO_TORQUE:
                return _until(lasted, limits.zero_torque_s)
            case Step.DAMPING:
                return _until(lasted, limits.damping_s) or self._still(seen, 0.0)
            case Step.CHECK:
                return self._checked(seen)
            case Step.RAMP:
                return _until(lasted, limits.ramp_s)
            case Step.BALANCE if not seen.commanding:
                return "commands of the skills"
            case Step.STAND | Step.LOWER | Step.BALANCE:
                return self._still(seen, limits.steady_s)
        return ""

    def _connected(self, seen: Seen) -> str:
        if seen.state is None or seen.hardware is None:
            return "messages of the body and of both hands"
        try:
            check_hardware(seen.hardware, self._robot)
        except HardwareMismatch as error:
            return str(error)
        return ""

    def _checked(self, seen: Seen) -> str:
        state, limits = seen.state, self._config
        assert state is not None  # or it were aborted
        if seen.temperature > limits.warm:
            return f"motors to cool: {seen.temperature:.0f} deg C"
        low, high = self._robot.joint_range.T
        margin = 0.1  # encoders and end stops are not exact [rad]
        pos = state.joint_pos
        out = (pos < low - margin) | (pos > high + margin)
        if out.any():
            joint = int(np.argmax(out))
            return (
                f"{self._robot.joint_names[joint]} within its range: it reads "
                f"{pos[joint]:.2f} rad, which is outside; calibrate it"
            )
        return ""

    def _still(self, seen: Seen, for_s: float) -> str:
        state = seen.state
        assert state is not None  # or it were aborted
        fastest = float(abs(state.joint_vel).max())
        if fastest > self._config.slow:
            self._still_since = None
            return f"joints to be still: {fastest:.2f} rad/s"
        if self._still_since is None:
            self._still_since = seen.time
        return _until(seen.time - self._still_since, for_s)

    # --- what is sent -----------------------------------------------------------------

    def _command(self, seen: Seen) -> JointCommand | None:
        robot, state = self._robot, seen.state
        if self.step in UNTOUCHED:
            return None
        pos = robot.default_joint_pos if state is None else state.joint_pos
        none = np.zeros_like(robot.stiffness)
        if self.step is Step.ZERO_TORQUE:
            return JointCommand(joint_pos=pos, stiffness=none, damping=none)
        if self.step in (Step.DAMPING, Step.CHECK, Step.ABORTED):
            damping = self._config.damping_scale * robot.damping
            return JointCommand(joint_pos=pos, stiffness=none, damping=damping)
        return JointCommand(
            joint_pos=self._target(seen),
            stiffness=self._share(seen) * robot.stiffness,
            damping=robot.damping,
        )

    def _target(self, seen: Seen) -> Array:
        hung = self._hung
        if hung is None:
            return self._robot.default_joint_pos
        return hung + self._share(seen) * (self._robot.default_joint_pos - hung)

    def _share(self, seen: Seen) -> float:
        """Return how far the ramp is, 0 to 1; it begins and ends gently."""
        if self.step is not Step.RAMP:
            return 1.0
        lasted = seen.time - (self._since or 0.0)
        x = min(lasted / self._config.ramp_s, 1.0)
        return x * x * (3.0 - 2.0 * x)


def _until(lasted: float, wanted: float) -> str:
    left = wanted - lasted
    return f"{left:.1f} s more" if left > 1e-9 else ""


def _tilt(state: RobotState) -> float:
    down = float(project_gravity(state.base_quat_wxyz)[2])
    return float(np.arccos(np.clip(-down, -1.0, 1.0)))
