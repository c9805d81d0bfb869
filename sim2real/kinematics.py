"""Forward kinematics of one limb, read from the robot's MJCF; any batch shape.

What is read is numpy's; `Chain` computes on numpy arrays or torch tensors, whichever it
is given.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Array = Any  # numpy array or torch tensor


class KinematicsError(ValueError):
    """A body or site that the MJCF does not have."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A body of the chain: its joint turns it about `axis` after the fixed offset."""

    joint: str | None
    offset: Numbers  # in the parent [m], (3,)
    fixed: Numbers  # rotation at joint position zero, (3, 3)
    sine: Numbers  # fixed @ K, with K the cross matrix of the axis, (3, 3)
    versine: Numbers  # fixed @ K @ K, (3, 3)


@dataclass(frozen=True, kw_only=True)
class _Constants:
    """The numbers of a chain as arrays of one kind, and the functions of that kind."""

    # Offset of each body; its rotation too where no joint turns it.
    bodies: tuple[tuple[Array, Array | None], ...]
    # Rotations of the joints: fixed + sin(q) * sine + (1 - cos(q)) * versine.
    fixed: Array  # (k, 3, 3)
    sine: Array  # (k, 3, 3)
    versine: Array  # (k, 3, 3)
    axes: tuple[Array, ...]  # in the joints' own links
    tip: Array  # in the last link [m], (3,)
    origin: Array  # zeros, (3,)
    unturned: Array  # identity, (3, 3)
    sin: Callable[[Array], Array]
    cos: Callable[[Array], Array]


class Chain:
    """The joints between a base body and a site, and where they put the site."""

    def __init__(self, mjcf: Path, base: str, site: str) -> None:
        """Read the chain.

        Raises:
            KinematicsError: if `base` does not lead to a site of that name.
        """
        root = ElementTree.parse(mjcf).getroot()
        bodies = _path_to_site(root, base, site)
        self._links = [read_link(body) for body in bodies[1:]]
        mount = bodies[-1].find(f"site[@name='{site}']")
        assert mount is not None
        self._tip = floats(mount.get("pos", "0 0 0"))
        jointed = [link for link in self._links if link.joint is not None]
        self.joint_names = tuple(str(link.joint) for link in jointed)
        self._constants: dict[tuple[Any, Any], _Constants] = {}

    def forward(self, joint_pos: Array) -> tuple[Array, Array]:
        """Return the site's position and its link's rotation in the base frame.

        Args:
            joint_pos: in the order of `joint_names` [rad], (*B, k).

        Returns:
            position [m], (*B, 3), and rotation matrix (*B, 3, 3), of the kind and
            precision of `joint_pos`.

        Raises:
            KinematicsError: if the joint positions are not floating-point numbers.
        """
        position, rotation, _ = self._walk(joint_pos)
        return position, rotation

    def jacobian(self, joint_pos: Array) -> tuple[Array, Array, Array]:
        """Return position, rotation and the geometric Jacobian (*B, 6, k).

        Rows 0 to 2 are the linear velocity of the site, 3 to 5 the angular velocity,
        both in the base frame.
        """
        position, rotation, joints = self._walk(joint_pos)
        xp = array_namespace(joint_pos)
        if not joints:
            none = xp.concat([position, position], axis=-1)[..., None][..., :0]
            return position, rotation, none
        # The first joint is in the same place in every pose, so it has no batch yet.
        first = xp.broadcast_to(joints[0][0], position.shape)
        origins = xp.stack([first, *(at for at, _ in joints[1:])], axis=-2)
        axes = self._constants_like(joint_pos).axes
        turned = [link @ axis for (_, link), axis in zip(joints, axes, strict=True)]
        spin = xp.stack(turned, axis=-2)
        linear = xp.linalg.cross(spin, position[..., None, :] - origins, axis=-1)
        columns = xp.concat([linear, spin], axis=-1)
        return position, rotation, columns.swapaxes(-1, -2)

    def _walk(self, joint_pos: Array) -> tuple[Array, Array, list[tuple[Array, Array]]]:
        """Return the site, and where each joint is and how its link is turned."""
        these = self._constants_like(joint_pos)
        position, rotation = these.origin, these.unturned
        angles = joint_pos[..., None, None]
        turns = (these.fixed + these.sin(angles) * these.sine) + (
            1.0 - these.cos(angles)
        ) * these.versine
        joints: list[tuple[Array, Array]] = []
        for offset, fixed in these.bodies:
            position = position + rotation @ offset
            if fixed is not None:
                rotation = rotation @ fixed
                continue
            rotation = rotation @ turns[..., len(joints), :, :]
            joints.append((position, rotation))
        position = position + rotation @ these.tip
        if not joints:
            xp, batch = array_namespace(joint_pos), joint_pos.shape[:-1]
            position = xp.broadcast_to(position, (*batch, 3))
            rotation = xp.broadcast_to(rotation, (*batch, 3, 3))
        return position, rotation, joints

    def _constants_like(self, joint_pos: Array) -> _Constants:
        """Return the constants in the kind, precision and place of an array."""
        # Converted once: the control loop comes through here several times a tick.
        key = (joint_pos.dtype, getattr(joint_pos, "device", None))
        found = self._constants.get(key)
        if found is None:
            found = self._constants[key] = self._convert(joint_pos)
        return found

    def _convert(self, like: Array) -> _Constants:
        xp = array_namespace(like)
        if not xp.isdtype(like.dtype, "real floating"):
            raise KinematicsError(
                f"joint positions are to be floating-point numbers, {like.dtype} came; "
                "convert them to float32 or float64 first"
            )
        where = device(like)

        def convert(values: Any) -> Array:
            return xp.asarray(values, dtype=like.dtype, device=where)

        def matrices(values: list[Numbers]) -> Array:
            return convert(np.array(values).reshape(-1, 3, 3))

        jointed = [link for link in self._links if link.joint is not None]
        return _Constants(
            bodies=tuple(
                (convert(link.offset), None if link.joint else convert(link.fixed))
                for link in self._links
            ),
            fixed=matrices([link.fixed for link in jointed]),
            sine=matrices([link.sine for link in jointed]),
            versine=matrices([link.versine for link in jointed]),
            axes=tuple(convert(_axis_of(link)) for link in jointed),
            tip=convert(self._tip),
            origin=convert(np.zeros(3)),
            unturned=convert(np.eye(3)),
            sin=xp.sin,
            cos=xp.cos,
        )


