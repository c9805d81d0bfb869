"""Stand without a policy: a pose, and ankles that push against the fall.

Not a whole-body controller: it knows one posture, takes no step, and keeps a robot up
that stands or moves slowly. The ankles' torque puts the centre of pressure beyond the
capture point, which is what brings an inverted pendulum back; the hips lean against a
fall to the side. What it stands and what not was measured: docs/safety.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.footing import GRAVITY, Footing, Soles
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StandGains:
    """Numbers of the controller, for a G1."""

    pressure: float = 3.0  # centre of pressure beyond the capture point, as a multiple
    heel: float = -0.07  # how far back the soles can push, from their middle [m]
    toe: float = 0.11  # and how far ahead [m]
    lean: float = 1.0  # of the hips against a fall to the side [rad/m]
    most_lean: float = 0.3  # [rad]
    stiffness: float = 2.0  # of legs and waist, as a multiple of the robot's own
    damping: float = 2.0
    ankle_damping: float = 2.0
    settle_s: float = 0.5  # from the pose it is in to the default pose [s]
    fold: float = 0.6  # of a crouch: hips by so much, knees by twice as much [rad]


class ClassicalStand:
    """Call `start`, then `step` every tick."""

    def __init__(
        self, robot: RobotConfig, soles: Soles, gains: StandGains | None = None
    ) -> None:
        """Take the robot and its soles.

        Args:
            robot: a biped with the joint names of a G1.
            soles: of the same robot.
            gains: numbers of the controller.
        """
        self._robot = robot
        self._soles = soles
        self._gains = gains = gains or StandGains()
        self._carrying = _index(robot, *robot.joints_of("legs", "waist"))
        self._pitch = _index(robot, *_both("ankle_pitch"))
        self._roll = _index(robot, *_both("hip_roll"))
        ankles = _index(robot, *_both("ankle_pitch"), *_both("ankle_roll"))
        self._stiffness = robot.stiffness.copy()
        self._damping = robot.damping.copy()
        self._stiffness[self._carrying] *= gains.stiffness
        self._damping[self._carrying] *= gains.damping
        # The ankles' stiffness only smooths the torque between two ticks.
        self._stiffness[ankles] = robot.stiffness[ankles]
        self._damping[ankles] = robot.damping[ankles] * gains.ankle_damping
        self._crouched = robot.default_joint_pos.copy()
        self._crouched[_index(robot, *_both("hip_pitch"))] -= gains.fold
        self._crouched[_index(robot, *_both("knee"))] += 2.0 * gains.fold
        self._crouched[self._pitch] -= gains.fold
        self._from = robot.default_joint_pos
        self._held = robot.default_joint_pos
        self._begun = 0.0
        self._folded = 0.0

    def start(self, state: RobotState, last: JointCommand | None) -> None:
        """Begin from the pose that is measured.

        Args:
            state: now.
            last: the last command; arms and hands keep its targets.
        """
        self._from = state.joint_pos.copy()
        self._held = state.joint_pos.copy() if last is None else last.joint_pos.copy()
        self._begun, self._folded = state.time, 0.0

    def step(self, state: RobotState, crouch: float = 0.0) -> JointCommand:
        """Return this tick's command.

        Args:
            state: now.
            crouch: share of the way down to do in this tick.
        """
        gains, robot = self._gains, self._robot
        self._folded = min(self._folded + crouch, 1.0)
        goal = robot.default_joint_pos
        goal = goal + self._folded * (self._crouched - goal)
        settled = min((state.time - self._begun) / gains.settle_s, 1.0)
        target = self._held.copy()
        pose = self._from + settled * (goal - self._from)
        target[self._carrying] = pose[self._carrying]
        footing = self._soles.footing(state)
        lean = gains.lean * footing.capture_point[1]
        target[self._roll] += np.clip(lean, -gains.most_lean, gains.most_lean)
        self._push(footing, state, target)
        return JointCommand(
            joint_pos=target,
            stiffness=self._stiffness.copy(),
            damping=self._damping.copy(),
        )

    def _push(self, footing: Footing, state: RobotState, target: Array) -> None:
        """Let the ankles of the feet that carry push as far ahead as it takes."""
        gains, robot = self._gains, self._robot
        ahead = (1.0 + gains.pressure) * footing.capture_point[0]
        ahead = float(np.clip(ahead, gains.heel, gains.toe))
        torque = self._soles.mass * GRAVITY * ahead / footing.down.sum()
        for foot, i in enumerate(self._pitch):
            if footing.down[foot]:
                most = robot.effort_limit[i]
                push = float(np.clip(torque, -most, most))
                target[i] = state.joint_pos[i] + push / self._stiffness[i]


def _both(part: str) -> tuple[str, str]:
    return f"left_{part}_joint", f"right_{part}_joint"


def _index(robot: RobotConfig, *names: str) -> NDArray[np.intp]:
    return np.array([robot.joint_names.index(name) for name in names], np.intp)
