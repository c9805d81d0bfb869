"""Forward kinematics of one limb, read from the robot's MJCF; numpy only, any batch."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class KinematicsError(ValueError):
    """A body or site that the MJCF does not have."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A body of the chain: its joint turns it about `axis` after the fixed offset."""

    joint: str | None
    offset: Array  # in the parent [m], (3,)
    fixed: Array  # rotation at joint position zero, (3, 3)
    sine: Array  # fixed @ K, with K the cross matrix of the axis, (3, 3)
    versine: Array  # fixed @ K @ K, (3, 3)


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
        self._fixed = np.array([link.fixed for link in jointed]).reshape(-1, 3, 3)
        self._sine = np.array([link.sine for link in jointed]).reshape(-1, 3, 3)
        self._versine = np.array([link.versine for link in jointed]).reshape(-1, 3, 3)
        self._axes = [_axis_of(link) for link in jointed]

    def forward(self, joint_pos: Array) -> tuple[Array, Array]:
        """Return the site's position and its link's rotation in the base frame.

        Args:
            joint_pos: in the order of `joint_names` [rad], (*B, k).

        Returns:
            position [m], (*B, 3), and rotation matrix (*B, 3, 3).
        """
        position, rotation, _ = self._walk(joint_pos)
        return position, rotation

    def jacobian(self, joint_pos: Array) -> tuple[Array, Array, Array]:
        """Return position, rotation and the geometric Jacobian (*B, 6, k).

        Rows 0 to 2 are the linear velocity of the site, 3 to 5 the angular velocity,
        both in the base frame.
        """
        position, rotation, joints = self._walk(joint_pos)
        origins = np.zeros((*joint_pos.shape[:-1], len(joints), 3))
        axes = np.zeros_like(origins)
        for i, (origin, turned) in enumerate(joints):
            origins[..., i, :] = origin
            axes[..., i, :] = turned @ self._axes[i]
        arm = position[..., None, :] - origins
        linear = np.cross(axes, arm)
        columns = np.concatenate([linear, axes], axis=-1)
        return position, rotation, np.swapaxes(columns, -1, -2)

    def _walk(self, joint_pos: Array) -> tuple[Array, Array, list[tuple[Array, Array]]]:
        """Return the site, and where each joint is and how its link is turned."""
        batch = joint_pos.shape[:-1]
        position = np.zeros((*batch, 3))
        rotation = np.broadcast_to(np.eye(3), (*batch, 3, 3))
        angles = joint_pos[..., None, None]
        turns = (self._fixed + np.sin(angles) * self._sine) + (
            1.0 - np.cos(angles)
        ) * self._versine
        joints: list[tuple[Array, Array]] = []
        for link in self._links:
            position = position + rotation @ link.offset
            if link.joint is None:
                rotation = rotation @ link.fixed
                continue
            rotation = rotation @ turns[..., len(joints), :, :]
            joints.append((position, rotation))
        position = position + rotation @ self._tip
        return position, rotation, joints


def _axis_of(link: Link) -> Array:
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


def floats(text: str) -> Array:
    """Return the numbers of an MJCF attribute."""
    return np.array([float(word) for word in text.split()])


def _matrix(quat_wxyz: Sequence[float] | Array) -> Array:
    w, x, y, z = np.array(quat_wxyz) / np.linalg.norm(quat_wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
