"""Give a MuJoCo scene the floor of a concrete place: slope, bumps, grip, bounce."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, exp, pi, sqrt

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim2real.robot_parameters import RobotParameters
from sim2real.rotations import rotate, wxyz_from_rpy
from sim2real.scenes import Scene

Array = NDArray[np.float64]

HALF_SIZE = 4.0  # of the bumpy ground around the start [m]
SPACING = 0.2  # between bumps; a sole is 0.17 m long [m]
ROUND = 0.5  # radius of the spheres whose tops are the bumps [m]
CONTACT_TIME_S = 0.02  # of MuJoCo's contacts, its default
COLOR = (0.74, 0.73, 0.71, 1.0)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where the floor is."""

    origin: Array  # a point of it; the slope turns about it [m], (2,)
    gradient: Array  # of its height along x and y, (2,)
    bumps: Array | None = None  # centres of the spheres [m], (k, 3)

    def height(self, points: Array) -> Array:
        """Return how high the ground is at points (m, 2) [m], (m,)."""
        level: Array = (points - self.origin) @ self.gradient
        if self.bumps is None:
            return level
        away = points[:, None] - self.bumps[:, :2]
        rise = np.sqrt(np.clip(ROUND**2 - np.sum(away**2, axis=-1), 0.0, None))
        tops: Array = np.max(self.bumps[:, 2] + rise, axis=1)
        return np.maximum(level, tops)


FLAT = Ground(origin=np.zeros(2), gradient=np.zeros(2))


def change_ground(
    spec: mujoco.MjSpec,
    scene: Scene,
    parameters: RobotParameters,
    rng: np.random.Generator,
) -> Ground:
    """Change the floor that `add_scene` added, and say where it is then.

    The floor is tilted about the start of the robot and gravity is left alone:
    furniture stays level, as in a house, and everything that measures heights or
    orientations in the world stays right. Bumps are the tops of buried spheres: a foot
    made of spheres trips over the inner edges of a heightfield, even of a flat one.

    Args:
        spec: with the scene.
        scene: as it was drawn.
        parameters: what differs.
        rng: of the bumps.
    """
    floor = spec.geom("floor")
    if parameters.friction_scale != 1.0:
        floor.friction[0] *= parameters.friction_scale
    if parameters.restitution > 0.0:
        floor.solref = [CONTACT_TIME_S, damping_ratio(parameters.restitution)]
    roll, pitch = (np.float64(angle) for angle in parameters.ground_slope)
    if roll == 0.0 and pitch == 0.0 and parameters.ground_roughness == 0.0:
        return FLAT
    start = np.array([scene.start.x, scene.start.y])
    quat = wxyz_from_rpy(roll, pitch, np.float64(0.0))
    floor.quat = quat
    floor.pos = [*start, 0.0]
    # The floor's normal is the z axis of its frame: n = (sin p cos r, -sin r, cos ..).
    gradient = np.array([-np.tan(pitch), np.tan(roll) / np.cos(pitch)])
    bumps = None
    if parameters.ground_roughness > 0.0:
        tops = _draw_tops(parameters.ground_roughness, rng)
        bumps = np.array([*start, 0.0]) + rotate(quat, tops - [0.0, 0.0, ROUND])
        _add_bumps(spec, floor, bumps)
    return Ground(origin=start, gradient=gradient, bumps=bumps)


def damping_ratio(restitution: float) -> float:
    """Return the damping ratio of a contact that bounces back with such a share.

    A contact of MuJoCo is a damped spring that pushes and never pulls. Critically
    damped, as by default, it gives back exp(-2) = 0.135 of the speed: what is less than
    that is left at the default.
    """
    if restitution <= exp(-2.0):
        return 1.0
    low, high = 0.0, 1.0 - 1e-9
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if bounce(middle) > restitution else (low, middle)
    return low


def bounce(ratio: float) -> float:
    """Return the share of its speed that a mass keeps at a damped spring.

    Schwager and Poeschel, Coefficient of restitution and linear-dashpot model
    revisited, Granular Matter 9 (2007): it leaves when the force ends, not when the
    spring is as long as at the beginning.

    Args:
        ratio: of the damping to the critical one, from 0 to below 1.
    """
    swing = sqrt(1.0 - ratio**2)
    until = pi - atan2(2.0 * ratio * swing, swing**2 - ratio**2)
    return exp(-ratio / swing * until)


def _draw_tops(height: float, rng: np.random.Generator) -> Array:
    """Draw the tops of bumps in the axes of the floor [m], (k, 3)."""
    line = np.arange(-HALF_SIZE, HALF_SIZE + SPACING / 2, SPACING)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    grid = grid + rng.uniform(-SPACING / 2, SPACING / 2, grid.shape)
    return np.column_stack([grid, rng.uniform(0.0, height, len(grid))])


def _add_bumps(spec: mujoco.MjSpec, floor: mujoco.MjsGeom, centres: Array) -> None:
    for centre in centres:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            pos=centre,
            size=[ROUND, 0, 0],
            rgba=COLOR,
            contype=floor.contype,
            conaffinity=floor.conaffinity,
            condim=floor.condim,
            friction=floor.friction,
            priority=floor.priority,
            solref=floor.solref,
        )
