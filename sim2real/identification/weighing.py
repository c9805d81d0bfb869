"""Judge a robot's parameters by the weight that its legs feel when it squats.

On a stand nothing tells the common scale of masses, motors and friction. On the ground
the legs carry the whole robot: lifting the pelvis over feet that stay takes the work
that their motors say they do, times their strength, less what friction takes. Contacts
do no work in it, so that no model of the ground is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.schema import RobotConfig
from sim2real.adaptation.statics import GRAVITY, Limbs, down_in_base
from sim2real.identification.log_checks import Source
from sim2real.identification.parts import link_mass
from sim2real.identification.phases import Phase
from sim2real.robot_log import RobotLog
from sim2real.robot_parameters import RobotParameters
from sim2real.whole_body import WholeBody

Array = NDArray[np.float64]

SQUATS = "squats"  # the name of the phases in which feet stay where they are
SMOOTH_S = 0.2  # of positions, before their rate says which way friction acts [s]
SLOW = 0.05  # dry friction has its full size beyond this [rad/s]
STRAIGHT = 20.0  # knees turn faster than this as the pelvis rises: say nothing [rad/m]


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What legs carry in one phase, and what the model says that they do."""

    felt: float  # [kg]
    expected: float  # [kg]

    @property
    def error(self) -> float:
        """How much more the legs feel than there is, as a share."""
        return self.felt / self.expected - 1.0


def weighings(
    robot: RobotConfig, sources: Sequence[Source], parameters: RobotParameters
) -> list[Weighing]:
    """Weigh the robot in every phase in which it stood on its feet and squatted."""
    return [
        weigh(robot, log, phase, parameters) for log, phase in squats(robot, sources)
    ]


def squats(
    robot: RobotConfig, sources: Sequence[Source]
) -> Iterator[tuple[RobotLog, Phase]]:
    """Yield the phases on the ground in which the feet stay where they are."""
    for source in sources:
        for phase in source.on_the_ground:
            if phase.name == SQUATS:
                yield source.log, phase


def weigh(
    robot: RobotConfig, log: RobotLog, phase: Phase, parameters: RobotParameters
) -> Weighing:
    """Compare the work of the legs with the weight of the robot, over one phase.

    Args:
        robot: the robot.
        log: with efforts.
        phase: in which it squats, as often down as up.
        parameters: of this very robot, as far as they are known.
    """
    rows = np.flatnonzero((log.time >= phase.start_s) & (log.time <= phase.end_s))
    rest = dict(zip(robot.joint_names, robot.default_joint_pos.tolist(), strict=True))
    sites = (robot.sites.left_foot, robot.sites.right_foot)
    limbs = Limbs(robot.mjcf, robot.base_body, sites, rest)
    index = np.array(
        [[robot.joint_names.index(n) for n in names] for names in limbs.joint_names]
    )
    pos = log.joint_pos[rows] - parameters.encoder_bias
    torque = log.joint_effort[rows] * parameters.strength
    torque -= _friction(pos, log.time[rows], parameters)
    mass = _mass(robot, parameters)
    felt, expected = [], []
    for row, quat in enumerate(log.base_quat_wxyz[rows]):
        gravity = down_in_base(quat)
        load = limbs.load(pos[row][index], gravity)
        up = np.concatenate([-gravity, np.zeros(3)])
        moved = np.linalg.solve(load.jacobian, np.stack([-up, -up])[..., None])[..., 0]
        if np.abs(moved).max() < STRAIGHT:
            # The legs' own weight is lifted in part only.
            own = float((load.holding * moved).sum()) / GRAVITY
            felt.append(float((torque[row][index] * moved).sum()) / GRAVITY)
            expected.append(mass + own)
    return Weighing(felt=float(np.mean(felt)), expected=float(np.mean(expected)))


def _friction(pos: Array, time: Array, parameters: RobotParameters) -> Array:
    """Return the torque that friction takes [N m], (T, n)."""
    width = max(1, round(SMOOTH_S / float(np.median(np.diff(time)))))
    window = np.ones(width) / width
    padded = np.pad(pos, ((width, width), (0, 0)), mode="edge")
    smooth = np.apply_along_axis(lambda x: np.convolve(x, window, "same"), 0, padded)
    rate = np.gradient(smooth[width:-width], time, axis=0)
    dry = parameters.friction_loss_add * np.tanh(rate / SLOW)
    return np.asarray(dry + parameters.damping_add * rate)


def _mass(robot: RobotConfig, parameters: RobotParameters) -> float:
    """Return the mass of the robot with all that it carries [kg]."""
    body = WholeBody(robot.mjcf, robot.base_body, robot.joint_names, ())
    heavier = sum(
        (scale - 1.0) * link_mass(robot, link)
        for link, scale in parameters.link_mass_scale.items()
    )
    carried = sum(parameters.payload.values())
    return float(body.mass) + heavier + parameters.base_mass_add + carried
