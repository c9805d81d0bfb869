"""The adapter for a robot that was identified: it compensates what a file says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.adapter import Estimate, Quantity
from sim2real.adaptation.compensation import (
    GAIN_RANGE,
    OFFSET_EFFORT,
    OFFSET_LIMIT,
    Sparing,
)
from sim2real.adaptation.statics import Limbs, down_in_base
from sim2real.joint_map import JointMap
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_parameters import RobotParameters

Array = NDArray[np.float64]

LEAST_DAMPING = 0.3  # of what was asked for, when friction takes the place of damping
DRY_SHARE = 0.6  # of dry friction that is made up for: more would make joints creep
DRY_SPEED = 0.5  # at which most of that acts [rad/s]


class KnownRobotAdapter:
    """Chooses gains and targets such that this robot moves as the nominal one.

    Strength and gain errors change the gains; viscous friction replaces a part of the
    damping; dry friction and payload are added as torque, through the targets.
    """

    def __init__(
        self,
        robot: RobotConfig,
        parameters: RobotParameters,
        control_dt: float,
        *,
        payload: bool = True,
    ) -> None:
        """Read the arms.

        Args:
            robot: as its files describe it.
            parameters: as it was identified.
            control_dt: time between two states [s].
            payload: hold up what the file says that the hands carry.
        """
        given = parameters.strength * parameters.stiffness_scale
        self._stiffness = np.clip(1.0 / given, *GAIN_RANGE)
        # A gain error of the damping itself.
        strength = parameters.strength * np.maximum(parameters.damping_gain_scale, 0.1)
        self._damping = np.clip(1.0 / strength, *GAIN_RANGE)
        self._sparing = Sparing(robot, control_dt)
        self._viscous = parameters.damping_add
        self._dry = DRY_SHARE * parameters.friction_loss_add
        share = OFFSET_EFFORT * robot.effort_limit / robot.stiffness
        self._most = np.minimum(OFFSET_LIMIT, share)
        self._carried = dict(parameters.payload) if payload else {}
        self._strength = float(parameters.strength.mean())
        self._arms: list[tuple[float, Limbs, NDArray[np.intp], int]] = []
        sites = {"left": robot.sites.left_grasp, "right": robot.sites.right_grasp}
        rest = dict(
            zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True)
        )
        for side, mass in self._carried.items():
            site = sites.get(side)
            if site is None or mass <= 0.0:
                continue
            limbs = Limbs(robot.mjcf, robot.base_body, (site,), rest)
            index = JointMap(limbs.joint_names[0], robot.joint_names).index
            count = len(robot.joints_of(f"{side}_arm"))
            self._arms.append((mass, limbs, np.asarray(index), count))

    def reset(self, state: RobotState) -> None:
        """See `Adapter.reset`."""
        self._sparing.reset()

    def observe(self, state: RobotState, command: JointCommand) -> None:
        """See `Adapter.observe`: nothing is learnt."""

    def compensate(self, command: JointCommand, state: RobotState) -> JointCommand:
        """See `Adapter.compensate`."""
        damping = np.maximum(
            command.damping - self._viscous, LEAST_DAMPING * command.damping
        )
        effort = self._dry * np.tanh(state.joint_vel / DRY_SPEED)
        if self._arms:
            gravity = down_in_base(state.base_quat_wxyz)
            for mass, limbs, index, count in self._arms:
                load = limbs.load(state.joint_pos[index][None], gravity)
                arm = index[-count:]
                effort[arm] += mass * load.tip_holding[0, -count:]
        share = self._sparing.share(state.joint_effort)
        offset = share * effort / np.maximum(command.stiffness, 1e-6)
        return JointCommand(
            joint_pos=command.joint_pos + np.clip(offset, -self._most, self._most),
            stiffness=command.stiffness * (1.0 + share * (self._stiffness - 1.0)),
            damping=damping * self._damping,
        )

    def estimate(self) -> Estimate:
        """Return what the file says."""
        sure = {s: Quantity(value=m, std=0.0) for s, m in self._carried.items()}
        strength = Quantity(value=self._strength, std=0.0)
        return Estimate(payload=sure, strength={"all": strength})
