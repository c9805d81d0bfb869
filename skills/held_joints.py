"""Remember what every joint was told last, so that joints nobody claims hold it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand
from skills.contract import JointTargets, Snapshot

Array = NDArray[np.float64]


class HeldJoints:
    """The last command of the whole robot, and where its unclaimed joints are going.

    At the very start the last command is the measured pose; joints that nobody has
    commanded yet move from there to the default pose at a limited speed.
    """

    def __init__(self, robot: RobotConfig, settle_speed: float) -> None:
        """Begin with the first snapshot that comes.

        Args:
            robot: whose joints these are.
            settle_speed: of joints on their way to the default pose [rad/s].
        """
        self._robot = robot
        self._settle_speed = settle_speed
        self._last: JointCommand | None = None
        self._last_time = 0.0
        self._rest: Array = robot.default_joint_pos

    def reset(self) -> None:
        """Forget all; the next snapshot is the start."""
        self._last = None
        self._rest = self._robot.default_joint_pos

    def command(self, snapshot: Snapshot) -> JointCommand:
        """Return this tick's command for a robot that nobody commands."""
        last = self._command_before(snapshot)
        reach = self._settle_speed * max(snapshot.time - self._last_time, 0.0)
        step = np.clip(self._rest - last.joint_pos, -reach, reach)
        return JointCommand(
            joint_pos=last.joint_pos + step,
            stiffness=last.stiffness,
            damping=last.damping,
        )

    def targets(self, joints: JointMap, snapshot: Snapshot) -> JointTargets:
        """Return what some joints were told last."""
        last = self._command_before(snapshot)
        return JointTargets(
            names=joints.part,
            joint_pos=joints.take(last.joint_pos),
            stiffness=joints.take(last.stiffness),
            damping=joints.take(last.damping),
        )

    def go_home(self, joints: NDArray[np.bool_]) -> None:
        """Send joints to the default pose while nobody claims them, (n,)."""
        self._rest = np.where(joints, self._robot.default_joint_pos, self._rest)

    def remember(
        self, command: JointCommand, claimed: NDArray[np.bool_], time: float
    ) -> None:
        """Note what is sent now; `claimed` is true for joints that a skill commands."""
        self._last, self._last_time = command, time
        self._rest = np.where(claimed, command.joint_pos, self._rest)

    def _command_before(self, snapshot: Snapshot) -> JointCommand:
        if self._last is None:
            self._last_time = snapshot.time
            self._last = JointCommand(
                joint_pos=snapshot.state.joint_pos.copy(),
                stiffness=self._robot.stiffness,
                damping=self._robot.damping,
            )
        return self._last
