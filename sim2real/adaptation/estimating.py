"""The adapter that estimates payload, strength and friction, and makes up for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Estimate
from sim2real.adaptation.body import GROUPS, BodyFilter, group_joints
from sim2real.adaptation.compensation import Compensation, Sparing
from sim2real.adaptation.drive import DriveRatios
from sim2real.adaptation.ground import GroundFilter
from sim2real.adaptation.odometry import LegOdometry
from sim2real.robot import JointCommand, RobotState

Array = NDArray[np.float64]

PHASES = 6  # arms, legs, ground and drives take turns: no tick pays for all
# Sure enough to act on: a deviation up to the first counts wholly, beyond the second
# not at all.
STRENGTH_TRUST = (0.04, 0.10)
DRIVE_TRUST = (0.05, 0.12)
PAYLOAD_TRUST = (0.15, 0.35)  # [kg]
DEAD_PAYLOAD = 0.05  # [kg]


class EstimatingAdapter:
    """Estimates while the robot runs; compensates what it is sure of.

    Weak motors and gains that are off get other gains, so that joints feel the torque
    that was asked for. What a hand carries is held up by the arm's targets.
    """

    def __init__(
        self,
        robot: RobotConfig,
        control_dt: float,
        *,
        compensates: bool = True,
        motors: bool = True,
    ) -> None:
        """Read the robot's masses.

        Args:
            robot: as its files describe it.
            control_dt: time between two states [s].
            compensates: change commands; else only estimate.
            motors: compensate weak motors too; else payloads only.
        """
        sample_s = PHASES * control_dt
        self._compensates = compensates
        self._motors = motors
        self._drives = DriveRatios(robot, sample_s)
        self._body = BodyFilter(robot, sample_s)
        self._ground = GroundFilter(robot, sample_s)
        self._odometry = LegOdometry(robot)
        self._compensation = Compensation(robot, control_dt)
        self._sparing = Sparing(robot, control_dt)
        self._groups = group_joints(robot)
        self._n = len(robot.joint_names)
        self._tick = 0
        self._last = Estimate()
        self._gain_wanted, self._effort_wanted = np.ones(self._n), np.zeros(self._n)

    def reset(self, state: RobotState) -> None:
        """See `Adapter.reset`."""
        self._drives.reset()
        self._body.reset()
        self._ground.reset()
        self._odometry.reset()
        self._compensation.reset()
        self._sparing.reset()
        self._tick = 0
        self._conclude()

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """See `Adapter.observe`."""
        self._odometry.observe(state)
        phase = self._tick % PHASES
        self._tick += 1
        if phase == 0:
            self._body.look_at_arms(state)
        elif phase == 1:
            self._body.learn_from_arms()
        elif phase == 2:
            self._body.observe_legs(state)
        elif phase == 3:
            self._ground.look(state)
        elif phase == 4:
            self._ground.learn(self._body.strength_of(0).value)
        else:
            self._drives.observe(state, command)
            self._conclude()

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """See `Adapter.compensate`."""
        if not self._compensates:
            return command
        share = self._sparing.share(state.joint_effort)
        gain = 1.0 + share * (self._gain_wanted - 1.0)
        effort = share * self._effort_wanted
        return self._compensation.apply(command, gain, effort)

    def estimate(self) -> Estimate:
        """See `Adapter.estimate`."""
        return replace(self._last, travelled=self._odometry.travelled)

    def _conclude(self) -> None:
        """Draw the consequences of what is known now."""
        self._last = Estimate(
            payload=self._body.payload(),
            strength=self._body.strength(),
            friction=self._ground.friction,
        )
        if self._compensates:
            self._gain_wanted, self._effort_wanted = self._gain(), self._effort()

    def _gain(self) -> Array:
        """Return the multiple of its gains with which each joint is as it should be."""
        gain = np.ones(self._n)
        if not self._motors:
            return gain
        for i, group in enumerate(GROUPS):
            strength = self._body.strength_of(i)
            trust = _trust(strength.std, STRENGTH_TRUST)
            gain[self._groups[group]] += trust * (1.0 / strength.value - 1.0)
        ratio, (sure, unsure) = self._drives.ratio, DRIVE_TRUST
        trusts = np.clip((unsure - self._drives.std) / (unsure - sure), 0.0, 1.0)
        return gain * (1.0 + trusts * (1.0 / ratio - 1.0))

    def _effort(self) -> Array:
        """Return what holds up that which the hands carry, for nominal motors."""
        effort = np.zeros(self._n)
        load = self._body.arm_load
        if load is None:
            return effort
        for side in (0, 1):
            payload = self._body.payload_of(side)
            mass = payload.value * _trust(payload.std, PAYLOAD_TRUST)
            if mass > DEAD_PAYLOAD:
                index = self._body.arm_index[side]
                effort[index] = mass * load.tip_holding[side, -len(index) :]
        return effort


def _trust(std: float, bounds: tuple[float, float]) -> float:
    sure, unsure = bounds
    return min(max((unsure - std) / (unsure - sure), 0.0), 1.0)
