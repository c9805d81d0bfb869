"""The adapter that learns, on the robot, how far its arms hang from where they should.

The nominal arm under a PD drive hangs below its target by holding torque / stiffness,
and policies were trained with that. What it hangs further is what is learnt, as a
function of pose and gravity, whatever the cause.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Estimate
from sim2real.adaptation.residual import BoundedResidual, ResidualLimits, Verdict
from sim2real.adaptation.statics import Limbs, down_in_base
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]

SLOW = 0.1  # joints that move faster say little about where they hang [rad/s]
CALM = 0.3  # nor does a base that turns faster [rad/s]
WINDOW = 300  # samples from one update to the next
RATE = 0.3  # change of a correction [rad/s]


class ResidualAdapter:
    """Corrects the targets of both arms; everything else passes through."""

    def __init__(
        self,
        robot: RobotConfig,
        control_dt: float,
        limits: ResidualLimits | None = None,
    ) -> None:
        """Read the arms.

        Args:
            robot: as its files describe it.
            control_dt: time between two states [s].
            limits: of what is learnt.

        Raises:
            ValueError: if the robot has no arms with a grasp site.
        """
        left, right = robot.sites.left_grasp, robot.sites.right_grasp
        if left is None or right is None:
            raise ValueError(
                f"{robot.name} has no arms with hands, so there is no residual to "
                "learn; leave --adapt residual out"
            )
        rest = dict(
            zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True)
        )
        self._limbs = Limbs(robot.mjcf, robot.base_body, (left, right), rest)
        self._chains = np.array(
            [
                JointMap(names, robot.joint_names).index
                for names in self._limbs.joint_names
            ]
        )
        self._k = len(robot.joints_of("left_arm"))
        self._index = self._chains[:, -self._k :]
        self._step = RATE * control_dt
        features = 4 + 2 * self._k
        self.residuals = [BoundedResidual(features, self._k, limits) for _ in range(2)]
        self.verdicts: list[Verdict] = []
        self._forget()

    def _forget(self) -> None:
        self._correction = np.zeros((2, self._k))
        self._asked: JointCommand | None = None
        self._rows: list[list[tuple[Array, Array, Array]]] = [[], []]

    def reset(self, state: RobotState) -> None:
        """See `Adapter.reset`; what was learnt is kept, for the robot is the same."""
        self._forget()

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """See `Adapter.observe`."""
        asked = self._asked
        if asked is None or float(np.abs(state.base_ang_vel).sum()) > CALM:
            return
        gravity = down_in_base(state.base_quat_wxyz)
        load = self._limbs.load(state.joint_pos[self._chains], gravity)
        for side, index in enumerate(self._index):
            if float(np.abs(state.joint_vel[index]).max()) > SLOW:
                continue
            needed = load.holding[side, -self._k :]
            needed = needed + asked.damping[index] * state.joint_vel[index]
            hang = needed / asked.stiffness[index]
            error = asked.joint_pos[index] - hang - state.joint_pos[index]
            label = self._correction[side] + error
            rows = self._rows[side]
            rows.append((_features(state.joint_pos[index], gravity), label, error))
            if len(rows) >= WINDOW:
                self._learn(side)

    def _learn(self, side: int) -> None:
        features, labels, errors = map(np.array, zip(*self._rows[side], strict=True))
        self._rows[side] = []
        verdict = self.residuals[side].update(features, labels, errors)
        self.verdicts.append(verdict)

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """See `Adapter.compensate`."""
        self._asked = command
        joint_pos = command.joint_pos.copy()
        gravity = down_in_base(state.base_quat_wxyz)
        for side, index in enumerate(self._index):
            features = _features(state.joint_pos[index], gravity)
            wanted = self.residuals[side].predict(features)
            change = wanted - self._correction[side]
            self._correction[side] += np.clip(change, -self._step, self._step)
            joint_pos[index] += self._correction[side]
        return JointCommand(
            joint_pos=joint_pos, stiffness=command.stiffness, damping=command.damping
        )

    def estimate(self) -> Estimate:
        """See `Adapter.estimate`."""
        return Estimate(
            residual_updates=sum(r.updates for r in self.residuals),
            residual_refusals=sum(r.refusals for r in self.residuals),
        )


def _features(joint_pos: Array, gravity: Array) -> Array:
    return np.concatenate([[1.0], gravity, np.sin(joint_pos), np.cos(joint_pos)])
