"""Stand, crouch and go limp without looking: for when the state cannot be trusted.

The motors go on closing their own position loops; only nobody tells them where the
body is. So the robot is made stiff where it is: every joint keeps the torque that it
had, and resists being moved much more than a policy would let it. A G1 that stands
stays so; ankles as soft as a policy has them let it fall within 5 s. One that walks
falls either way, at half the speed when it folds its legs at once (docs/safety.md has
figures).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BlindGains:
    """How stiff, as multiples of the robot's own gains."""

    legs: float = 3.0  # stiffness of legs and waist
    legs_damping: float = 2.0
    ankles: float = 8.0  # together stiffer than the weight over them is toppling
    ankles_damping: float = 3.0
    # Folded by so much [rad]: hips and ankles once, knees twice. Of a G1, 0.2 m.
    fold: float = 0.6


def stiff_gains(robot: RobotConfig, gains: BlindGains) -> tuple[Array, Array]:
    """Return stiffness [N m/rad] and damping [N m s/rad] that stand by themselves."""
    stiffness, damping = robot.stiffness.copy(), robot.damping.copy()
    for name in robot.joints_of("legs", "waist"):
        i, ankle = robot.joint_names.index(name), "_ankle_" in name
        stiffness[i] *= gains.ankles if ankle else gains.legs
        damping[i] *= gains.ankles_damping if ankle else gains.legs_damping
    return stiffness, damping


class BlindStand:
    """One command that needs no state, and the fold into a crouch."""

    def __init__(self, robot: RobotConfig, gains: BlindGains | None = None) -> None:
        """Take the robot; `start` comes first."""
        gains = gains or BlindGains()
        self._robot = robot
        self._stiffness, self._damping = stiff_gains(robot, gains)
        self._fold = np.zeros(len(robot.joint_names))
        folds = {"hip_pitch": -1.0, "knee": 2.0, "ankle_pitch": -1.0}
        for name in robot.joints_of("legs"):
            for part, sign in folds.items():
                if part in name:
                    i = robot.joint_names.index(name)
                    self._fold[i] = sign * gains.fold
        self._held: JointCommand | None = None
        self._folded = 0.0

    def start(self, state: RobotState, last: JointCommand | None) -> None:
        """Become stiff where the joints are; each keeps its torque.

        Args:
            state: the last that could be trusted.
            last: what was commanded then; None: nothing.
        """
        robot = self._robot
        torque = np.zeros(len(self._stiffness))
        if last is not None:
            torque = last.stiffness * (last.joint_pos - state.joint_pos)
            torque = np.clip(torque, -robot.effort_limit, robot.effort_limit)
        self._folded = 0.0
        self._held = JointCommand(
            joint_pos=state.joint_pos + torque / self._stiffness,
            stiffness=self._stiffness,
            damping=self._damping,
        )

    @property
    def folded(self) -> bool:
        """Whether the crouch is complete."""
        return self._folded >= 1.0 - 1e-9

    def stand(self) -> JointCommand:
        """Return what keeps it standing."""
        assert self._held is not None
        return self._held

    def crouch(self, share: float) -> JointCommand:
        """Fold the legs a little more.

        Args:
            share: of the whole fold, to be done in this tick.
        """
        held = self.stand()
        self._folded = min(self._folded + share, 1.0)
        low, high = self._robot.joint_range.T
        folded = held.joint_pos + self._folded * self._fold
        return JointCommand(
            # What pushed against an end stop before the crouch may go on doing so.
            joint_pos=np.where(self._fold == 0.0, folded, np.clip(folded, low, high)),
            stiffness=held.stiffness,
            damping=held.damping,
        )
