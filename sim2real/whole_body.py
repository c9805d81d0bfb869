"""Centre of mass and sites of the whole robot, from its MJCF; numpy only, any batch."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim2real.kinematics import KinematicsError, floats, read_link

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Posture:
    """Where the masses and sites are, seen from the base."""

    com: Array  # centre of mass [m], (*B, 3)
    site_pos: Array  # [m], (*B, s, 3)
    site_rot: Array  # rotation of the part that carries it, (*B, s, 3, 3)


@dataclass(kw_only=True)
class _Part:
    """Bodies that move as one: turned by one joint against the part before."""

    parent: _Part | None = None
    depth: int = 0  # joints from the base
    joint: int = -1  # column of joint_pos
    offset: Array = field(default_factory=lambda: np.zeros(3))  # in the parent [m]
    # Rotation against the parent: fixed + sin(q) * sine + (1 - cos(q)) * versine.
    fixed: Array = field(default_factory=lambda: np.eye(3))
    sine: Array = field(default_factory=lambda: np.zeros((3, 3)))
    versine: Array = field(default_factory=lambda: np.zeros((3, 3)))
    mass: float = 0.0  # [kg]
    moment: Array = field(default_factory=lambda: np.zeros(3))  # mass x position


class WholeBody:
    """All parts of a robot with their masses, computed level by level."""

    def __init__(
        self,
        mjcf: Path,
        base: str,
        joint_names: Sequence[str],
        sites: Sequence[str],
    ) -> None:
        """Read masses, joints and sites.

        Args:
            mjcf: the robot.
            base: body that everything is seen from.
            joint_names: joints that move it; any other stays at zero.
            sites: to be located.

        Raises:
            KinematicsError: if the base, a joint or a site is missing.
        """
        start = ElementTree.parse(mjcf).getroot().find(f".//body[@name='{base}']")
        if start is None:
            raise KinematicsError(f"the MJCF has no body '{base}'")
        reading = _Reading(joint_names)
        reading.read(start, reading.parts[0], np.zeros(3), np.eye(3))
        parts = sorted(reading.parts, key=lambda part: part.depth)
        found = [joint_names[part.joint] for part in parts if part.joint >= 0]
        _check("joint", joint_names, found, base)
        _check("site", sites, list(reading.sites), base)
        number = {id(part): index for index, part in enumerate(parts)}
        moved = parts[1:]
        self._joint = [part.joint for part in moved]
        self._fixed = np.array([part.fixed for part in moved]).reshape(-1, 3, 3)
        self._sine = np.array([part.sine for part in moved]).reshape(-1, 3, 3)
        self._versine = np.array([part.versine for part in moved]).reshape(-1, 3, 3)
        self._offset = np.array([part.offset for part in moved]).reshape(-1, 3, 1)
        # Parts equally many joints from the base: which, and the numbers of their
        # parents, all of which come a level before.
        self._levels: list[tuple[slice, NDArray[np.intp]]] = []
        depths = [part.depth for part in parts]
        for depth in range(1, depths[-1] + 1):
            here = slice(depths.index(depth), depths.index(depth) + depths.count(depth))
            parents = [number[id(part.parent)] for part in parts[here]]
            self._levels.append((here, np.array(parents, np.intp)))
        chosen = [reading.sites[name] for name in sites]
        self._carrier = np.array([number[id(part)] for part, _ in chosen], np.intp)
        self._site_at = np.array([at for _, at in chosen]).reshape(-1, 3, 1)
        self.mass = sum(part.mass for part in parts)  # [kg]
        self._share = np.array([part.mass for part in parts]) / self.mass
        self._moment = np.array([part.moment for part in parts])[..., None] / self.mass

    def posture(self, joint_pos: Array) -> Posture:
        """Return where everything is.

        Args:
            joint_pos: in the order of the names given [rad], (*B, n).
        """
        batch = joint_pos.shape[:-1]
        count = len(self._share)
        position = np.zeros((*batch, count, 3))
        rotation = np.zeros((*batch, count, 3, 3))
        rotation[..., 0, :, :] = np.eye(3)
        angle = joint_pos[..., self._joint, None, None]
        turn = (
            self._fixed
            + np.sin(angle) * self._sine
            + (1.0 - np.cos(angle)) * self._versine
        )
        for here, parents in self._levels:
            part = slice(here.start - 1, here.stop - 1)  # the base has no turn
            carrier = rotation[..., parents, :, :]
            away = (carrier @ self._offset[part])[..., 0]
            position[..., here, :] = position[..., parents, :] + away
            rotation[..., here, :, :] = carrier @ turn[..., part, :, :]
        com = self._share @ position + (rotation @ self._moment)[..., 0].sum(-2)
        carrier = rotation[..., self._carrier, :, :]
        site = position[..., self._carrier, :] + (carrier @ self._site_at)[..., 0]
        return Posture(com=com, site_pos=site, site_rot=carrier)


class _Reading:
    """Gathers the parts and sites of an MJCF."""

    def __init__(self, joint_names: Sequence[str]) -> None:
        self._column = {name: index for index, name in enumerate(joint_names)}
        self.parts = [_Part()]
        self.sites: dict[str, tuple[_Part, Array]] = {}

    def read(
        self, body: ElementTree.Element, part: _Part, at: Array, turned: Array
    ) -> None:
        """Add a body and all below it; the body is placed so in its part."""
        inertial = body.find("inertial")
        if inertial is not None:
            mass = float(inertial.get("mass", "0"))
            centre = at + turned @ floats(inertial.get("pos", "0 0 0"))
            part.mass += mass
            part.moment = part.moment + mass * centre
        for site in body.findall("site"):
            place = at + turned @ floats(site.get("pos", "0 0 0"))
            self.sites[site.get("name", "")] = (part, place)
        for child in body.findall("body"):
            link = read_link(child)
            offset = at + turned @ link.offset
            column = self._column.get(link.joint or "", -1)
            if column < 0:
                self.read(child, part, offset, turned @ link.fixed)
                continue
            moved = _Part(
                parent=part,
                depth=part.depth + 1,
                joint=column,
                offset=offset,
                fixed=turned @ link.fixed,
                sine=turned @ link.sine,
                versine=turned @ link.versine,
            )
            self.parts.append(moved)
            self.read(child, moved, np.zeros(3), np.eye(3))


def _check(kind: str, wanted: Sequence[str], found: list[str], base: str) -> None:
    for name in wanted:
        if name not in found:
            raise KinematicsError(
                f"the MJCF has no {kind} '{name}' below body '{base}'"
            )