def _axis_of(link: Link) -> Numbers:
    cross = link.fixed.T @ link.sine
    return np.array([cross[2, 1], cross[0, 2], cross[1, 0]])


def _path_to_site(
    root: ElementTree.Element, base: str, site: str
) -> list[ElementTree.Element]:
    start = root.find(f".//body[@name='{base}']")
    if start is None:
        raise KinematicsError(f"the MJCF has no body '{base}'")

    def search(body: ElementTree.Element) -> list[ElementTree.Element]:
        if body.find(f"site[@name='{site}']") is not None:
            return [body]
        for child in body.findall("body"):
            found = search(child)
            if found:
                return [body, *found]
        return []

    path = search(start)
    if not path:
        raise KinematicsError(f"the MJCF has no site '{site}' below body '{base}'")
    return path


def read_link(body: ElementTree.Element) -> Link:
    """Return how a body hangs on its parent."""
    joint = body.find("joint")
    fixed = _matrix(floats(body.get("quat", "1 0 0 0")))
    axis = floats(joint.get("axis", "0 0 1")) if joint is not None else np.zeros(3)
    x, y, z = axis / (np.linalg.norm(axis) or 1.0)  # MJCF allows any length
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return Link(
        joint=joint.get("name") if joint is not None else None,
        offset=floats(body.get("pos", "0 0 0")),
        fixed=fixed,
        sine=fixed @ cross,
        versine=fixed @ cross @ cross,
    )


def floats(text: str) -> Numbers:
    """Return the numbers of an MJCF attribute."""
    return np.array([float(word) for word in text.split()])


def _matrix(quat_wxyz: Sequence[float] | Numbers) -> Numbers:
    w, x, y, z = np.array(quat_wxyz) / np.linalg.norm(quat_wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
