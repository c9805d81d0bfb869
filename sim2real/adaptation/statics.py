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

        limbs, count = len(chains), self._count
        masses = gather("mass")
        self._carried = np.cumsum(masses[:, ::-1], axis=1)[:, ::-1, None]  # [kg]
        # Each part against the one before, as homogeneous matrices:
        # fixed + sin(q) * sine + (1 - cos(q)) * versine.
        self._fixed, self._sine, self._versine = np.zeros((3, limbs, count, 4, 4))
        self._fixed[..., :3, :3], self._fixed[..., :3, 3] = (
            gather("fixed"),
            gather("offset"),
        )
        self._fixed[..., 3, 3] = 1.0
        self._sine[..., :3, :3] = gather("sine")
        self._versine[..., :3, :3] = gather("versine")
        # In the part itself: axis of its joint, and mass x position with the mass.
        self._own = np.zeros((limbs, count, 4, 2))
        self._own[..., :3, 0], self._own[..., :3, 1] = gather("axis"), gather("moment")
        self._own[..., 3, 1] = masses
        self._tips = np.ones((limbs, 4, 1))
        self._tips[:, :3, 0] = tips

    def load(self, joint_pos: Array, gravity: Array) -> Load:
        """Return what gravity asks of the joints.

        Args:
            joint_pos: in the order of `joint_names` [rad], (L, k).
            gravity: its direction in the base frame, a unit vector, (3,).
        """
        chain = self._turns(joint_pos)
        for i in range(1, self._count):
            np.matmul(chain[:, i - 1], chain[:, i], out=chain[:, i])
        tip = (chain[:, -1] @ self._tips)[:, :3, 0]
        at = chain[..., :3, 3]
        own = chain @ self._own
        axes, moments = own[..., :3, 0], own[..., :3, 1]
        behind = np.cumsum(moments[:, ::-1], axis=1)[:, ::-1]
        # A weight at r turns the joint at p with axis x ((r - p) x pull); the holding
        # torque is the opposite, which is (r - p) . (axis x pull).
        against = axes @ _crossing(GRAVITY * gravity)
        lever = tip[:, None] - at
        return Load(
            holding=((behind - self._carried * at) * against).sum(-1),
            tip_holding=(lever * against).sum(-1),
            tip=tip,
            jacobian=np.concatenate([_cross(axes, lever), axes], axis=-1).swapaxes(
                -1, -2
            ),
        )

    def tips(self, joint_pos: Array) -> Array:
        """Return where the tips are in the base frame [m], (L, 3).

        Args:
            joint_pos: in the order of `joint_names` [rad], (L, k).
        """
        turns = self._turns(joint_pos)
        tip = self._tips
        for i in range(self._count - 1, -1, -1):
            tip = turns[:, i] @ tip
        at: Array = tip[:, :3, 0]
        return at

    def _turns(self, joint_pos: Array) -> Array:
        """Return how each part is placed in the one before, (L, k, 4, 4)."""
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


def _crossing(vector: Array) -> Array:
    """Return the matrix m for which rows @ m are rows x vector, (3, 3)."""
    x, y, z = vector.tolist()
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def _cross(a: Array, b: Array) -> Array:
    # For small arrays this is much faster than numpy's.
    result = np.empty_like(a)
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    result[..., 0] = ay * bz - az * by
    result[..., 1] = az * bx - ax * bz
    result[..., 2] = ax * by - ay * bx
    return result
