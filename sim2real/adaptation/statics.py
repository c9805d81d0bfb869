"""Torques that hold limbs still under gravity, from the masses of the MJCF; numpy."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim2real.kinematics import KinematicsError, floats, read_link

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


@dataclass(frozen=True)
class _Part:
    """Bodies that move as one, behind one joint."""

    joint: str
    offset: Array  # in the part before [m], (3,)
    fixed: Array  # rotation: fixed + sin(q) * sine + (1 - cos(q)) * versine
    sine: Array
    versine: Array
    axis: Array  # in the part itself, (3,)
    mass: float  # [kg]
    moment: Array  # mass x position in the part [kg m], (3,)


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
        root = ElementTree.parse(mjcf).getroot()
        start = root.find(f".//body[@name='{base}']")
        if start is None:
            raise KinematicsError(f"the MJCF has no body '{base}'")
        chains, tips = [], []
        for site in sites:
            path = _path(start, site)
            if not path:
                raise KinematicsError(
                    f"the MJCF has no site '{site}' below body '{base}'"
                )
            chain, tip = _read(path, site, rest)
            chains.append(chain)
            tips.append(tip)
        counts = {len(chain) for chain in chains}
        if len(counts) != 1:
            raise KinematicsError(
                f"limbs of different lengths ({sorted(counts)} joints) to "
                f"{', '.join(sites)}; read them apart"
            )
        self.joint_names = tuple(tuple(p.joint for p in chain) for chain in chains)
        self._count = counts.pop()

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
        angle = joint_pos[..., None, None]
        turns = (
            self._fixed
            + np.sin(angle) * self._sine
            + (1.0 - np.cos(angle)) * self._versine
        )
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


def _path(body: ElementTree.Element, site: str) -> list[ElementTree.Element]:
    if body.find(f"site[@name='{site}']") is not None:
        return [body]
    for child in body.findall("body"):
        found = _path(child, site)
        if found:
            return [body, *found]
    return []


def _read(
    path: list[ElementTree.Element], site: str, rest: Mapping[str, float]
) -> tuple[list[_Part], Array]:
    """Return the parts of the chain and where the site is in the last one."""
    parts: list[_Part] = []
    at, turned = np.zeros(3), np.eye(3)  # the present body in the present part
    for i, body in enumerate(path[1:], start=1):
        link = read_link(body)
        on = path[i + 1] if i + 1 < len(path) else None
        if link.joint is None:
            at, turned = at + turned @ link.offset, turned @ link.fixed
        else:
            offset = at + turned @ link.offset
            before, at, turned = turned, np.zeros(3), np.eye(3)
            cross = link.fixed.T @ link.sine
            parts.append(
                _Part(
                    joint=link.joint,
                    offset=offset,
                    fixed=before @ link.fixed,
                    sine=before @ link.sine,
                    versine=before @ link.versine,
                    axis=np.array([cross[2, 1], cross[0, 2], cross[1, 0]]),
                    mass=0.0,
                    moment=np.zeros(3),
                )
            )
        if not parts:
            continue  # it belongs to the base
        mass, moment = _hanging(body, at, turned, rest, leave_out=on)
        last = parts[-1]
        parts[-1] = _Part(
            **{
                **vars(last),
                "mass": last.mass + mass,
                "moment": last.moment + moment,
            }
        )
    mount = path[-1].find(f"site[@name='{site}']")
    assert mount is not None
    return parts, at + turned @ floats(mount.get("pos", "0 0 0"))


def _hanging(
    body: ElementTree.Element,
    at: Array,
    turned: Array,
    rest: Mapping[str, float],
    *,
    leave_out: ElementTree.Element | None,
) -> tuple[float, Array]:
    """Return mass [kg] and mass x position [kg m] of a body with all that hangs on it.

    Args:
        body: placed `at`, `turned`, in its part.
        at: [m], (3,).
        turned: rotation, (3, 3).
        rest: positions of joints [rad].
        leave_out: the child that goes on along the chain.
    """
    mass, moment = 0.0, np.zeros(3)
    inertial = body.find("inertial")
    if inertial is not None:
        mass = float(inertial.get("mass", "0"))
        moment = mass * (at + turned @ floats(inertial.get("pos", "0 0 0")))
    for child in body.findall("body"):
        if child is leave_out:
            continue
        link = read_link(child)
        angle = rest.get(link.joint or "", 0.0)
        turn = link.fixed + np.sin(angle) * link.sine
        turn = turn + (1.0 - np.cos(angle)) * link.versine
        more, further = _hanging(
            child, at + turned @ link.offset, turned @ turn, rest, leave_out=None
        )
        mass, moment = mass + more, moment + further
    return mass, moment
