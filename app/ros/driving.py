"""Follow velocity commands with the legs, while they come and no task runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skills.contract import Goal, Snapshot
from skills.drive import Drive
from skills.runner import SkillRunner
from skills.steering import Velocity

STILL: Velocity = (0.0, 0.0, 0.0)
COME_TO_REST_S = 1.0  # after the last velocity command the legs step so long [s]


class Driving:
    """Starts, steers and stops the legs as velocity commands come.

    Attributes:
        active: whether the legs are driven now.
        driver: the skill that follows velocities; None: they are not followed.
        timeout_s: a velocity command counts for so long [s].
    """

    def __init__(
        self, driver: Drive | None, timeout_s: float, say: Callable[[str], None]
    ) -> None:
        """Take the skill; nothing was commanded yet."""
        self.active = False
        self.driver = driver
        self.timeout_s = timeout_s
        self._say = say
        self._velocity: Velocity = STILL
        self._velocity_at = -np.inf  # robot time [s]

    def steer(self, velocity: Velocity, time: float) -> None:
        """Take a command: vx, vy [m/s], wz [rad/s], at robot time `time` [s]."""
        if all(np.isfinite(velocity)):
            self._velocity, self._velocity_at = velocity, time

    def let_go(self) -> None:
        """The last command counts no longer; the legs come to a stand."""
        self._velocity_at = -np.inf

    def follow(
        self, runner: SkillRunner, snapshot: Snapshot, *, may_begin: bool, may_go: bool
    ) -> None:
        """Do what the newest command wants.

        Args:
            runner: of the skills.
            snapshot: now.
            may_begin: whether nothing stands against setting off.
            may_go: whether nothing stands against going on.
        """
        silent_s = snapshot.time - self._velocity_at
        fresh = silent_s <= self.timeout_s
        if not may_go:
            self.end(runner)
        elif not self.active:
            if fresh and self._velocity != STILL and may_begin:
                self._begin(runner, snapshot)
        elif silent_s > self.timeout_s + COME_TO_REST_S:
            self.end(runner)
        if self.driver is not None and self.active:
            self.driver.velocity = self._velocity if fresh else STILL

    def _begin(self, runner: SkillRunner, snapshot: Snapshot) -> None:
        if self.driver is None:
            return
        runner.start(Goal(skill=Drive.name), snapshot)
        fault = runner.fault(Drive.name)
        if fault is not None:
            self._say(f"cmd_vel is not followed: {fault[1]}")
            return
        self.active = True
        self._say("following cmd_vel")

    def end(self, runner: SkillRunner) -> None:
        """Stop the skill, if it runs; the robot stands."""
        if self.active:
            self.active = False
            runner.stop(Drive.name)
            self._say("the robot stands")
