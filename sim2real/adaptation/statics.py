"""Torques that hold limbs still under gravity, from the masses of the MJCF; numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim2real.adaptation.limb_reading import read_chains

Array = NDArray[np.float64]

GRAVITY = 9.81  # [m/s^2]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What gravity asks of the joints of limbs, and how their tips move with them.

    Limbs in the order of the sites, joints in that of `joint_names`, (L, k).
    """

    holding: Array  # torque that holds the limb itself [N m], (L, k)
    tip_holding: Array  # torque that holds a kilogram at the tip [N m/kg], (L, k)
    tip: Array  # position of the tip in the base frame [m], (L, 3)
    jacobian: Array  # linear, then angular velocity of the tip, base frame, (L, 6, k)


class Limbs:
    """Chains of equally many joints from the base to a site each, with all on them."""

    def __init__(
        self, mjcf: Path, base: str, sites: Sequence[str], rest: Mapping[str, float]
    ) -> None:
        """Read the chains.

        Args:
            mjcf: the robot.
            base: body that everything is seen from.
            sites: the tips.
            rest: positions of joints beside a chain, such as fingers [rad]; they are
                taken to stay there.

        Raises:
            KinematicsError: if `base` does not lead to a site of that name, or the
                chains differ in length.
        """
        chains, tips = read_chains(mjcf, base, sites, rest)
        self.joint_names = tuple(tuple(p.joint for p in chain) for chain in chains)
        self._count = len(chains[0])

        def gather(name: str) -> Array:
            return np.array([[getattr(p, name) for p in chain] for chain in chains])

        self._masses = gather("mass")[..., None]
        self._carried = np.cumsum(self._masses[:, ::-1], axis=1)[:, ::-1]
        self._offset = gather("offset")[..., None]
        self._fixed, self._sine = gather("fixed"), gather("sine")
        self._versine = gather("versine")
        self._axes = gather("axis")[..., None]
        self._moments = gather("moment")[..., None]
        self._tips = np.array(tips)[..., None]

    def load(self, joint_pos: Array, gravity: Array) -> Load:
        """Return what gravity asks of the joints.

        Args:
            joint_pos: in the order of `joint_names` [rad], (L, k).
            gravity: its direction in the base frame, a unit vector, (3,).
        """
        turns = self._turns(joint_pos)
        limbs = len(joint_pos)
        positions = np.empty((limbs, self._count, 3, 1))
        rotations = np.empty((limbs, self._count, 3, 3))
        position = self._offset[:, 0]
        rotation = turns[:, 0]
        positions[:, 0], rotations[:, 0] = position, rotation
        for i in range(1, self._count):
            position = position + rotation @ self._offset[:, i]
            rotation = rotation @ turns[:, i]
            positions[:, i], rotations[:, i] = position, rotation
        tip = (position + rotation @ self._tips)[..., 0]
        at = positions[..., 0]
        axes = (rotations @ self._axes)[..., 0]
        moments = (rotations @ self._moments)[..., 0] + self._masses * at
        behind = np.cumsum(moments[:, ::-1], axis=1)[:, ::-1]
        pull = GRAVITY * gravity
        # A weight at r turns the joint at p with axis x ((r - p) x pull); the holding
        # torque is the opposite.
        linear = _cross(axes, tip[:, None] - at)
        return Load(
            holding=-(_cross(axes, behind - self._carried * at) @ pull),
            tip_holding=-(linear @ pull),
            tip=tip,
            jacobian=np.concatenate([linear, axes], axis=-1).swapaxes(-1, -2),
        )

    def tips(self, joint_pos: Array) -> Array:
        """Return where the tips are in the base frame [m], (L, 3).

        Args:
            joint_pos: in the order of `joint_names` [rad], (L, k).
        """
        turns = self._turns(joint_pos)
        tip = self._tips
        for i in range(self._count - 1, -1, -1):
            tip = self._offset[:, i] + turns[:, i] @ tip
        at: Array = tip[..., 0]
        return at

    def _turns(self, joint_pos: Array) -> Array:
        """Return how each part is turned against the one before, (L, k, 3, 3)."""
        angle = joint_pos[..., None, None]
        turns: Array = self._fixed + np.sin(angle) * self._sine
        turns += (1.0 - np.cos(angle)) * self._versine
        return turns


def down_in_base(quat_wxyz: Array) -> Array:
    """Return gravity's direction in the base frame, a unit vector, (3,).

    The same as `rotations.project_gravity` for one robot, at a fraction of the time.
    """
    w, x, y, z = quat_wxyz.tolist()
    return np.array(
        [2.0 * (w * y - x * z), -2.0 * (y * z + w * x), 2.0 * (x * x + y * y) - 1.0]
    )


def _cross(a: Array, b: Array) -> Array:
    # For small arrays this is much faster than numpy's.
    result = np.empty_like(a)
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    result[..., 0] = ay * bz - az * by
    result[..., 1] = az * bx - ax * bz
    result[..., 2] = ax * by - ay * bx
    return result
